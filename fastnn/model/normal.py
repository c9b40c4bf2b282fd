"""The quantiles of the normal distribution, for all that stands above the kernels."""

from fastnn._kernels.scoring.normal import COEFFICIENTS, MIDDLE, SHIFTS, SPLIT, normal_quantile

__all__ = ["COEFFICIENTS", "MIDDLE", "SHIFTS", "SPLIT", "normal_quantile"]
