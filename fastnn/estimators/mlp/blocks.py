"""The network of an estimator: hidden blocks of layers, and the arrays of its fitted attributes.

A hidden block is Dense, BatchNorm or LayerNorm, activation, Dropout; with ``residual`` its input is
added to what comes out, or a gate says how much of either goes on. With ``gain`` each Dense, the
last one too, has a Gain of its inputs.
"""

import copy
from typing import Any, NamedTuple

import numpy as np

from fastnn.layers import (
    Activation,
    ActivityL1,
    BatchNorm,
    Dense,
    Dropout,
    Gain,
    GaussianNoise,
    Highway,
    LayerNorm,
    PerStep,
    Residual,
)
from fastnn.layers.dense import TiedDense
from fastnn.network.compiled import CompiledNetwork

__all__ = ["HIGHWAY", "Block", "Parts", "build_network", "hidden_blocks"]

#: The value of ``residual`` for gates.
HIGHWAY = "highway"


class Block(NamedTuple):
    """One hidden block; ``norm`` is a layer or None, as is the ``gain`` of what goes in;
    ``residual`` is False, True or HIGHWAY."""

    width: int
    activation: Any
    norm: Any = None
    dropout: float = 0.0
    residual: bool | str = False
    activity_l1: float = 0.0
    gain: Gain | None = None

    def layers(self, of=None):
        """Return the layers that the block is made of, and the Dense among them; with another Dense
        it is tied to that."""
        dense = dense_of(self.width, self.activation if self.norm is None else "identity", of)
        inner = [dense] if self.gain is None else [self.gain, dense]
        if self.norm is not None:
            inner += [self.norm, Activation(self.activation)]
        if self.dropout:
            inner.append(Dropout(self.dropout))
        around = Highway if self.residual == HIGHWAY else Residual
        outer = [around(inner)] if self.residual else inner
        return [*outer, ActivityL1(self.activity_l1)] if self.activity_l1 else outer, dense

    @property
    def n_matrices(self):
        """Matrices of weights, beside that of a skip."""
        return 1

    def keeps(self, n_in):
        """Whether a skip from so many inputs has no weights."""
        return self.width == n_in


def dense_of(width, activation="identity", of=None):
    """Return a Dense with a matrix of its own or, transposed, that of another."""
    return Dense(width, activation) if of is None else TiedDense(width, activation, of)


def hidden_blocks(estimator, widths, activations):
    """Return the blocks that the parameters ask for."""
    norm = BatchNorm() if estimator.batch_norm else LayerNorm() if estimator.layer_norm else None
    rates = np.broadcast_to(np.asarray(estimator.dropout, float), len(widths))
    prices = estimator._activity_prices(len(widths))
    return [
        Block(width, activation, norm, float(rate), estimator.residual, price, gain_of(estimator))
        for width, activation, rate, price in zip(widths, activations, rates, prices, strict=True)
    ]


def gain_of(estimator):
    """Return the Gain that the parameters ask for, or None."""
    return Gain(float(estimator.gain_l1)) if estimator.gain else None


def build_network(n_features, blocks, n_outputs, loss, dtype, *, estimator=None, gain=None):
    """Return the network of these blocks and a gain of what goes into the last layer, or None; with
    an estimator what that has there, and what it does to the input as well."""
    layers, gain = [], gain if estimator is None else gain_of(estimator)
    if estimator is not None and estimator._columns is not None:
        layers.append(estimator._columns)
    dropout, noise = (0, 0) if estimator is None else estimator._input_changes()
    if dropout:
        layers.append(Dropout(dropout))
    if noise:
        layers.append(GaussianNoise(noise))
    tied, denses = getattr(estimator, "tied", False), []
    for number, block in enumerate(blocks):
        mirrored = tied and 2 * number > len(blocks)
        added, dense = block.layers(denses[len(blocks) - number] if mirrored else None)
        layers += added
        denses.append(dense)
    each_step = getattr(loss, "steps", 0)
    last = PerStep(n_outputs) if each_step else dense_of(n_outputs, of=denses[0] if tied else None)
    layers += [last] if gain is None else [gain, last]
    return CompiledNetwork(n_features, layers, loss, dtype)


