"""Nodes as stages of the kernels, a function for each kind."""

import numpy as np

from fastnn._kernels.layers.specs import StageSpec
from fastnn._kernels.native import table
from fastnn.model.nodes import INPUT, consumers, function_for

_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}
_NOTHING = np.zeros(0)


class Stages:
    """The stages of nodes.

    Parameters
    ----------
    nodes : sequence of Node
    widths : sequence of int
        Outputs of each.

    Attributes
    ----------
    specs : list of StageSpec
    arrays : list of ndarray
        As a `Scorer` takes them.
    functions : list of (f, df)
        What the user's own activations compute.
    """

    def __init__(self, nodes, widths):
        self.specs, self.functions = [], []
        self._coefs, self._intercepts, self._scales, self._statistics = [], [], [], []
        self._of_node = {INPUT: INPUT}
        fused = _fused(nodes)
        for number, node in enumerate(nodes):
            # A dense stage has the activation of the node behind it.
            activation = nodes[number + 1].attributes["name"] if number in fused else "identity"
            if number - 1 not in fused:
                sources = [self._of_node[source] for source in node.sources]
                add = function_for(node, _STAGES, "the scorer")
                more = add(self, node, sources, activation)
                self.specs.append(StageSpec(node.kind, sources[0], n=widths[number], **more))
            self._of_node[number] = len(self.specs) - 1

    @property
    def arrays(self):
        return [*self._coefs, *self._intercepts, *self._scales, *self._statistics]

    def dense(self, node, sources, activation):
        bias = node.arrays.get("bias")
        self._coefs.append(node.arrays["weight"])
        self._intercepts.append(_NOTHING if bias is None else bias)
        return {"activation": _ACTIVATIONS[activation], "bias": bias is not None}

    def activation(self, node, sources, activation):
        return {"activation": _ACTIVATIONS[node.attributes["name"]]}

    def custom(self, node, sources, activation):
        function = node.attributes["function"]
        self.functions.append((function.f, function.slope))
        return {"activation": len(self.functions) - 1}

    def layer_norm(self, node, sources, activation):
        self._scales += [node.arrays["gain"], node.arrays["shift"]]
        return {"value": node.attributes["epsilon"]}

    def batch_norm(self, node, sources, activation):
        self._statistics += [node.arrays["mean"], node.arrays["variance"]]
        return self.layer_norm(node, sources, activation)

    def add(self, node, sources, activation):
        return {"other": sources[1]}


_STAGES = {
    "dense": Stages.dense,
    "activation": Stages.activation,
    "custom": Stages.custom,
    "layer_norm": Stages.layer_norm,
    "batch_norm": Stages.batch_norm,
    "add": Stages.add,
}


def _fused(nodes):
    """The dense nodes whose outputs go through an activation at once, and nowhere else."""
    taken_by = consumers(nodes)
    return {
        number
        for number, node in enumerate(nodes[:-1])
        if node.kind == "dense"
        and nodes[number + 1].kind == "activation"
        and taken_by[number] == [number + 1]
    }
