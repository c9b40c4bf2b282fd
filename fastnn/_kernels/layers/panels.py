"""Weights in fewer bits as panels of words, as csrc/families/reduced.h describes them.

A panel is two vectors of columns; its words are [steps][2 * lanes], and a word holds what lies
below each other in a column.
"""

import numpy as np

DIGITS = 0x7F7F7F  # the largest integer of three digits from -128 to 127
MOST_INPUTS = 43_000  # sums of products of digits stay within 32 bits
_WITHIN = 2.0**60  # scales and their products stay far from infinity


def words_of(n_in, unit, whole):
    """Words of a column of n_in weights, `unit` of them each, up to a multiple of `whole`."""
    words = -(-n_in // unit)
    return -(-words // whole) * whole


def padded(weight, lanes, unit, words):
    """(panels, words, lanes, unit, 2): the last axis is the vector of the panel."""
    n_panels = -(-weight.shape[1] // (2 * lanes))
    full = np.zeros((words * unit, n_panels * 2 * lanes), weight.dtype)
    full[: weight.shape[0], : weight.shape[1]] = weight
    return full.reshape(words, unit, n_panels, 2, lanes).transpose(2, 0, 4, 1, 3)


def panels_of(weight, lanes, unit, words):
    """(panels, bytes) of uint8, from weights (n_in, n_out) of uint16, upper halves, or of int8.

    The vectors of the narrower units are interlaced, so that a shift parts them.
    """
    full = padded(weight, lanes, unit, words)
    if weight.dtype == np.uint16 and unit == 1:
        full = full.astype(np.uint32)
        full = full[..., 1] << 16 | full[..., 0]
    elif weight.dtype == np.int8 and unit == 2:
        full = full.view(np.uint8).astype(np.uint16)
        full = full[..., 1] << 8 | full[..., 0]
    else:
        full = full.transpose(0, 1, 4, 2, 3)
    return np.ascontiguousarray(full).reshape(len(full), -1).view(np.uint8)


def sliced(weight):
    """Weights as integers of three digits, or None where that would not be as exact as float32.

    Returns
    -------
    digits : list of ndarray (n_in, n_out) of int8
        The highest first.
    scale : ndarray (n_out,) of float32
        What 65,536 is worth in a column.
    factor : ndarray (n_in,) of float32
        Powers of two that inputs are multiplied by, and weights have been divided by: afterwards
        rows of the matrix are about alike.
    peak, count : float
        A row x of inputs so multiplied may be used if ``peak * max(x**2) / sum(x**2) +
        count / sum(x != 0) <= 1``: then what it loses is no more than the rounding of a float32
        sum. See csrc/products/slices.inc.
    finest : bool
        Whether the products of second and third digits count.
    """
    n_in = len(weight)
    if n_in > MOST_INPUTS or not weight.size:
        return None
    weight = weight.astype(np.float64)
    size = np.sqrt(np.mean(weight**2, axis=1))
    factor = np.exp2(np.rint(np.log2(np.where(size > 0, size, 1))))
    weight = weight / factor[:, None]
    top = np.abs(weight).max(axis=0)
    if not ((top < _WITHIN) & ((top == 0) | (top > 1 / _WITHIN))).all():
        return None
    if not ((factor < _WITHIN) & (factor > 1 / _WITHIN)).all():
        return None
    scale = (np.where(top > 0, top, 1) / (DIGITS - 7)).astype(np.float32)
    integers = np.rint(weight / scale).astype(np.int32) + 0x808080
    digits = [
        (integers >> shift & 255 ^ 128).astype(np.uint8).view(np.int8) for shift in (16, 8, 0)
    ]
    uneven = float(np.mean(top**2 / np.where(top > 0, np.mean(weight**2, axis=0), 1)))
    if 80 + 8 * uneven > n_in:
        return None
    finest = 2.6 * uneven + 4 > n_in / 20 * (1 - 8 * uneven / n_in)
    peak = 4.0 if finest else 2.6 * uneven + 4
    return digits, scale * np.float32(65536), factor.astype(np.float32), peak, 4 * uneven, finest
