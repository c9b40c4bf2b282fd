"""Losses of regressors: symmetric ones, quantiles, and half deviances with a log link."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastnn._ranges import between, positive
from fastnn.losses._base import Loss


@dataclass(frozen=True)
class SquaredError(Loss):
    """``(z - y)^2 / 2``."""

    name: ClassVar[str] = "squared_error"
    canonical: ClassVar[bool] = True
    averaged: ClassVar[bool] = True

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 0.5 * ((z.astype(np.float64) - y) ** 2).mean(axis=1)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """``|z - y|``, of which the median is the minimum; its slope at 0 is taken to be 0."""

    name: ClassVar[str] = "absolute_error"

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.abs(z.astype(np.float64) - y).sum(axis=1)


@dataclass(frozen=True)
class Huber(Loss):
    """With r = z - y: ``r^2 / 2`` up to ``|r| = delta``, ``delta * (|r| - delta / 2)`` beyond.

    Parameters
    ----------
    delta : float, default=1.0

    References
    ----------
    Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
    """

    delta: float = positive(1.0)
    name: ClassVar[str] = "huber"

    def parameter(self, n_out: int) -> np.ndarray | None:
        return np.full(n_out, self.delta)

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        r = np.abs(z.astype(np.float64) - y)
        rows = np.where(r <= self.delta, r**2 / 2, self.delta * (r - self.delta / 2))
        return rows.sum(axis=1)


@dataclass(frozen=True)
class LogCosh(Loss):
    """``log cosh(z - y)``: squared error near 0, absolute error less log 2 far out."""

    name: ClassVar[str] = "log_cosh"

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        r = np.abs(z.astype(np.float64) - y)
        with np.errstate(divide="ignore"):
            near = -0.5 * np.log1p(-(np.tanh(r) ** 2))
        return np.where(r < 1, near, r - np.log(2) + np.log1p(np.exp(-2 * r))).sum(axis=1)


@dataclass(frozen=True)
class Quantile(Loss):
    """The pinball loss ``max(level * r, (level - 1) * r)``, r = y - z: its minimum is a quantile.

    Parameters
    ----------
    level : float or sequence of float, default=0.5
        Several levels are as many outputs a target: the first target's, in the order given, then
        the next target's. ``encode`` repeats the targets accordingly.

    References
    ----------
    Koenker and Bassett, "Regression quantiles", Econometrica 46, 1978.
    """

    level: float | tuple = 0.5
    name: ClassVar[str] = "quantile"

    def __post_init__(self) -> None:
        if np.ndim(self.level):
            levels = tuple(float(q) for q in np.asarray(self.level))
            object.__setattr__(self, "level", levels)
        if not self.levels or not all(0 < q < 1 for q in self.levels):
            raise ValueError(
                "level must be one or several numbers in the range (0, 1), the quantiles to "
                f"predict; got {self.level!r}"
            )

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels as a tuple, even a single one."""
        return self.level if isinstance(self.level, tuple) else (float(self.level),)

    def parameter(self, n_out: int) -> np.ndarray | None:
        return self._level_of_each(n_out)

    def _level_of_each(self, n_out: int) -> np.ndarray:
        if n_out % len(self.levels):
            raise ValueError(
                f"{len(self.levels)} levels need as many outputs a target, got {n_out} outputs"
            )
        return np.tile(self.levels, n_out // len(self.levels)).astype(np.float64)

    def encode(self, y: np.ndarray) -> np.ndarray:
        return np.repeat(y, len(self.levels), axis=1)

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        level, r = self._level_of_each(z.shape[1]), y - z.astype(np.float64)
        return np.maximum(level * r, (level - 1) * r).sum(axis=1)


@dataclass(frozen=True)
class GaussianNLL(Loss):
    """``(log(2 pi v) + (y - m)^2 / v) / 2``, v = exp(s) + floor: minus the logarithm of a normal
    density whose mean m and variance v are both predicted.

    Outputs come in pairs, m and s of the first target, then of the next; ``encode`` repeats the
    targets accordingly.

    Parameters
    ----------
    floor : float, default=1e-6
        Least variance, in the square of the targets' unit: without one, a target that is met
        exactly has a loss without bound.

    References
    ----------
    Nix and Weigend, "Estimating the mean and variance of the target probability distribution", ICNN
    1994.
    """

    floor: float = positive(1e-6)
    name: ClassVar[str] = "gaussian_nll"
    paired: ClassVar[bool] = True

    def parameter(self, n_out: int) -> np.ndarray | None:
        if n_out % 2:
            raise ValueError(
                f"loss='gaussian_nll' needs two outputs a target, mean and log variance; "
                f"got {n_out}"
            )
        return np.full(n_out, self.floor)

    def encode(self, y: np.ndarray) -> np.ndarray:
        return np.repeat(y, 2, axis=1)

    def variances(self, z: np.ndarray) -> np.ndarray:
        """The variance of each target (n, n_targets) from raw outputs z (n, 2 * n_targets)."""
        return np.exp(z[:, 1::2]) + z.dtype.type(self.floor)

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        z = z.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            v = self.variances(z)
            return 0.5 * (np.log(2 * np.pi * v) + (y[:, ::2] - z[:, ::2]) ** 2 / v).sum(axis=1)


@dataclass(frozen=True)
class Poisson(Loss):
    """``y log(y / m) - y + m`` with m = exp(z): half the Poisson deviance."""

    name: ClassVar[str] = "poisson"
    canonical: ClassVar[bool] = True
    output_activation: ClassVar[str] = "exp"
    _targets: ClassVar[tuple[float, float, str, str]] = (
        0.0,
        np.inf,
        "[]",
        "counts are not negative",
    )

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        from scipy.special import xlogy  # only where losses are computed

        z, y = z.astype(np.float64), y.astype(np.float64)
        with np.errstate(over="ignore"):
            return (xlogy(y, y) - y * z - y + np.exp(z)).sum(axis=1)


@dataclass(frozen=True)
class Gamma(Loss):
    """``y / m + log(m / y) - 1`` with m = exp(z): half the gamma deviance."""

    name: ClassVar[str] = "gamma"
    output_activation: ClassVar[str] = "exp"
    _targets: ClassVar[tuple[float, float, str, str]] = (
        0.0,
        np.inf,
        "(]",
        "take 'tweedie' where some targets are 0",
    )

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        z, y = z.astype(np.float64), y.astype(np.float64)
        with np.errstate(over="ignore"):
            return (y * np.exp(-z) + z - np.log(y) - 1).sum(axis=1)


@dataclass(frozen=True)
class Tweedie(Loss):
    """Half the Tweedie deviance with m = exp(z): for amounts that are often 0, never less.

    ``y^(2-p) / ((1-p) (2-p)) - y m^(1-p) / (1-p) + m^(2-p) / (2-p)``.

    Parameters
    ----------
    power : float, default=1.5
        p, between 1 (Poisson) and 2 (gamma).

    References
    ----------
    Jorgensen, "The theory of dispersion models", Chapman and Hall 1997.
    """

    power: float = between(1.5, 1.0, 2.0, "()")
    name: ClassVar[str] = "tweedie"
    output_activation: ClassVar[str] = "exp"
    _targets: ClassVar[tuple[float, float, str, str]] = (
        0.0,
        np.inf,
        "[]",
        "amounts are not negative",
    )

    def parameter(self, n_out: int) -> np.ndarray | None:
        return np.full(n_out, self.power)

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        z, y = z.astype(np.float64), y.astype(np.float64)
        a, b = 1 - self.power, 2 - self.power
        with np.errstate(over="ignore"):
            return (y**b / (a * b) - y * np.exp(a * z) / a + np.exp(b * z) / b).sum(axis=1)
