"""What a Model has to know of nodes that see an image through a window, and of those that share
their parameters among places."""

from math import prod

from fastnn._kernels.layers.specs import WindowSpec


def n_units(node):
    """Units of a node with a matrix; 0, which no shape is, for what is no matrix."""
    weight = node.arrays.get("weight")
    return weight.shape[1] if getattr(weight, "ndim", 0) == 2 else 0


def fault_of_window(value, dtype):
    """What a window must be, or None; whether it fits its image depends on the kind of node."""
    sound = isinstance(value, WindowSpec) and type(value.groups) is int
    sound = sound and all(
        _are_ints(getattr(value, name), length, least)
        for name, length, least in (
            *(("shape", 3, 1), ("kernel", 2, 1), ("out", 2, 1), ("strides", 2, 1)),
            *(("dilation", 2, 1), ("padding", 2, 0)),
        )
    )
    if not sound or max(prod(value.shape), prod(value.out) * value.shape[2]) >= 2**31:
        return "a WindowSpec of ints"
    return None if value.groups > 0 == value.shape[2] % value.groups else "of groups that fit"


def _are_ints(values, length, least):
    sound = isinstance(values, tuple) and len(values) == length
    return sound and all(type(n) is int and least <= n < 2**31 for n in values)


def _image(n_in, node):
    window = node.attributes["window"]
    if n_in != prod(window.shape):
        raise ValueError(f"a node of {node.kind} takes images {window.shape}, got {n_in} numbers")
    return window


def _reach(window, axis):
    """Where along an axis the last window begins, where the first one ends, and where the last."""
    begin = (window.out[axis] - 1) * window.strides[axis] - window.padding[axis]
    cells = (window.kernel[axis] - 1) * window.dilation[axis] + 1
    return begin, cells - window.padding[axis], begin + cells


def pooled(n_in, node):
    """Outputs of pooling; each window must hold a cell of the image."""
    window = _image(n_in, node)
    reach = [(*_reach(window, axis), window.shape[axis]) for axis in (0, 1)]
    sound = all(begin < cells and end > 0 for begin, end, _, cells in reach)
    if not sound or window.groups != 1 or window.dilation != (1, 1):
        raise ValueError(f"the windows of a node of {node.kind} do not lie on the image")
    return window.places * window.shape[2]


def padded(n_in, node):
    """Outputs of a node that surrounds its image with zeros."""
    window = _image(n_in, node)
    sizes = zip(window.shape, window.padding, window.out, strict=False)
    fits = all(cells + before <= out for cells, before, out in sizes)
    if not fits or (window.kernel, window.strides, window.groups) != ((1, 1), (1, 1), 1):
        raise ValueError("a node of pad does not hold its image")
    return window.places * window.shape[2]


def convolved(n_in, node):
    """Outputs of a convolution; its windows must lie within the image."""
    window, units = _image(n_in, node), n_units(node)
    within = all(_reach(window, axis)[2] <= window.shape[axis] for axis in (0, 1))
    if not within or window.padding != (0, 0) or units % window.groups:
        raise ValueError("the windows of a node of convolution do not lie within the image")
    return window.places * units


def kernels(n_out, node):
    """Rows and columns of the weights of a convolution."""
    window = node.attributes["window"]
    return {"n_inputs": window.n_inputs, "n_units": n_out // window.places}


def fault_of_places(value, dtype):
    """What a number of places must be, or None."""
    return None if type(value) is int and 1 <= value < 2**31 else "a positive int"


def normalised(n_in, node):
    """Outputs of a normalisation of channels."""
    if n_in % node.attributes["places"]:
        raise ValueError(f"a node of {node.kind} has not the places that its input has")
    return n_in


def channels(n_out, node):
    """How many channels it normalises."""
    return {"n_units": n_out // node.attributes["places"]}
