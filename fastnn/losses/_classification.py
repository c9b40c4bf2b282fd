"""Losses of classifiers: of probabilities, and of margins."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastnn._ranges import between, share
from fastnn.losses._base import Loss


def _log_softmax(z):
    from scipy.special import log_softmax  # only where losses are computed

    return log_softmax(z.astype(np.float64), axis=1)


def _softplus(z):
    """log(1 + e^z)."""
    return np.logaddexp(0.0, z)


_ZERO_TO_ONE = (0.0, 1.0, "[]", "encode the two classes as 0 and 1")


@dataclass(frozen=True)
class SoftmaxLogLoss(Loss):
    """``-log p[label]`` with p = softmax(z): one of several classes.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share s of the target probability that is spread evenly over all K classes: cross-entropy
        with ``1 - s + s / K`` for the label and ``s / K`` for the others (Szegedy et al.,
        "Rethinking the Inception architecture for computer vision", CVPR 2016).
    """

    label_smoothing: float = share(0.0)
    name: ClassVar[str] = "softmax_log_loss"
    canonical: ClassVar[bool] = True
    output_activation: ClassVar[str] = "softmax"
    integer_targets: ClassVar[bool] = True

    @property
    def kernel(self) -> str:
        return "softmax_smoothed_log_loss" if self.label_smoothing else self.name

    def parameter(self, n_out: int) -> np.ndarray | None:
        return np.full(n_out, self.label_smoothing) if self.label_smoothing else None

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        log_p = _log_softmax(z)
        own = log_p[np.arange(len(y)), y]
        return -(1 - self.label_smoothing) * own - self.label_smoothing * log_p.mean(axis=1)


@dataclass(frozen=True)
class LogisticLogLoss(Loss):
    """``-y log p - (1 - y) log(1 - p)`` with p = logistic(z): labels that are there or not.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        The share s moves targets towards one half: ``y + s * (1/2 - y)`` in the place of y.
    """

    label_smoothing: float = share(0.0)
    name: ClassVar[str] = "logistic_log_loss"
    canonical: ClassVar[bool] = True
    output_activation: ClassVar[str] = "logistic"
    _targets: ClassVar[tuple[float, float, str, str]] = _ZERO_TO_ONE

    @property
    def kernel(self) -> str:
        return "logistic_smoothed_log_loss" if self.label_smoothing else self.name

    def parameter(self, n_out: int) -> np.ndarray | None:
        return np.full(n_out, self.label_smoothing) if self.label_smoothing else None

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        z, y = z.astype(np.float64), y.astype(np.float64)
        y = y + self.label_smoothing * (0.5 - y)
        return (_softplus(z) - z * y).sum(axis=1)


@dataclass(frozen=True)
class _Focal(Loss):
    """``-(1 - p)^gamma log p`` with p the probability of the true label.

    Rows that are right already count for little.

    Parameters
    ----------
    gamma : float, default=2.0
        0 is the log loss.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollar, "Focal loss for dense object detection", ICCV 2017.
    """

    gamma: float = between(2.0, 0.0, np.inf, "[)")

    def parameter(self, n_out: int) -> np.ndarray | None:
        return np.full(n_out, self.gamma)


@dataclass(frozen=True)
class SoftmaxFocalLoss(_Focal):
    __doc__ = str(_Focal.__doc__).replace("true label.", "true label, p = softmax(z).", 1)
    name: ClassVar[str] = "softmax_focal_loss"
    output_activation: ClassVar[str] = "softmax"
    integer_targets: ClassVar[bool] = True

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        log_p = _log_softmax(z)[np.arange(len(y)), y]
        return -((-np.expm1(log_p)) ** self.gamma) * log_p


@dataclass(frozen=True)
class LogisticFocalLoss(_Focal):
    __doc__ = str(_Focal.__doc__).replace("true label.", "true label, p = logistic(z).", 1)
    name: ClassVar[str] = "logistic_focal_loss"
    output_activation: ClassVar[str] = "logistic"
    _targets: ClassVar[tuple[float, float, str, str]] = _ZERO_TO_ONE

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        margin = np.where(y > 0.5, 1.0, -1.0) * z
        return (np.exp(-self.gamma * _softplus(margin)) * _softplus(-margin)).sum(axis=1)


@dataclass(frozen=True)
class Hinge(Loss):
    """``max(0, 1 - t z)`` with t = 1 where y is 1 and t = -1 where it is 0.

    References
    ----------
    Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995.
    """

    name: ClassVar[str] = "hinge"
    _targets: ClassVar[tuple[float, float, str, str]] = _ZERO_TO_ONE
    _margin: ClassVar[float] = 1.0

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        t = 2 * y.astype(np.float64) - 1
        return np.maximum(self._margin - t * z, 0).sum(axis=1)


@dataclass(frozen=True)
class Perceptron(Hinge):
    """``max(0, -t z)``: with batches of one row and plain SGD this is the perceptron's rule.

    A raw output of exactly 0 counts as an error, so that a perceptron at zero moves.

    References
    ----------
    Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in
    the brain", Psychological Review 65, 1958.
    """

    name: ClassVar[str] = "perceptron"
    _margin: ClassVar[float] = 0.0
