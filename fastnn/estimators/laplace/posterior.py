"""Normal posteriors of the weights of a linear layer, and the precisions of their prior."""

from typing import NamedTuple

import numpy as np

__all__ = ["Posterior", "curvatures", "tuned"]

#: Most weights whose curvature is one matrix: the classes of a softmax are coupled.
MOST_WEIGHTS = 4096

# Precisions stay within; a network that explains everything, or nothing, has no best one.
_BOUNDS = 1e-10, 1e10
_ROUNDS, _TOL = 1000, 1e-10


class Curvature(NamedTuple):
    """Of the loss by the weights of one output, or of several that are coupled.

    ``values`` (n_weights,) are the eigenvalues of its matrix; ``vectors`` the eigenvectors, in a
    part (n_features, n_weights) for each output.
    """

    values: np.ndarray
    vectors: np.ndarray


class Posterior(NamedTuple):
    """Covariance V / (noise * s + prior) V' of the weights, for each output.

    ``vectors`` (n_outputs, n_features, n_weights) are V and ``values`` (n_outputs, n_weights) s;
    the precisions are (n_outputs,).
    """

    vectors: np.ndarray
    values: np.ndarray
    prior: np.ndarray
    noise: np.ndarray

    def factors(self):
        """Matrices of n_features rows, and no more columns, of the outputs: the variance of an
        output is the sum of the squares of ``features @ factor``."""
        scale = 1 / np.sqrt(self.noise[:, None] * self.values + self.prior[:, None])
        return [_narrow(vectors * s) for vectors, s in zip(self.vectors, scale, strict=True)]


def _narrow(factor):
    """A factor of the same F F' with at most as many columns as rows."""
    if factor.shape[1] > factor.shape[0]:
        factor = np.linalg.qr(factor.T, mode="r").T
    return np.ascontiguousarray(factor)


def curvatures(features, weight, slopes, *, coupled):
    """The curvature of each output, or of all that are coupled.

    Parameters
    ----------
    features : ndarray of shape (n, n_features)
    weight : ndarray of shape (n,)
    slopes : ndarray of shape (n, n_outputs)
        Second derivative of the loss by each output; of coupled ones, their probabilities.
    coupled : bool
        By a softmax, whose second derivatives are diag(p) - p p'.

    Returns
    -------
    list of Curvature
    """
    n_features, n_outputs = features.shape[1], slopes.shape[1]
    if not coupled:
        return [_decomposed((features * (weight * s)[:, None]).T @ features, 1) for s in slopes.T]
    if n_features * n_outputs > MOST_WEIGHTS:
        raise ValueError(
            f"a softmax couples the {n_features} x {n_outputs} weights of the last layer, which is "
            f"for at most {MOST_WEIGHTS}: give the last hidden layer at most "
            f"{MOST_WEIGHTS // n_outputs} units."
        )
    matrix = np.empty((n_outputs, n_features, n_outputs, n_features))
    for a in range(n_outputs):
        for b in range(a, n_outputs):
            s = weight * slopes[:, a] * ((a == b) - slopes[:, b])
            matrix[a, :, b] = (features * s[:, None]).T @ features
            matrix[b, :, a] = matrix[a, :, b].T
    return [_decomposed(matrix.reshape(n_outputs * n_features, -1), n_outputs)]


def _decomposed(matrix, n_outputs):
    values, vectors = np.linalg.eigh(matrix)
    return Curvature(values.clip(0), vectors.reshape(n_outputs, -1, len(values)))


def tuned(values, squares, prior, noise, *, errors=None, n=None):
    """Precisions of the prior and the noise that make the data most probable, weights as they are.

    MacKay, "Bayesian interpolation", Neural Computation 4, 1992: with g the number of weights that
    the data determine, prior = g / sum(w^2) and noise = (n - g) / sum of squared errors.

    Parameters
    ----------
    values : ndarray
        Eigenvalues of the curvature, at a noise precision of 1.
    squares : float
        Sum of the squared weights.
    prior, noise : float or None
        Those that are given stay.
    errors, n : float, optional
        Sum of the squared errors and number of rows; for classes there is no noise to tune.

    Returns
    -------
    prior, noise : float
    """
    free = prior is None, noise is None
    prior, noise = prior or 1.0, noise or _bounded(n, errors)
    for _ in range(_ROUNDS):
        before = prior, noise
        determined = (noise * values / (noise * values + prior)).sum()
        if free[0]:
            prior = _bounded(determined, squares)
        if free[1]:
            noise = _bounded(n - determined, errors)
        if np.allclose((prior, noise), before, rtol=_TOL, atol=0):
            break
    return prior, noise


def _bounded(above, below):
    return float(np.clip(above / max(below, 1e-300), *_BOUNDS))
