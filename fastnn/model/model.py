"""The description of a network that scores: plain immutable data, the meeting point of every
source (estimators, pipelines, files) and every consumer (Predictor, files, exports)."""

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from fastnn.model.blocks import Block, arrays_of, check_norm, check_skip, with_dtype

#: What a hidden layer may have: all that every scorer, file and export knows.
ACTIVATIONS = (
    *("identity", "relu", "tanh", "logistic", "leaky_relu", "elu", "selu", "gelu", "silu"),
    *("mish", "softplus", "softsign", "step"),
)
KINDS = ("classifier", "multilabel", "regressor")
OUTPUT_ACTIVATIONS = {
    "classifier": ("logistic", "softmax", "identity"),
    "multilabel": ("logistic", "identity"),
    "regressor": ("identity", "exp"),
}
DTYPES = ("float32", "float64")


@dataclass(frozen=True, eq=False)
class ScoringModel:
    """A fitted network, ready to be scored, saved or exported.

    Every hidden layer computes ``activation(norm(x @ weight + bias)) + skip(x)``.

    Parameters
    ----------
    kind : {"classifier", "multilabel", "regressor"}
    weights : tuple of ndarray of shape (n_in, n_out)
        One matrix a layer, all of one dtype (float32 or float64). The arrays are kept as they
        are, without a copy, and made read-only.
    biases : tuple of ndarray of shape (n_out,)
    activations : tuple of str
        Activation of each hidden layer.
    output_activation : {"identity", "exp", "logistic", "softmax"}
        A classifier that ends in "identity" gives decision values and no probabilities: a label is
        there where its value is positive, of several classes the one with the largest value.
    classes : ndarray of shape (n_classes,) or None
        Labels of a classifier; the names of the outputs of a multilabel model.
    feature_names : tuple of str or None
    flat : bool
        Whether a regressor with one output predicts shape (n,) rather than (n, 1).
    norms : tuple of LayerNormalization, BatchNormalization or None
        One for each hidden layer; empty if no layer has any.
    skips : tuple of Skip or None
        One for each hidden layer; empty if no layer has any.

    Raises
    ------
    ValueError
        If the parts do not fit together, or a number in them is not finite.
    """

    kind: str
    weights: tuple
    biases: tuple
    activations: tuple
    output_activation: str
    classes: np.ndarray | None = None
    feature_names: tuple | None = None
    flat: bool = False
    norms: tuple = ()
    skips: tuple = ()

    def __post_init__(self):
        for name in ("norms", "skips"):
            parts = tuple(getattr(self, name))
            object.__setattr__(self, name, parts if any(parts) else ())
        self._check_layers()
        self._check_blocks()
        self._check_outputs()
        if self.feature_names is not None and len(self.feature_names) != self.n_features_in:
            raise ValueError(
                f"there are {len(self.feature_names)} feature names"
                f" for {self.n_features_in} features"
            )
        for array in self.arrays:
            array.setflags(write=False)
        if self.classes is not None:
            self.classes.setflags(write=False)

    def __reduce__(self):
        # Unpickled arrays are writeable: build anew, which checks and freezes them.
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def _check_layers(self):
        depth = len(self.weights)
        if depth == 0 or len(self.biases) != depth or len(self.activations) != depth - 1:
            raise ValueError(
                f"{depth} weight matrices, {len(self.biases)} bias vectors and"
                f" {len(self.activations)} hidden activations do not make a network"
            )
        for name in self.activations:
            if name not in ACTIVATIONS:
                raise ValueError(f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}")
        dtype = self.weights[0].dtype
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if W.dtype != dtype or b.dtype != dtype or dtype.name not in DTYPES:
                raise ValueError(
                    f"layer {layer} has weights of dtype {W.dtype} and biases of dtype"
                    f" {b.dtype}; all must be float32 or all float64"
                )
            if W.ndim != 2 or 0 in W.shape or b.shape != W.shape[1:]:
                raise ValueError(
                    f"layer {layer} has weights of shape {W.shape} and biases of shape {b.shape}"
                )
            if not (np.isfinite(W).all() and np.isfinite(b).all()):
                raise ValueError(f"layer {layer} has weights or biases that are not finite")
        for layer, (before, after) in enumerate(pairwise(self.weights)):
            if before.shape[1] != after.shape[0]:
                raise ValueError(
                    f"layer {layer} has {before.shape[1]} outputs but layer {layer + 1}"
                    f" takes {after.shape[0]} inputs"
                )

    def _check_blocks(self):
        for name in ("norms", "skips"):
            parts = getattr(self, name)
            if parts and len(parts) != len(self.activations):
                raise ValueError(
                    f"there are {len(parts)} {name} for {len(self.activations)} hidden layers"
                )
        for layer, block in enumerate(self.blocks):
            n_in, n_out = block.weight.shape
            check_norm(block.norm, n_out, self.dtype, layer)
            check_skip(block.skip, n_in, n_out, self.dtype, layer)

    def _check_outputs(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {self.kind!r}")
        if self.output_activation not in OUTPUT_ACTIVATIONS[self.kind]:
            raise ValueError(f"a {self.kind} cannot end in {self.output_activation!r}")
        if self.flat and (self.kind != "regressor" or self.n_outputs != 1):
            raise ValueError("only a regressor with one output has flat predictions")
        if self.kind == "regressor":
            if self.classes is not None:
                raise ValueError("a regressor has no classes")
            return
        if self.classes is None or self.classes.ndim != 1:
            raise ValueError(f"a {self.kind} needs a one-dimensional array of classes")
        if self.binary:
            fits = len(self.classes) in (1, 2)
        elif self.output_activation == "logistic" and self.kind == "classifier":
            fits = False  # several logistic outputs are labels, not classes
        else:
            fits = len(self.classes) == self.n_outputs
        if not fits:
            raise ValueError(
                f"{len(self.classes)} classes do not fit a network with {self.n_outputs}"
                f" {self.output_activation} outputs"
            )

    @property
    def blocks(self):
        """The hidden layers, a `Block` each."""
        none = (None,) * len(self.activations)
        parts = (self.weights, self.biases, self.norms or none, self.activations)
        return tuple(map(Block, *parts, self.skips or none))

    @property
    def arrays(self):
        """All weights, biases and what the normalisations and skips have."""
        parts = (*self.norms, *self.skips)
        more = (array for part in parts for array in arrays_of(part).values())
        return (*self.weights, *self.biases, *more)

    @property
    def dtype(self):
        """Name of the dtype of the weights."""
        return self.weights[0].dtype.name

    @property
    def n_features_in(self):
        return self.weights[0].shape[0]

    @property
    def n_outputs(self):
        """Units of the last layer (one for a binary classifier)."""
        return self.weights[-1].shape[1]

    @property
    def binary(self):
        """Whether one output stands for two classes."""
        return (
            self.kind == "classifier"
            and self.output_activation != "softmax"
            and self.n_outputs == 1
        )

    @property
    def has_probabilities(self):
        """Whether the outputs are probabilities, and not values or decision values."""
        return self.output_activation in ("logistic", "softmax")

    def astype(self, dtype):
        """Return the model with weights of another dtype.

        Raises
        ------
        ValueError
            If a weight is too large for ``dtype``.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {DTYPES}, got {dtype!r}")
        if dtype == self.dtype:
            return self
        with np.errstate(over="ignore"):
            weights = tuple(W.astype(dtype) for W in self.weights)
            biases = tuple(b.astype(dtype) for b in self.biases)
            norms = tuple(with_dtype(norm, dtype) for norm in self.norms)
            skips = tuple(with_dtype(skip, dtype) for skip in self.skips)
            parts = (array for part in (*norms, *skips) for array in arrays_of(part).values())
            if not all(np.isfinite(array).all() for array in (*weights, *biases, *parts)):
                raise ValueError(
                    f"the model has weights too large for {dtype}; use dtype='float64'"
                )
        return replace(self, weights=weights, biases=biases, norms=norms, skips=skips)
