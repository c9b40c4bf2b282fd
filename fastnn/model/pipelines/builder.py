"""A front being put together, and the network behind it with the linear rest melted in."""

from dataclasses import replace

import numpy as np

from fastnn.model.front import Emit, Front, Step
from fastnn.model.melting import before_the_input
from fastnn.model.pipelines.features import Mix, Number, Raw, RefusedError, Table


class Builder:
    """Steps and emits, in the order in which they are asked for.

    Parameters
    ----------
    n_columns : int
    names : tuple of str or None
    """

    def __init__(self, n_columns, names):
        self.n_columns, self.names = n_columns, names
        self._steps, self._known = [], {}
        self._emits, self._first, self._at = [], {}, 0

    @property
    def steps(self):
        """All steps so far."""
        return tuple(self._steps)

    def step(self, kind, source, **attributes):
        """The number of a step; the same one for the same step."""
        key = kind, source, repr(attributes)
        if key not in self._known:
            self._known[key] = len(self._steps)
            self._steps.append(Step(kind, source, attributes))
        return self._known[key]

    def number(self, feature):
        """The feature as something to calculate with: a raw one as the number that it is."""
        if not isinstance(feature, Raw):
            return feature
        step = self.step("number", feature.column)
        for missing, fill in feature.fills:
            if not isinstance(fill, int | float | np.number) or isinstance(fill, bool):
                raise RefusedError(f"it takes numbers, and {fill!r} is filled in before it")
            if isinstance(missing, str):
                raise RefusedError(f"it takes numbers, and {missing!r} is filled in before it")
            missing = np.nan if missing is None else float(missing)
            step = self.step("impute", step, missing=missing, fill=float(fill))
        return Number(step)

    def elementwise(self, feature, function, kind, **attributes):
        """A feature that a step of that kind makes; ``function`` is the same in NumPy."""
        feature = self.number(feature)
        if isinstance(feature, Table):
            return feature.mapped(function)
        return Number(self.step(kind, self.as_step(feature), **attributes))

    def choice(self, feature, kind, **attributes):
        """The number of a step that chooses by a number."""
        return self.step(kind, self.as_step(feature), **attributes)

    def as_step(self, feature):
        """The step that makes the number that a feature is."""
        feature = self.number(feature)
        if isinstance(feature, Table):
            values = np.full(self._steps[feature.step].size, feature.rest)
            values[feature.rows] = feature.values
            return self.step("value", feature.step, values=values.tolist())
        if isinstance(feature, Mix):
            return self._summed(feature)
        step = feature.step
        for kind, attributes in feature.done:
            step = self.step(kind, step, **attributes)
        return step

    def _summed(self, mix):
        """The step that makes a sum of features of the network, choices looked up first."""
        steps, coefs, shift = [], [], mix.constant
        for emit, first in self._first.items():
            size = self._steps[emit.step].size
            here = (mix.terms >= first) & (mix.terms < first + (size or 1))
            if not here.any():
                continue
            if size:
                rows, values = mix.terms[here] - first, mix.coefs[here]
                steps.append(self.as_step(Table(emit.step, rows, values)))
                coefs.append(1.0)
            else:
                steps.append(emit.step)
                coefs.append(float(mix.coefs[here][0] * emit.scale))
                shift += float(mix.coefs[here][0] * emit.shift)
        if not steps:
            raise RefusedError("what comes before it is the same for all rows")
        return self.step("sum", steps[0], more=steps[1:], coefs=coefs, shift=float(shift))

    def mix(self, features, matrix, shift):
        """``features @ matrix + shift``, a Mix for each column of the matrix."""
        terms, coefs, constants = self.terms(features)
        dense = np.zeros((self._at, len(features)))
        for j, (t, c) in enumerate(zip(terms, coefs, strict=True)):
            np.add.at(dense[:, j], t, c)
        used = np.unique(np.concatenate([*terms, np.zeros(0, int)])).astype(int)
        mixed, constant = dense[used] @ matrix, constants @ matrix + shift
        return [Mix(used, mixed[:, k], float(constant[k])) for k in range(matrix.shape[1])]

    def terms(self, features):
        """What features are in terms of the network's, three lists: which, coefficients, constants.

        Features of the network come into being here.
        """
        found = [self._terms(self.number(feature)) for feature in features]
        which, coefs, constants = zip(*found, strict=True)
        return list(which), list(coefs), np.array(constants, float)

    def _terms(self, feature):
        if isinstance(feature, Mix):
            return feature.terms, feature.coefs, feature.constant
        if isinstance(feature, Number):
            return np.array([self._emit(Emit(*feature[:3]))]), np.ones(1), 0.0
        first = self._emit(Emit(feature.step))
        values, rest = feature.values, feature.rest
        if np.isnan(rest) or np.isnan(values).any():
            raise RefusedError("a category or a missing value becomes NaN, which no network takes")
        return first + feature.rows, values - rest, rest

    def _emit(self, emit):
        """The number of the first feature of the network that it gives."""
        emit = replace(emit, scale=float(emit.scale), shift=float(emit.shift))
        if emit not in self._first:
            self._first[emit] = self._at
            self._emits.append(emit)
            self._at += self._steps[emit.step].size or 1
        return self._first[emit]

    def finish(self, features, model):
        """The model with a front, which takes what users hand in."""
        terms, coefs, constants = self.terms(features)
        if len(features) != model.n_features_in:
            raise ValueError(
                f"the steps before the network give {len(features)} features, and it takes"
                f" {model.n_features_in}"
            )
        terms = self._without_unused(terms)
        front = Front(self.n_columns, self.names, self.steps, tuple(self._emits))
        melted = before_the_input(model, Sums(self._at, terms, coefs), constants)
        return replace(melted, front=front)

    def _without_unused(self, terms):
        """The terms, numbered anew, when emits are gone that none of them names."""
        wanted = np.zeros(self._at, bool)
        wanted[np.concatenate([*terms, np.zeros(0, int)]).astype(int)] = True
        if not wanted.any():
            wanted[:] = True  # all is constant, and a front has a feature
        sizes = [self._steps[emit.step].size or 1 for emit in self._emits]
        ends = np.cumsum(sizes)
        kept = [
            bool(wanted[end - n : end].any()) for n, end in zip(sizes, ends.tolist(), strict=True)
        ]
        self._emits = [emit for emit, keep in zip(self._emits, kept, strict=True) if keep]
        renamed = np.cumsum(np.repeat(kept, sizes)) - 1
        self._at = int(renamed[-1]) + 1
        return [renamed[t] for t in terms]


class Sums:
    """A matrix (n_features of the network, n columns) of few terms a column, as `melting` uses it.

    Parameters
    ----------
    n : int
    terms, coefs : list of ndarray
        Of each column.
    """

    ndim = 2

    def __init__(self, n, terms, coefs):
        self._n, self._terms, self._coefs = n, terms, coefs

    def __len__(self):
        return self._n

    def __matmul__(self, weight):
        found = np.zeros((self._n, weight.shape[1]))
        for row, terms, coefs in zip(weight, self._terms, self._coefs, strict=True):
            found[terms] += coefs[:, None] * row  # terms of a column are distinct
        return found

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self @ np.eye(len(self._terms)), dtype)
