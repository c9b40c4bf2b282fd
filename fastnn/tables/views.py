"""What some of the networks see of a table: fewer columns, or coarser codes.

What is learned of a view is a first layer of the whole wide row as well, with the same results: of
a column left out the weights are zero, and a coarse bin is the sum of the fine ones within it, by
their shares of its width. So networks of different views are of one kind once they are trained.
"""

from itertools import pairwise

import numpy as np

from fastnn.layers import Columns
from fastnn.tables.wide import layer_of

__all__ = ["View"]


class View:
    """A part of what a Widening writes out.

    Parameters
    ----------
    widening : Widening
    kept : ndarray of bool of shape (n_features,)
        Columns of the narrow matrix that are seen; one at least.
    n_bins : int or None
        Most bins of a code, 0 for none; None for all there are.

    Attributes
    ----------
    columns : fastnn.layers.Columns
        The first layer of a network that sees no more.
    """

    def __init__(self, widening, kept, n_bins=None):
        self._kept, self._width = np.flatnonzero(kept), widening.width
        self._all = len(self._kept) == widening.n_columns
        #: Of each entry of the view: the entries of the wide row that it is the sum of, and shares.
        self._entries, columns = [], []
        for number in self._kept:
            feature, centre = widening.features[number], widening.centres[number]
            start = widening.starts[number]
            edges = feature.edges
            if n_bins is not None and len(edges) - 1 > n_bins:
                edges = _thinned(edges, n_bins)
                centre = self._coarse(feature.edges, edges, centre, start)
                feature = feature._replace(edges=edges)
            else:
                width = widening.widths[number]
                self._entries += [(start + i, start + i + 1, 1.0) for i in range(width)]
            columns.append(layer_of(feature, centre))
        self.columns = Columns(columns)

    def _coarse(self, fine, edges, centre, start):
        """Note the entries of a coarse code, and return its means."""
        self._entries.append((start, start + 1, 1.0))
        if not len(edges):
            return None
        widths = np.diff(fine.astype(np.float64))
        at = np.searchsorted(fine, edges)
        means = []
        for begin, end in pairwise(at.tolist()):
            shares = widths[begin:end] / widths[begin:end].sum()
            self._entries.append((start + 1 + begin, start + 1 + end, shares[:, None]))
            means.append(shares @ centre[begin:end])
        return np.array(means, np.float32)

    def of(self, narrow):
        """The columns of a narrow matrix that are seen, C-contiguous."""
        return narrow if self._all else np.ascontiguousarray(narrow[:, self._kept])

    def spread(self, weight):
        """Weights of the wide row (width, n_out) that are as good as those of the view."""
        found = np.zeros((self._width, weight.shape[1]), weight.dtype)
        for row, (begin, end, shares) in zip(weight, self._entries, strict=True):
            found[begin:end] = row * shares
        return found


def _thinned(edges, n_bins):
    """Some of the edges, evenly; none where they would not make a code."""
    if n_bins < 2:
        return edges[:0]
    return edges[np.round(np.linspace(0, len(edges) - 1, n_bins + 1)).astype(np.intp)]
