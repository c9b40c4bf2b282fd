"""What a fitted table model tells of itself: columns, their importance, their part in a prediction.

Importance by permutation: Breiman, "Random forests", Machine Learning 2001. Integrated gradients:
Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
"""

from typing import NamedTuple

import numpy as np

from fastnn._warnings import warn
from fastnn.tables.categories import MISSING
from fastnn.tables.numbers import unclipped

__all__ = ["Explanation", "describe", "integrated_gradients", "permuted_losses", "warn_of_columns"]

#: Points on the way from the baseline to a row at which gradients are taken.
_POINTS = 32

#: Most rows times columns that permutations are scored with, and most rows.
_ROWS_BY_COLUMNS, _MOST_ROWS = 1_000_000, 4_000

#: Share of rows with a level of their own from which on a category is like a number of the row.
_OF_AN_ID = 0.9

#: Levels from which on fractions that are text are worth a word; rows up to which numbers of rows
#: are looked for.
_FEWEST_AS_TEXT, _MOST_NUMBERED = 20, 100_000

#: Correlation with a target from which on a column is like the target itself.
_OF_A_LEAK = 0.9999


class Explanation(NamedTuple):
    """Parts of the columns in predictions, see ``explain``."""

    values: np.ndarray
    baseline: np.ndarray


def describe(encoder):
    """A dict for each column of the user's: what it was and what became of it."""
    found = []
    pairs = encoder.columns[encoder.n_columns :]
    for number, column in enumerate(encoder.columns[: encoder.n_columns]):
        features = [f for f in encoder.features if f.column == number]
        says = {"name": column.name, "kind": column.kind, "dtype": column.dtype}
        levels = getattr(column.category, "levels", ())
        says["n_levels"] = len(levels) if column.kind == "category" else None
        gaps = any(part.has_gaps for part in column.numbers.values())
        if column.kind == "category":
            gaps = MISSING in levels
        says["gaps"] = gaps
        says["n_bins"] = max((len(f.edges) - 1 for f in features if len(f.edges)), default=0)
        says["becomes"] = _becomes(column, features)
        for pair in (column.category for column in pairs):
            if number in pair[:2]:
                other = encoder.columns[pair.second if number == pair.first else pair.first]
                says["becomes"] += f", means of targets by it and {other.name!r}"
        found.append(says)
    return found


def _becomes(column, features):
    if not features:
        return "nothing: it has one value"
    kinds = [f.kind for f in features]
    parts = []
    if "number" in kinds:
        names = [f.part for f in features if f.kind == "number" and f.part]
        coded = any(len(f.edges) for f in features)
        parts.append(", ".join(names) if names else "a scaled number")
        if coded:
            parts.append("piecewise-linear codes" if names else "a piecewise-linear code")
    if "gap" in kinds:
        parts.append("an indicator of gaps")
    if "sign" in kinds:
        parts.append("-1 and 1")
    if "levels" in kinds:
        n, of = features[0].n_levels, len(column.category.levels)
        parts.append(f"{n} indicators" if n == of else f"indicators of {n} of {of} levels")
    if "mean" in kinds:
        parts.append(
            "means of targets by its "
            + ("levels" if column.category and column.kind == "category" else "values")
        )
    return ", ".join(parts)


def warn_of_columns(encoder, narrow, values, n_rows):
    """Warn of columns that are names or numbers of rows, of numbers that are text, and of columns
    that are the target."""
    for number, column in enumerate(encoder.columns[: encoder.n_columns]):
        if column.kind == "category":
            alone = sum(1 for count in column.category.counts if count == 1)
            if alone > _OF_AN_ID * n_rows:
                warn(
                    f"Column {column.name!r} has a level of its own in {alone} of {n_rows} rows: "
                    "like a name or a number of the row, it says nothing of new ones. Leave it out."
                )
            elif _are_numbers(column.category.levels):
                warn(
                    f"Column {column.name!r} holds numbers as text, and is taken as a category of "
                    f"{len(column.category.levels)} levels. Convert it if its order matters, as by "
                    "pandas.to_numeric."
                )
        for j, feature in enumerate(encoder.features):
            if feature.column != number:
                continue
            if _numbers_rows(column, feature, narrow[:, j]):
                warn(
                    f"Column {column.name!r} holds whole numbers, no two rows the same and hardly "
                    "one left out, as numbers of rows do: if it is one, leave it out."
                )
            if _is_target(feature, narrow[:, j], values):
                warn(
                    f"Column {column.name!r} says the target almost exactly: is it known before "
                    "the target is? If not, leave it out."
                )
                break


def _are_numbers(levels):
    """Whether most levels are fractions, written as text."""
    known = [level for level in levels if level != MISSING]
    try:
        fractions = sum(float(level) % 1 != 0 for level in known)
    except ValueError:
        return False
    return len(known) >= _FEWEST_AS_TEXT and fractions > len(known) / 2


