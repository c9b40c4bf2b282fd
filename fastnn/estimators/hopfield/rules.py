"""Weights that make patterns stable, one function a rule. Patterns are rows of -1 and 1."""

import numpy as np
from scipy.linalg import pinvh

__all__ = ["RULES"]


def hebb(patterns):
    """``W = sum_p x_p x_p^T / n`` without its diagonal: J. J. Hopfield, "Neural networks and
    physical systems with emergent collective computational abilities", PNAS 79, 1982."""
    n = patterns.shape[1]
    return patterns.T @ patterns / n


def storkey(patterns):
    """One pattern after the other, ``w_ij += (x_i x_j - x_i h_ji - h_ij x_j) / n``, where ``h_ij``
    is the field of unit i without what units i and j add to it: A. Storkey, "Increasing the
    capacity of a Hopfield network without sacrificing functionality", ICANN 1997."""
    n = patterns.shape[1]
    weights = np.zeros((n, n))
    for x in patterns:
        # h_ij = h_i - w_ij x_j, the diagonal being 0; times x_j that is h_i x_j - w_ij
        share = np.outer(weights @ x, x) - weights
        weights += (np.outer(x, x) - share - share.T) / n
        np.fill_diagonal(weights, 0)
    return weights


def pseudoinverse(patterns):
    """The projection onto the span of the patterns, ``W = X^T (X X^T)^+ X``, without its diagonal:
    L. Personnaz, I. Guyon and G. Dreyfus, "Information storage and retrieval in spin-glass like
    neural networks", Journal de Physique Lettres 46, 1985; I. Kanter and H. Sompolinsky,
    "Associative recall of memory without errors", Physical Review A 35, 1987."""
    n_patterns, n = patterns.shape
    if n_patterns < n:
        return _without_noise(patterns.T @ pinvh(patterns @ patterns.T) @ patterns)
    products = patterns.T @ patterns
    return _without_noise(products @ pinvh(products))


def _without_noise(projection):
    """Of as many patterns as units it is the identity, beside which there is rounding alone."""
    projection[np.abs(projection) < 1e-10] = 0
    return projection


#: Name -> function of patterns in float64.
RULES = {"hebb": hebb, "storkey": storkey, "pseudoinverse": pseudoinverse}
