"""The layers that a report speaks of: each dense stage of a network, with what belongs to it.

That is the normalisation and the activation which follow it at once, and the sum in which a skip
connection ends. The projections of skip connections are no layers of their own.
"""

from typing import NamedTuple

from fastnn.layers import ACTIVATIONS, Activation, Dense, Residual

__all__ = ["NORMS", "Chain", "chains", "place"]

#: Kinds of the stages that have a gain and a shift.
NORMS = ("layer_norm", "batch_norm")


class Chain(NamedTuple):
    """One layer.

    Attributes
    ----------
    dense : int
        Number of the dense stage.
    norm : int or None
        That of its normalisation.
    activation : str
    units, output : int
        Those whose outputs are its activation's, and what the next layer gets.
    """

    dense: int
    norm: int | None
    activation: str
    units: int
    output: int


def chains(network):
    """The `Chain` of every layer of a CompiledNetwork, the output layer's last."""
    specs, fused, alone = network.stages, *_names(network.layers)
    names = [None] * len(specs)  # of the activation that a stage ends in
    for stage, spec in enumerate(specs):
        if spec.kind == "dense" and spec.bias:
            names[stage] = fused.pop(0)
        elif spec.kind in ("activation", "custom"):
            names[stage] = alone.pop(0)
    return [
        _chain(specs, names, stage)
        for stage, spec in enumerate(specs)
        if spec.kind == "dense" and spec.bias
    ]


def place(specs, stage):
    """Which of the network's ``coefs``, or of its ``gains``, are those of a stage."""
    own = NORMS if specs[stage].kind in NORMS else ("dense",)
    return sum(spec.kind in own for spec in specs[:stage])


def _chain(specs, names, stage):
    norm, at, name = None, stage, names[stage]
    if name == "identity" and _follows(specs, at) in NORMS:
        norm = at = at + 1
    if name == "identity" and _follows(specs, at) in ("activation", "custom"):
        at += 1
        name = names[at]
    sums = [i for i, spec in enumerate(specs) if spec.kind == "add" and spec.source == at]
    return Chain(stage, norm, name, at, sums[0] if sums else at)


def _follows(specs, stage):
    """Kind of the next stage, if that takes this one's output."""
    after = stage + 1
    return specs[after].kind if after < len(specs) and specs[after].source == stage else None


def _names(layers):
    """Names of the activations that are part of dense stages, and of those with their own stage."""
    fused, alone = [], []
    for layer in layers:
        if isinstance(layer, Residual):
            inner = _names(layer.layers)
            fused += inner[0]
            alone += inner[1]
        elif isinstance(layer, (Dense, Activation)):
            own = layer.activation
            of_kernel = isinstance(own, str) and own in ACTIVATIONS
            if isinstance(layer, Dense):
                fused.append(own if of_kernel else "identity")
            if own != "identity" and not (isinstance(layer, Dense) and of_kernel):
                alone.append(getattr(own, "name", own))
    return fused, alone
