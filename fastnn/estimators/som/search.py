"""The search for the units nearest to rows: a product with all units, a block of rows at a time.

The scorer's kernels do it: on several threads, without the zeros of sparse or mostly empty rows,
and without a matrix of all distances.
"""

import numpy as np

from fastnn._kernels.families import som as kernels
from fastnn.model.nearest import nearest_node
from fastnn.scoring.scorer import scorer_of

__all__ = ["Search", "distances", "errors"]


class Search:
    """The units of a map, packed for the search.

    Parameters
    ----------
    codebook : ndarray of shape (n_units, n_features)
    missing : bool
        Whether rows may lack values.
    n_threads : int
    """

    def __init__(self, codebook, missing, n_threads):
        node, self._n_threads = nearest_node(codebook, missing), n_threads
        n_in, n_units = node.arrays["weight"].shape
        self._scorer = scorer_of(n_in, [node], [n_units], "identity", codebook.dtype.name)

    def nearest(self, factors, out=None):
        """Numbers of the nearest units; of those equally near, the first."""
        return _read(self._scorer.largest(factors, out, self._n_threads, False))

    def two_nearest(self, factors):
        """Numbers of the nearest units and of those next to them in distance."""
        closeness = _read(self._scorer.raw(factors, None, self._n_threads, False))
        rows, first = np.arange(len(closeness)), closeness.argmax(axis=1)
        closeness[rows, first] = -np.inf
        return first, closeness.argmax(axis=1)


def _read(found):
    if found is NotImplemented:  # rows that are not as `Rows` makes them
        raise TypeError("the rows do not lie in memory as the kernels read them")
    return found


def errors(rows, codebook, grid, n_threads):
    """What a map makes of rows.

    Returns
    -------
    labels : ndarray of shape (n,)
        Their nearest units.
    quantization_error : float
        Their mean distance to those.
    topographic_error : float
        The share of rows whose two nearest units are no neighbours.
    """
    search = Search(codebook, rows.missing, n_threads)
    labels = np.empty(len(rows), np.int64)
    apart, torn = np.empty(len(rows)), np.empty(len(rows))
    for chunk in rows.chunks(len(codebook), 0.2):
        labels[chunk], second = search.two_nearest(rows.factors[chunk])
        torn[chunk] = ~grid.are_neighbors(labels[chunk], second)
        apart[chunk] = rows.away_from(codebook, labels[chunk], chunk)
    mean = [float(np.average(values, weights=rows.weight)) for values in (apart, torn)]
    return labels, *mean


def distances(rows, codebook, n_threads):
    """Distances of rows to all units, (n, n_units)."""
    found = np.empty((len(rows), len(codebook)), codebook.dtype)
    for chunk in rows.chunks(len(codebook), 0.2):
        block = np.ascontiguousarray(rows.dense(chunk))
        squared = kernels.squared_distances(block, codebook, rows.missing, n_threads)
        found[chunk] = rows.metric_of(rows.scaled(squared, chunk), chunk)
    return found
