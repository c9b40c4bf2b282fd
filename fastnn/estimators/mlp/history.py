"""The history of a fit as attributes of the estimator, to go on from and to leave; warnings."""

import math

from sklearn.exceptions import ConvergenceWarning

from fastnn._warnings import warn
from fastnn.training.history import History, message_of_divergence

__all__ = ["badness", "history_attributes", "past_history", "warn_of_end", "warn_of_lbfgs"]


def past_history(estimator):
    """Return the History that the fits of a fitted estimator have left."""
    loss_curve = list(getattr(estimator, "loss_curve_", []))
    scores = list(getattr(estimator, "validation_scores_", None) or [])
    return History(
        loss_curve=loss_curve,
        learning_rates=list(getattr(estimator, "learning_rate_curve_", [])),
        best_loss=min(loss_curve, default=math.inf),
        validation_scores=scores,
        validation_losses=list(getattr(estimator, "validation_loss_curve_", None) or []),
        best_score=estimator.best_validation_score_ if scores else -math.inf,
        rows_seen=getattr(estimator, "t_", 0),
    )


def history_attributes(estimator, history):
    """Return the fitted attributes that tell of it."""
    validated = bool(history.validation_scores)
    return {
        "n_iter_": history.n_iter,
        "t_": history.rows_seen,
        "loss_": history.loss_curve[-1],
        "loss_curve_": history.loss_curve,
        "learning_rate_curve_": history.learning_rates,
        "best_loss_": None if estimator.early_stopping else history.best_loss,
        "validation_scores_": history.validation_scores if validated else None,
        "validation_loss_curve_": history.validation_losses if validated else None,
        "best_validation_score_": history.best_score if validated else None,
    }


def badness(history):
    """Return what the best of several fits has least of."""
    return -history.best_score if history.validation_scores else history.loss_curve[-1]


def warn_of_end(estimator, history, end, *, averaged, advice):
    """Warn of a fit that ended before it converged, or before there was anything to average.

    Parameters
    ----------
    estimator : BaseMLP
    history : History
    end : str
        As ``EpochLoop.run`` returns it.
    averaged : bool
        Whether there is an average, if one was asked for.
    advice : str
        What to say of the size of the data, or "".
    """
    if end == "diverged":
        warn(message_of_divergence(history), ConvergenceWarning)
    elif end == "max_iter":
        unfinished = (
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
            "optimization hasn't converged yet."
        )
        warn(f"{unfinished} {advice}".strip(), ConvergenceWarning)
    elif advice:
        warn(advice, ConvergenceWarning)
    if not averaged:
        warn(
            f"averaging='swa' has averaged nothing: training ended after {history.n_iter} epochs, "
            f"and averaging_start={estimator.averaging_start} of max_iter={estimator.max_iter} is "
            "later. Lower one of them, or raise n_iter_no_change."
        )


def warn_of_lbfgs(estimator, result, advice):
    """Warn, in scikit-learn's words, of an L-BFGS that ended before it converged."""
    if result.status == 0:
        if advice:
            warn(advice, ConvergenceWarning)
        return
    n_iter = min(result.nit, estimator.max_iter)
    message = (
        f"lbfgs failed to converge after {n_iter} iteration(s) (status={result.status}):\n"
        f"{result.message}\n"
    )
    if n_iter == estimator.max_iter:
        message += (
            "\nIncrease the number of iterations to improve the convergence "
            f"(max_iter={estimator.max_iter})."
        )
    message += (
        "\nYou might also want to scale the data as shown in:\n"
        "    https://scikit-learn.org/stable/modules/preprocessing.html"
    )
    warn(f"{message}\n{advice}".strip(), ConvergenceWarning)
