"""Large arrays made a piece at a time: in a single call of NumPy nobody hears Ctrl-C."""

import numpy as np

__all__ = ["copied", "zeros"]

#: Rows of a piece.
_PIECE = 1 << 14


def zeros(shape, dtype):
    """``numpy.zeros``, whose memory is there at once rather than when it is first written to: a
    column of a large matrix is on every page of it."""
    made = np.empty(shape, dtype)
    for begin in range(0, len(made), _PIECE):
        made[begin : begin + _PIECE] = 0
    return made


def copied(array):
    """A copy."""
    made = np.empty_like(array)
    for begin in range(0, len(array), _PIECE):
        made[begin : begin + _PIECE] = array[begin : begin + _PIECE]
    return made
