"""What early stopping watches: the score of the weights in training on rows set apart."""

import copy
import inspect
import math
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import check_scoring

from fastnn._warnings import warn
from fastnn.estimators.shared import data
from fastnn.training.validation import mean_loss

__all__ = ["HeldOut", "Rows", "ScoredHeldOut", "given_rows", "rows_apart", "split_off", "watch"]


# Standard deviations of y that y_val lies from its mean, where it cannot be of the same kind.
_FAR = 5.0


class Rows(NamedTuple):
    """Rows set apart: validated, with targets as the loss takes them and as the user gave them."""

    X: Any
    y: Any
    labels: Any
    weight: Any


def split_off(estimator, rows, X, y, labels, weight, rng):
    """Set a part of the training rows apart: those left, and the `Rows`."""
    strata = estimator._strata(y[rows])
    left, apart = data.split_off_validation_rows(rows, strata, estimator.validation_fraction, rng)
    return left, Rows(X[apart], y[apart], labels[apart], None if weight is None else weight[apart])


def given_rows(estimator, X_val, y_val, sample_weight_val, *, y, dtype):
    """Validate the rows that the user set apart.

    Parameters
    ----------
    estimator : BaseMLP
        Has learned from the training data what targets there are.
    X_val, y_val, sample_weight_val
        As given by the user.
    y : ndarray
        Targets of the training rows.
    dtype : dtype
        Of the network.

    Returns
    -------
    Rows or None
    """
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    for name, other, value in (("X_val", "y_val", y_val), ("y_val", "X_val", X_val)):
        if value is None:
            raise ValueError(f"{name} is provided, but {other} was not provided.")
    if estimator.solver == "lbfgs" or not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping to watch: set early_stopping=True and "
            "a stochastic solver, or leave them out."
        )
    X, labels = estimator._checked_data(X_val, y_val, reset=False, suffix="_val")
    estimator._check_further_targets(labels)
    targets = estimator._encode(labels, dtype)
    given = estimator._y_numeric and not estimator._targets_are_rows
    if given and targets.shape[1:] == y.shape[1:]:
        _warn_of_other_scale(y, targets)
    if targets.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"y_val must have the outputs of y: got shape {targets.shape}, y has {y.shape}."
        )
    return rows_apart(
        estimator, X, labels, sample_weight_val, dtype=dtype, name="sample_weight_val"
    )


def rows_apart(estimator, X, labels, sample_weight, *, dtype, name="sample_weight"):
    """Validated rows as Rows; ``name`` is that of their weights in messages."""
    weight, _, _ = data.training_weights(
        sample_weight,
        X,
        dtype,
        lambda weights: estimator._class_factors(labels, weights),
        name=name,
    )
    return Rows(X, estimator._encode(labels, dtype), labels, weight)


def _warn_of_other_scale(y, y_val):
    """Warn of validation targets that no model of y could predict."""
    y, y_val = y.astype(np.float64), y_val.astype(np.float64)
    with np.errstate(all="ignore"):
        centre, spread = y.mean(axis=0), y.std(axis=0)
        far = np.sqrt(((y_val - centre) ** 2).mean(axis=0)) > _FAR * spread
    if (far & (spread > 0)).any():
        j = int(np.argmax(far & (spread > 0)))
        warn(
            f"y_val is of another scale than y: their means are {y_val[:, j].mean():.3g} and "
            f"{centre[j]:.3g}, and the standard deviation of y is {spread[j]:.3g}. Whoever "
            "transforms y, as TransformedTargetRegressor does in its fit, hands y_val on as it is: "
            "pass y_val transformed in the same way."
        )


def watch(estimator, rows, loss, snapshot):
    """Return the HeldOut that the scoring parameter asks for; ``_held_out`` of the estimator makes
    one whose score is not a scorer's.

    Parameters
    ----------
    estimator : BaseMLP
    rows : Rows
    loss : Loss
    snapshot : callable
        Returns the attributes of an estimator fitted up to now.
    """
    if estimator.scoring is None or estimator.scoring == "loss":
        score = estimator._default_score if estimator.scoring is None else None
        return estimator._held_out(rows.X, rows.y, rows.weight, loss, score)

    def fitted_copy():
        fitted = copy.copy(estimator)
        # The rows have lost their names on the way.
        fitted.__dict__.pop("feature_names_in_", None)
        fitted.__dict__.update(snapshot())
        return fitted

    scorer = check_scoring(estimator, estimator.scoring)
    plain = estimator._held_out(rows.X, rows.y, rows.weight, loss, None)
    return ScoredHeldOut(rows, loss, scorer, fitted_copy, plain)


class HeldOut:
    """Rows set apart, and how to score a network on them.

    Parameters
    ----------
    X, y, weight
        The rows, with targets as the loss takes them.
    loss : Loss
    score : callable or None
        ``score(loss, p, y, weight) -> float`` over the predictions p, higher being better.
        Without one, the negative loss is the score.
    """

    def __init__(self, X, y, weight, loss, score):
        self.X = X
        self._y = y
        self.weight = weight
        self._loss = loss
        self._score = score

    def measure(self, trainer):
        """Return (score, loss) of the weights that the trainer has now."""
        z = trainer.forward(self.X, raw=True)
        with np.errstate(over="ignore", invalid="ignore"):  # of a training about to diverge
            loss = mean_loss(self._loss, z, self._y, self.weight)
        return self._score_outputs(trainer, z, loss), loss

    def _score_outputs(self, trainer, z, loss):
        if self._score is None:
            return -loss
        with np.errstate(over="ignore", invalid="ignore"):
            return self._score(self._loss, self._loss.predictions(z), self._y, self.weight)


class ScoredHeldOut(HeldOut):
    """Rows set apart that a scikit-learn scorer judges.

    Parameters
    ----------
    rows : Rows
    loss : Loss
    scorer : callable
        ``scorer(estimator, X, y[, sample_weight])``: with weights if it takes any.
    fitted_copy : callable
        Returns a fitted estimator with the weights in training.
    plain : HeldOut
        What measures the loss where the targets are sparse.
    """

    def __init__(self, rows, loss, scorer, fitted_copy, plain):
        super().__init__(rows.X, rows.y, rows.weight, loss, None)
        self._labels, self._plain = rows.labels, plain
        self._scorer = scorer
        self._fitted_copy = fitted_copy
        given = rows.weight is not None and _takes_weights(scorer)
        self._weighted = {"sample_weight": rows.weight} if given else {}

    def measure(self, trainer):
        """Return (score, loss) of the weights that the trainer has now."""
        if not issparse(self._y):
            return super().measure(trainer)
        _, loss = self._plain.measure(trainer)
        return self._score_outputs(trainer, np.asarray(loss), loss), loss

    def _score_outputs(self, trainer, z, loss):
        if not np.isfinite(z).all():
            return math.nan  # which many a scorer would raise an error about
        return float(self._scorer(self._fitted_copy(), self.X, self._labels, **self._weighted))


def _takes_weights(scorer):
    """Whether a scorer has a use for sample weights, as far as its signature tells."""
    function = getattr(scorer, "_score_func", scorer)  # that of make_scorer
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function without one, in C
        return False
    return "sample_weight" in parameters or any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    )
