"""The columns of a table as a network's first layer: numbers beside their piecewise-linear codes,
and categories by their number."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np

from fastnn._kernels.layers.encoded import MOST_EDGES
from fastnn._kernels.layers.entries import entries_of
from fastnn._kernels.layers.specs import ColumnSpec

__all__ = ["Category", "Columns", "Embedding", "Number"]


@dataclass(frozen=True)
class Number:
    """A column of numbers: ``scale * x + shift`` and, beside it, a piecewise-linear code.

    With edges ``e_0 < ... < e_B`` the code has an entry for each bin, which is 0 below it, 1 above
    it and linear within: ``clip((x - e_i) / (e_{i+1} - e_i), 0, 1) - mean_i``.

    Parameters
    ----------
    edges : sequence of float, default=()
        Strictly increasing, from 3 to 257 of them; none: no code.
    mean : sequence of float or None, default=None
        What is subtracted from the code, a number for each bin: usually its mean over the rows of
        training. None: zeros.
    scale, shift : float, default=1.0 and 0.0
    value : bool, default=True
        Whether the number itself is an entry.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022.
    """

    edges: Any = ()
    mean: Any = None
    scale: float = 1.0
    shift: float = 0.0
    value: bool = True

    def __post_init__(self) -> None:
        edges = _floats(self.edges, "edges")
        if edges and not 3 <= len(edges) <= MOST_EDGES:
            raise ValueError(f"edges must be 3 to {MOST_EDGES} numbers, or none; got {len(edges)}")
        if any(low >= high for low, high in pairwise(edges)):
            raise ValueError(f"edges must increase strictly, got {edges}")
        n_bins = max(len(edges) - 1, 0)
        mean = (0.0,) * n_bins if self.mean is None else _floats(self.mean, "mean")
        if len(mean) != n_bins:
            raise ValueError(f"mean must have a number for each of {n_bins} bins, got {len(mean)}")
        for name in ("scale", "shift"):
            number = getattr(self, name)
            if not isinstance(number, Real) or not math.isfinite(number):
                raise ValueError(f"{name} must be a finite number, got {number!r}")
            object.__setattr__(self, name, float(number))
        if not edges and not self.value:
            raise ValueError("a Number without edges and value=False has no entries: leave it out")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "value", bool(self.value))

    @property
    def spec(self) -> ColumnSpec:
        """The column as the kernels are told of it."""
        return ColumnSpec(self.edges, self.mean or (), self.scale, self.shift, self.value)


@dataclass(frozen=True)
class Category:
    """A column of category numbers from 0: an entry for each, which is 1 in rows of that category.

    Any other number, of a category that training has not seen, makes all entries 0.

    Parameters
    ----------
    n_levels : int
        How many categories there are.
    """

    n_levels: int

    def __post_init__(self) -> None:
        if not isinstance(self.n_levels, Integral) or not 1 <= self.n_levels < 2**24:
            raise ValueError(f"n_levels must be an int from 1 to 2**24 - 1, got {self.n_levels!r}")

    @property
    def spec(self) -> ColumnSpec:
        """The column as the kernels are told of it."""
        return ColumnSpec(value=False, n_levels=int(self.n_levels))


@dataclass(frozen=True, repr=False)
class Columns:
    """A table's columns, each of which becomes some entries of a wide row for the Dense behind it.

    The wide row is never written down: bins below a number are all 1 and those above it all 0, and
    of a category one entry is 1, so that each column adds a line or a row of the weights that is
    looked up. The weights of the Dense are those of the wide row all the same, (n_entries, n_out),
    and its results are those on ``transform(X)``, up to rounding.

    Parameters
    ----------
    columns : list of Number and Category
        One for each column of the input. Their entries lie one after the other, of a Number the
        number first and then its code.

    Raises
    ------
    ValueError
        Where it is put into a network: if the input has another number of columns, or something
        other than a Dense follows.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn.layers import Category, Columns, Number
    >>> Columns([Number(edges=[0, 1, 3]), Category(2)]).transform(np.array([[2.0, 1.0]]))
    array([[2. , 1. , 0.5, 0. , 1. ]])
    """

    columns: Any

    def __post_init__(self) -> None:
        columns = tuple(self.columns) if isinstance(self.columns, Iterable) else (self.columns,)
        for number, column in enumerate(columns):
            if not isinstance(column, Number | Category):
                raise TypeError(f"columns[{number}] must be a Number or Category, got {column!r}")
        if not columns:
            raise ValueError("columns is empty: there must be one at least")
        object.__setattr__(self, "columns", columns)

    def __repr__(self) -> str:
        return f"Columns({self.n_in} columns, {self.n_out} entries)"

    @property
    def n_in(self) -> int:
        """Columns of the input."""
        return len(self.columns)

    @property
    def n_out(self) -> int:
        """Entries of an encoded row."""
        return sum(spec.n_entries for spec in self.specs)

    @property
    def specs(self) -> tuple[ColumnSpec, ...]:
        """The columns as the kernels are told of them."""
        return tuple(column.spec for column in self.columns)

    def transform(self, X: Any) -> np.ndarray:
        """The encoded rows, written down.

        Parameters
        ----------
        X : ndarray of shape (n, n_in)
            float32, in which it is computed then, or what becomes float64.

        Returns
        -------
        ndarray of shape (n, n_out)
        """
        X = np.asarray(X, None if getattr(X, "dtype", None) == np.float32 else np.float64)
        if X.ndim != 2 or X.shape[1] != self.n_in:
            raise ValueError(f"X must have shape (n, {self.n_in}), got {X.shape}")
        return entries_of(self.specs, X)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        if stages.width() != self.n_in:
            raise ValueError(
                f"Columns describes {self.n_in} columns, and its input has {stages.width()}"
            )
        stages.add("columns", self.n_out, columns=self.specs)


@dataclass(frozen=True)
class Embedding:
    """Columns of category numbers: each picks a row of the weights of the Dense behind it.

    That is the Dense on indicators, which are never written down: `Columns` of `Category`.

    Parameters
    ----------
    n_levels : int or sequence of int
        How many categories each column has, or all of them.
    """

    n_levels: Any

    def __post_init__(self) -> None:
        if isinstance(self.n_levels, Integral):
            Category(int(self.n_levels))
        else:
            levels = tuple(self.n_levels)
            Columns([Category(n) for n in levels])
            object.__setattr__(self, "n_levels", levels)

    @property
    def n_in(self) -> int | None:
        """Columns of the input; None: any number."""
        return len(self.n_levels) if isinstance(self.n_levels, tuple) else None

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        each = self.n_levels
        levels = each if isinstance(each, tuple) else (each,) * stages.width()
        Columns([Category(n) for n in levels]).add_to(stages)


def column_of(spec: ColumnSpec) -> Number | Category:
    """The column that is told so to the kernels."""
    if spec.n_levels:
        return Category(spec.n_levels)
    return Number(spec.edges, spec.mean, spec.scale, spec.shift, spec.value)


def _floats(values, name):
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a sequence of numbers, got {values!r:.80}") from None
    if not all(map(math.isfinite, found)):
        raise ValueError(f"{name} must be finite numbers, got {found}")
    return found
