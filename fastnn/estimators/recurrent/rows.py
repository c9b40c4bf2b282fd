"""Sequences as rows of a network: steps one after the other."""

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Sequences"]


class Sequences(NamedTuple):
    """Checked sequences.

    Attributes
    ----------
    rows : ndarray of shape (n, steps * width) or (n, steps * width + 1)
        One a sequence, the last column being the number of its steps, if there is one for that.
    steps, width : int
        Of the longest sequence, and numbers of a step.
    lengths : ndarray of shape (n,) or None
        Of sequences that came in a list.
    univariate : bool
        Whether X had two dimensions.
    """

    rows: Any
    steps: int
    width: int
    lengths: np.ndarray | None
    univariate: bool

    @property
    def ragged(self):
        """Whether the rows have a column of lengths."""
        return self.lengths is not None

    @property
    def n_steps(self):
        """How many steps each sequence has, (n,)."""
        return np.full(len(self.rows), self.steps) if self.lengths is None else self.lengths

    def split(self, values):
        """What there is of each step, one sequence after the other, as an array (n, T, ...) or, of
        sequences that came in a list, as a list of arrays."""
        if self.lengths is None:
            return values.reshape(len(self.rows), self.steps, *values.shape[1:])
        return np.split(values, np.cumsum(self.lengths)[:-1])

    def bringing(self, states):
        """The same with the states that they begin with behind the steps."""
        rows, end = self.rows.astype(states.dtype, copy=False), self.rows.shape[1] - self.ragged
        return self._replace(rows=np.hstack([rows[:, :end], states, rows[:, end:]]))

    def by_length(self):
        """Pairs of the numbers of sequences that are of one length, and their steps (n, T, d)."""
        lengths, size = self.n_steps, self.steps * self.width
        steps = self.rows[:, :size].reshape(-1, self.steps, self.width)
        for length in np.unique(lengths):
            which = np.flatnonzero(lengths == length)
            yield which, np.ascontiguousarray(steps[which, :length])

    def present(self, rows):
        """Of rows of so many equal pieces as there are steps, the pieces of steps that there are,
        one after the other: (n_steps, n)."""
        pieces = rows.reshape(len(rows), self.steps, -1)
        return pieces[np.arange(self.steps) < self.n_steps[:, None]]
