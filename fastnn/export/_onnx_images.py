"""Nodes that see images, as ONNX nodes.

ONNX has channels first and rows of images as four dimensions; a node that sees an image is given
its source in that form, and others are given plain rows. What stands between two such nodes and
treats all numbers alike stays in the form that its source has.
"""

import numpy as np

_PADS_ARE_AN_INPUT_SINCE = 11


class Values:
    """What nodes put out, by number, as plain rows or as images, each made when it is asked for.

    Parameters
    ----------
    graph : Graph
    """

    def __init__(self, graph):
        self._graph, self._rows, self._images = graph, {}, {}

    def put(self, number, name, image=None):
        """Note a node's outputs: rows or, of so many (height, width, channels), images."""
        if image is None:
            self._rows[number] = name
        else:
            self._images[number] = name, image

    def shape(self, number):
        """Of a node's images, or None if there are rows alone."""
        return self._images.get(number, (None, None))[1]

    def rows(self, number):
        """The name of a node's outputs as rows."""
        if number not in self._rows:
            name, shape = self._images[number]
            moved = self._graph.node("Transpose", [name], f"{name}_last", perm=[0, 2, 3, 1])
            self._rows[number] = self._reshaped(moved, f"{name}_rows", int(np.prod(shape)))
        return self._rows[number]

    def image(self, number, shape):
        """The name of a node's outputs as images of that shape."""
        if self.shape(number) != shape:
            rows = self.rows(number)
            # One name may be taken by nodes that see images of different shapes in it.
            label = f"{rows}_{'x'.join(map(str, shape))}"
            cells = self._reshaped(rows, f"{label}_cells", *shape)
            image = self._graph.node("Transpose", [cells], f"{label}_image", perm=[0, 3, 1, 2])
            if number in self._images:
                return image
            self._images[number] = image, shape
        return self._images[number][0]

    def _reshaped(self, name, label, *shape):
        constant = self._graph.constant(f"{label}_shape", np.array([-1, *shape], np.int64))
        return self._graph.node("Reshape", [name, constant], label)


def convolution(part, node, values, label):
    """Add a convolution and note its outputs."""
    window, graph = node.attributes["window"], part.graph
    weight, bias = node.arrays["weight"], node.arrays.get("bias")
    out = (*window.out, weight.shape[1])
    if not part.single:  # onnxruntime has no convolution of float64
        return _products(part, node, values.rows(node.sources[0])), None
    channels = window.shape[2] // window.groups
    kernels = weight.reshape(*window.kernel, channels, -1).transpose(3, 2, 0, 1)
    inputs = [values.image(node.sources[0], window.shape)]
    inputs.append(graph.constant(f"{label}_weight", np.ascontiguousarray(kernels)))
    if bias is not None:
        inputs.append(graph.constant(f"{label}_bias", bias))
    steps = {"strides": window.strides, "dilations": window.dilation, "group": window.groups}
    return graph.node("Conv", inputs, label, kernel_shape=window.kernel, **steps), out


