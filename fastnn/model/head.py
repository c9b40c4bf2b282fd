"""The head: what the raw outputs of a network stand for."""

from dataclasses import dataclass, fields

import numpy as np

KINDS = ("classifier", "multilabel", "regressor")
OUTPUT_ACTIVATIONS = {
    "classifier": ("logistic", "softmax", "identity"),
    "multilabel": ("logistic", "identity"),
    "regressor": ("identity", "exp"),
}
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Threshold:
    """Where a classifier of two classes decides, if not at one half or at zero.

    Parameters
    ----------
    value : float
        Class number ``positive`` is predicted from this probability, or decision value, on.
    positive : {0, 1}, default=1
    """

    value: float
    positive: int = 1


@dataclass(frozen=True, eq=False)
class Head:
    """What a network predicts.

    Parameters
    ----------
    kind : {"classifier", "multilabel", "regressor"}
        One of several classes, labels that are there or not, or values.
    output_activation : {"identity", "exp", "logistic", "softmax"}
        A classifier that ends in "identity" gives decision values and no probabilities: a label is
        there where its value is positive, of several classes the one with the largest value.
    dtype : {"float32", "float64"}
        Of the arrays of all nodes, the arithmetic and the results.
    classes : ndarray of shape (n_classes,) or None
        Labels of a classifier; the names of the outputs of a multilabel model. Made read-only.
    feature_names : tuple of str or None
    flat : bool
        Whether a regressor with one output predicts shape (n,) rather than (n, 1).
    threshold : Threshold or None
    activated : bool
        Whether the nodes have applied the output activation already, as those of a mean over
        networks have: the raw outputs of such a classifier are probabilities.
    """

    kind: str
    output_activation: str
    dtype: str
    classes: np.ndarray | None = None
    feature_names: tuple | None = None
    flat: bool = False
    threshold: Threshold | None = None
    activated: bool = False

    def __post_init__(self):
        if self.classes is not None:
            self.classes.setflags(write=False)

    def __reduce__(self):
        # A copied array is writeable: build anew, which freezes it.
        return Head, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def has_probabilities(self):
        """Whether the outputs are probabilities, and not values or decision values."""
        return self.output_activation in ("logistic", "softmax")

    @property
    def still_to_apply(self):
        """The activation that the raw outputs still have to go through."""
        return "identity" if self.activated else self.output_activation

    def is_binary(self, n_outputs):
        """Whether one output stands for two classes."""
        return self.kind == "classifier" and self.output_activation != "softmax" and n_outputs == 1

    def check(self, n_features_in, n_outputs):
        """Refuse with a ValueError what does not fit so many features and raw outputs."""
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {self.kind!r}")
        if self.output_activation not in OUTPUT_ACTIVATIONS[self.kind]:
            raise ValueError(f"a {self.kind} cannot end in {self.output_activation!r}")
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {DTYPES}, got {self.dtype!r}")
        if self.activated and not self.has_probabilities:
            raise ValueError(f"there is nothing to apply of {self.output_activation!r}")
        if self.flat and (self.kind != "regressor" or n_outputs != 1):
            raise ValueError("only a regressor with one output has flat predictions")
        if self.feature_names is not None and len(self.feature_names) != n_features_in:
            raise ValueError(
                f"there are {len(self.feature_names)} feature names for {n_features_in} features"
            )
        self._check_classes(n_outputs)
        threshold = self.threshold
        if threshold is not None and not (
            self.is_binary(n_outputs)
            and type(threshold.value) is float
            and np.isfinite(threshold.value)
            and type(threshold.positive) is int
            and threshold.positive in (0, 1)
        ):
            raise ValueError(f"{threshold} is no threshold of a classifier of two classes")

    def _check_classes(self, n_outputs):
        if self.kind == "regressor":
            if self.classes is not None:
                raise ValueError("a regressor has no classes")
            return
        if self.classes is None or self.classes.ndim != 1:
            raise ValueError(f"a {self.kind} needs a one-dimensional array of classes")
        if self.is_binary(n_outputs):
            fits = len(self.classes) in (1, 2)
        elif self.output_activation == "logistic" and self.kind == "classifier":
            fits = False  # several logistic outputs are labels, not classes
        else:
            fits = len(self.classes) == n_outputs
        if not fits:
            raise ValueError(
                f"{len(self.classes)} classes do not fit a network with {n_outputs}"
                f" {self.output_activation} outputs"
            )
