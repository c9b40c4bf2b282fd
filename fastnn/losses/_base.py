"""What all losses share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastnn._ranges import check_ranges


@dataclass(frozen=True)
class Loss:
    """A row-wise loss; row losses add up over outputs.

    Training computes it from the raw outputs z together with its gradient
    (csrc/formulas/losses.def, csrc/training/softmax.inc); ``rows`` computes it once more, in
    float64. Neither takes the logarithm of a probability, so that no loss overflows.

    Attributes
    ----------
    name : str
    output_activation : str
        What turns raw outputs into predictions.
    integer_targets : bool
        Targets are class numbers ``(n,)`` of ``np.intp`` rather than ``(n, n_out)`` numbers.
    canonical : bool
        The output activation is the inverse of the loss's canonical link: where nothing but the
        activation is known, this is the loss it stands for.
    paired : bool
        Outputs come in pairs, the mean of a target and the logarithm of its variance.
    averaged : bool
        Reported as the mean over outputs rather than the sum, as scikit-learn reports it. The
        gradient is that of the sum either way.

    Raises
    ------
    ValueError
        For a parameter out of its range.
    """

    name: ClassVar[str]
    output_activation: ClassVar[str] = "identity"
    integer_targets: ClassVar[bool] = False
    canonical: ClassVar[bool] = False
    paired: ClassVar[bool] = False
    averaged: ClassVar[bool] = False

    #: Lowest and highest target, whether these are targets themselves, and what to do about others.
    _targets: ClassVar[tuple[float, float, str, str]] = (-np.inf, np.inf, "[]", "")

    def __post_init__(self) -> None:
        check_ranges(self)

    @property
    def steps(self) -> int:
        """How many steps of a row have a loss each; 0, the row has one."""
        return 0

    def averaged_over(self, n_out: int) -> int:
        """Of so many outputs, the number over which the reported loss is a mean; 1 of a sum."""
        return n_out if self.averaged else 1

    @property
    def kernel(self) -> str:
        """Name in the table of C functions."""
        return self.name

    def parameter(self, n_out: int) -> np.ndarray | None:
        """The parameter of each output, (n_out,) of float64, or None if the loss has none."""

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Targets (n, n_targets) as the loss takes them, (n, n_out)."""
        return y

    def check_targets(self, y: np.ndarray) -> None:
        """Raise a ValueError if a target is out of the loss's range."""
        low, high, ends, remedy = self._targets
        left, right = ends[0], ends[1]
        if self.integer_targets or y.size == 0 or (low == -np.inf and high == np.inf):
            return
        least, most = y.min(), y.max()
        for value, bad in (
            (least, least < low or (left == "(" and least == low)),
            (most, most > high or (right == ")" and most == high)),
        ):
            if bad:
                wanted = f"targets in the range {left}{low:g}, {high:g}{right}"
                raise ValueError(
                    f"loss={self.name!r} needs {wanted}, and y holds {value:g}: {remedy}"
                )

    def predictions(self, z: np.ndarray) -> np.ndarray:
        """What the output activation makes of raw outputs z (n, n_out)."""
        return _OUTPUTS[self.output_activation](z)

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Loss of each row, (n,) of float64, from raw outputs z (n, n_out) and targets y."""
        raise NotImplementedError


def _softmax(z: np.ndarray) -> np.ndarray:
    from scipy.special import softmax  # only where losses are computed: scoring needs no SciPy

    return softmax(z, axis=1)


def _logistic(z: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(z)


_OUTPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda z: z,
    "softmax": _softmax,
    "logistic": _logistic,
    "exp": np.exp,
}