def _products(part, node, rows):
    """Windows picked from rows of numbers, times the weights, group by group."""
    window, weight = node.attributes["window"], node.arrays["weight"]
    n_out = weight.shape[1] // window.groups
    found = []
    for group in range(window.groups):
        channels = np.arange(window.shape[2] // window.groups)
        at = cells_of(window)[..., None] * window.shape[2] + channels + group * len(channels)
        picked = part("Gather", rows, part.constant(at.reshape(len(at), -1)), axis=1)
        own = weight[:, group * n_out : (group + 1) * n_out]
        found.append(part("MatMul", picked, part.constant(np.ascontiguousarray(own))))
    h = found[0] if len(found) == 1 else part("Concat", *found, axis=2)
    if "bias" in node.arrays:
        h = part("Add", h, part.constant(node.arrays["bias"]))
    n = window.places * weight.shape[1]
    return part("Reshape", h, part.constant(np.array([-1, n], np.int64)))


def cells_of(window):
    """The numbers of the cells of each window, (places, cells of a window); those beyond the image
    are negative."""
    lines, columns = (
        np.add.outer(
            np.arange(window.out[axis]) * window.strides[axis] - window.padding[axis],
            np.arange(window.kernel[axis]) * window.dilation[axis],
        )
        for axis in (0, 1)
    )
    inside = [(a >= 0) & (a < n) for a, n in zip((lines, columns), window.shape, strict=False)]
    cells = lines[:, None, :, None] * window.shape[1] + columns[None, :, None, :]
    sound = inside[0][:, None, :, None] & inside[1][None, :, None, :]
    return np.where(sound, cells, -1).reshape(window.places, -1)


def pad(part, node, values, label):
    """Add zeros around an image and note the outputs."""
    window, graph = node.attributes["window"], part.graph
    before = (0, 0, *window.padding)
    after = (
        out - n - p for out, n, p in zip(window.out, window.shape, window.padding, strict=False)
    )
    image = values.image(node.sources[0], window.shape)
    pads, out = [*before, 0, 0, *after], (*window.out, window.shape[2])
    if part.opset < _PADS_ARE_AN_INPUT_SINCE:
        return graph.node("Pad", [image], label, pads=pads), out
    constant = graph.constant(f"{label}_pads", np.array(pads, np.int64))
    return graph.node("Pad", [image, constant], label), out


def pool(part, node, values, label):
    """Add pooling and note its outputs."""
    window, graph = node.attributes["window"], part.graph
    out = (*window.out, window.shape[2])
    if node.kind == "average_pool" and not part.single:  # onnxruntime has none of float64
        return _means(part, window, values.rows(node.sources[0])), None
    after = [
        max((window.out[i] - 1) * window.strides[i] + window.kernel[i] - n - window.padding[i], 0)
        for i, n in enumerate(window.shape[:2])
    ]
    image = values.image(node.sources[0], window.shape)
    steps = {"strides": window.strides, "pads": [*window.padding, *after]}
    operator = "MaxPool" if node.kind == "max_pool" else "AveragePool"
    return graph.node(operator, [image], label, kernel_shape=window.kernel, **steps), out


def _means(part, window, rows):
    """Means of the cells that lie within the image."""
    cells = cells_of(window)
    share = np.where(cells < 0, 0, 1) / (cells >= 0).sum(axis=1, keepdims=True)
    at = np.maximum(cells, 0)[:, None, :] * window.shape[2] + np.arange(window.shape[2])[:, None]
    weighted = part(
        "Mul", part("Gather", rows, part.constant(at), axis=1), part.number(share[:, None])
    )
    sums = part("MatMul", weighted, part.number(np.ones((cells.shape[1], 1))))
    n = window.places * window.shape[2]
    return part("Reshape", sums, part.constant(np.array([-1, n], np.int64)))


def channel_norm(part, node, values, label):
    """Add a normalisation of channels, in the form that its source has."""
    arrays, shape = node.arrays, values.shape(node.sources[0])
    factor = arrays["gain"] / np.sqrt(
        arrays["variance"].astype(np.float64) + node.attributes["epsilon"]
    )
    if shape is None:
        x, formed = values.rows(node.sources[0]), lambda a: np.tile(a, node.attributes["places"])
    else:
        x, formed = values.image(node.sources[0], shape), lambda a: a.reshape(-1, 1, 1)
    centred = part("Sub", x, part.number(formed(arrays["mean"])))
    scaled = part("Mul", centred, part.number(formed(factor)))
    return part("Add", scaled, part.number(formed(arrays["shift"]))), shape


#: By kind: functions ``(part, node, values, label)`` that return a name and its images' shape.
IMAGES = {
    "convolution": convolution,
    "pad": pad,
    "max_pool": pool,
    "average_pool": pool,
    "channel_norm": channel_norm,
}

#: Kinds that treat all numbers alike, whatever their form.
ALIKE = frozenset({"activation", "custom", "add", "scale"})
