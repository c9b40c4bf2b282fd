"""Targets as the networks take them, and what their outputs mean to the user."""

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Scale", "Targets", "scale_of"]


class Targets(NamedTuple):
    """Of a fit: ``y`` as the members take it, ``values`` (n, n_targets) float64 for means over
    levels, ``strata`` class numbers or None, ``n_outputs`` raw outputs of a network."""

    y: Any
    values: np.ndarray
    strata: Any


class Scale(NamedTuple):
    """Values of a regression are ``output * width + centre``, within ``least`` and ``most``; each
    is of shape (n_targets,)."""

    centre: np.ndarray
    width: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def scaled(self, y):
        """Targets (n, n_targets) of float64 as the networks take them."""
        return (y - self.centre) / self.width

    def values(self, outputs):
        """Outputs (n, n_targets * n_levels) of the networks as values of float64."""
        levels = outputs.shape[1] // len(self.centre)
        centre, width, least, most = (np.repeat(part, levels) for part in self)
        return np.clip(outputs.astype(np.float64) * width + centre, least, most)


def scale_of(y, weight, *, positive):
    """The Scale of targets.

    Parameters
    ----------
    y : ndarray of shape (n, n_targets), float64
    weight : ndarray of shape (n,) or None
    positive : bool
        Whether they are to stay positive: divided by their mean, and not centred.
    """
    unit = np.abs(y).max(axis=0)  # squares of huge numbers would not be finite
    unit[unit == 0] = 1
    mean = np.average(y / unit, axis=0, weights=weight)
    if positive:
        width = np.where(mean > 0, mean, 1) * unit
        centre = np.zeros_like(width)
    else:
        spread = np.sqrt(np.average((y / unit - mean) ** 2, axis=0, weights=weight))
        centre, width = mean * unit, np.where(spread > 1e-12, spread, 1) * unit
    return Scale(centre, width, y.min(axis=0), y.max(axis=0))
