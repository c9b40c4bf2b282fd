"""Whose collections rows are; of Ray's and Spark's their rows, with columns of what a model says.

Neither of these promises an order of rows, so that nobody could tell whose a result alone is.
"""

import numpy as np

__all__ = [
    "column_labels",
    "is_dask",
    "is_ray",
    "is_spark",
    "with_columns_ray",
    "with_columns_spark",
]

#: Kind of NumPy's types -> the type in Spark's words; what is missing is text.
_SPARK = {"b": "boolean", "i": "bigint", "u": "bigint", "f": "double"}


def is_dask(rows):
    """Whether rows are a collection of Dask."""
    return type(rows).__module__.split(".")[0] in ("dask", "dask_expr")


def is_ray(rows):
    """Whether rows are a ``ray.data.Dataset``."""
    return type(rows).__module__.startswith("ray.data.")


def is_spark(rows):
    """Whether rows are a DataFrame of Spark, classic or of a server."""
    return type(rows).__module__.startswith("pyspark.sql.")


def with_columns_ray(predictor, rows, method):
    """A Dataset of the same rows and what a method of a `Predictor` says of them.

    Raises
    ------
    ValueError
        If columns that the model was fitted on are missing, or one of the result is there already.
    """
    schema = rows.schema()
    if schema is None:
        raise ValueError("rows is an empty dataset, whose columns nobody knows")
    function = WithColumns(predictor, method, schema.names)
    array = len(schema.names) == 1 and hasattr(schema.types[0], "shape")  # as from_numpy makes
    return rows.map_batches(function, batch_format="numpy" if array else "pandas")


def with_columns_spark(predictor, rows, method):
    """A frame of the same rows and what a method of a `Predictor` says of them, by mapInPandas.

    Raises
    ------
    ValueError
        If there is no row to see the types of, columns that the model was fitted on are missing, or
        one of the result is there already.
    """
    function = WithColumns(predictor, method, rows.columns)
    example = rows.limit(1).toPandas()
    if not len(example):
        raise ValueError("rows has no row, whose result would tell the types of its columns")
    found = function(example)
    added = [
        f"`{name}` {_SPARK.get(found[name].dtype.kind, 'string')}"
        for name in found.columns[len(rows.columns) :]
    ]
    fields = [f"`{field.name}` {field.dataType.simpleString()}" for field in rows.schema.fields]
    return rows.mapInPandas(function.of_frames, ", ".join(fields + added))


class WithColumns:
    """A method of a `Predictor` as a function of a partition, which goes to other processes."""

    def __init__(self, predictor, method, columns):
        self.predictor, self.method = predictor, method
        self.names = getattr(predictor, "feature_names_in_", None)
        if self.names is not None:
            missing = [name for name in self.names if name not in columns]
            if missing:
                raise ValueError(
                    f"rows has no column {missing[0]!r}, which the model was fitted on; it has "
                    f"{', '.join(columns)}"
                )
            self.names = list(self.names)
        taken = [name for name in columns if name == method or name.startswith(f"{method}_")]
        if taken:
            raise ValueError(f"rows has a column {taken[0]!r} already: rename or drop it")

    def __call__(self, part):
        if isinstance(part, dict):
            ((name, rows),) = part.items()
            return {name: rows, self.method: self._said(rows)}
        found = self._said(part if self.names is None else part[self.names])
        if found.ndim == 1:
            return part.assign(**{self.method: found})
        names = [f"{self.method}_{label}" for label in column_labels(self.predictor, found)]
        return part.assign(**dict(zip(names, found.T, strict=True)))

    def of_frames(self, frames):
        """Spark's form: an iterator of frames to an iterator of frames."""
        return map(self, frames)

    def _said(self, rows):
        return getattr(self.predictor, self.method)(
            np.asarray(rows) if self.names is None else rows, n_jobs=1
        )


def column_labels(predictor, found):
    """What the columns (n, k) that a `Predictor` gives are of: its classes, or 0 to k - 1."""
    classes = getattr(predictor, "classes_", ())
    return list(classes if len(classes) == found.shape[1] else range(found.shape[1]))
