"""What brings the input of a residual connection to the shape of what it is added to."""

from math import prod

from fastnn.layers.shapes import windows_in

__all__ = ["projected"]


def projected(stages, begin, branch):
    """The stage that has the outputs of `begin` in the shape of those of `branch`.

    Where they differ they go through weights without a bias, of images through those of a
    convolution of single cells.

    Raises
    ------
    ValueError
        If no such convolution leaves so many places.
    """
    if stages.width(begin) == stages.width(branch) and stages.shape(begin) == stages.shape(branch):
        return begin
    before, after = stages.shape(begin), stages.shape(branch)
    if before is None or after is None:
        stages.add("dense", stages.width(branch), source=begin, bias=False)
        return stages.source
    strides = tuple(map(_stride, before[:-1], after[:-1]))
    if None in strides:
        raise ValueError(
            f"the layers that x goes around make {after} of {before}: no convolution of single "
            "cells does; set padding='same' in them"
        )
    window, _ = windows_in(before, 1, strides, "valid", 1, "Projection")
    stages.add(
        "convolution",
        prod(after),
        source=begin,
        bias=False,
        shape=after,
        window=window,
        places=window.places,
    )
    return stages.source


def _stride(before, after):
    """The least stride that leaves so many of so many cells, or None."""
    return next((s for s in range(1, before + 1) if (before - 1) // s + 1 == after), None)
