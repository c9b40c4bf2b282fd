"""Which columns a ColumnTransformer gives to whom, and what a FeatureUnion puts side by side."""

import numpy as np

from fastnn.model.classes import fitted


def picked_columns(transformer, n_columns):
    """(name, fitted transformer, numbers of its columns), in the order of the outputs.

    What is dropped, and what has no columns, is left out.
    """
    names = getattr(transformer, "feature_names_in_", None)
    names = None if names is None else [str(name) for name in names]
    for name, inner, columns in fitted(transformer, "transformers_"):
        if isinstance(inner, str) and inner == "drop":
            continue
        picked = _numbers(columns, n_columns, names)
        if picked:
            yield name, inner, picked


def _numbers(columns, n_columns, names):
    """Columns given by name, number, slice or mask, as numbers."""
    if isinstance(columns, str):
        return [names.index(columns)]
    if isinstance(columns, slice):
        start, stop = columns.start, columns.stop
        if isinstance(start, str):
            start = names.index(start)
        if isinstance(stop, str):
            stop = names.index(stop) + 1  # labels include the last one
        return list(range(n_columns))[slice(start, stop, columns.step)]
    if isinstance(columns, int | np.integer) and not isinstance(columns, bool):
        return [int(columns) % n_columns]
    columns = list(columns)
    if len(columns) == n_columns and all(isinstance(c, bool | np.bool_) for c in columns):
        return [i for i, kept in enumerate(columns) if kept]
    return [names.index(c) if isinstance(c, str) else int(c) % n_columns for c in columns]


def outputs_of_unions(union):
    """(name, fitted transformer, weight) of what a FeatureUnion puts side by side."""
    weights = union.transformer_weights or {}
    for name, inner in union.transformer_list:
        if not (isinstance(inner, str) and inner == "drop"):
            yield name, inner, float(weights.get(name, 1.0))
