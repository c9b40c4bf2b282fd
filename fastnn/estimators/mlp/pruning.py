"""`prune`: a fitted perceptron without the weights, or the units, that matter least."""

import copy
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import BaseMLP
from fastnn.layers.activations import LWTA, one_per_layer

__all__ = ["prune"]


def prune(
    model: Any,
    amount: float,
    *,
    by: str = "magnitude",
    units: bool = False,
    X: MatrixLike | None = None,
) -> Any:
    """Return a copy of a fitted perceptron whose least important weights, or units, are gone.

    Weights become exactly zero, and the copy has ``keep_zeros=True``: ``partial_fit``, or a fit
    with ``warm_start``, goes on with those that are left. Units leave the network, whose layers
    become narrower: scoring, files and exports have less to do. Prune a part, train on, prune more:
    zeros that are there count in ``amount``.

    Parameters
    ----------
    model : MLPClassifier or MLPRegressor
        Fitted. It stays as it is.
    amount : float
        Share of all weights that are zero afterwards, or with ``units`` share of the hidden units
        to remove; from 0 to below 1. Layers compete, and each keeps a unit.
    by : {"magnitude", "use"}, default="magnitude"
        What a weight w from unit i is worth: abs(w), or abs(w) times the root mean square of what
        i says to the rows of X; squared, over the sum of those in its layer that are worth as much
        or more [2]_. What a unit is worth: the norm of the weights behind it times that of those
        before it, or times the standard deviation of what it says, over the mean of its layer.
    units : bool, default=False
        Remove units. One that always says the same, as all weights before it are zero, or that
        nobody hears goes in any case, and predictions do not change by it.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        Rows, for ``by="use"``. With ``units``, what a unit that goes says to them on average goes
        into the biases behind it.

    Returns
    -------
    model : MLPClassifier or MLPRegressor
        With the same weights but for those that are gone. Moments and what use has left are not
        copied: training goes on with new ones. Gains go into the weights, and are one again.

    Raises
    ------
    ValueError
        For another estimator or value, and with ``units`` for layers whose units cannot leave:
        with ``residual``, ``layer_norm`` or 'lwta'.

    References
    ----------
    .. [1] Han, Pool, Tran & Dally, "Learning both weights and connections for efficient neural
       networks", NIPS 2015.
    .. [2] Lee, Park, Mo, Ahn & Shin, "Layer-adaptive sparsity for the magnitude-based pruning",
       ICLR 2021.
    .. [3] Sun, Liu, Bair & Kolter, "A simple and effective pruning approach for large language
       models", ICLR 2024, for weights by use.

    Examples
    --------
    >>> from fastnn import MLPClassifier, prune
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((40,), random_state=0, max_iter=500).fit(X, y)
    >>> thin = prune(net, 0.5)
    >>> float((thin.coefs_[0] == 0).mean().round(1)) > 0.4
    True
    >>> small = prune(net, 0.5, units=True, by="use", X=X)
    >>> small.coefs_[0].shape
    (4, 20)
    """
    _check(model, amount, by, units, X)
    pruned = copy.deepcopy(model)
    pruned.__dict__.pop("_solver_state", None)
    pruned.__dict__.pop("_traces", None)
    _gains_into_weights(pruned)
    if units:
        _remove_units(pruned, model, amount, by, X)
    else:
        _zero_weights(pruned, amount, by, X)
    return pruned


def _check(model, amount, by, units, X):
    composed = not isinstance(model, BaseMLP) or model._targets_are_rows
    if composed or type(model)._hidden_blocks is not BaseMLP._hidden_blocks:
        raise ValueError(
            f"model must be an MLPClassifier or MLPRegressor of fastnn, got {model!r}: of a "
            "pipeline or an ensemble, take its networks."
        )
    if model._columns is not None:
        raise ValueError("model takes raw columns of a table, whose codes cannot be pruned yet.")
    check_is_fitted(model)
    if isinstance(amount, bool) or not isinstance(amount, Real) or not 0 <= amount < 1:
        raise ValueError(f"amount must be a share from 0 to below 1, got {amount!r}.")
    if by not in ("magnitude", "use"):
        raise ValueError(f"by must be 'magnitude' or 'use', got {by!r}.")
    if by == "use" and X is None:
        raise ValueError("by='use' needs rows to look at: pass X.")
    if not units:
        return
    if len(model.coefs_) == 1:
        raise ValueError("units are those of hidden layers, and there is none: set units=False.")
    activations = one_per_layer(model.activation, len(model.coefs_) - 1)
    for name, given in (
        ("residual=True", model.residual),
        ("layer_norm=True", model.layer_norm),
        ("activation='lwta'", any(isinstance(a, str) and a == LWTA for a in activations)),
    ):
        if given:
            raise ValueError(
                f"with {name} units depend on their neighbours, or are added to others, and none "
                "can leave alone: prune weights, with units=False."
            )


def _gains_into_weights(pruned):
    """What a weight is worth, and whether a unit is heard, has the gain of the unit in it."""
    for k, gain in enumerate(pruned.__dict__.get("gains_") or ()):
        pruned.coefs_[k] = pruned.coefs_[k] * gain[:, None]
        pruned.gains_[k] = np.ones_like(gain)


