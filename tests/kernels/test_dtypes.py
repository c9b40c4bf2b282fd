"""The dtypes that networks compute in, as the kernels' code has them described."""

import numpy as np
import pytest
from fastnn._kernels.layers.plan import Plan
from kernel_cases import DTYPES

from fastnn._kernels.layers.specs import chain


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_plan_describes_its_dtype(dtype):
    described = Plan(3, chain([2], [0]), dtype).dtype
    expected = np.dtype(dtype)
    assert described.numpy == expected
    assert described.name == expected.name
    assert described.itemsize == expected.itemsize
    assert described.format == expected.char
    assert described.type_number == expected.num


@pytest.mark.parametrize("dtype", ["float16", "int64", "complex128"])
def test_another_dtype_is_refused(dtype):
    with pytest.raises(TypeError, match=f"dtype must be float32 or float64, got .*{dtype}"):
        Plan(3, chain([2], [0]), dtype)
