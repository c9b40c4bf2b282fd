"""The order of the rows of an epoch, by the kernels of every ISA, against NumPy's shuffle."""

import numpy as np
import pytest

from fastnn._kernels.families import shuffle
from fastnn._kernels.native import table


@pytest.mark.parametrize("contender", ["fastnn", "NumPy"])
@pytest.mark.parametrize("isa", table.isas_available())
@pytest.mark.parametrize("rows", [1_000, 20_000, 1_000_000])
def bench_shuffle(benchmark, rows, isa, contender):
    benchmark.group = f"order of {rows:,} rows, {isa}"
    benchmark.extra_info["contender"] = contender
    order, expected, rng = np.arange(rows), np.arange(rows), np.random.RandomState(0)
    bits = np.random.MT19937()
    bits.state = rng.get_state(legacy=False)
    shuffle.shuffle(bits, order, isa)
    rng.shuffle(expected)
    np.testing.assert_array_equal(order, expected)
    if contender == "fastnn":
        benchmark(shuffle.shuffle, bits, order, isa)
    else:
        benchmark(rng.shuffle, order)
