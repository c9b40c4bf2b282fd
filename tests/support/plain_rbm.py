"""A restricted Boltzmann machine in plain NumPy: one step of learning, with every option."""

import numpy as np
from scipy.special import expit


def step(state, v, rng, *, lr, k=1, persistent=True, momentum=0, decay=0, target=None, cost=0):
    """Change the dict `state` (W, c, b, chains, speeds, activity) by a batch v."""
    W, c, b = state["W"], state["c"], state["b"]
    p = expit(v @ W.T + c)
    h = state["chains"] if persistent else rng.uniform(size=p.shape) < p
    for i in range(k):
        mean = expit(h @ W + b)
        v_neg = rng.uniform(size=mean.shape) < mean
        p_neg = expit(v_neg @ W.T + c)
        if persistent or i < k - 1:
            h = rng.uniform(size=p_neg.shape) < p_neg
    if persistent:
        state["chains"] = h.astype(W.dtype)
    if target is not None:
        state["activity"] = 0.9 * state["activity"] + 0.1 * p.mean(axis=0)
        p = p + cost * (target - state["activity"])
    n, m = len(v), len(v_neg)
    gradients = (
        p.T @ v / n - p_neg.T @ v_neg / m,
        p.sum(axis=0) / n - p_neg.sum(axis=0) / m,
        v.sum(axis=0) / n - v_neg.sum(axis=0) / m,
    )
    decays = decay, 0, 0
    for i, (name, g, d) in enumerate(zip("Wcb", gradients, decays, strict=True)):
        state["speeds"][i] = momentum * state["speeds"][i] + lr * (g - d * state[name])
        state[name] = state[name] + state["speeds"][i]


def first(n_hidden, n_visible, n_chains, rng, target=0.0):
    """The state before the first step, as scikit-learn draws it."""
    arrays = rng.normal(0, 0.01, (n_hidden, n_visible)), np.zeros(n_hidden), np.zeros(n_visible)
    state = dict(zip("Wcb", arrays, strict=True))
    state["chains"] = np.zeros((n_chains, n_hidden))
    state["speeds"] = [np.zeros_like(array) for array in arrays]
    state["activity"] = np.full(n_hidden, target)
    return state