def _numbers_rows(column, feature, z):
    """Whether a number is like the number of the row."""
    if column.kind != "number" or feature.kind != "number" or len(z) > _MOST_NUMBERED:
        return False
    learned = column.numbers[""]
    if learned.scale == 0:
        return False
    x = unclipped(z.astype(np.float64)) / learned.scale + learned.centre
    whole = np.round(x)
    if np.abs(x - whole).max() > 0.01 or np.ptp(whole) >= 2 * len(x):
        return False
    return len(np.unique(whole)) == len(x)


def _is_target(feature, x, values):
    if feature.kind not in ("number", "sign"):
        return False
    if feature.kind == "number":
        x = unclipped(x.astype(np.float64))
    x = x - x.mean()
    y = values - values.mean(axis=0)
    norms = np.sqrt((x**2).sum() * (y**2).sum(axis=0))
    return bool((np.abs(x @ y) > _OF_A_LEAK * np.where(norms > 0, norms, np.inf)).any())


def permuted_losses(columns, of_fold, loss, rng):
    """How much the loss of rows not trained on grows when a column is shuffled among them.

    Parameters
    ----------
    columns : list of list of int
        The features of each column of the user's.
    of_fold : list of (predict, narrow, row numbers)
        For each fold that a network has watched; ``narrow(row numbers)`` returns the rows.
    loss : callable
        ``loss(raw outputs, row numbers) -> float``, the mean over rows.
    rng : numpy.random.RandomState

    Returns
    -------
    ndarray of shape (n_columns,)
    """
    most = max(200, min(_MOST_ROWS, _ROWS_BY_COLUMNS // max(1, len(columns))))
    share = -(-most // len(of_fold))
    some = []
    for predict, narrow, rows in of_fold:
        at = rng.permutation(len(rows))[:share]
        some.append((predict, narrow(rows[at]), rows[at]))
    every = np.concatenate([rows for _, _, rows in some])
    before = loss(np.concatenate([predict(narrow) for predict, narrow, _ in some]), every)
    found = np.zeros(len(columns))
    for number, features in enumerate(columns):
        if not features:
            continue
        shuffled = []
        for predict, narrow, _ in some:
            other = narrow.copy()
            other[:, features] = narrow[np.ix_(rng.permutation(len(narrow)), features)]
            shuffled.append(predict(other))
        found[number] = loss(np.concatenate(shuffled), every) - before
    return found


def integrated_gradients(members, wide, baseline):
    """Parts of the wide row's entries in the mean raw outputs of networks of ReLUs.

    Parameters
    ----------
    members : list of estimator
        With ``coefs_`` and ``intercepts_``.
    wide : ndarray of shape (n, width)
    baseline : ndarray of shape (width,)

    Returns
    -------
    parts : ndarray of shape (n, n_outputs, width)
        Their sum over the entries is the output less that of the baseline: what the midpoint rule
        misses is dealt out in proportion.
    at_baseline : ndarray of shape (n_outputs,)
    """
    away = wide.astype(np.float64) - baseline
    parts, at_baseline = 0.0, 0.0
    for member in members:
        weights = [
            (W.astype(np.float64), b)
            for W, b in zip(member.coefs_, member.intercepts_, strict=True)
        ]
        # The first layer is linear along the way: its outputs at both ends say all.
        start, step = baseline @ weights[0][0] + weights[0][1], away @ weights[0][0]
        gradient = 0.0
        for point in (np.arange(_POINTS) + 0.5) / _POINTS:
            gradient = gradient + _gradient(start + point * step, weights) / _POINTS
        own = away[:, None, :] * (gradient @ weights[0][0].T)
        before = _outputs(start[None], weights)
        missing = _outputs(start + step, weights) - before - own.sum(axis=2)
        share = np.abs(own)
        share /= np.maximum(share.sum(axis=2, keepdims=True), 1e-300)
        parts = parts + (own + missing[:, :, None] * share) / len(members)
        at_baseline = at_baseline + before[0] / len(members)
    return parts, at_baseline


def _outputs(z, weights):
    for W, b in weights[1:]:
        z = np.maximum(z, 0) @ W + b
    return z


def _gradient(z, weights):
    """Gradient of the outputs by the first layer's, (n, n_outputs, n_hidden)."""
    fired = []
    for W, b in weights[1:]:
        fired.append(z > 0)
        z = np.maximum(z, 0) @ W + b
    gradient = np.broadcast_to(np.eye(z.shape[1]), (len(z), z.shape[1], z.shape[1]))
    for (W, _), on in zip(weights[:0:-1], fired[::-1], strict=True):
        gradient = (gradient @ W.T) * on[:, None, :]
    return gradient
