"""What is known of a column after a fit, and what it becomes in the narrow matrix."""

from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Feature",
    "LearnedColumn",
    "features_of_category",
    "features_of_number",
    "means_of_targets",
]

#: Most levels that are told by indicators alone; more are told by the means of their targets, too.
INDICATORS_UP_TO = 9

#: Of these, levels that have an indicator: of so many rows, and so many levels.
_ROWS_OF_AN_INDICATOR, _MOST_INDICATORS = 10, 256


class LearnedColumn(NamedTuple):
    """What a fit has learned of a column of the user's.

    ``numbers`` maps the parts of a number or date to what `fit_number` found. What has levels, of
    which some are told by means of targets, has a ``category``: a Category or RepeatedValues.
    """

    name: str
    kind: str
    dtype: str
    numbers: dict
    category: Any


class Feature(NamedTuple):
    """A column of the narrow matrix.

    ``kind`` is 'number' (with ``edges``, if any), 'gap' (1 where the number is missing), 'sign' (-1
    and 1 for two levels, 0 for another), 'levels' (a level's number among the ``n_levels`` most
    frequent ones, ``n_levels`` for another), or 'mean' (of a target over the rows of a level).
    """

    column: int
    kind: str
    part: str
    edges: np.ndarray
    n_levels: int = 0


_NO_EDGES = np.empty(0, np.float32)


def features_of_category(number, category, n_targets):
    n = len(category.levels)
    if n < 2:
        return []
    if n == 2:
        return [Feature(number, "sign", "", _NO_EDGES, 2)]
    if n <= INDICATORS_UP_TO or n_targets is None:
        return [Feature(number, "levels", "", _NO_EDGES, n)]
    means = means_of_targets(number, n, n_targets)
    frequent = min(
        _MOST_INDICATORS, sum(count >= _ROWS_OF_AN_INDICATOR for count in category.counts)
    )
    return [Feature(number, "levels", "", _NO_EDGES, frequent), *means] if frequent else means


def means_of_targets(number, n_levels, n_targets):
    return [Feature(number, "mean", str(i), _NO_EDGES, n_levels) for i in range(n_targets)]


def features_of_number(number, part, found):
    if found.constant:
        return []
    features = [Feature(number, "number", part, found.edges)]
    if found.has_gaps and part in ("", "elapsed"):
        features.append(Feature(number, "gap", part, _NO_EDGES))
    return features
