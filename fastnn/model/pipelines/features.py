"""Features on their way through a pipeline: what each column of a step's output is made of.

A column is one of four things. What users hand in (`Raw`), untouched but for what is filled in; a
number that a step of the front makes (`Number`), scaled and shifted; what is known for each row of
a choice (`Table`), such as a one-hot column; or a sum of such (`Mix`). A transformer that
works column by column is applied to a table when the model is made, not when it scores.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Raw(NamedTuple):
    """A column as users hand it in.

    Attributes
    ----------
    column : int
    fills : tuple of (missing, fill)
        What an imputer puts in the place of which value, first to last.
    """

    column: int
    fills: tuple = ()


class Number(NamedTuple):
    """``scale * x + shift`` of the number x that a step makes.

    Attributes
    ----------
    step : int
    scale, shift : float
    done : tuple of (kind, attributes)
        The steps that make it of x as the pipeline does, to the last bit: what jumps somewhere,
        such as a threshold, is where it is by them.
    """

    step: int
    scale: float = 1.0
    shift: float = 0.0
    done: tuple = ()


class Table(NamedTuple):
    """A value for each row of a choice: ``values[i]`` for ``rows[i]``, ``rest`` for all others.

    NaN refuses what has that row.
    """

    step: int
    rows: np.ndarray
    values: np.ndarray
    rest: float = 0.0

    @classmethod
    def of(cls, step: int, rows: list, values: list, rest: float) -> "Table":
        """From lists."""
        return cls(step, np.array(rows, int), np.array(values, float), float(rest))

    def mapped(self, function: Callable) -> "Table":
        """With the function of every value in its place."""
        values = np.asarray(function(np.append(self.values, self.rest)), float)
        return self._replace(values=values[:-1], rest=float(values[-1]))


class Mix(NamedTuple):
    """``sum of coefs[i] * feature[terms[i]] + constant``, of features of the network."""

    terms: np.ndarray
    coefs: np.ndarray
    constant: float


class RefusedError(TypeError):
    """A transformer that cannot be taken; the message ends with why."""


def scaled(feature, scale, shift):
    """The feature, which is not raw, times a number and plus another."""
    if isinstance(feature, Number):
        done = (*feature.done, ("affine", {"scale": scale, "shift": shift}))
        return Number(feature.step, feature.scale * scale, feature.shift * scale + shift, done)
    if isinstance(feature, Table):
        return feature.mapped(lambda values: values * scale + shift)
    return Mix(feature.terms, feature.coefs * scale, feature.constant * scale + shift)


def divided(feature, by):
    """The feature, which is not raw, divided by a number."""
    if isinstance(feature, Number):
        done = (*feature.done, ("divide", {"by": by}))
        return Number(feature.step, feature.scale / by, feature.shift / by, done)
    if isinstance(feature, Table):
        return feature.mapped(lambda values: values / by)
    return Mix(feature.terms, feature.coefs / by, feature.constant / by)
