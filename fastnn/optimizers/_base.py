"""What all optimizers share: penalties, state, and the rows of coefficients."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn._ranges import between, check_ranges

Floats = NDArray[np.float64]
Columns = Iterable[Floats | float]

#: Coefficients of one step: the formula's six, the decoupled decay, the L1 penalty.
N_COEFFICIENTS = 8


@dataclass(kw_only=True)
class Optimizer:
    """Base of the optimizers.

    Parameters
    ----------
    weight_decay : float, default=0.0
        Decoupled decay: ``w *= 1 - lr * weight_decay`` before the step, biases left alone
        (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019).
    l1 : float, default=0.0
        Strength of an L1 penalty ``l1 / S * sum(|w|)`` on the coefs, S the weight of the batch.
        After the step every coef moves towards 0 by ``l1 / S`` times its own rate and stops there,
        so zeros are exact. The rate is how far a steady gradient of one would move it, momentum
        counted in; so the weights come to rest where the penalised loss is stationary. (Rprop
        adds the penalty's subgradient instead, and stops at zero what would cross it.)
    state : dict
        ``t``, the number of steps taken, and the moment vectors ``m``, ``v`` and ``u`` in the order
        of the parameters, as far as the rule has them; filled by ``Trainer.pull``.

    Attributes
    ----------
    rule : str
        Name of the update in csrc/formulas/updates.def.
    initial_moments : dict
        Name of a moment -> its value before the first step, where that is not 0.

    Raises
    ------
    ValueError
        For a hyper-parameter out of its range.
    """

    weight_decay: float = between(0.0, 0.0, np.inf, "[)")
    l1: float = between(0.0, 0.0, np.inf, "[)")
    state: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def initial_moments(self) -> dict[str, float]:
        return {}

    def __post_init__(self) -> None:
        check_ranges(self)

    def coefficients(self, t: int, n: int, learning_rate: float | np.ndarray) -> Floats:
        """Coefficients of the n steps after step t.

        Parameters
        ----------
        t, n : int
        learning_rate : float or ndarray of shape (n,)
            One for all steps, or one for each.

        Returns
        -------
        ndarray of shape (n, 8)

        Raises
        ------
        ValueError
            If a step would decay a weight to 0 or beyond.
        """
        rates = np.full(n, learning_rate, np.float64)
        c = np.zeros((n, N_COEFFICIENTS))
        for i, column in enumerate(self._formula(np.arange(t + 1.0, t + n + 1), rates)):
            c[:, i] = column
        c[:, 7] = self.l1
        if self.weight_decay:
            c[:, 6] = rates * self.weight_decay
            if (c[:, 6] >= 1).any():
                raise ValueError(
                    "weight_decay * learning rate must be below 1: lower weight_decay "
                    f"(it is {self.weight_decay:g}) or the learning rate (up to {rates.max():g})"
                )
        return c

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        """Columns c[0], c[1], ... for these step numbers and learning rates, both (n,)."""
        raise NotImplementedError
