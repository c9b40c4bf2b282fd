"""The networks of a table: each watches a fold that it is not trained on."""

import numpy as np

from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.mlp.together import fit_together
from fastnn.model.nodes import check_nodes
from fastnn.model.of_estimator import network_as_fitted
from fastnn.model.of_table import behind_columns
from fastnn.scoring.scorer import scorer_of
from fastnn.threads import effective_n_threads

__all__ = ["make_member", "raw_outputs", "train", "widen"]

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


#: Most rows of a fold that are watched: more do not tell a better epoch from a worse one.
_MOST_WATCHED = 1 << 16


def _some(rows):
    return rows[:: -(-len(rows) // _MOST_WATCHED)] if len(rows) else rows


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
        watched=[_some(np.flatnonzero(folds == fold)) for fold in watched],
        observers=observers,
    )


def widen(member, view, widening):
    """Let a network that was trained on a View be one of all columns."""
    member.coefs_[0] = view.spread(member.coefs_[0])
    member._columns, member.n_features_in_ = widening.columns, widening.n_columns


def raw_outputs(members):
    """What gives the mean raw outputs (n, n_outputs) of members for narrow rows, before any output
    activation: packed once for many calls, for the description of many columns takes longer than
    some rows."""
    scorers = []
    for member in members:
        nodes = behind_columns(network_as_fitted(member).nodes, member._columns.specs)
        dtype = member.coefs_[0].dtype
        n_inputs = len(member._columns.specs)
        widths = check_nodes(n_inputs, nodes, dtype)
        n_threads = 0 if member.n_jobs is None else effective_n_threads(member.n_jobs)
        scorer = scorer_of(n_inputs, nodes, widths, "identity", dtype)
        scorers.append((scorer.proba, n_threads))

    def mean(narrow):
        return np.mean([score(narrow, None, threads) for score, threads in scorers], axis=0)

    return mean
