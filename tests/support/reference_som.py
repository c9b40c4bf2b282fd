"""Self-organizing maps in plain NumPy, row by row as the formulas say."""

import numpy as np


def grid_distances(n_rows, n_columns, topology, toroidal):
    """Squared distances of all units on the grid, of a torus over its images."""
    rows, columns = np.mgrid[:n_rows, :n_columns].reshape(2, -1)
    hexagonal = topology == "hexagonal"
    height = np.sqrt(3) / 2 if hexagonal else 1
    place = np.c_[rows * height, columns + (0.5 * (rows % 2) if hexagonal else 0)]
    shifts = np.mgrid[-1:2, -1:2].reshape(2, -1).T if toroidal else np.zeros((1, 2))
    period = np.array([n_rows * height, n_columns])
    images = [place + period * shift for shift in shifts]
    return np.min([np.square(place[:, None] - image).sum(axis=2) for image in images], axis=0)


def strengths(squared, neighborhood, sigma, n_axes=2):
    """h(u, v) for all pairs of units."""
    if neighborhood == "bubble":
        return (squared <= sigma**2 + 1e-9).astype(float)
    bell = np.exp(-squared / (2 * sigma**2))
    return bell if neighborhood == "gaussian" else (1 - squared / (n_axes * sigma**2)) * bell


def winners(X, codebook):
    """The nearest unit of each row, over the values that it has."""
    return np.nansum(np.square(X[:, None] - codebook), axis=2).argmin(axis=1)


def batch_step(X, weight, codebook, h):
    """Kohonen's batch rule: every unit goes to the mean of all rows, weighted by h(u, winner)."""
    moved = codebook.copy()
    unit = winners(X, codebook)
    for u in range(len(codebook)):
        shares = (weight * h[u, unit])[:, None] * ~np.isnan(X)
        total = shares.sum(axis=0)
        there = total > 0
        moved[u, there] = (shares * np.nan_to_num(X)).sum(axis=0)[there] / total[there]
    return moved
