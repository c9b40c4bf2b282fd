"""The layers that a report speaks of: dense and recurrent stages, convolutions, and their parts.

That is the normalisation and the activation which follow it at once, the sum in which a skip
connection ends, and pooling. The projections of skip connections are no layers of their own.
"""

from itertools import pairwise
from typing import NamedTuple

from fastnn.layers import (
    ACTIVATIONS,
    GRU,
    LSTM,
    RNN,
    Activation,
    Conv1D,
    Conv2D,
    Dense,
    Gated,
    Highway,
    PerStep,
    Residual,
    Scale,
)
from fastnn.layers.stages import traits_of

__all__ = ["Chain", "chains", "place"]

#: In the place of the name of an activation: a gate, which is no layer of its own.
_GATE = "gate"


class Chain(NamedTuple):
    """One layer.

    Attributes
    ----------
    dense : int
        Number of the dense stage, or of the convolution.
    norm : int or None
        That of its normalisation.
    activation : str
    units, output : int
        Those whose outputs are its activation's, and what the next layer gets.
    gated : bool
        Whether a highway's gate says how much of it the next layer gets.
    """

    dense: int
    norm: int | None
    activation: str
    units: int
    output: int
    gated: bool


def chains(network):
    """The `Chain` of every layer of a CompiledNetwork, the output layer's last."""
    specs = network.stages
    fused, alone = _names(network.layers)
    names = [None] * len(specs)  # of the activation that a stage ends in
    for stage, spec in enumerate(specs):
        if _is_layer(spec):
            names[stage] = fused.pop(0)
        elif _is_activation(spec):
            names[stage] = alone.pop(0)
    layers = [stage for stage, spec in enumerate(specs) if _is_layer(spec)]
    mixed = {t for t, gate in pairwise(layers) if names[gate] == _GATE}
    return [_chain(specs, names, t, t in mixed) for t in layers if names[t] != _GATE]


def place(specs, stage):
    """Which of the network's ``coefs``, or of its ``gains``, are those of a stage."""
    alike = _scales if _scales(specs[stage]) else _multiplies
    return sum(map(alike, specs[:stage]))


def _chain(specs, names, stage, mixed):
    norm, at, name = None, stage, names[stage]
    if name == "identity" and _follows(specs, at, _normalises):
        norm = at = at + 1
    if name == "identity" and _follows(specs, at, _is_activation):
        at += 1
        name = names[at]
    sums = [
        i for i, spec in enumerate(specs) if traits_of(spec).n_sources == 2 and spec.source == at
    ]
    output = sums[0] if sums else at
    if mixed:  # t (f - x) + x
        output += 2
    while _follows(specs, output, _is_pool):
        output += 1
    return Chain(stage, norm, name, at, output, mixed)


def _follows(specs, stage, what):
    """Whether the next stage takes this one's output and is such a one."""
    after = stage + 1
    return after < len(specs) and specs[after].source == stage and what(specs[after])


def _multiplies(spec):
    return traits_of(spec).matrix


def _scales(spec):
    return traits_of(spec).scales


def _normalises(spec):
    return _scales(spec) and not traits_of(spec).unshifted


def _is_layer(spec):
    """The projection of a skip connection has no bias, and is none."""
    return _multiplies(spec) and spec.bias


def _is_activation(spec):
    traits = traits_of(spec)
    return traits.n_sources == 1 and not (traits.learns or traits.passes or traits.windows)


def _is_pool(spec):
    traits = traits_of(spec)  # padding and shifts see one cell at a time
    return traits.windows and not traits.matrix and spec.window.kernel != (1, 1)


def _names(layers):
    """Names of the activations that are part of dense stages, and of those with their own stage."""
    fused, alone = [], []
    for layer in layers:
        if isinstance(layer, Gated | Highway | Residual):
            inner = _names(layer.layers)
            gate = isinstance(layer, Highway)
            fused += [*inner[0], *[_GATE] * gate]
            alone += [*inner[1], *["identity"] * gate]  # of the factor -1
        elif isinstance(layer, Scale):
            alone.append("identity")
        elif isinstance(layer, RNN | GRU | LSTM):
            own = layer.activation if isinstance(layer, RNN) else type(layer).__name__
            fused += [own] * (1 + layer.bidirectional)
        elif isinstance(layer, PerStep):
            fused.append("identity")
        elif isinstance(layer, (Dense, Conv1D, Conv2D, Activation)):
            own = layer.activation
            fuses = not isinstance(layer, Activation)
            of_kernel = isinstance(own, str) and own in ACTIVATIONS
            if fuses:
                fused.append(own if of_kernel else "identity")
            if own != "identity" and not (fuses and of_kernel):
                alone.append(getattr(own, "name", own))
    return fused, alone
