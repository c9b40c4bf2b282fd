"""Nodes as stages of the kernels."""

import numpy as np

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.specs import StageSpec
from fastnn._kernels.native import table
from fastnn.model.kinds import KINDS
from fastnn.model.nodes import INPUT, consumers, function_for
from fastnn.model.precision import reduced_nodes
from fastnn.model.sequences import fields_of
from fastnn.scoring.fewer_bits import in_fewer_bits

_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}
_NOTHING = np.zeros(0)


class Stages:
    """The stages of nodes.

    Parameters
    ----------
    nodes : sequence of Node
    widths : sequence of int
        Outputs of each.
    precision : {"bfloat16", "int8"} or None
    isa : str or None
    slices : mapping of int to ReducedWeights, or None
        Of float32, nodes whose weights have been cut.

    Attributes
    ----------
    specs : list of StageSpec
    arrays : list of ndarray
        As a `Scorer` takes them.
    functions : list of (f, df)
        What the user's own activations compute.
    reduced : list of ReducedWeights or None
        Of each stage with a matrix; empty where all are as they are.
    """

    def __init__(self, nodes, widths, precision=None, isa=None, slices=None):
        self.specs, self.functions, self.reduced = [], [], []
        self._coefs, self._intercepts, self._scales, self._statistics = [], [], [], []
        self._of_node = {INPUT: INPUT}
        fused = _fused(nodes)
        slices = slices or {}
        fewer = reduced_nodes(nodes) if precision else slices
        for number, node in enumerate(nodes):
            # A stage with a matrix has the activation of the node behind it.
            activation = nodes[number + 1].attributes["name"] if number in fused else "identity"
            if number - 1 not in fused:
                sources = [self._of_node[source] for source in node.sources]
                self._take_arrays(node)
                self._width = widths[number]
                if number in fewer:
                    held = slices.get(number) or in_fewer_bits(node, precision, isa)
                    self.reduced.append(held)
                elif fewer and TRAITS[node.kind].matrix:
                    self.reduced.append(None)
                more = _FIELDS.get(node.kind, Stages.plain)(self, node, activation)
                self.specs.append(StageSpec(node.kind, *sources, n=widths[number], **more))
            self._of_node[number] = len(self.specs) - 1

    @property
    def arrays(self):
        return [*self._coefs, *self._intercepts, *self._scales, *self._statistics]

    def _take_arrays(self, node):
        traits, arrays = function_for(node, TRAITS, "the scorer"), node.arrays
        if traits.matrix:
            self._coefs.append(arrays["weight"])
            self._intercepts.append(arrays.get("bias", _NOTHING))
        if traits.scales:
            self._scales += [arrays["gain"], arrays.get("shift", _NOTHING)]
        if traits.running:
            self._statistics += [arrays["mean"], arrays["variance"]]

    def plain(self, node, activation):
        """Of a stage that is as the row of its kind says."""
        value = KINDS[node.kind].value
        return {"value": node.attributes[value]} if value else {}

    def windowed(self, node, activation):
        return {"window": node.attributes["window"]}

    def convolution(self, node, activation):
        window = node.attributes["window"]
        return {**self.dense(node, activation), "window": window, "places": window.places}

    def channel_norm(self, node, activation):
        return {"value": node.attributes["epsilon"], "places": node.attributes["places"]}

    def dense(self, node, activation):
        return {"activation": _ACTIVATIONS[activation], "bias": "bias" in node.arrays}

    def activation(self, node, activation):
        return {"activation": _ACTIVATIONS[node.attributes["name"]]}

    def columns(self, node, activation):
        return {"columns": node.attributes["columns"]}

    def sequence(self, node, activation):
        return fields_of(node, self._width)

    def custom(self, node, activation):
        function = node.attributes["function"]
        self.functions.append((function.f, function.slope))
        return {"activation": len(self.functions) - 1}


# What the stage of a kind has in other fields than `value`.
_FIELDS = {
    "dense": Stages.dense,
    "activation": Stages.activation,
    "custom": Stages.custom,
    "columns": Stages.columns,
    **dict.fromkeys(("steps", "rnn", "gru", "lstm", "concat"), Stages.sequence),
    "convolution": Stages.convolution,
    "channel_norm": Stages.channel_norm,
    **dict.fromkeys(("pad", "max_pool", "average_pool"), Stages.windowed),
}


def _fused(nodes):
    """The nodes with a matrix whose outputs go through an activation at once, and nowhere else."""
    taken_by = consumers(nodes)
    return {
        number
        for number, node in enumerate(nodes[:-1])
        if node.kind in TRAITS
        and TRAITS[node.kind].matrix
        and not TRAITS[node.kind].shares
        and nodes[number + 1].kind == "activation"
        and taken_by[number] == [number + 1]
    }
