"""Weights of reduced precision in a file: their bits, or their codes and scales."""

from fastnn.exceptions import ModelFormatError
from fastnn.files.values import take
from fastnn.model.precision import (
    PRECISIONS,
    bfloat16_bits,
    from_bfloat16_bits,
    int8_codes,
    reduced_nodes,
)


def store_reduced(nodes, precision, tensors):
    """Put reduced weights in the place of what `describe_nodes` has put into ``tensors``."""
    for number in reduced_nodes(nodes):
        name, weight = f"nodes.{number}.weight", nodes[number].arrays["weight"]
        if precision == "int8":
            tensors[name], tensors[f"{name}.scale"] = int8_codes(weight)
        else:
            tensors[name] = bfloat16_bits(weight)


def with_reduced(nodes, precision, tensors):
    """Nodes with the float32 numbers of weights that have been read as bits or codes.

    Raises
    ------
    ModelFormatError
        If the precision is unknown, or a weight not as `store_reduced` writes it.
    """
    if precision not in PRECISIONS:
        raise ModelFormatError(
            f"the precision {str(precision)[:50]!r} is none that this fastnn knows"
        )
    nodes = list(nodes)
    for number in sorted(reduced_nodes(nodes)):
        weight = nodes[number].arrays.get("weight")
        read = _from_codes if precision == "int8" else _from_bits
        try:
            nodes[number] = nodes[number].having(weight=read(weight, number, tensors))
        except (AttributeError, TypeError, ValueError):  # of another type or shape
            raise ModelFormatError(f"the weight of node {number} is no {precision}") from None
    return tuple(nodes)


def _from_bits(bits, number, tensors):
    if bits.dtype.name != "uint16":
        raise ValueError
    return from_bfloat16_bits(bits)


def _from_codes(codes, number, tensors):
    scale = take(tensors, f"nodes.{number}.weight.scale")
    if codes.dtype.name != "int8" or codes.ndim != 2 or not codes.size:
        raise ValueError
    if scale.dtype.name != "float32" or scale.shape != codes.shape[1:] or not (scale >= 0).all():
        raise ValueError
    weight = codes * scale
    again, of_again = int8_codes(weight)
    if not ((again == codes).all() and (of_again == scale).all()):
        raise ValueError
    return weight
