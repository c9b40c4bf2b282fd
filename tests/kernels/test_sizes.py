"""Choices by size: none changes a bit, and memory is what they say."""

import mmap
import re
import tracemalloc
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pytest
from fastnn._kernels.native.buffers import Arena, aligned_zeros
from fastnn._kernels.testing.bench import Product
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits, tile

from fastnn._kernels.native import sizes

MIB = 1 << 20


@pytest.fixture
def change():
    before = sizes.change()
    yield sizes.change
    sizes.change(**before)


@pytest.mark.parametrize("rows", [97, 203, 256, 1000])
def test_groups_of_rows_fit_the_cache(rows, change):
    change(level2_bytes=2 * MIB)
    assert sizes.group_rows(rows, MIB // rows, 12) == rows  # half of the cache holds all of them
    assert sizes.group_rows(90, MIB, 12) == 90
    for row_bytes in (MIB // rows + 1, 4096, 65536):
        if rows * row_bytes <= MIB:
            continue
        group = sizes.group_rows(rows, row_bytes, 12)
        assert group % 12 == 0
        assert group <= max(96, MIB // 2 // row_bytes + 12)
        assert rows / group <= np.ceil(rows / max(96, MIB // 2 // row_bytes))


@pytest.mark.parametrize("operation", ["forward", "dX"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_groups_of_rows_change_no_bit(isa, dtype, operation, rng, change):
    """Full panels and a last one of few columns; last groups of few rows."""
    lanes, _ = tile(dtype, isa)
    for m, n in ((97, 2 * lanes + 3), (211, 4 * lanes), (389, 5 * lanes - 1)):
        A, B = (rng.normal(size=shape).astype(dtype) for shape in ((m, 37), (37, n)))
        results = []
        for level2_bytes, n_threads in [(1 << 40, 1), *((1 << 10, n) for n in THREADS)]:
            change(level2_bytes=level2_bytes)
            product = Product(operation, A, B, n_threads, isa)
            product.run()
            results.append(product.result())
        for other in results[1:]:
            assert_same_bits(other, results[0], (m, n))


def mappings(array):
    """The flags of the memory that an array lies in: (bytes of it, its flags), in order."""
    begin = array.ctypes.data
    end, found = begin + array.nbytes, []
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if bounds := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            low, high = (int(bound, 16) for bound in bounds.groups())
        elif line.startswith("VmFlags:") and low < end and high > begin:
            found.append((min(high, end) - max(low, begin), line.split()[1:]))
    return found


@pytest.mark.skipif(
    not hasattr(mmap, "MADV_HUGEPAGE") or not Path("/sys/kernel/mm/transparent_hugepage").exists(),
    reason="the system has no huge pages",
)
def test_large_arrays_ask_for_the_huge_pages_that_they_fill():
    x = aligned_zeros(5 * MIB // 8 + 11, np.float64)
    assert x.ctypes.data % (2 * MIB) == 0
    assert x.flags.writeable
    assert (x == 0).all()
    assert [(size, "hg" in flags) for size, flags in mappings(x)] == [
        (4 * MIB, True),
        (x.nbytes - 4 * MIB, False),
    ]
    small = aligned_zeros(2 * MIB - 1, np.uint8)
    assert small.ctypes.data % 64 == 0
    assert not any("hg" in flags for _, flags in mappings(small))


def test_tracemalloc_knows_of_large_arrays():
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        x = aligned_zeros(9 * MIB, np.uint8)
        assert 0 <= tracemalloc.get_traced_memory()[0] - before - x.nbytes < 4096
        del x
        assert tracemalloc.get_traced_memory()[0] - before < 4096
    finally:
        tracemalloc.stop()


def test_large_arrays_travel_to_other_processes(change):
    """joblib must not take them for those of a file."""
    x = aligned_zeros(3 * MIB, np.uint8)
    x[:3] = 1, 2, 3
    (sums,) = joblib.Parallel(2, max_nbytes=None)([joblib.delayed(np.sum)(x)])
    assert sums == 6


@pytest.mark.parametrize("paged_bytes", [0, 1 << 40])
def test_arrays_of_an_arena_are_zeros_apart(paged_bytes, change):
    change(paged_bytes=paged_bytes)
    arena = Arena(3000)
    arrays = [arena.zeros(n, dtype) for n in (1, 65, 500, 30_000) for dtype in DTYPES]
    for i, array in enumerate(arrays):
        assert array.ctypes.data % 64 == 0
        assert (array == 0).all()
        array[:] = i + 1
    for i, array in enumerate(arrays):
        assert (array == i + 1).all()
    places = sorted((a.ctypes.data, a.ctypes.data + a.nbytes) for a in arrays)
    assert all(begin - end >= 64 for (_, end), (begin, _) in pairwise(places))
