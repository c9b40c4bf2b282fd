"""Encoders of categories: what each makes of a column is a table over a choice of the front.

The choice has a row for each category, or group of infrequent ones, and one for whatever is none of
them where the encoder takes that; -1 in the place of a row refuses it.
"""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.pipelines.features import Raw, RefusedError, Table
from fastnn.model.pipelines.numeric import as_label, is_nan


def one_hot_encoder(step, features, builder):
    """OneHotEncoder."""
    dropped = step.drop_idx_
    takes_unknown = step.handle_unknown != "error"
    found = []
    for i, (feature, places, infrequent) in enumerate(_columns(step, features)):
        n = int(places.max()) + 1
        # An unknown category is one of the infrequent ones, if asked for and there are some.
        unknown = n - 1 if infrequent and step.handle_unknown != "ignore" else n
        number = _choice(builder, step, i, feature, places, unknown if takes_unknown else -1, n + 1)
        left_out = None if dropped is None or dropped[i] is None else int(places[dropped[i]])
        found += [Table(number, np.array([k]), np.ones(1)) for k in range(n) if k != left_out]
    return found


def ordinal_encoder(step, features, builder):
    """OrdinalEncoder."""
    takes_unknown = step.handle_unknown == "use_encoded_value"
    found = []
    for i, (feature, places, _) in enumerate(_columns(step, features)):
        categories = step.categories_[i]
        values = places.astype(float)
        if len(categories) and is_nan(categories[-1]):
            values[-1] = step.encoded_missing_value
        # Every category has a row of its own here: one of them may be that of missing values.
        rows, n = np.arange(len(categories)), len(categories)
        other = n if takes_unknown else -1
        number = _choice(builder, step, i, feature, rows, other, n + 1)
        rest = float(step.unknown_value) if takes_unknown else 0.0
        found.append(Table(number, rows, values, rest))
    return found


def target_encoder(step, features, builder):
    """TargetEncoder: a column for each class, or one."""
    encodings, means = fitted(step, "encodings_"), np.atleast_1d(step.target_mean_)
    n_classes = len(means) if step.target_type_ == "multiclass" else 1
    found = []
    for i, (feature, places, _) in enumerate(_columns(step, features)):
        rows, n = np.arange(len(places)), len(places)
        number = _choice(builder, step, i, feature, rows, n, n + 1)
        for k in range(n_classes):
            values = np.asarray(encodings[i * n_classes + k], float)
            found.append(Table(number, rows, values, float(means[k])))
    return found


def _columns(step, features):
    """(feature, the place of each category among the groups, whether there are infrequent ones)."""
    groups = getattr(step, "infrequent_categories_", None) if _groups(step) else None
    for i, (feature, categories) in enumerate(
        zip(features, fitted(step, "categories_"), strict=True)
    ):
        infrequent = None if groups is None else groups[i]
        if infrequent is None or not len(infrequent):
            yield feature, np.arange(len(categories)), False
            continue
        rare = np.array([any(_same(c, other) for other in infrequent) for c in categories])
        places = np.cumsum(~rare) - 1
        places[rare] = np.count_nonzero(~rare)
        yield feature, places, True


def _groups(step):
    return any(
        getattr(step, name, None) is not None for name in ("min_frequency", "max_categories")
    )


def _same(a, b):
    return a is b or a == b or (is_nan(a) and is_nan(b))


def _choice(builder, step, i, feature, places, other, size):
    """The number of a choice by label: ``places[k]`` is the row of category k of column i."""
    if not isinstance(feature, Raw):
        raise RefusedError("it encodes categories behind a step that makes numbers")
    labels, rows, missing, none = [], [], None, None
    for category, row in zip(step.categories_[i], places, strict=True):
        if category is None:
            none = int(row)
        elif is_nan(category):
            missing = int(row)
        else:
            labels.append(as_label(category))
            rows.append(int(row))
    if none is not None:
        if missing is not None and missing != none:
            raise RefusedError("it tells None from NaN, which tables and rows of JSON do not")
        missing = none
    missing = other if missing is None else missing
    for value, fill in reversed(feature.fills):
        row = _row_of(fill, labels, rows, missing, other)
        if value is None or is_nan(value):
            missing = row
        elif as_label(value) in labels:
            rows[labels.index(as_label(value))] = row
        else:
            labels.append(as_label(value))
            rows.append(row)
    known = [(label, row) for label, row in zip(labels, rows, strict=True) if row >= 0]
    labels, rows = [label for label, _ in known], [row for _, row in known]
    return builder.step(
        "label", feature.column, labels=labels, rows=rows, missing=missing, other=other, size=size
    )


def _row_of(value, labels, rows, missing, other):
    if value is None or is_nan(value):
        return missing
    value = as_label(value)
    return rows[labels.index(value)] if value in labels else other
