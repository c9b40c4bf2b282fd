"""The narrow matrix of an Encoder written out for a dense first layer."""

import numpy as np

__all__ = ["Widening"]


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
        self._features = features
        step = max(1, len(narrow) // 20_000)
        some, weight = narrow[::step], None if weight is None else weight[::step]
        self._centres = [
            np.average(_code(some[:, i], f.edges), axis=0, weights=weight).astype(np.float32)
            if len(f.edges)
            else None
            for i, f in enumerate(features)
        ]
        widths = [
            len(f.edges) if len(f.edges) else f.n_levels if f.kind == "levels" else 1
            for f in features
        ]
        self.widths = widths
        self.starts = np.cumsum([0, *widths]).tolist()
        self.width = max(1, self.starts[-1])  # without features there is a column of zeros
        #: The mean wide row, of some rows.
        self.mean = np.average(self(some), axis=0, weights=weight)

    def __call__(self, narrow):
        """The wide matrix (n, width), of the same dtype."""
        wide = np.zeros((len(narrow), self.width), narrow.dtype)
        for i, feature in enumerate(self._features):
            self.write(wide, i, feature, narrow[:, i])
        return wide

    def write(self, wide, i, feature, values):
        start, end = self.starts[i], self.starts[i + 1]
        if len(feature.edges):
            wide[:, start] = values
            np.subtract(
                _code(values, feature.edges), self._centres[i], out=wide[:, start + 1 : end]
            )
        elif feature.kind == "levels":
            wide[:, start:end] = values[:, None] == np.arange(feature.n_levels, dtype=np.float32)
        else:
            wide[:, start] = values


def _code(values, edges):
    code = values[:, None] - edges[:-1]
    code /= np.diff(edges)
    return np.clip(code, 0, 1, out=code)
