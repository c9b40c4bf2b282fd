"""Probabilities and energies of a restricted Boltzmann machine, by the kernels that score.

Many rows that are mostly zero have a kernel of their own, with the same bits.
"""

import numpy as np

from fastnn._kernels.families.rbm_means import hidden_means
from fastnn._kernels.native import table
from fastnn.scoring.arrays import chain_rows
from fastnn.threads import effective_n_threads, n_threads_for

__all__ = ["free_energies", "given_hidden", "given_visible", "linear", "softplus"]


# What leaves zeros out packs the weights first, and pays where so many rows have so few numbers and
# pass so many units. (Sums of a few units have another order.)
_MANY_ROWS, _MANY_UNITS = 256, 32
_FEW = 0.5

_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}


def linear(X, weights, bias, n_jobs, output="identity"):
    """output(X @ weights + bias) of rows X, (n, n_in) dense or CSR, in the dtype of the weights."""
    n_threads = 0 if n_jobs is None else effective_n_threads(n_jobs)
    weights, bias = np.ascontiguousarray(weights), np.ascontiguousarray(bias)
    if X.shape[0] == 0:
        return np.empty((0, weights.shape[1]), weights.dtype)
    result = chain_rows([weights], [bias], "identity", output, X, n_threads)
    if result is NotImplemented:
        raise ValueError(
            "components_, intercept_hidden_ and intercept_visible_ must be arrays of one dtype, "
            f"float32 or float64, that fit together and X: got shapes {weights.shape} and "
            f"{bias.shape} for X of {X.shape}"
        )
    return result


def given_visible(rbm, X, output="logistic"):
    """Probabilities of the hidden units (n, n_components) given rows X."""
    W, c = rbm.components_, rbm.intercept_hidden_
    plain = W.dtype == c.dtype == X.dtype and W.shape == (*c.shape, X.shape[1])
    if plain and len(W) >= _MANY_UNITS and _mostly_zero(X):
        most = effective_n_threads(rbm.n_jobs)
        n_threads = n_threads_for(X.shape[0], W.size, False, most)
        return hidden_means(X, W, c, _ACTIVATIONS[output], n_threads)
    return linear(X, W.T, c, rbm.n_jobs, output)


def _mostly_zero(X):
    """Whether X is an array of many rows with few numbers, as far as some rows tell."""
    if not isinstance(X, np.ndarray) or X.shape[0] < _MANY_ROWS or not X.flags.c_contiguous:
        return False
    some = X[:: X.shape[0] // 64]
    return np.count_nonzero(some) < _FEW * some.size


def given_hidden(rbm, H, output="logistic"):
    """Means of the visible units (n, n_features) given states of the hidden ones."""
    return linear(H, rbm.components_, rbm.intercept_visible_, rbm.n_jobs, output)


def softplus(z):
    """log(1 + e^z)."""
    return np.logaddexp(0, z)


def free_energies(rbm, X):
    """F(v) = -log of the sum over h of e^-E(v, h), (n,) in double precision.

    -b.v - sum log(1 + e^(W v + c)) for binary visible units; for Gaussian ones |v - b|^2 / 2 takes
    the place of -b.v.
    """
    hidden = given_visible(rbm, X, "softplus").sum(axis=1, dtype=np.float64)
    return rbm._visible_energies(X) - hidden
