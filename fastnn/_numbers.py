"""Data that is no numbers is refused, by name, rather than cast to what its bytes happen to be.

NumPy turns dates and durations into integers of whatever unit they have, takes the real part of
complex numbers and the field of a record. A network would learn from that, silently.
"""

import numpy as np

from fastnn._sparse import issparse

__all__ = ["check_numbers"]

_DATES = (
    "dates and durations have no value of their own, only one in some unit: turn them into numbers "
    "that mean something, such as days since a fixed day, (dates - start) / np.timedelta64(1, "
    "'D'), or year, month and weekday in columns of their own"
)
_REMEDIES = {
    "M": _DATES,
    "m": _DATES,
    "V": "pick the fields and put them into columns, for example with "
    "numpy.lib.recfunctions.structured_to_unstructured",
    "c": "Complex data not supported: pass real and imaginary parts, or magnitude and angle, as "
    "columns of their own",
}

# Names of the types of date columns in frames whose types are not NumPy's.
_NAMES_OF_DATES = ("date", "datetime", "time", "timestamp", "timedelta", "duration", "period")


def check_numbers(X, name="X", kinds="MmVc"):
    """Raise ValueError for dates, durations, records and complex numbers.

    What is no array is looked at without being converted, except lists, which have no types of
    their own. Anything else is for others to judge, text included.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix
    name : str
        What X is called in the message.
    kinds : str
        Those of NumPy's kinds of data to refuse in arrays: who leaves one out has it refused
        elsewhere.
    """
    if issparse(X):
        _check_array(np.empty(0, X.dtype), None, name, kinds)
        return
    columns = getattr(X, "columns", None)
    dtypes = getattr(X, "dtypes", None)
    if columns is not None and dtypes is not None and not callable(dtypes):
        _check_columns(X, list(columns), list(dtypes), name, kinds)
        return
    schema = getattr(X, "schema", None)
    if hasattr(schema, "names") and hasattr(schema, "types"):  # a table of pyarrow
        _check_columns(None, list(schema.names), list(schema.types), name, kinds)
        return
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype):
        _check_array(X, None, name, kinds)
    elif dtype is not None:
        _check_columns(None, [getattr(X, "name", None)], [dtype], name, kinds)
    elif isinstance(X, list | tuple):
        try:
            array = np.asarray(X)
        except ValueError:  # rows of several lengths
            return
        _check_array(array, None, name, _REMEDIES)


def _check_columns(frame, columns, dtypes, name, kinds):
    for column, dtype in zip(columns, dtypes, strict=True):
        kind = getattr(dtype, "kind", "O")
        if kind not in kinds and _is_of_dates(dtype):
            kind = "M"
        if kind in kinds:
            raise _refusal(name, dtype, column, kind)
    if frame is None:
        return
    for i, (column, dtype) in enumerate(zip(columns, dtypes, strict=True)):
        if np.dtype(object) == dtype and hasattr(frame, "iloc"):
            _check_array(np.asarray(frame.iloc[:, i], object), column, name, kinds)


def _is_of_dates(dtype):
    word = str(dtype).lower().split("[")[0].split("(")[0].rstrip("0123456789")
    return not isinstance(dtype, np.dtype) and word in _NAMES_OF_DATES


def _check_array(array, column, name, kinds):
    kind = array.dtype.kind
    if kind in kinds:
        raise _refusal(name, array.dtype, column, kind)
    if kind != "O":
        return
    for cls in {type(value) for value in np.asarray(array).flat}:
        kind = _kind_of_object(cls)
        if kind is not None:
            if column is None and array.ndim == 2:
                column = next(j for j in range(array.shape[1]) if cls in map(type, array[:, j]))
            raise _refusal(name, f"object, with {cls.__module__}.{cls.__name__}", column, kind)


def _kind_of_object(cls):
    """The kind of what an object array holds, if it is to be refused."""
    if issubclass(cls, np.generic):
        kind = np.dtype(cls).kind
        return kind if kind in _REMEDIES else None
    if issubclass(cls, complex):
        return "c"
    names = {base.__name__.lower() for base in cls.__mro__}
    return "M" if names.intersection(_NAMES_OF_DATES) else None


def _refusal(name, dtype, column, kind):
    where = "" if column is None else f" in column {column!r}"
    what = f"{name} must hold real numbers, got dtype {dtype}{where}"
    return ValueError(f"{what}: {_REMEDIES[kind]}.")
