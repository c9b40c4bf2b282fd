"""Weights in fewer bits, as the float32 numbers that these bits stand for.

A Model of reduced precision has ordinary float32 arrays, whose weights have been rounded to what
fewer bits can hold. Whoever computes or writes in these bits takes them from the weights, exactly:
rounding them again changes nothing.
"""

import numpy as np

#: What weights may be held in besides float32 and float64.
PRECISIONS = ("bfloat16", "int8")

#: Inputs of a dense node at most: sums of products of int8 codes have 32 bits.
MOST_INPUTS = 1 << 16

_SCALE_BITS = 17  # of a scale: times a code of 7 bits it is a float32, without rounding
_LARGEST = 1e30  # weights of int8: products with scales stay far from infinity
_SMALLEST = 2.0**-100  # so that a scale is a normal float32


def reduced_nodes(nodes):
    """Numbers of the nodes whose weights are held in fewer bits, as a set: all that are dense, but
    for those that look up encoded columns instead of multiplying."""
    return {
        number
        for number, node in enumerate(nodes)
        if node.kind == "dense"
        and not (node.sources[0] >= 0 and nodes[node.sources[0]].kind == "columns")
    }


def reduced(nodes, precision):
    """The nodes in float32, with weights rounded to a precision.

    Raises
    ------
    ValueError
        If a node cannot be held in it; the message names the node and what to do.
    """
    nodes = list(nodes)
    rounded = round_bfloat16 if precision == "bfloat16" else round_int8
    for number in sorted(reduced_nodes(nodes)):
        node = nodes[number]
        try:
            nodes[number] = node.having(weight=rounded(node.arrays["weight"]))
        except ValueError as error:
            raise ValueError(f"node {number} (dense) {error}") from None
    return tuple(node.astype("float32") for node in nodes)


def round_bfloat16(values):
    """The nearest bfloat16 of each number, the even one of two, as float32.

    The sixteen upper bits of a float32: the same range, and eight bits of precision. What is finite
    stays finite.
    """
    with np.errstate(over="ignore"):
        bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    nearest = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
    exponent = np.uint32(0x7F800000)
    beyond = (nearest & exponent == exponent) | (bits & exponent == exponent)
    missing = np.where(bits & np.uint32(0x7FFFFFFF) > exponent, np.uint32(0x400000), np.uint32(0))
    rounded = np.where(beyond, bits, nearest) | missing
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)


def bfloat16_bits(weight):
    """The upper halves, of uint16, of float32 numbers whose lower ones are zero."""
    return (np.ascontiguousarray(weight).view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def from_bfloat16_bits(bits):
    """The float32 numbers that these are the upper halves of."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def round_int8(weight):
    """The weights that int8 codes with a scale for each output stand for, as float32."""
    if len(weight) > MOST_INPUTS:
        raise ValueError(
            f"has {len(weight)} inputs, and int8 takes {MOST_INPUTS} at most; use dtype='bfloat16'"
        )
    if weight.size and not np.abs(weight).max() <= _LARGEST:
        raise ValueError(f"has weights above {_LARGEST:g}, too large for int8; use dtype='float32'")
    codes, scale = int8_codes(weight)
    return codes * scale


def int8_codes(weight):
    """Codes from -127 to 127 (n_in, n_out) and what one stands for in each column (n_out,).

    Symmetric: zero is zero. The scale is the largest magnitude over 127, rounded up to so few bits
    that codes times scale are exact in float32, and have these codes and this scale again.
    """
    weight = np.asarray(weight, dtype=np.float64)
    top = np.abs(weight).max(axis=0)
    mantissa, exponent = np.frexp(top / 127)
    scale = np.ldexp(np.ceil(np.ldexp(mantissa, _SCALE_BITS)), exponent - _SCALE_BITS)
    scale[top < _SMALLEST] = 0
    codes = np.rint(weight / np.where(scale > 0, scale, np.inf))
    return codes.astype(np.int8), scale.astype(np.float32)
