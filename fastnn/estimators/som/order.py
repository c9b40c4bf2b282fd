"""The order in which rows come one by one: that of numbers drawn for what the rows are.

Where a row stands in X does not matter. So a row of weight 2 is, to the draw, the same as two rows,
and one of weight 0 as none.
"""

import numpy as np

__all__ = ["RandomOrder"]

#: Most turns that a row has in an epoch; heavier ones count for more at each.
_TURNS = 16

# Of splitmix64: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number
# generators", OOPSLA 2014.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB))


def mixed(bits):
    """Random-looking numbers for an array of uint64, the same for the same."""
    bits = bits + _STEP
    for shift, factor in _FACTORS:
        bits = (bits ^ (bits >> np.uint64(shift))) * factor
    return bits ^ (bits >> np.uint64(31))


class RandomOrder:
    """Turns of the rows in random orders, a new one for each epoch.

    A row of weight w has ceil(w) turns, at most 16, and each counts as w over their number; equal
    rows are one of their joint weight.

    Parameters
    ----------
    rows : Rows
    """

    def __init__(self, rows):
        self._rows = rows
        found = np.concatenate([_hashes(rows.dense(some)) for some in rows.chunks(1)])
        hashes, first, of = np.unique(found, return_index=True, return_inverse=True)
        weight = np.bincount(of, rows.weight, len(first)).astype(np.float64)
        turns = np.clip(np.ceil(weight - 1e-9), 0, _TURNS).astype(np.intp)
        turns[weight > 0] = np.maximum(turns[weight > 0], 1)
        self._numbers = np.repeat(first, turns)
        self._weights = np.repeat(weight / np.maximum(turns, 1), turns)
        starts = np.repeat(np.cumsum(turns) - turns, turns)
        turn = (np.arange(len(starts)) - starts).astype(np.uint64)
        self._keys = mixed(np.repeat(hashes, turns) ^ mixed(turn))
        self._plain = bool((self._weights == 1).all())

    def epoch(self, rng):
        """The numbers of the rows, and what each counts as or None, in a new order."""
        seed = np.array([rng.randint(2**31 - 1)], np.uint64)
        order = np.argsort(mixed(self._keys ^ mixed(seed)), kind="stable")
        return self._numbers[order], None if self._plain else self._weights[order]


def _hashes(block):
    """A number for each row, by its values."""
    values = np.where(np.isnan(block), np.nan, block + 0.0)  # one NaN, and one zero
    bits = np.ascontiguousarray(values).view(f"u{block.dtype.itemsize}").astype(np.uint64)
    places = mixed(np.arange(block.shape[1], dtype=np.uint64))
    return mixed(mixed(bits ^ places).sum(axis=1, dtype=np.uint64))
