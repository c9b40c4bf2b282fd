"""The network of an estimator: hidden blocks of layers, and the arrays of its fitted attributes.

A hidden block is Dense, BatchNorm or LayerNorm, activation, Dropout; with ``residual`` its input is
added to what comes out.
"""

import copy
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite

from fastnn.activations import BERNOULLI
from fastnn.arrays import block_arrays
from fastnn.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)
from fastnn.network import BLOCK_ROWS, CompiledNetwork
from fastnn.threads import THREAD_WORK, effective_n_threads

__all__ = [
    "Block",
    "Parts",
    "build_network",
    "hidden_blocks",
    "hidden_outputs",
    "input_gradients",
    "outputs",
]


class Block(NamedTuple):
    """One hidden block; ``norm`` is a layer or None."""

    width: int
    activation: Any
    norm: Any = None
    dropout: float = 0.0
    residual: bool = False

    def layers(self):
        """Return the layers that the block is made of."""
        if self.norm is None:
            inner = [Dense(self.width, self.activation)]
        else:
            inner = [Dense(self.width), self.norm, Activation(self.activation)]
        if self.dropout:
            inner.append(Dropout(self.dropout))
        return [Residual(inner)] if self.residual else inner


def hidden_blocks(estimator, widths, activations):
    """Return the blocks that the parameters ask for."""
    norm = BatchNorm() if estimator.batch_norm else LayerNorm() if estimator.layer_norm else None
    rates = np.broadcast_to(np.asarray(estimator.dropout, float), len(widths))
    return [
        Block(width, activation, norm, float(rate), estimator.residual)
        for width, activation, rate in zip(widths, activations, rates, strict=True)
    ]


def build_network(n_features, blocks, n_outputs, loss, dtype, *, estimator=None):
    """Return the network of these blocks; with an estimator, what it does to the input as well."""
    layers = []
    if estimator is not None and estimator.input_dropout:
        layers.append(Dropout(estimator.input_dropout))
    if estimator is not None and estimator.input_noise:
        layers.append(GaussianNoise(estimator.input_noise))
    for block in blocks:
        layers += block.layers()
    return CompiledNetwork(n_features, [*layers, Dense(n_outputs)], loss, dtype)


class Parts(NamedTuple):
    """The arrays of a network by hidden block, as fitted attributes have them.

    ``norms`` and ``projections`` are None where no block has one. A norm is a dict of ``kind``
    ("batch" or "layer"), ``gain``, ``shift``, running ``mean`` and ``variance`` (None for "layer")
    and ``epsilon``; a projection an array (n_in, n_out), "identity", or None for no skip.
    """

    coefs: list
    intercepts: list
    norms: list | None
    projections: list | None

    @classmethod
    def of(cls, network, blocks):
        """Return views of the arrays of a network that was built of these blocks."""
        coefs, norms, projections = [], [], []
        ahead = iter(zip(network.coefs, network.intercepts, strict=True))
        scales = iter(zip(network.gains, network.shifts, strict=True))
        running, n_in = iter(network.running), network.n_in
        for block in blocks:
            coefs.append(next(ahead))
            norms.append(None if block.norm is None else _norm(block.norm, next(scales), running))
            if not block.residual:
                projections.append(None)
            else:
                projections.append("identity" if block.width == n_in else next(ahead)[0])
            n_in = block.width
        coefs.append(next(ahead))
        return cls(
            [coef for coef, _ in coefs],
            [intercept for _, intercept in coefs],
            norms if any(norms) else None,
            projections if any(p is not None for p in projections) else None,
        )

    @classmethod
    def fitted(cls, estimator):
        """Return those of a fitted estimator."""
        return cls(
            list(estimator.coefs_),
            list(estimator.intercepts_),
            estimator.__dict__.get("norms_"),
            estimator.__dict__.get("projections_"),
        )

    def arrays(self):
        """Return all arrays, by name."""
        named = {}
        for kind in ("coefs", "intercepts"):
            named |= {f"{kind}_[{i}]": array for i, array in enumerate(getattr(self, kind))}
        for i, norm in enumerate(self.norms or []):
            for name, value in (norm or {}).items():
                if isinstance(value, np.ndarray):
                    named[f"norms_[{i}][{name!r}]"] = value
        for i, projection in enumerate(self.projections or []):
            if isinstance(projection, np.ndarray):
                named[f"projections_[{i}]"] = projection
        return named

    def shapes(self):
        """Return the shape of each array, by name, and "identity" for a skip without one."""
        shapes = {name: np.shape(array) for name, array in self.arrays().items()}
        for i, projection in enumerate(self.projections or []):
            if isinstance(projection, str):
                shapes[f"projections_[{i}]"] = projection
        return shapes

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
        named = {f"{name}_": value for name, value in self._asdict().items()}
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


