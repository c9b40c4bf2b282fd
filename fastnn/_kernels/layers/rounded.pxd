"""Numbers rounded to bfloat16, the upper half of a float32, for products of dense layers in training.

The product of two of them is exact in float32. So the ordinary tiles, over operands that have been rounded ahead, compute
what an instruction for bfloat16 with sums of float32 does, up to the order of the sums.
"""

from fastnn._kernels.families.reduced cimport fastnn_reduced
from fastnn._kernels.native.table cimport floating


cdef inline void round_numbers(const fastnn_reduced *k, Py_ssize_t n, const floating *x, floating *y) noexcept nogil:
    """y (n,) = x to the nearest, of two to the even one; y may be x. Who asks for it has a network of float32."""
    if floating is float:
        k.round_bf16(n, x, y)
