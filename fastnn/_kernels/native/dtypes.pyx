"""The types of numbers that networks compute in, described: what code that handles all alike needs to know of them.

A type is told from another in two more places alone: the bridges (table.pxd and its like), which go from a fused type to the
table of the C kernels, and functions that are called with untyped memory and a type's number (their names end in `_as`),
which go from that number to a fused type. A type that weights are only stored in would be another row here, another packing
beside layers/packing.pyx, and a file of products that widen it beside csrc/products/gemm.inc.
"""

import numpy as np


cdef class Dtype:
    """One of DTYPES."""

    def __cinit__(self, int number, str name):
        self.number, self.name, self.numpy = number, name, np.dtype(name)
        self.format, self.type_number, self.itemsize = self.numpy.char, self.numpy.num, self.numpy.itemsize

    cdef Dtype other(self):
        """The dtype that input may have besides this one: it is converted row by row."""
        return DTYPES[FLOAT32 if self.number == FLOAT64 else FLOAT64]

    def __repr__(self):
        return f"<{self.name}>"


DTYPES = (Dtype(FLOAT32, "float32"), Dtype(FLOAT64, "float64"))


cdef Dtype dtype_of(object dtype):
    """The description of what NumPy takes for a dtype."""
    for found in DTYPES:
        if found.numpy == dtype:
            return found
    raise TypeError(f"dtype must be {' or '.join(found.name for found in DTYPES)}, got {dtype!r}")


cdef Dtype dtype_of_tag(floating tag):
    return DTYPES[FLOAT64 if floating is double else FLOAT32]
