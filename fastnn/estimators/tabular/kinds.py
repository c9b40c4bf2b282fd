"""Networks of several kinds for one table, and which of them are kept.

Tables differ in what suits them: codes fit steps and bends, and are too much for a smooth target;
columns that say nothing by themselves are noise among few rows, and half of an interaction in
others. A kind is trained on all folds, so that what its networks say of rows that they have not
seen can be compared over all rows: with far less noise than the losses of single networks have.

Which are kept: Caruana, Niculescu-Mizil, Crew & Ksikes, "Ensemble selection from libraries of
models", ICML 2004, without replacement.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "PLAIN",
    "SMALL",
    "WIDE",
    "Kind",
    "OfAKind",
    "best_together",
    "kinds_of",
    "rows_to_compare",
]

_NOTHING: Mapping = MappingProxyType({})


class Kind(NamedTuple):
    """What networks are: widths of the hidden layers, None for those of the preset; most bins of a
    code, None for all; whether they see only columns that tell by themselves; how many times the
    epochs; other parameters of theirs."""

    name: str
    hidden: Any = None
    bins: int | None = None
    screened: bool = False
    longer: float = 1.0
    options: Mapping = _NOTHING


class OfAKind(NamedTuple):
    """Networks of a kind, the folds that they watched, and their raw outputs of these rows."""

    kind: Kind
    members: list
    watched: list
    oof: Any


PLAIN = Kind("plain")
SMOOTH = Kind("smooth", (128, 128), bins=0, options={"dropout": 0.3})
SCREENED = Kind("screened", screened=True)
SCREENED_SMOOTH = SMOOTH._replace(name="screened and smooth", screened=True)

#: What ``preset="best"`` has as well.
FURTHER = (
    Kind("shallow", (256,)),
    Kind("coarse", bins=8),
    SMOOTH._replace(
        name="slow", longer=2.0, options={"dropout": 0.1, "learning_rate_init": 0.0012}
    ),
    Kind("additive", ()),
)

#: Tables of fewer rows, or of fewer for each column, have further kinds: for larger ones the first
#: is seldom far behind, and takes longer.
SMALL, WIDE = 5_000, 20

#: Rows by which kinds are compared, about.
_ROWS = 50_000


def kinds_of(preset, n_rows, n_columns, *, screens):
    """The kinds for a preset, in the order in which they are trained.

    Parameters
    ----------
    preset : str
    n_rows, n_columns : int
    screens : bool
        Whether there are columns that say nothing by themselves.
    """
    found, fast, wide = [PLAIN], preset == "fast", n_rows < WIDE * n_columns
    if screens and wide and not fast:
        found.append(SCREENED)
    elif preset == "best" or (n_rows < SMALL and not fast):
        found.append(SMOOTH)
    if screens and (wide or not fast):  # where rows suffice, the first does well, in half the time
        found.append(SCREENED_SMOOTH)
    return [*found, *(FURTHER if preset == "best" else ())]


def best_together(outputs, combined, loss):
    """Which kinds to keep: the best one, and those that make the mean better, one by one.

    Parameters
    ----------
    outputs : list of ndarray
        Raw outputs of rows, of each kind.
    combined : callable
        Raw outputs that stand for the mean of several kinds' predictions.
    loss : callable
        ``loss(raw outputs) -> float``

    Returns
    -------
    tuple of int
        Ascending.
    """
    kept, least = (), np.inf
    while len(kept) < len(outputs):
        others = [i for i in range(len(outputs)) if i not in kept]
        losses = [loss(combined([outputs[j] for j in (*kept, i)])) for i in others]
        if not min(losses) < least:
            break
        least = min(losses)
        kept += (others[int(np.argmin(losses))],)
    return tuple(sorted(kept))


def rows_to_compare(known):
    """Numbers of some of the rows that all kinds have said something of."""
    at = np.flatnonzero(known)
    return at[:: -(-len(at) // _ROWS)] if len(at) else at
