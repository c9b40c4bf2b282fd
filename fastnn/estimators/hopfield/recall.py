"""From a state to the one in which the net comes to rest."""

import numpy as np
from scipy.special import logsumexp, softmax

from fastnn._kernels.families import hopfield as kernels
from fastnn.model.nodes import Node
from fastnn.scoring.scorer import scorer_of

__all__ = ["asynchronous", "attention", "dense_energy", "energy", "product", "synchronous"]

#: Multiply-adds between two looks at whether the user wants to stop.
_AT_ONCE = 3e8

#: Sweeps between two computations of all fields anew, so that roundings do not add up.
_SWEEPS = 8


def product(matrix):
    """A function of (states, n_threads): states times a matrix, of bits that do not depend on the
    threads."""
    n_in, n_out = matrix.shape
    arrays = {"weight": np.ascontiguousarray(matrix), "bias": np.zeros(n_out, matrix.dtype)}
    scorer = scorer_of(n_in, [Node("dense", arrays=arrays)], [n_out], "identity", matrix.dtype.name)
    return lambda states, n_threads: scorer.raw(states, None, n_threads, False)


def chunks(n_rows, work):
    """Slices of rows, each of which takes some hundredths of a second at ``work`` multiply-adds a
    row."""
    step = max(1, int(_AT_ONCE / work))
    return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]


def asynchronous(weights, states, seed, max_steps, n_threads):
    """Ask one unit after the other, in a new random order in every sweep, until none changes.

    Returns
    -------
    ndarray of bool of shape (n,)
        Which states have come to rest, before ``max_steps`` sweeps. ``states`` is changed in place.
    """
    n_rows, n = states.shape
    fields_of, rng, done = product(weights), np.random.RandomState(seed), 0
    moving, at_rest = np.arange(n_rows), np.zeros(n_rows, bool)
    while len(moving) and done < max_steps:
        sweeps = min(_SWEEPS, max_steps - done)
        order = np.stack([rng.permutation(n) for _ in range(sweeps)])
        flips = np.empty(len(moving), np.intp)
        first = states[moving]
        for chunk in chunks(len(moving), 2 * n * n):
            part = first[chunk].copy()
            fields = fields_of(part, n_threads)
            kernels.sweep(weights, order, part, fields, flips[chunk], n_threads)
            states[moving[chunk]] = part
        at_rest[moving] = flips == 0
        # Who has come to rest is asked once more, by fields without the roundings of many flips.
        moving = moving[(states[moving] != first).any(axis=1)]
        done += sweeps
    return at_rest


def synchronous(weights, states, max_steps, n_threads):
    """Ask all units at once, until none changes, or all change back: a cycle of two.

    Returns
    -------
    ndarray of bool of shape (n,)
        Which states have come to rest or to a cycle. ``states`` is changed in place.
    """
    fields_of, moving = product(weights), np.arange(len(states))
    before = np.zeros_like(states)
    for _ in range(max_steps):
        for chunk in chunks(len(moving), weights.size):
            rows = moving[chunk]
            now = states[rows]
            fields = fields_of(now, n_threads)
            after = np.where(fields == 0, now, np.sign(fields))
            going_on = (after != now).any(axis=1) & (after != before[rows]).any(axis=1)
            before[rows], states[rows] = now, after
            moving[chunk] = np.where(going_on, rows, -1)
        moving = moving[moving >= 0]
        if not len(moving):
            break
    at_rest = np.ones(len(states), bool)
    at_rest[moving] = False
    return at_rest


def attention(patterns, states, beta, max_steps, tol, n_threads):
    """``x <- X^T softmax(beta X x)``, until no state changes by more than tol of its length: H.
    Ramsauer et al., "Hopfield networks is all you need", ICLR 2021.

    Returns
    -------
    ndarray of bool of shape (n,)
        Which states have come to rest. ``states`` is changed in place.
    """
    closeness, mean = product(patterns.T), product(patterns)
    at_rest = np.zeros(len(states), bool)
    for chunk in chunks(len(states), 2 * patterns.size):
        moving = np.arange(chunk.start, chunk.stop)
        for _ in range(max_steps):
            now = states[moving]
            after = mean(softmax(beta * closeness(now, n_threads), axis=1), n_threads)
            states[moving] = after
            step = np.linalg.norm(after - now, axis=1)
            resting = step <= tol * np.linalg.norm(after, axis=1)
            at_rest[moving[resting]] = True
            moving = moving[~resting]
            if not len(moving):
                break
    return at_rest


def energy(weights, states, n_threads):
    """``-x^T W x / 2`` of each state."""
    fields_of = product(weights)
    return np.concatenate(
        [
            -np.einsum("ij,ij->i", states[chunk], fields_of(states[chunk], n_threads)) / 2
            for chunk in chunks(len(states), weights.size)
        ]
    )


def dense_energy(patterns, states, beta, n_threads):
    """``-log(sum_p exp(beta x_p . x)) / beta + |x|^2 / 2`` of each state."""
    closeness = product(patterns.T)
    squares = np.einsum("ij,ij->i", states, states) / 2
    return squares - np.concatenate(
        [
            logsumexp(beta * closeness(states[chunk], n_threads), axis=1) / beta
            for chunk in chunks(len(states), patterns.size)
        ]
    )
