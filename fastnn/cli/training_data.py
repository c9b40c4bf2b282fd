"""A table as training takes it: which columns are numbers, which are labels, what the target is."""

from dataclasses import dataclass

import numpy as np

from fastnn._names import meant
from fastnn.cli.errors import CommandError
from fastnn.cli.rows import number
from fastnn.cli.tables import MISSING, open_table

#: A target of whole numbers is one of classes up to so many of them.
_MOST_CLASSES = 20


@dataclass
class TrainingData:
    """A table.

    Attributes
    ----------
    names : list of str
        Of the columns of X.
    X : ndarray of shape (n, n_columns) of objects
    y : ndarray of shape (n,)
    numbers, categories : list of int
        Columns of X.
    classifies : bool
    """

    names: list
    X: np.ndarray
    y: np.ndarray
    numbers: list
    categories: list
    classifies: bool


def read_training_data(options):
    """Read the table that ``fastnn train`` is to learn from.

    Raises
    ------
    CommandError
        If it lacks a column, or its target cannot be learned.
    """
    with open_table(options.data) as table:
        names = table.names
        for name in [options.target, *options.ignore, *options.categories]:
            if name not in names:
                raise CommandError(
                    f"{options.data} has no column {name!r}{meant(name, names)}; it has"
                    f" {', '.join(names[:20])}"
                )
        columns = [[] for _ in names]
        for piece in table:
            for column, cells in zip(columns, piece, strict=True):
                column.extend(cells)
    target = _cells(columns[names.index(options.target)], False)
    kept = [i for i, value in enumerate(target) if value is not None]
    if len(kept) < 10:
        raise CommandError(f"{options.data} has {len(kept)} rows with a target; 10 at least needed")
    y, classifies = _targets([target[i] for i in kept], options)
    left_out = {options.target, *options.ignore}
    chosen = [i for i, name in enumerate(names) if name not in left_out]
    names_of, columns_of_X, numbers, categories = [], [], [], []
    for i in chosen:
        cells = _cells(columns[i], names[i] in options.categories)
        own = [cells[r] for r in kept]
        if all(cell is None for cell in own):
            continue  # there is nothing to learn from
        is_number = all(cell is None or isinstance(cell, float) for cell in cells)
        (numbers if is_number else categories).append(len(names_of))
        names_of.append(names[i])
        columns_of_X.append(own)
    if not names_of:
        raise CommandError("there is no column to learn from")
    X = np.empty((len(kept), len(names_of)), object)
    for j, own in enumerate(columns_of_X):
        X[:, j] = own
    return TrainingData(names_of, X, y, numbers, categories, classifies)


def _cells(cells, as_labels):
    """Floats if all are numbers, else text; None for what is missing."""
    if not as_labels:
        found = [_as_number(cell) for cell in cells]
        if NotImplemented not in found:
            return found
    return [None if cell is None or cell in MISSING else str(cell) for cell in cells]


def _as_number(cell):
    if cell is None or isinstance(cell, str):
        return number(cell or "")
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return NotImplemented
    return None if value != value else value


def _targets(values, options):
    """(the target as an array, whether it is classes)."""
    numeric = all(isinstance(value, float) for value in values)
    whole = numeric and all(value.is_integer() for value in values)
    few = len(set(values)) <= _MOST_CLASSES
    classifies = options.task == "classification" or (
        options.task == "auto" and (not numeric or (whole and few))
    )
    if not classifies:
        if not numeric:
            raise CommandError(
                f"the target {options.target!r} holds text, which no regression learns: leave out"
                " --task, or choose another column"
            )
        return np.array(values), False
    if len(set(values)) < 2:
        raise CommandError(f"the target {options.target!r} has one class: nothing to learn")
    if len(set(values)) > len(values) // 2:
        raise CommandError(
            f"the target {options.target!r} has {len(set(values))} classes in {len(values)} rows:"
            " an identifier? For a number pass --task regression"
        )
    if whole:
        return np.array(values).astype(np.int64), True
    return np.array([str(value) for value in values]), True
