"""The narrow matrix of an Encoder as a network's first layer takes it, looked up or written out."""

import numpy as np

from fastnn.layers import Category, Columns
from fastnn.layers import Number as NumberColumn

__all__ = ["Widening", "layer_of"]


class Widening:
    """Numbers with their piecewise-linear codes, and levels as indicators.

    Beside a number z with edges e_0 < ... < e_B stand clip((z - e_i) / (e_{i+1} - e_i), 0, 1),
    centred by their means over the rows of the fit.

    Parameters
    ----------
    features : list of Feature
    narrow : ndarray of shape (n, len(features))
        Rows of the fit.
    weight : ndarray of shape (n,) or None
    """

    def __init__(self, features, narrow, weight=None):
        step = max(1, len(narrow) // 20_000)
        some, weight = narrow[::step], None if weight is None else weight[::step]
        centres, means = [], []
        for i, feature in enumerate(features):  # one at a time: all wide rows would be large
            if feature.kind == "levels":
                shares = np.bincount(some[:, i].astype(np.intp), weight, feature.n_levels + 1)
                centres.append(None)
                means.append(shares[:-1] / shares.sum())
                continue
            wide, centre = _written(feature, some[:, i], None), None
            if len(feature.edges):
                centre = np.average(wide[:, 1:], axis=0, weights=weight).astype(np.float32)
                wide[:, 1:] -= centre
            centres.append(centre)
            means.append(np.average(wide, axis=0, weights=weight))
        self._lay_out(features, centres)
        #: The mean wide row, of some rows.
        self.mean = np.concatenate(means) if means else np.zeros(1)

    def _lay_out(self, features, centres):
        self.features, self.centres, self._layer = features, centres, None
        self.widths = [
            len(f.edges) if len(f.edges) else f.n_levels if f.kind == "levels" else 1
            for f in features
        ]
        self.starts = np.cumsum([0, *self.widths]).tolist()
        self.width = max(1, self.starts[-1])  # without features there is a column of zeros

    @property
    def n_columns(self):
        """Columns of the narrow matrix."""
        return max(1, len(self.features))

    @property
    def columns(self):
        """The same as a network's first layer, which looks up what is written out here."""
        if self._layer is None:
            pairs = zip(self.features, self.centres, strict=True)
            columns = [layer_of(*pair) for pair in pairs]
            self._layer = Columns(columns or [NumberColumn()])
        return self._layer

    def centres_apart(self):
        """The means of all codes, one after the other."""
        return np.concatenate(
            [np.empty(0, np.float32), *(c for c in self.centres if c is not None)]
        )

    @classmethod
    def from_parts(cls, features, centres, mean):
        """The same from what `centres_apart` returned, and the mean wide row.

        Raises
        ------
        ValueError
            If they do not fit the features.
        """
        made, begin, each = cls.__new__(cls), 0, []
        for feature in features:
            n_bins = max(0, len(feature.edges) - 1)
            each.append(centres[begin : begin + n_bins] if n_bins else None)
            begin += n_bins
        made._lay_out(features, each)
        made.mean = np.asarray(mean, np.float64)
        if centres.shape != (begin,) or made.mean.shape != (made.width,):
            raise ValueError("the means of the codes do not fit the edges")
        if not (np.isfinite(centres).all() and np.isfinite(made.mean).all()):
            raise ValueError("the means of the codes are not finite")
        return made

    def __call__(self, narrow):
        """The wide matrix (n, width), of the same dtype."""
        wide = np.zeros((len(narrow), self.width), narrow.dtype)
        for i, feature in enumerate(self.features):
            at = slice(self.starts[i], self.starts[i + 1])
            wide[:, at] = _written(feature, narrow[:, i], self.centres[i])
        return wide


def _written(feature, values, centre):
    """What a column of the narrow matrix stands for, (n, width); codes less their means."""
    if feature.kind == "levels":
        return (values[:, None] == np.arange(feature.n_levels)).astype(values.dtype)
    if not len(feature.edges):
        return values[:, None]
    wide = np.empty((len(values), len(feature.edges)), values.dtype)
    wide[:, 0] = values
    code = np.subtract(values[:, None], feature.edges[:-1], out=wide[:, 1:])
    code /= np.diff(feature.edges)
    np.clip(code, 0, 1, out=code)
    if centre is not None:
        code -= centre
    return wide


def layer_of(feature, centres):
    """A feature as a column of a network's first layer; ``centres`` are the means of its code."""
    if feature.kind == "levels":
        return Category(feature.n_levels)
    if centres is None:
        return NumberColumn()
    return NumberColumn(feature.edges.tolist(), centres.tolist())