def _fitted_blocks(parts, activations):
    """Return the blocks that a fitted estimator's attributes describe."""
    n_hidden = len(parts.coefs) - 1
    norms = parts.norms or [None] * n_hidden
    skips = parts.projections or [None] * n_hidden
    blocks = []
    for coef, activation, norm, skip in zip(
        parts.coefs[:-1], activations, norms, skips, strict=True
    ):
        layer = norm and {"batch": BatchNorm, "layer": LayerNorm}[norm["kind"]](
            epsilon=norm["epsilon"]
        )
        blocks.append(Block(coef.shape[1], activation, layer, residual=skip is not None))
    return blocks


def _fitted_network(parts, blocks, loss):
    """Return the network of these blocks and arrays, for predictions."""
    dtype = np.float32 if parts.coefs[0].dtype == np.float32 else np.float64
    n_in, n_out = parts.coefs[0].shape[0], parts.coefs[-1].shape[1]
    network = build_network(n_in, blocks, n_out, loss, dtype)
    try:
        Parts.of(network, blocks).take(parts)
    except ValueError:
        raise ValueError(
            "coefs_, intercepts_, norms_ and projections_ do not fit together: their shapes are "
            f"{parts.shapes()}."
        ) from None
    return network


def _outputs_of_arrays(estimator, parts, blocks, loss, X):
    """Outputs by a Scorer: to the bit those of the network, which takes several times as long to
    build. NotImplemented for what it does not know: batch statistics, functions of the user's own,
    and shapes that do not fit, of which the network says what is wrong."""
    norms, skips, names = [], [], []
    for i, block in enumerate(blocks):
        name = "logistic" if block.activation == BERNOULLI else block.activation
        if name not in ACTIVATIONS or isinstance(block.norm, BatchNorm):
            return NotImplemented
        norm = parts.norms[i] if block.norm else None
        skip = parts.projections[i] if block.residual else None
        names.append(name)
        norms.append(norm and (norm["gain"], norm["shift"], norm["epsilon"]))
        skips.append(skip if skip is None or isinstance(skip, str) else (skip, None))
    if not _chain(parts, norms, skips, X.shape[1]):
        return NotImplemented
    n_threads = 0 if estimator.n_jobs is None else effective_n_threads(estimator.n_jobs)
    return block_arrays(parts.coefs, parts.intercepts, names, norms, skips, loss, X, n_threads)


def _chain(parts, norms, skips, n_in):
    """Whether all are arrays, of shapes that fit."""
    widths = [n_in, *(coef.shape[1] for coef in parts.coefs)]
    wanted = [*pairwise(widths), *((width,) for width in widths[1:])]
    found = [*parts.coefs, *parts.intercepts]
    for norm, skip, shape in zip(norms, skips, pairwise(widths[:-1]), strict=True):
        if norm is not None:
            wanted += [shape[1:], shape[1:]]
            found += norm[:2]
        if skip is not None and (skip == "identity") is not (shape[0] == shape[1]):
            return False
        if skip is not None and skip != "identity":
            wanted.append(shape)
            found.append(skip[0])
    arrays = all(isinstance(array, np.ndarray) for array in found)
    return arrays and all(widths) and [array.shape for array in found] == wanted


def outputs(estimator, activations, loss, X, check_finite):
    """Outputs (n, n_outputs) of a fitted estimator of any kind."""
    if check_finite:
        assert_all_finite(X, input_name="X")
    parts = Parts.fitted(estimator)
    blocks = _fitted_blocks(parts, activations)
    found = _outputs_of_arrays(estimator, parts, blocks, loss, X)
    if found is not NotImplemented:
        return found
    network = _fitted_network(parts, blocks, loss)
    return network.forward(X, n_threads=_n_threads(estimator, X, network))


def hidden_outputs(estimator, activations, loss, layer, X, check_finite):
    """Outputs (n, n_units) of its hidden layer number ``layer``, from 0."""
    if check_finite:
        assert_all_finite(X, input_name="X")
    parts = Parts.fitted(estimator)
    blocks = _fitted_blocks(parts, activations)
    network = _fitted_network(parts, blocks, loss)
    end = sum(len(block.layers()) for block in blocks[: layer + 1])
    if not (issparse(X) and blocks[0].residual and blocks[0].width == X.shape[1]):
        return network.layer_outputs(X)[end - 1]
    # The first block adds X itself to its outputs, which are as many.
    starts = range(0, X.shape[0], BLOCK_ROWS)
    rows = (X[start : start + BLOCK_ROWS].toarray() for start in starts)
    return np.concatenate([network.layer_outputs(some)[end - 1] for some in rows])


def input_gradients(estimator, activations, loss, X):
    """Gradients of the raw outputs of a fitted estimator by finite dense X, row by row.

    Of shape (n, n_features) for one output, else (n, n_outputs, n_features).
    """
    parts = Parts.fitted(estimator)
    network = _fitted_network(parts, _fitted_blocks(parts, activations), loss)
    if network.n_out == 1:
        return network.input_gradient(X)
    gradients = np.empty((len(X), network.n_out, network.n_in), network.dtype)
    for unit in range(network.n_out):
        gradients[:, unit] = network.input_gradient(X, unit)
    return gradients


def _n_threads(estimator, X, network):
    worth = X.shape[0] * network.n_params // THREAD_WORK
    return max(1, min(effective_n_threads(estimator.n_jobs), worth))
