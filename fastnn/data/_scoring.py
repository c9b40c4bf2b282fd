"""score: what a model says of rows in partitions, in files, or one batch after another."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastnn._names import meant
from fastnn.data._clusters import (
    column_labels,
    is_dask,
    is_ray,
    is_spark,
    with_columns_ray,
    with_columns_spark,
)
from fastnn.data._sources import are_paths, paths_of, table_batches
from fastnn.scoring.predictor import Predictor

__all__ = ["score"]

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def score(model: Any, rows: Any, *, method: str = "predict", n_jobs: int | None = None) -> Any:
    """Score rows of any number, where they are.

    Every row gets the bits that `Predictor` gives it alone, whatever the partitions.

    Parameters
    ----------
    model : Predictor, or what one is made of
    rows : dask Array or DataFrame, ray Dataset, Spark DataFrame, path, list of paths, or iterable \
            of array-like
        Dask's collections stay where they are: the result is one of them too, with as many
        partitions, and nothing is computed yet. So do Ray's and Spark's, which promise no order of
        rows: theirs are the same rows with columns added, ``predict``, or ``predict_proba_a`` for
        class a and so on. Parquet files, or folders of such, and iterables
        are gone through batch by batch, in bounded memory, as the result is asked for.
    method : {"predict", "predict_proba", "predict_log_proba", "decision_function"}
    n_jobs : int or None, default=None
        Threads for each batch; a worker of Dask is one thread, whatever this is.

    Returns
    -------
    dask Array, dask Series or DataFrame, ray Dataset, Spark DataFrame, or iterator of ndarray
        Columns of a DataFrame of Dask are the classes.

    Raises
    ------
    ValueError
        If there is no such method, or not of this model; if columns are missing, or taken.
    TypeError
        If rows are of another kind; an array is for ``Predictor(model).predict``.
    """
    predictor = model if isinstance(model, Predictor) else Predictor(model)
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {', '.join(METHODS)}; got {method!r}{meant(method, METHODS)}"
        )
    if "proba" in method and not hasattr(predictor, "classes_"):
        raise ValueError(f"method={method!r} needs a classifier, and this model is none")
    if is_dask(rows):
        return _lazily(predictor, rows, method)
    if is_ray(rows):
        return with_columns_ray(predictor, rows, method)
    if is_spark(rows):
        return with_columns_spark(predictor, rows, method)
    if are_paths(rows):
        rows = table_batches(paths_of(rows), getattr(predictor, "feature_names_in_", None))
    elif hasattr(rows, "shape") or not isinstance(rows, Iterable):
        raise TypeError(
            "rows must be a collection of Dask, Ray or Spark, paths of Parquet files, or an "
            f"iterable of batches; got {type(rows).__name__}. For an array or a frame: "
            f"Predictor(model).{method}(rows)"
        )
    return predictor.predict_batches(rows, method=method, n_jobs=n_jobs)


def _lazily(predictor, rows, method):
    function = Scored(predictor, method)
    if hasattr(rows, "chunks"):
        return _of_array(function, rows)
    example = function(rows._meta_nonempty).iloc[:0]  # dtype and columns: Dask need not guess them
    return rows.map_partitions(function, meta=example)


def _of_array(function, rows):
    if rows.ndim != 2:
        raise ValueError(f"rows must be of shape (n, n_features), got {rows.ndim} dimensions")
    rows = rows.rechunk({1: -1})  # a row is scored whole
    example = function(np.zeros((1, rows.shape[1]), rows.dtype))
    if example.ndim == 1:
        return rows.map_blocks(function, dtype=example.dtype, drop_axis=1, meta=example[:0])
    chunks = (rows.chunks[0], (example.shape[1],))
    return rows.map_blocks(function, dtype=example.dtype, chunks=chunks, meta=example[:0])


class Scored:
    """A method of a `Predictor` as a function of a partition, which goes to other processes."""

    def __init__(self, predictor, method):
        self.predictor, self.method = predictor, method

    def __call__(self, part):
        found = getattr(self.predictor, self.method)(part, n_jobs=1)
        if not hasattr(part, "iloc"):
            return found
        import pandas as pd

        if found.ndim == 1:
            return pd.Series(found, index=part.index, name=self.method)
        return pd.DataFrame(found, index=part.index, columns=column_labels(self.predictor, found))