class Parts(NamedTuple):
    """The arrays of a network by hidden block, as fitted attributes have them.

    ``norms`` and ``projections`` are None where no block has one. A norm is a dict of ``kind``
    ("batch" or "layer"), ``gain``, ``shift``, running ``mean`` and ``variance`` (None for "layer")
    and ``epsilon``; a projection an array (n_in, n_out), "identity", or None for no skip. That of a
    highway is a dict: the weights ``gate`` (n_in, n_out) and ``bias`` (n_out,) of its gate, and
    ``carried``, an array or "identity". Of gains there is one for each of ``coefs``, of its inputs,
    or None for all.
    """

    coefs: list
    intercepts: list
    norms: list | None
    projections: list | None
    gains: list | None = None

    @classmethod
    def of(cls, network, blocks):
        """Return views of the arrays of a network that was built of these blocks."""
        coefs, norms, projections, gains = [], [], [], []
        ahead = iter(zip(network.coefs, network.intercepts, strict=True))
        scales = iter(zip(network.gains, network.shifts, strict=True))
        running, n_in = iter(network.running), network.n_in
        for block in blocks:
            gains += [] if block.gain is None else [next(scales)[0]]
            coefs += [next(ahead) for _ in range(block.n_matrices)]
            norms.append(None if block.norm is None else _norm(block.norm, next(scales), running))
            if not block.residual:
                projections.append(None)
            else:
                gate = next(ahead) if block.residual == HIGHWAY else None
                carried = "identity" if block.keeps(n_in) else next(ahead)[0]
                skip = gate and {"gate": gate[0], "bias": gate[1], "carried": carried}
                projections.append(skip or carried)
            n_in = block.width
        coefs.append(next(ahead))
        gains += [gain for gain, _ in scales]
        return cls(
            [coef for coef, _ in coefs],
            [intercept for _, intercept in coefs],
            norms if any(norms) else None,
            projections if any(p is not None for p in projections) else None,
            gains or None,
        )

    @classmethod
    def fitted(cls, estimator):
        """Return those of a fitted estimator."""
        return cls(
            list(estimator.coefs_),
            list(estimator.intercepts_),
            estimator.__dict__.get("norms_"),
            estimator.__dict__.get("projections_"),
            estimator.__dict__.get("gains_"),
        )

    def arrays(self):
        """Return all arrays, by name."""
        named = {}
        for kind in ("coefs", "intercepts", "gains"):
            named |= {f"{kind}_[{i}]": array for i, array in enumerate(getattr(self, kind) or ())}
        for i, norm in enumerate(self.norms or []):
            for name, value in (norm or {}).items():
                if isinstance(value, np.ndarray):
                    named[f"norms_[{i}][{name!r}]"] = value
        for name, skip in self._skips():
            if isinstance(skip, np.ndarray):
                named[name] = skip
        return named

    def _skips(self):
        """What is in the projections, by name."""
        for i, projection in enumerate(self.projections or []):
            if isinstance(projection, dict):
                for name, value in projection.items():
                    yield f"projections_[{i}][{name!r}]", value
            else:
                yield f"projections_[{i}]", projection

    def shapes(self):
        """Return the shape of each array, by name, and "identity" for a skip without one."""
        shapes = {name: np.shape(array) for name, array in self.arrays().items()}
        return shapes | {name: skip for name, skip in self._skips() if isinstance(skip, str)}

    def take(self, other):
        """Copy the values of others in.

        Raises
        ------
        ValueError
            If they have not the same shapes.
        """
        own, given = self.arrays(), other.arrays()
        wanted, found = self.shapes(), other.shapes()
        if wanted != found:
            raise ValueError(
                "Training can go on only with the layers it began with: the fitted attributes have "
                f"shapes {found}, but the parameters, n_features, hidden_layer_sizes and the "
                f"targets ask for {wanted} ({len(self.coefs)} layers). Set the parameters back, "
                "or fit anew with warm_start=False."
            )
        for name, array in own.items():
            array[...] = given[name]

    def copy(self):
        """Return copies."""
        return copy.deepcopy(self)

    def attributes(self):
        """Return them under the names of fitted attributes, those of plain networks alone if that
        is what they are."""
        # a tied matrix is a transposed view
        coefs = [np.ascontiguousarray(coef) for coef in self.coefs]
        named = {f"{name}_": value for name, value in self._replace(coefs=coefs)._asdict().items()}
        return {name: value for name, value in named.items() if value is not None}


def _norm(layer, scale, running):
    kind = "batch" if isinstance(layer, BatchNorm) else "layer"
    mean, variance = next(running) if kind == "batch" else (None, None)
    gain, shift = scale
    return {
        "kind": kind,
        "gain": gain,
        "shift": shift,
        "mean": mean,
        "variance": variance,
        "epsilon": layer.epsilon,
    }
