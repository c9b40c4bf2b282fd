"""From a fitted `fastnn.Network` to a Model: of its stages, what is left of them at prediction."""

import numpy as np

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.native import table
from fastnn.losses import Hinge, make_loss
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT, Node, function_for
from fastnn.model.of_estimator import feature_names

_ACTIVATIONS = {number: name for name, (number, _) in table.activations().items()}


def network_model(network):
    """Describe a Network that has weights, by copies of its arrays.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it has none yet.
    TypeError
        For a layer that does nothing of what a Model can say.
    """
    compiled = getattr(network, "compiled", None)
    if compiled is None:
        from sklearn.exceptions import NotFittedError

        raise NotFittedError("this Network has no weights yet: call fit, or build(n_in), first")
    return compiled_model(compiled, feature_names(network))


def compiled_model(compiled, names=None):
    """The same of a CompiledNetwork."""
    loss = make_loss(compiled.loss)
    head = Head(dtype=compiled.dtype.name, feature_names=names, **_outputs(loss, compiled.n_out))
    arrays = _Arrays(compiled)
    nodes = nodes_of_stages(compiled.stages, compiled.custom_activations, arrays)
    return Model(compiled.n_in, nodes, head)


def nodes_of_stages(stages, functions, arrays=None):
    """The nodes of stages: of what only training does, nothing.

    Parameters
    ----------
    stages : list of StageSpec
    functions : list of CustomActivation
        Those of the "custom" stages, by number.
    arrays : _Arrays, optional
        Where the arrays come from; without, the nodes have none.

    Returns
    -------
    tuple of Node
    """
    return tuple(_Nodes(stages, functions, arrays).nodes)


def _outputs(loss, n_out):
    """What the loss makes of the outputs: class numbers, labels that are there or not, values."""
    activation = loss.output_activation
    if activation == "softmax":
        kind, classes = "classifier", np.arange(n_out)
    elif activation == "logistic" or isinstance(loss, Hinge):
        kind = "classifier" if n_out == 1 else "multilabel"
        classes = np.arange(2 if n_out == 1 else n_out)
    else:
        kind, classes = "regressor", None
    return {"kind": kind, "output_activation": activation, "classes": classes}


class _Arrays:
    """Copies of the arrays of a CompiledNetwork, stage by stage."""

    def __init__(self, compiled):
        self._ahead = iter(zip(compiled.coefs, compiled.intercepts, strict=True))
        self._scales = iter(zip(compiled.gains, compiled.shifts, strict=True))
        self._running = iter(compiled.running)

    def dense(self, bias):
        weight, intercept = next(self._ahead)
        return _named(weight=weight, bias=intercept) if bias else _named(weight=weight)

    def layer_norm(self):
        gain, shift = next(self._scales)
        return _named(gain=gain, shift=shift)

    def batch_norm(self):
        mean, variance = next(self._running)
        return self.layer_norm() | _named(mean=mean, variance=variance)


def _named(**arrays):
    return {name: array.copy() for name, array in arrays.items()}


class _Nodes:
    """Nodes being made of stages, a function for each kind of stage."""

    def __init__(self, stages, functions, arrays):
        self.nodes, self._functions, self._arrays = [], functions, arrays
        self._of_stage = {INPUT: INPUT}
        for number, spec in enumerate(stages):
            source = self._of_stage[spec.source]
            if not TRAITS[spec.kind].passes:
                function_for(spec, _STAGES, "a Model")(self, spec, source)
                source = len(self.nodes) - 1
            self._of_stage[number] = source

    def _add(self, kind, *sources, arrays=None, **attributes):
        self.nodes.append(Node(kind, sources, arrays or {}, attributes))

    def dense(self, spec, source):
        arrays = self._arrays and self._arrays.dense(spec.bias)
        self._add("dense", source, arrays=arrays)
        if spec.activation:
            self.activation(spec, len(self.nodes) - 1)

    def activation(self, spec, source):
        self._add("activation", source, name=_ACTIVATIONS[spec.activation])

    def custom(self, spec, source):
        self._add("custom", source, function=self._functions[spec.activation])

    def layer_norm(self, spec, source):
        arrays = self._arrays and self._arrays.layer_norm()
        self._add("layer_norm", source, arrays=arrays, epsilon=spec.value)

    def batch_norm(self, spec, source):
        arrays = self._arrays and self._arrays.batch_norm()
        self._add("batch_norm", source, arrays=arrays, epsilon=spec.value)

    def add(self, spec, source):
        self._add("add", source, self._of_stage[spec.other])


#: Of the stages that do something at prediction.
_STAGES = {
    "dense": _Nodes.dense,
    "activation": _Nodes.activation,
    "custom": _Nodes.custom,
    "layer_norm": _Nodes.layer_norm,
    "batch_norm": _Nodes.batch_norm,
    "add": _Nodes.add,
}
