"""What users hand to inspection, opened: an MLP, a pipeline that ends in one, or a `Network`."""

from typing import Any, NamedTuple

import numpy as np
from sklearn import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.mlp.base import BaseMLP
from fastnn.network.compiled import CompiledNetwork
from fastnn.network.network import Network

__all__ = ["Opened", "is_network", "opened"]


class Opened(NamedTuple):
    """The network itself, the rows as they come to it, and the names of their columns or None."""

    model: Any
    X: Any
    names: Any


def is_network(model):
    """Whether this is a network, rather than an estimator."""
    return isinstance(model, (Network, CompiledNetwork))


def opened(model, X, y, caller):
    """Go through the steps before the network, on X.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, Network or Pipeline
        Steps of a pipeline that is not fitted are fitted on X and y, as copies.
    X : {array-like, sparse matrix} or None
    y : array-like or None
    caller : str
        For the message of an error.

    Returns
    -------
    Opened

    Raises
    ------
    TypeError
        If there is no network of fastnn.
    """
    if hasattr(model, "steps") and hasattr(model, "named_steps"):
        last, before = model.steps[-1][1], model[:-1]
        if X is not None and before.steps:
            before = _fitted(before, X, y)
            X = before.transform(X)
        found = opened(last, X, y, caller)
        return found if found.names is not None else found._replace(names=_names_after(before))
    if not isinstance(model, BaseMLP) and not is_network(model):
        raise TypeError(
            f"{caller} takes an MLPClassifier, MLPRegressor or Network of fastnn, or a pipeline "
            f"that ends in one; got {type(model).__name__}."
        )
    return Opened(model, X, _names(model, X))


def _fitted(steps, X, y):
    try:
        check_is_fitted(steps)
    except NotFittedError:
        return clone(steps).fit(X, y)
    return steps


def _names(model, X):
    """Names of the features of a network, where they have some."""
    names = getattr(model, "feature_names_in_", getattr(X, "columns", None))
    return None if names is None else np.asarray(names, dtype=object)


def _names_after(steps):
    """Names that transformers give what they put out, if they know them."""
    try:
        return np.asarray(steps.get_feature_names_out(), dtype=object)
    except (AttributeError, ValueError):  # NotFittedError is both
        return None
