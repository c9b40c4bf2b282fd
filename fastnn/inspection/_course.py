"""What a fit has recorded of its course."""

from dataclasses import dataclass

import numpy as np

from fastnn.inspection._opening import is_network

__all__ = ["Course", "course_of"]


@dataclass
class Course:
    """The course of a fit; empty before one.

    Attributes
    ----------
    solver : str or None
        None for a `Network`, which does not remember how it was trained.
    learning_rate : float
        The first one, or NaN.
    alpha : float
        Strength of the penalty, or 0 where that is not known.
    epsilon : float
        How far from 0 and 1 the recorded log losses take a probability to be.
    training_loss, validation_loss : float or None
        Of the epoch whose weights were kept.
    loss_curve, validation_curve : ndarray
        Of all epochs, over several fits.
    cut_off : bool
        Whether the number of epochs ended the fit, at a learning rate that could still move it.
    """

    solver: str | None = None
    learning_rate: float = float("nan")
    alpha: float = 0.0
    epsilon: float = 0.0
    training_loss: float | None = None
    validation_loss: float | None = None
    loss_curve: np.ndarray | None = None
    validation_curve: np.ndarray | None = None
    cut_off: bool = False

    def __post_init__(self):
        self.loss_curve = np.array(() if self.loss_curve is None else self.loss_curve, float)
        curve = () if self.validation_curve is None else self.validation_curve
        self.validation_curve = np.array(curve, float)

    @property
    def watched_curve(self):
        """The losses that tell whether the fit was still getting better."""
        return self.validation_curve if len(self.validation_curve) else self.loss_curve

    @property
    def quarter(self):
        """A quarter of the epochs."""
        return max(1, len(self.watched_curve) // 4)


def course_of(model):
    """The `Course` of an estimator's or a network's fit."""
    if is_network(model):
        curve = getattr(model, "loss_curve_", None)
        if not curve:
            return Course()
        validation = getattr(model, "validation_loss_curve_", None)
        best = len(curve) - 1 if not validation else int(np.argmin(validation))
        return Course(
            training_loss=curve[best],
            validation_loss=validation[best] if validation else None,
            loss_curve=curve,
            validation_curve=validation,
            cut_off=True,
        )
    settings = {"solver": model.solver, "learning_rate": model.learning_rate_init}
    settings["alpha"] = model.alpha
    if not hasattr(model, "coefs_"):
        return Course(**settings)
    curve = getattr(model, "loss_curve_", [])
    validation = getattr(model, "validation_loss_curve_", None)
    kept = float(model.loss_), None
    if validation and len(validation) <= len(curve):
        best = int(np.argmax(model.validation_scores_))  # whose weights have been restored
        kept = curve[len(curve) - len(validation) + best], validation[best]
    rates = getattr(model, "learning_rate_curve_", [])
    return Course(
        **settings,
        epsilon=float(np.finfo(np.result_type(model.coefs_[0], np.float32)).eps),
        training_loss=kept[0],
        validation_loss=kept[1],
        loss_curve=curve,
        validation_curve=validation,
        cut_off=model.n_iter_ >= model.max_iter and not (rates and rates[-1] < 0.1 * max(rates)),
    )
