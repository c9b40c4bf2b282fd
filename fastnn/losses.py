"""Losses: which output activation belongs to each, and what its targets look like.

A loss is computed from the raw outputs z together with its gradient (csrc/losses.def,
csrc/loss.inc), each with
its canonical link, so that the gradient is always output - target.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A row-wise loss.

    Attributes
    ----------
    name : str
    output_activation : str
        What turns raw outputs into predictions.
    integer_targets : bool
        Targets are class numbers ``(n,)`` of ``np.intp`` rather than ``(n, n_out)`` numbers.
    averaged : bool
        Reported as the mean over outputs rather than the sum, as scikit-learn reports it. The
        gradient is that of the sum either way.
    """

    name: str
    output_activation: str
    integer_targets: bool = False
    averaged: bool = False


LOSSES = {
    loss.name: loss
    for loss in (
        # -log softmax(z)[label]
        Loss("softmax_log_loss", "softmax", integer_targets=True),
        # -y log p - (1 - y) log(1 - p), summed over outputs
        Loss("logistic_log_loss", "logistic"),
        # (z - y)^2 / 2, summed over outputs
        Loss("squared_error", "identity", averaged=True),
        # y log(y / p) - y + p with p = exp(z), summed over outputs: half the Poisson deviance
        Loss("poisson", "exp"),
    )
}
