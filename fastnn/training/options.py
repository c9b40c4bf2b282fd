"""What a training step does beside the optimizer's formula."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from fastnn._ranges import between, check_ranges, positive, share

__all__ = ["StepOptions"]


@dataclass(frozen=True)
class StepOptions:
    """Penalties, bounds and averages of a step. S is the weight of the batch.

    Parameters
    ----------
    alpha : float
        Strength of the L2 penalty ``alpha / (2 S) * sum(coefs^2)``. An L1 penalty and decoupled
        decay are the optimizer's.
    clip_value, clip_norm : float or None
        Bounds of each element of the gradient, and of the norm of all of it (Pascanu, Mikolov and
        Bengio, "On the difficulty of training recurrent neural networks", ICML 2013).
    max_norm : float or None
        After the step, bound of the norm of the weights that lead into a unit (Srivastava et al.,
        "Dropout", JMLR 2014).
    average_decay : float or None
        Predict with a moving average of the weights, ``decay * average + (1 - decay) * weights``
        after each step, the decay being at most ``(1 + t) / (10 + t)`` at step t.
    keep_zeros : bool
        Weights that are exactly zero when the training begins stay so.
    seed : int
        Of dropout and noise.
    compute_dtype : {"float32", "bfloat16"} or None
        What dense layers multiply in training: "bfloat16" rounds their weights, inputs and
        gradients to the upper half of a float32 (round to nearest, ties to even); sums, weights,
        moments and all else are float32's. None: the dtype of the network.
    whole_batch : int or None
        Rows of a batch that moves the running statistics of a BatchNorm by its momentum; fewer move
        them less. None: those of the batches.

    Raises
    ------
    ValueError
        For a number out of its range, or another compute_dtype.
    """

    alpha: float = between(0.0, 0.0, np.inf, "[)")
    clip_value: float | None = positive(None)
    clip_norm: float | None = positive(None)
    max_norm: float | None = positive(None)
    average_decay: float | None = share(None)
    keep_zeros: bool = False
    seed: int = 0
    whole_batch: int | None = None
    compute_dtype: str | None = None

    def __post_init__(self):
        check_ranges(self)
        if not isinstance(self.seed, Integral) or not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be an int from 0 to 2**64 - 1, got {self.seed!r}")
        if self.compute_dtype not in (None, "float32", "bfloat16"):
            raise ValueError(
                "compute_dtype must be 'float32', 'bfloat16' or None, which is the dtype of the "
                f"network; got {self.compute_dtype!r}"
            )
