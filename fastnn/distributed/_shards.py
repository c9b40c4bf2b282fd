"""The rows of one rank, and what all ranks must agree on before they train."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from fastnn._config import config
from fastnn._version import __version__

__all__ = ["Facts", "Shard", "agreed", "joined"]

#: Greatest weight of a row, and its inverse: beyond, a fit of one process takes another unit.
_WEIGHTS = 2.0**40


class Shard(NamedTuple):
    """Rows, targets, weights (or None) of a rank, and names of columns (or None)."""

    X: Any
    y: np.ndarray
    weight: np.ndarray | None
    names: list | None

    def facts(self, labelled):
        """The `Facts` of these rows; labelled: whether targets are classes."""
        n = self.X.shape[0]
        classes = np.unique(self.y) if n and labelled and self.y.ndim == 1 else None
        return Facts(
            n_rows=n,
            shape=(self.X.shape[1:], str(self.X.dtype), self.y.shape[1:]),
            kind=(sparse.issparse(self.X), self.weight is not None, self.names),
            program=(__version__, config()["isa"]),
            classes=classes,
            example=(self.X[:1], self.y[:1]) if n else None,
        )

    def named(self):
        """X as an estimator takes it, with names of columns if there are any."""
        if self.names is None:
            return self.X
        import pandas as pd

        return pd.DataFrame(self.X, columns=self.names, copy=False)


class Facts(NamedTuple):
    """What a rank tells the others of its rows. ``example`` is one of them, with its target."""

    n_rows: int
    shape: tuple
    kind: tuple
    program: tuple
    classes: np.ndarray | None
    example: tuple | None


def joined(Xs, ys, weights=None):
    """The `Shard` of partitions: arrays, sparse matrices or frames. Rows of no weight are left out.

    Raises
    ------
    ValueError
        If partitions have other numbers of rows than their targets, or are no rows at all.
    """
    for number, (X, y) in enumerate(zip(Xs, ys, strict=True)):
        n = np.shape(X)[0] if np.ndim(X) == 2 or sparse.issparse(X) else None
        if n is None:
            raise ValueError(f"X must be of shape (n_rows, n_features), got {np.shape(X)}")
        for name, found in (("y", y), ("sample_weight", weights and weights[number])):
            if found is not None and len(found) != n:
                raise ValueError(
                    f"partition {number} of this rank has {n} rows, and {len(found)} in {name}"
                )
    filled = [i for i, X in enumerate(Xs) if X.shape[0]] or list(range(len(Xs)))[:1]
    names = _names(Xs[filled[0]]) if filled else None
    parts = [_matrix(Xs[i]) for i in filled]
    X = sparse.vstack(parts, "csr") if sparse.issparse(parts[0]) else np.concatenate(parts)
    y = np.concatenate([np.asarray(ys[i]) for i in filled])
    weight = None
    if weights is not None:
        weight = np.concatenate([np.asarray(weights[i], np.float64) for i in filled])
        most = np.abs(weight).max(initial=0)
        if not np.isfinite(weight).all() or (weight < 0).any():
            raise ValueError("sample_weight must hold finite numbers that are at least 0")
        if most and not 1 / _WEIGHTS <= most <= _WEIGHTS:
            raise ValueError("sample_weight must lie between 2**-40 and 2**40, for several ranks")
        kept = weight != 0
        X, y, weight = X[kept], y[kept], weight[kept]
    return Shard(X, y, weight, names)


def _names(X):
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return list(columns)


def _matrix(X):
    if sparse.issparse(X):
        X = sparse.csr_matrix(X)
    else:
        X = np.asarray(X)
    return X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)


def agreed(facts):
    """What the ranks with rows have in common: the facts of the first of them, all classes in it.

    Raises
    ------
    ValueError
        If there are no rows, or a rank has others than the first.
    """
    filled = [rank for rank, found in enumerate(facts) if found.n_rows]
    if not filled:
        raise ValueError("there are no rows, or none with a weight, on any rank")
    first = facts[filled[0]]
    for rank in filled[1:]:
        for what, name in (
            ("shape", "features, dtype and targets"),
            ("kind", "sparse, weighted, names"),
        ):
            mine, its = getattr(first, what), getattr(facts[rank], what)
            if mine != its:
                raise ValueError(
                    f"ranks {filled[0]} and {rank} differ in {name}: {mine} and {its}. All need "
                    "the same"
                )
    for rank, found in enumerate(facts):
        if found.program != facts[0].program:
            raise ValueError(
                f"ranks 0 and {rank} run fastnn {facts[0].program} and {found.program}: all need "
                "one version, and one instruction set, as by FASTNN_ISA=avx2"
            )
    classes = [facts[rank].classes for rank in filled if facts[rank].classes is not None]
    return first._replace(classes=np.unique(np.concatenate(classes)) if classes else None)
