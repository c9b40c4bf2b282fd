"""A full Boltzmann machine in NumPy, all units linked: Gibbs sampling and mean fields.

p(s) is proportional to exp(s.W s / 2 + b.s) over visible and hidden units s. The gradient of the
log-likelihood is the mean of s_i s_j with the visible units held at the data less that of the free
machine (Ackley, Hinton and Sejnowski 1985). Without links within a layer this is the restricted
machine, whose units of a layer are independent given the other layer: that is why there is an
estimator of it and none of this. Here both learn that one of five units is on: a link between two
visible units says at once that they exclude each other.
"""

import itertools

import numpy as np
from scipy.special import expit, logsumexp

from fastnn import BernoulliRBM

VISIBLE, HIDDEN = 5, 2
ONE_ON = np.eye(VISIBLE)


def log_likelihood(W, b, X):
    """Mean over rows, by enumeration of all states."""
    states = np.array(list(itertools.product([0.0, 1.0], repeat=len(b))))
    energy = 0.5 * np.einsum("si,ij,sj->s", states, W, states) + states @ b
    key = 2 ** np.arange(VISIBLE)
    of_row = np.array([logsumexp(energy[states[:, :VISIBLE] @ key == x @ key]) for x in X])
    return float(of_row.mean() - logsumexp(energy))


def gibbs(s, W, b, units, rng):
    """Sample each of these units in turn given all others."""
    for i in units:
        s[:, i] = rng.random(len(s)) < expit(s @ W[:, i] + b[i])
    return s


def mean_field(X, W, b, n_rounds=10):
    """Probabilities of the hidden units given rows, each from the others' by turns."""
    s = np.hstack([X, np.full((len(X), HIDDEN), 0.5)])
    for _ in range(n_rounds):
        for i in range(VISIBLE, VISIBLE + HIDDEN):
            s[:, i] = expit(s @ W[:, i] + b[i])
    return s


def learn(X, *, rate=0.1, epochs=1500, n_chains=200):
    """Weights and biases by persistent chains; hidden units of data are drawn from mean fields."""
    rng, n = np.random.default_rng(0), VISIBLE + HIDDEN
    W, b = rng.normal(0, 0.05, (n, n)), np.zeros(n)
    W = np.triu(W, 1) + np.triu(W, 1).T
    chains = (rng.random((n_chains, n)) < 0.5).astype(float)
    curve = []
    for epoch in range(epochs):
        clamped = mean_field(X, W, b)
        states = (rng.random(clamped.shape) < clamped).astype(float)
        states[:, :VISIBLE] = X
        states = gibbs(states, W, b, range(VISIBLE, n), rng)
        chains = gibbs(chains, W, b, range(n), rng)
        gradient = states.T @ states / len(X) - chains.T @ chains / n_chains
        np.fill_diagonal(gradient, 0)
        step = rate * (1 - epoch / epochs)
        W += step * gradient
        b += step * (states.mean(axis=0) - chains.mean(axis=0))
        if epoch % 50 == 0:
            curve.append(log_likelihood(W, b, X))
    return W, b, curve


def main():
    X = np.repeat(ONE_ON, 10, axis=0)
    W, b, curve = learn(X)
    options = {"batch_size": len(X), "n_iter": 1500, "learning_rate": 0.1, "random_state": 0}
    restricted = BernoulliRBM(HIDDEN, **options).fit(X).log_likelihood(ONE_ON).mean()
    best = -np.log(len(ONE_ON))
    print("Mean log-likelihood of rows with one of five units on")
    print(f"  chance                        {-VISIBLE * np.log(2):7.3f}")
    print(f"  restricted, {HIDDEN} hidden units    {restricted:7.3f}")
    print(f"  all linked, {HIDDEN} hidden units    {log_likelihood(W, b, ONE_ON):7.3f}")
    print(f"  the best there is             {best:7.3f}")
    return {"curve": curve, "restricted": restricted, "full": curve[-1], "best": best}


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    ax.plot(50 * np.arange(len(results["curve"])), results["curve"], label="all linked")
    ax.axhline(results["restricted"], ls="--", color="C1", label="restricted, at its end")
    ax.axhline(results["best"], ls=":", color="gray", label="best there is")
    ax.set(xlabel="epoch", ylabel="mean log-likelihood")
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
