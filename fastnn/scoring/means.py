"""Means over networks."""

from fastnn._kernels.scoring.means import mean_of

__all__ = ["mean_of"]