def _zero_weights(pruned, amount, by, X):
    """Set the least of all weights to zero."""
    skips = {
        layer: p
        for layer, p in enumerate(pruned.__dict__.get("projections_") or [])
        if isinstance(p, np.ndarray)
    }
    matrices = [*pruned.coefs_, *skips.values()]
    worth = [np.abs(w) for w in matrices]
    if by == "use":
        said = [np.sqrt(np.mean(np.square(h), axis=0)) for h in _heard(pruned, X)]
        before = [*range(len(pruned.coefs_)), *skips]
        worth = [w * said[layer][:, None] for w, layer in zip(worth, before, strict=True)]
    values = np.concatenate([_among_layers(w.ravel()) for w in worth])
    n_zeros = round(amount * values.size)
    # Zeros first: what is gone stays gone, and equal ones go in order.
    zero = np.concatenate([(w != 0).ravel() for w in matrices])
    least = np.lexsort((values, zero))[:n_zeros]
    gone = np.zeros(values.size, bool)
    gone[least] = True
    at = 0
    for w in matrices:
        w[gone[at : at + w.size].reshape(w.shape)] = 0
        at += w.size
    pruned.keep_zeros = True


def _among_layers(worth):
    """What a layer loses by a weight: its square over those of all that are worth as much or more.
    The last one of a layer is worth 1, so that none is emptied for the scale of its weights."""
    squares = worth.astype(float) ** 2
    order = np.argsort(squares, kind="stable")
    left = np.cumsum(squares[order][::-1])[::-1]
    squares[order] = np.divide(squares[order], left, out=np.zeros_like(left), where=left > 0)
    return squares


def _over_mean(worth):
    """Layers compete by what is more than usual in them: none is emptied for its scale."""
    mean = worth.mean()
    return worth / mean if mean > 0 else worth


def _heard(model, X):
    """What each layer takes, (n_samples, n_in) each, in float64."""
    rows = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    layers = range(len(model.coefs_) - 1)
    said = [np.asarray(model.transform(X, layer)) for layer in layers]
    return [np.asarray(h, float) for h in (rows, *said)]


def _remove_units(pruned, model, amount, by, X):
    coefs = pruned.coefs_
    n_units = [w.shape[1] for w in coefs[:-1]]
    before = [np.linalg.norm(w.astype(float), axis=0) for w in coefs[:-1]]
    behind = [np.linalg.norm(w.astype(float), axis=1) for w in coefs[1:]]
    means, spread = [np.zeros(n) for n in n_units], before
    if X is not None:
        heard = _heard(model, X)[1:]
        means = [h.mean(axis=0) for h in heard]
        spread = [h.std(axis=0) for h in heard] if by == "use" else before
    constant = _constants(model)
    means = [np.where(np.isnan(c), m, c) for c, m in zip(constant, means, strict=True)]
    idle = [(w == 0) | ~np.isnan(c) for w, c in zip(behind, constant, strict=True)]
    worth = [
        np.where(no, -1.0, _over_mean(s * w)) for no, s, w in zip(idle, spread, behind, strict=True)
    ]
    values = np.concatenate(worth)
    n_gone = max(round(amount * values.size), int((values < 0).sum()))
    gone = np.zeros(values.size, bool)
    gone[np.argsort(values, kind="stable")[:n_gone]] = True
    gone = np.split(gone, np.cumsum(n_units)[:-1])
    for layer, go in enumerate(gone):
        if go.all():
            go[np.argmax(worth[layer])] = False
        _without(pruned, layer, ~go, means[layer])
    pruned.hidden_layer_sizes = tuple(int(w.shape[1]) for w in coefs[:-1])


def _constants(model):
    """Of each hidden unit what it says to all rows, if no weight leads to it, else NaN."""
    rows = np.zeros((1, model.coefs_[0].shape[0]), model.coefs_[0].dtype)
    found = []
    for layer, w in enumerate(model.coefs_[:-1]):
        said = np.asarray(model.transform(rows, layer), float)[0]
        found.append(np.where((w == 0).all(axis=0), said, np.nan))
    return found


def _without(pruned, layer, kept, means):
    """Take units from a layer, and put what they say on average into the biases behind it."""
    coefs, intercepts = pruned.coefs_, pruned.intercepts_
    behind = coefs[layer + 1]
    intercepts[layer + 1] = intercepts[layer + 1] + (means[~kept] @ behind[~kept]).astype(
        behind.dtype
    )
    coefs[layer + 1] = np.ascontiguousarray(behind[kept])
    coefs[layer] = np.ascontiguousarray(coefs[layer][:, kept])
    intercepts[layer] = intercepts[layer][kept]
    if "gains_" in pruned.__dict__:
        pruned.gains_[layer + 1] = pruned.gains_[layer + 1][kept]
    for norm in (pruned.__dict__.get("norms_") or [None] * (layer + 1))[layer : layer + 1]:
        for name, value in (norm or {}).items():
            if isinstance(value, np.ndarray):
                norm[name] = value[kept]
