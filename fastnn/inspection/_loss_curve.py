"""LossCurveDisplay: loss, validation loss and learning rate by epoch."""

from typing import Any, Self

import numpy as np

from fastnn.inspection._opening import opened
from fastnn.inspection._plotting import COLORS, axes, entitled, logarithmic, tidy, whole_numbers

__all__ = ["LossCurveDisplay"]


class LossCurveDisplay:
    """Loss by epoch.

    Use `from_estimator` to make one.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Mean loss of the batches of each epoch.
    validation_loss_curve : array-like of shape (n_epochs,), default=None
        Loss on the validation rows at the end of each epoch. A shorter one belongs to the last
        epochs.
    learning_rate_curve : array-like of shape (n_epochs,), default=None
        Drawn if it is not the same throughout.
    best_epoch : int, default=None
        The epoch, counted from 1, whose weights were kept.

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    line_ : Line2D
        The training loss.
    validation_line_, learning_rate_line_, best_ : Line2D or None
    learning_rate_ax_ : Axes or None
    """

    def __init__(
        self,
        loss_curve: Any,
        *,
        validation_loss_curve: Any | None = None,
        learning_rate_curve: Any | None = None,
        best_epoch: int | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.learning_rate_curve = learning_rate_curve
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **line: Any) -> Self:
        """Draw the curves that a fit has recorded.

        Parameters
        ----------
        estimator : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
            Fitted with a stochastic solver.
        ax : Axes, default=None
        **line
            Passed on to ``Axes.plot`` for the training loss.

        Returns
        -------
        LossCurveDisplay

        Raises
        ------
        ValueError
            If the estimator has no loss curve.
        """
        estimator = opened(estimator, None, None, "LossCurveDisplay.from_estimator").model
        curve = getattr(estimator, "loss_curve_", None)
        if not curve:
            raise ValueError(
                "There is no loss_curve_: fit the estimator first, with any solver but 'lbfgs', "
                "which records none."
            )
        validation = getattr(estimator, "validation_loss_curve_", None)
        scores = getattr(estimator, "validation_scores_", None)
        best = None
        if validation and scores:
            best = len(curve) - len(validation) + int(np.argmax(scores)) + 1
        display = cls(
            curve,
            validation_loss_curve=validation,
            learning_rate_curve=getattr(estimator, "learning_rate_curve_", None),
            best_epoch=best,
        )
        return display.plot(ax=ax, **line)

    def plot(self, ax: Any = None, **line: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
        **line
            Passed on to ``Axes.plot`` for the training loss.

        Returns
        -------
        self : LossCurveDisplay
        """
        self.figure_, self.ax_ = axes(ax, figsize=(6.4, 4.0))
        n = len(self.loss_curve)
        epochs = np.arange(1, n + 1)
        style = {"color": COLORS["blue"], "label": "training"} | line
        (self.line_,) = self.ax_.plot(epochs, self.loss_curve, **style)
        self.validation_line_ = self.best_ = None
        if self.validation_loss_curve is not None:
            values = self.validation_loss_curve
            (self.validation_line_,) = self.ax_.plot(
                epochs[n - len(values) :],
                values,
                color=COLORS["orange"],
                linestyle="--",
                label="validation",
            )
        if self.best_epoch is not None:
            self.best_ = self.ax_.axvline(
                self.best_epoch, color="0.5", linestyle=":", label=f"kept: epoch {self.best_epoch}"
            )
        self.ax_.set(xlabel="epoch", ylabel="loss")
        if min(self.loss_curve) > 0:
            logarithmic(self.ax_)
        whole_numbers(self.ax_)
        entitled(self.ax_, "Loss by epoch")
        tidy(self.ax_)
        self._plot_learning_rate(epochs)
        lines = [self.line_, self.validation_line_, self.best_, self.learning_rate_line_]
        lines = [drawn for drawn in lines if drawn is not None]
        if len(lines) > 1:
            self.ax_.legend(handles=lines, frameon=False)
        return self

    def _plot_learning_rate(self, epochs):
        self.learning_rate_ax_ = self.learning_rate_line_ = None
        rates = self.learning_rate_curve
        if rates is None or min(rates) == max(rates):
            return
        self.learning_rate_ax_ = self.ax_.twinx()
        (self.learning_rate_line_,) = self.learning_rate_ax_.plot(
            epochs[len(epochs) - len(rates) :],
            rates,
            color=COLORS["grey"],
            linestyle="-.",
            linewidth=1.2,
            label="learning rate (right)",
        )
        self.learning_rate_ax_.set_ylabel("learning rate", color=COLORS["grey"])
        self.learning_rate_ax_.tick_params(axis="y", colors=COLORS["grey"])
        self.learning_rate_ax_.spines[["top", "left"]].set_visible(False)
