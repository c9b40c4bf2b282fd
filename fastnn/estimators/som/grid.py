"""The grid of a map: where its units lie, which are neighbours, how far one follows another."""

import numpy as np

__all__ = ["NEIGHBORHOODS", "TOPOLOGIES", "Grid"]

TOPOLOGIES = ("rectangular", "hexagonal")
NEIGHBORHOODS = ("gaussian", "bubble", "mexican_hat")

#: Squared distances of neighbours are at most this: of a rectangular grid the eight around a unit,
#: of a hexagonal one the six at a distance of 1.
_NEAR = {"rectangular": 2.01, "hexagonal": 1.01}

#: Numbers of a matrix of units by units that are computed at a time.
_BLOCK = 1 << 22


class Grid:
    """The units of a map, numbered row by row.

    In a hexagonal grid every other row, the second one first, is half a unit further right, and
    rows lie sqrt(3) / 2 apart, so that each unit has six neighbours at a distance of 1. On a torus
    the last row is followed by the first one, and the last column too.

    Parameters
    ----------
    n_rows, n_columns : int
    topology : {"rectangular", "hexagonal"}
    toroidal : bool

    Attributes
    ----------
    positions : ndarray of shape (n_units, 2)
        Row and column of each unit, in the plane.
    """

    def __init__(self, n_rows, n_columns, topology="rectangular", toroidal=False):
        self.shape = n_rows, n_columns
        self.n_units = n_rows * n_columns
        self._near = _NEAR[topology]
        row, column = np.divmod(np.arange(self.n_units), n_columns)
        hexagonal = topology == "hexagonal"
        height = np.sqrt(0.75) if hexagonal else 1.0
        self.positions = np.stack([height * row, column + hexagonal * (row % 2) / 2], axis=1)
        self.period = np.array([height * n_rows, float(n_columns)]) if toroidal else None

    @property
    def toroidal(self):
        """Whether the grid has no border."""
        return self.period is not None

    @property
    def n_axes(self):
        """Directions in which it extends: 1 for a chain of units."""
        return 1 + (min(self.shape) > 1)

    def blocks(self):
        """Slices of the units, such that a block of them by all units is no large matrix."""
        step = max(1, _BLOCK // self.n_units)
        return [slice(i, min(i + step, self.n_units)) for i in range(0, self.n_units, step)]

    def squared_distances(self, units=slice(None), others=slice(None)):
        """Squared distances on the grid of some units to others, (n, n_others)."""
        apart = self.positions[units, None] - self.positions[others]
        if self.toroidal:
            apart -= self.period * np.round(apart / self.period)
        return np.square(apart).sum(axis=2)

    def are_neighbors(self, one, other):
        """Whether units lie side by side, for two arrays of their numbers."""
        apart = self.positions[one] - self.positions[other]
        if self.toroidal:
            apart -= self.period * np.round(apart / self.period)
        return np.square(apart).sum(axis=1) < self._near

    def neighbors(self):
        """Pairs of units that lie side by side, each once: two arrays of their numbers."""
        near = np.concatenate([self.squared_distances(u) < self._near for u in self.blocks()])
        return np.nonzero(np.triu(near, 1))

    def strengths(self, neighborhood, sigma, units=slice(None), winners=slice(None)):
        """How much some units follow each unit that wins, (n, n_winners).

        Parameters
        ----------
        neighborhood : {"gaussian", "bubble", "mexican_hat"}
            Of the distance r on the grid: exp(-r^2 / 2 sigma^2); 1 up to r = sigma and 0 beyond;
            (1 - r^2 / D sigma^2) exp(-r^2 / 2 sigma^2), which adds up to 0 over a large grid of D
            dimensions.
        sigma : float
        units : slice
        winners : slice or ndarray of int
        """
        squared = self.squared_distances(units, winners)
        if neighborhood == "bubble":
            return (squared <= sigma**2 * (1 + 1e-9)).astype(np.float64)
        bell = np.exp(-squared / (2 * sigma**2))
        if neighborhood == "gaussian":
            return bell
        return (1 - squared / (self.n_axes * sigma**2)) * bell
