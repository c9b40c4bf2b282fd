"""A normal posterior of all weights of a network, each independent of the others.

Its precision is the diagonal of the Gauss-Newton matrix. The gradient of an output by a weight is
the weight's input times the slope of the unit that it leads to, so that sums of its square over
rows are products of matrices of squares.
"""

import numpy as np
from scipy.sparse import issparse

from fastnn.estimators.mlp.outputs import network_of
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.layers.activations import one_per_layer

__all__ = ["diagonal_curvature", "diagonal_variances", "linear", "weights_with_variance"]

#: Rows whose slopes are in memory at a time.
_ROWS = 1024


def diagonal_curvature(net, X, weight, slopes, *, coupled):
    """The curvature of the loss by each weight.

    Parameters
    ----------
    net : BaseMLP
        Fitted.
    X : {ndarray, CSR matrix} of shape (n, n_features)
    weight : ndarray of shape (n,)
    slopes : ndarray of shape (n, n_outputs)
        Second derivative of the loss by each output; of coupled ones, their probabilities.
    coupled : bool
        By a softmax.

    Returns
    -------
    list of ndarray
        An array for each matrix of the network.
    """
    found = None
    for rows, layers in _blocks(net, X):
        at = slopes[rows].T[:, :, None]  # of each output
        parts = []
        for inputs, by_unit in layers:
            centred = by_unit - (at * by_unit).sum(axis=0) if coupled else by_unit
            squares = (at * np.square(centred)).sum(axis=0)
            parts.append(np.square(inputs).T @ (weight[rows, None] * squares))
        found = parts if found is None else [a + b for a, b in zip(found, parts, strict=True)]
    return found


def diagonal_variances(net, X, covariances, *, coupled):
    """Variance of each raw output, less their mean if they are coupled: (n, n_outputs).

    ``covariances`` are like `diagonal_curvature`: the variance of each weight.
    """
    found = np.empty((X.shape[0], net.coefs_[-1].shape[1]))
    for rows, layers in _blocks(net, X):
        total = 0.0
        for (inputs, by_unit), covariance in zip(layers, covariances, strict=True):
            centred = by_unit - by_unit.mean(axis=0) if coupled else by_unit
            spread = linear(covariance, np.zeros(covariance.shape[1]), np.square(inputs))
            total = total + (np.square(centred) * spread).sum(axis=2)
        found[rows] = total.T
    return found


def weights_with_variance(net):
    """The matrices of a network in the order of its layers: a skip's behind that of its block, a
    gate's before that."""
    skips = getattr(net, "projections_", None) or [None] * (len(net.coefs_) - 1)
    found = []
    for coef, skip in zip(net.coefs_, [*skips, None], strict=True):
        parts = (skip["gate"], skip["carried"]) if isinstance(skip, dict) else (skip,)
        found += [array for array in (coef, *parts) if isinstance(array, np.ndarray)]
    return found


def _blocks(net, X):
    """Some rows at a time, with what `CompiledNetwork.slopes` finds for them, in float64."""
    activations = one_per_layer(net.activation, len(net.coefs_) - 1)
    network = network_of(net, activations, net._loss())
    for begin in range(0, X.shape[0], _ROWS):
        rows = slice(begin, begin + _ROWS)
        block = X[rows].toarray() if issparse(X) else X[rows]
        layers = network.slopes(np.ascontiguousarray(block, network.dtype))
        yield rows, [(a.astype(np.float64), b.astype(np.float64)) for a, b in layers]


def linear(coef, intercept, X):
    """``X @ coef + intercept`` by the kernels of the networks: a row's bits are its own."""
    layer = MLPRegressor(hidden_layer_sizes=())
    layer.coefs_, layer.intercepts_, layer.out_activation_ = [coef], [intercept], "identity"
    layer.n_features_in_ = len(coef)
    return layer._outputs(np.ascontiguousarray(X))
