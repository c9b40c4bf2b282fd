"""The kinds of nodes: what each is made of, a row for each kind.

What is done with a node is said elsewhere. ONNX (fastnn/export/_onnx_nodes.py) and C (_c_nodes.py,
_c_functions.py) have something for each kind. Files (fastnn/files/nodes.py), the scorer
(fastnn/scoring/stages.py) and of_network.py go by the row here and the traits of the stage that is
called so (fastnn/_kernels/layers/kinds.pyx); they have a function only for what these do not say.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from fastnn._kernels.layers.encoded import rounded_edges
from fastnn._kernels.layers.specs import ColumnSpec
from fastnn.layers import columns
from fastnn.layers.activations import ACTIVATIONS, CustomActivation
from fastnn.model import sequences, windows


class Kind(NamedTuple):
    """A kind of node.

    Attributes
    ----------
    arrays : mapping of str to tuple
        The shape of each array, in the numbers of inputs ("n_in") and outputs ("n_out"), and what
        else `sizes` tells.
    attributes : mapping of str to callable
        Of each attribute, ``check(value, dtype)``: None, or what the value must be.
    n_sources : int
        Nodes whose outputs it takes; where there are several, all are of one width.
    n_out : callable
        ``n_out(n_in, node)``, the number of outputs; its attributes have been checked.
    sizes : callable
        ``sizes(n_out, node)``: more numbers by name.
    value : str
        The attribute that is its stage's ``value``, if one is.
    optional : frozenset of str
        Arrays that may be absent.
    not_negative : frozenset of str
        Arrays that hold no negative number.
    """

    arrays: Mapping
    attributes: Mapping = MappingProxyType({})
    n_sources: int = 1
    n_out: Callable = lambda n_in, node: n_in
    sizes: Callable = lambda n_out, node: {}
    value: str = ""
    optional: frozenset = frozenset()
    not_negative: frozenset = frozenset()


@cache
def _limits(dtype):
    return float(np.finfo(dtype).tiny), float(np.finfo(dtype).max)


def _epsilon(value, dtype):
    # The kernels take a subnormal number for zero, and a row of equal units has no variance.
    least, most = _limits(dtype)
    if not (type(value) is float and least <= value <= most):
        return f"a float between {least:.2g} and {most:.2g} in {dtype}"
    return None


def _activation(value, dtype):
    known = isinstance(value, str) and value in _ACTIVATIONS
    return None if known else f"one of {', '.join(_ACTIVATIONS)}"


def _factor(value, dtype):
    _, most = _limits(dtype)
    sound = type(value) is float and -most <= value <= most
    return None if sound else f"a finite float in {dtype}"


def _size(value, dtype):
    return None if type(value) is int and 2 <= value < 1 << 31 else "an int of at least 2"


def _function(value, dtype):
    return None if isinstance(value, CustomActivation) else "a CustomActivation"


def _columns(value, dtype):
    known = isinstance(value, tuple) and value and all(isinstance(c, ColumnSpec) for c in value)
    if not known:
        return "a tuple of ColumnSpec"
    for number, column in enumerate(value):
        if fault := _fault_of(column, np.dtype(dtype)):
            return f"sound, and column {number} is not: {fault}"
    return None


@lru_cache(1024)
def _fault_of(column, dtype):
    """What is wrong with a column; estimators make their nodes anew for every call."""
    try:
        made = columns.column_of(column)
    except (TypeError, ValueError) as error:
        return str(error)
    if made.spec != column or rounded_edges(column.edges, dtype) is None:
        return f"its edges are not apart in {dtype}"
    return None


def _entries(n_in, node):
    """Entries of encoded columns; there must be one for each input."""
    described = node.attributes["columns"]
    if len(described) != n_in:
        raise ValueError(f"a node describes {len(described)} columns, and its input has {n_in}")
    return sum(column.n_entries for column in described)


# That of the losses with a logarithm as their link may stand before a mean.
_ACTIVATIONS = (*ACTIVATIONS, "exp")
_SCALE = {"gain": ("n_out",), "shift": ("n_out",)}


def _shared(attributes):
    """A kind whose weights are used at every step of a row."""
    return Kind(
        {"weight": ("inputs", "gates"), "bias": ("gates",)},
        attributes,
        n_out=sequences.outputs,
        sizes=sequences.sizes,
    )


KINDS = {
    #: ``x @ weight + bias``.
    "dense": Kind(
        {"weight": ("n_in", "n_out"), "bias": ("n_out",)},
        n_out=lambda n_in, node: windows.n_units(node),
        optional=frozenset({"bias"}),
    ),
    #: ``f(x)`` with one of the functions that the kernels know.
    "activation": Kind({}, {"name": _activation}),
    #: ``f(x)`` with a function of the user's own.
    "custom": Kind({}, {"function": _function}),
    #: ``(x - mean) / sqrt(variance + epsilon) * gain + shift``, mean and biased variance being
    #: those of the row (Ba, Kiros & Hinton, "Layer Normalization", 2016),
    "layer_norm": Kind(_SCALE, {"epsilon": _epsilon}, value="epsilon"),
    #: or, for each unit, what training saw of it (Ioffe & Szegedy, "Batch Normalization", 2015).
    "batch_norm": Kind(
        {**_SCALE, "mean": ("n_out",), "variance": ("n_out",)},
        {"epsilon": _epsilon},
        value="epsilon",
        not_negative=frozenset({"variance"}),
    ),
    #: The columns of a table as `fastnn.layers.Columns` encodes them; a dense node takes them.
    "columns": Kind({}, {"columns": _columns}, n_out=_entries),
    #: A dense layer of each window of an image, the same at all places; windows lie within it.
    "convolution": Kind(
        {"weight": ("n_inputs", "n_units"), "bias": ("n_units",)},
        {"window": windows.fault_of_window},
        n_out=windows.convolved,
        sizes=windows.kernels,
        optional=frozenset({"bias"}),
    ),
    #: Zeros around an image.
    "pad": Kind({}, {"window": windows.fault_of_window}, n_out=windows.padded),
    #: The largest of each channel in a window, or the mean, of what lies within the image.
    "max_pool": Kind({}, {"window": windows.fault_of_window}, n_out=windows.pooled),
    "average_pool": Kind({}, {"window": windows.fault_of_window}, n_out=windows.pooled),
    #: "batch_norm" of the places of an image, a gain and a mean for each channel.
    "channel_norm": Kind(
        dict.fromkeys(("gain", "shift", "mean", "variance"), ("n_units",)),
        {"epsilon": _epsilon, "places": windows.fault_of_places},
        n_out=windows.normalised,
        sizes=windows.channels,
        value="epsilon",
        not_negative=frozenset({"variance"}),
    ),
    #: The sum of two.
    "add": Kind({}, n_sources=2),
    #: The product of two.
    "multiply": Kind({}, n_sources=2),
    #: Of each ``size`` neighbouring units the largest, the first of equal ones, and 0 for the
    #: others (Srivastava et al., "Compete to compute", 2013).
    "lwta": Kind({}, {"size": _size}, value="size"),
    #: ``exp(x) / sum(exp(x))`` over the row.
    "softmax": Kind({}),
    #: ``gain * x``, a gain for each unit.
    "gain": Kind({"gain": ("n_out",)}),
    #: ``factor * x``.
    "scale": Kind({}, {"factor": _factor}, value="factor"),
    #: Over a row that is a sequence (`fastnn.layers.recurrent`): a dense layer at every step, the
    #: recurrent layers, and the outputs of two side by side.
    "steps": _shared(sequences.STEPS),
    "rnn": _shared({**sequences.RECURRENT, "activation": sequences.cell}),
    "gru": _shared(sequences.RECURRENT),
    "lstm": _shared(sequences.RECURRENT),
    "concat": Kind({}, {"places": sequences.count}, n_sources=2, n_out=sequences.side_by_side),
}
