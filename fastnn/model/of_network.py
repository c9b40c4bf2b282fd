"""From a fitted `fastnn.Network` to a Model: of its stages, what is left of them at prediction."""

import numpy as np

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.specs import sources
from fastnn._kernels.native import table
from fastnn.layers.stages import Stages
from fastnn.losses import Hinge, make_loss
from fastnn.model.head import Head
from fastnn.model.kinds import KINDS
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT, Node, function_for
from fastnn.model.of_estimator import feature_names
from fastnn.model.sequences import attributes_of

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
    return Model(compiled.n_in, compiled_nodes(compiled), head)


def compiled_nodes(compiled):
    """The nodes of a CompiledNetwork, with copies of its arrays."""
    return nodes_of_stages(compiled.stages, compiled.custom_activations, _Arrays(compiled))


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


def nodes_of_layers(n_in, layers, pairs):
    """The nodes of layers for so many features, from a pair of weights and biases for each
    matrix."""
    stages = Stages(n_in)
    for layer in layers:
        layer.add_to(stages)
    return nodes_of_stages(stages.specs, stages.custom, _Pairs(pairs))


class _Pairs:
    """Arrays of stages that have a matrix and biases, or nothing."""

    def __init__(self, pairs):
        self._ahead = iter(pairs)

    def of(self, spec):
        """Those of the next stage."""
        if not TRAITS[spec.kind].matrix:
            return {}
        return dict(zip(("weight", "bias"), next(self._ahead), strict=True))


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

    def of(self, spec):
        """Those of the next stage, by the name that its node gives them."""
        traits, found = TRAITS[spec.kind], {}
        if traits.matrix:
            found["weight"], found["bias"] = next(self._ahead)
            if not spec.bias:
                del found["bias"]
        if traits.scales:
            found["gain"], found["shift"] = next(self._scales)
            if traits.unshifted:
                del found["shift"]
        if traits.running:
            found["mean"], found["variance"] = next(self._running)
        return {name: array.copy() for name, array in found.items()}


class _Nodes:
    """Nodes being made of stages: one for each that is not gone at prediction, and one for the
    activation of a stage with a matrix."""

    def __init__(self, stages, functions, arrays):
        self.nodes, self._functions = [], functions
        of_stage = {INPUT: INPUT}
        for number, spec in enumerate(stages):
            found = [of_stage[source] for source in sources(spec)]
            if TRAITS[spec.kind].passes:
                [of_stage[number]] = found
                continue
            function_for(spec, KINDS, "a Model")
            own = arrays.of(spec) if arrays else {}
            _STAGES.get(spec.kind, _Nodes.plain)(self, spec, found, own)
            of_stage[number] = len(self.nodes) - 1

    def _add(self, kind, sources, arrays, **attributes):
        self.nodes.append(Node(kind, sources, arrays, attributes))

    def plain(self, spec, sources, arrays):
        """A node that is as the row of its kind says."""
        value = KINDS[spec.kind].value
        self._add(spec.kind, sources, arrays, **({value: spec.value} if value else {}))

    def windowed(self, spec, sources, arrays):
        self._add(spec.kind, sources, arrays, window=spec.window)

    def channel_norm(self, spec, sources, arrays):
        self._add(spec.kind, sources, arrays, epsilon=spec.value, places=spec.places)

    def dense(self, spec, sources, arrays):
        window = {"window": spec.window} if spec.window else {}
        self._add(spec.kind, sources, arrays, **window)
        if spec.activation:
            self.activation(spec, [len(self.nodes) - 1], {})

    def activation(self, spec, sources, arrays):
        self._add("activation", sources, arrays, name=_ACTIVATIONS[spec.activation])

    def columns(self, spec, sources, arrays):
        self._add("columns", sources, arrays, columns=spec.columns)

    def lwta(self, spec, sources, arrays):
        self._add("lwta", sources, arrays, size=int(spec.value))

    def sequence(self, spec, sources, arrays):
        self._add(spec.kind, sources, arrays, **attributes_of(spec))

    def custom(self, spec, sources, arrays):
        self._add("custom", sources, arrays, function=self._functions[spec.activation])


# Of the stages that a row of `KINDS` does not say all of.
_STAGES = {
    "dense": _Nodes.dense,
    "activation": _Nodes.activation,
    "custom": _Nodes.custom,
    "columns": _Nodes.columns,
    "lwta": _Nodes.lwta,
    **dict.fromkeys(("steps", "rnn", "gru", "lstm", "concat"), _Nodes.sequence),
    "convolution": _Nodes.dense,
    "channel_norm": _Nodes.channel_norm,
    **dict.fromkeys(("pad", "max_pool", "average_pool"), _Nodes.windowed),
}
