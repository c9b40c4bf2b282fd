"""Probabilities and energies of a restricted Boltzmann machine, by the kernels that score."""

import numpy as np

from fastnn.scoring.arrays import chain_rows
from fastnn.threads import effective_n_threads

__all__ = ["free_energies", "given_hidden", "given_visible", "linear", "softplus"]


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
    return linear(X, rbm.components_.T, rbm.intercept_hidden_, rbm.n_jobs, output)


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
