"""Partition functions: exact for few units, else by annealed importance sampling.

The latter is of Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks",
ICML 2008: on the way from independent visible units to the model, the inputs of the hidden units
are turned on by and by.
"""

from itertools import pairwise

import numpy as np
from scipy.special import expit, logsumexp

from fastnn.estimators.rbm.energies import softplus

__all__ = ["annealed_log_partition", "exact_log_partition", "start_of_sampling"]

#: Units whose states are enumerated at most: a million states.
MOST_UNITS = 20

# States that are looked at together.
_BLOCK = 1 << 12


def _all_states(n_units):
    """All states of so many units, a block of rows at a time."""
    for first in range(0, 1 << n_units, _BLOCK):
        numbers = np.arange(first, min(first + _BLOCK, 1 << n_units))
        yield (numbers[:, None] >> np.arange(n_units) & 1).astype(np.float64)


def exact_log_partition(rbm):
    """The logarithm of the sum of e^-F over all states of one layer."""
    W = rbm.components_.astype(np.float64)
    b, c = rbm.intercept_visible_.astype(np.float64), rbm.intercept_hidden_.astype(np.float64)
    n_hidden, n_visible = W.shape
    if rbm._gaussian:
        n_visible = np.inf
    if min(n_hidden, n_visible) > MOST_UNITS:
        raise ValueError(
            f"the exact partition function needs a layer of at most {MOST_UNITS} units, got "
            f"n_components={n_hidden} and {W.shape[1]} features: use annealed_log_partition, and "
            "pass its estimate to log_likelihood."
        )
    if n_visible <= n_hidden:
        blocks = [
            logsumexp(V @ b + softplus(V @ W.T + c).sum(axis=1)) for V in _all_states(n_visible)
        ]
        return float(logsumexp(blocks))
    parts = []
    for H in _all_states(n_hidden):
        z = H @ W + b
        if rbm._gaussian:
            of_visible = 0.5 * (z**2 - b**2 + np.log(2 * np.pi)).sum(axis=1)
        else:
            of_visible = softplus(z).sum(axis=1)
        parts.append(logsumexp(H @ c + of_visible))
    return float(logsumexp(parts))


def annealed_log_partition(rbm, n_runs, n_steps, rng):
    """(estimate, its standard deviation) in double precision."""
    W = rbm.components_.astype(np.float64)
    b, c = rbm.intercept_visible_.astype(np.float64), rbm.intercept_hidden_.astype(np.float64)
    betas = np.linspace(0, 1, n_steps + 1)
    if rbm._gaussian:
        log_first = 0.5 * len(b) * np.log(2 * np.pi)
    else:
        log_first = softplus(b).sum()
    log_first += len(c) * np.log(2)
    v = rbm._draw_visibles(np.tile(b if rbm._gaussian else expit(b), (n_runs, 1)), rng)
    log_weights = np.zeros(n_runs)
    for before, beta in pairwise(betas):
        z = v @ W.T + c
        log_weights += (softplus(beta * z) - softplus(before * z)).sum(axis=1)
        h = rng.uniform(size=z.shape) < expit(beta * z)
        means = b + beta * (h @ W)
        v = rbm._draw_visibles(means if rbm._gaussian else expit(means), rng)
    most = log_weights.max()
    weights = np.exp(log_weights - most)
    error = weights.std(ddof=1) / np.sqrt(n_runs) / weights.mean() if n_runs > 1 else np.inf
    return float(log_first + most + np.log(weights.mean())), float(error)


def start_of_sampling(rbm, n, rng):
    """States of the visible units that know nothing of the model."""
    shape = n, rbm.components_.shape[1]
    if rbm._gaussian:
        return rng.normal(size=shape)
    return rng.uniform(size=shape) < 0.5
