"""Targets of every step, for ``output="all"``: checked, one after the other, and as rows."""

import numpy as np

from fastnn._numbers import check_numbers
from fastnn._sparse import issparse
from fastnn.estimators.recurrent.categories import characters

__all__ = ["StepTargets", "read_targets", "step_labels"]


class StepTargets:
    """Targets of all steps of several sequences.

    Parameters
    ----------
    values : ndarray of shape (n_steps,) or (n_steps, n_outputs)
        Those of the first sequence, then those of the next.
    lengths : ndarray of shape (n,)
        How many steps each sequence has.
    """

    def __init__(self, values, lengths):
        self.values, self.lengths = values, lengths
        self.shape = (len(lengths),)

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, rows):
        """Those of the sequences of these numbers."""
        ends = np.cumsum(self.lengths)
        pieces = [self.values[ends[r] - self.lengths[r] : ends[r]] for r in rows]
        return StepTargets(np.concatenate(pieces), self.lengths[rows])

    def spread(self, encoded, steps):
        """Targets as a loss takes them, in rows with room for so many steps: steps that a sequence
        has not are NaN, and of class numbers -1."""
        there = np.arange(steps) < self.lengths[:, None]
        numbers = encoded.dtype.kind == "i"
        shape = (*there.shape, *encoded.shape[1:])
        found = np.full(shape, -1 if numbers else np.nan, encoded.dtype)
        found[there] = encoded
        return found.reshape(len(found), -1)


def read_targets(y, sequences, name="y", of="X", *, numeric):
    """Check y, which has a target for each step of some sequences.

    Parameters
    ----------
    y : array-like of shape (n, T) or (n, T, k), or list of n arrays of shape (T_i,) or (T_i, k)
        Or a list of texts, whose characters are labels.
    sequences : Sequences
    name, of : str
        What y and the sequences are called in messages.
    numeric : bool
        Whether targets are real numbers rather than labels.

    Returns
    -------
    StepTargets

    Raises
    ------
    ValueError
        For another number of targets than steps, and numbers that are not finite.
    """
    lengths, n = sequences.n_steps, len(sequences.rows)
    if issparse(y) or y is None or np.ndim(np.asarray(y, object)) == 0:
        raise ValueError(f"{name} must have the targets of every step; got {type(y).__name__}")
    if len(y) != n:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {of} has {n} sequences, "
            f"and {name} has {len(y)}"
        )
    pieces = [_piece(piece, i, int(lengths[i]), name, of) for i, piece in enumerate(y)]
    shapes = {piece.shape[1:] for piece in pieces}
    if len(shapes) > 1 or len(pieces[0].shape) > 2:
        raise ValueError(
            f"{name} must have as many targets at each step, (T,) or (T, k); got arrays of shapes "
            f"{sorted({piece.shape for piece in pieces})[:3]}"
        )
    values = np.concatenate(pieces)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if numeric:
        values = _numbers(values, lengths, name)
    return StepTargets(values, lengths)


def step_labels(y):
    """The labels of all steps, one after the other, whatever sequences they are of."""
    return np.concatenate([characters(piece) for piece in y])


def _piece(piece, i, length, name, of):
    piece = characters(piece)
    if piece.ndim == 0:
        raise ValueError(
            f"with output='all' {name} has a target for each step, (n, T) or (n, T, k), or a list "
            f"of such arrays: {name}[{i}] is a single one. With output='last' or 'mean' a sequence "
            "has one"
        )
    if len(piece) != length:
        raise ValueError(
            f"{name}[{i}] has {len(piece)} targets, and {of}[{i}] has {length} steps: with "
            "output='all' each step has one"
        )
    return piece


def _numbers(values, lengths, name):
    check_numbers(values, name)
    try:
        found = values if values.dtype == np.float32 else values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold real numbers: {error}") from None
    wrong = ~np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        ends = np.cumsum(lengths)
        i = int(np.searchsorted(ends, at, side="right"))
        raise ValueError(
            f"{name}[{i}] has {found[at]} at step {at - int(ends[i] - lengths[i])}: leave such "
            "steps out. Input y contains NaN or infinity"
        )
    return found
