"""The networks of a table: each watches a fold that it is not trained on."""

import copy

import numpy as np

from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.outputs import outputs
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.mlp.together import fit_together

__all__ = ["make_member", "raw_outputs", "train"]

#: Found by experiment; see docs/tables.md. The rest is in a `sizes.Plan`.
_OPTIONS = {
    "solver": "adamw",
    "beta_2": 0.95,
    "weight_decay": 0.3,
    "schedule": "cosine",
    "alpha": 0.0,
    "early_stopping": True,
    "n_iter_no_change": np.inf,
    "tol": 0.0,
}


def make_member(regresses, seed, **options):
    """A network to be fitted; ``options`` are parameters of it."""
    made = MLPRegressor if regresses else MLPClassifier
    return made(random_state=seed, **{**_OPTIONS, **options})


def train(members, X, y, weight, folds, watched, *, n_threads, observers=None):
    """Fit members side by side, each on all folds but the one that it watches, ``watched[i]``; or
    on all, where that is None.

    Parameters
    ----------
    members : list of MLPClassifier or MLPRegressor
    X : list of ndarray of shape (n, n_inputs)
    y : ndarray
    weight : ndarray of shape (n,) or None
    folds : ndarray of shape (n,)
    watched : list of int, or of None
    n_threads : int
    observers : list or None
        What is told of the epochs of each.

    Returns
    -------
    list of (estimator or DivergenceError)
    """
    if watched[0] is None:
        for member in members:
            member.set_params(early_stopping=False)
        return fit_together(members, X, y, weight, n_threads=n_threads, observers=observers)
    return fit_together(
        members,
        X,
        y,
        weight,
        n_threads=n_threads,
        samples=[np.flatnonzero(folds != fold) for fold in watched],
        watched=[np.flatnonzero(folds == fold) for fold in watched],
        observers=observers,
    )


def raw_outputs(member, narrow):
    """Outputs of a member before its output activation."""
    member = copy.copy(member)
    member.out_activation_ = "identity"
    return outputs(member, narrow, check_finite=False)
