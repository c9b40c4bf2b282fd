"""Cells of a user's rows that are not plain floats, ints and known strings."""

from libc.math cimport NAN

import numpy as np


cdef bint is_missing(object value):
    """None, NaN in whatever type, pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):     # an array, or what compares in ways of its own
        return False


cdef double odd_number(object value, front, column) except? -1.0:
    if is_missing(value):
        return NAN
    if not isinstance(value, (str, bytes)) and type(value).__name__ not in ("datetime64", "timedelta64"):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise ValueError(f"column {front.name(column)} holds {value!r:.60}, a {type(value).__name__}, where the model takes a "
                     "number: convert it first, or pass None for a missing value")


cdef Py_ssize_t odd_row(object value, dict rows, Py_ssize_t missing, Py_ssize_t other, front, column) except -1:
    try:
        found = rows.get(value)
    except TypeError:
        raise ValueError(f"column {front.name(column)} holds {value!r:.60}, a {type(value).__name__}, where the model takes "
                         "a label") from None
    if found is not None:
        return found
    absent = is_missing(value)
    row = missing if absent else other
    if row >= 0:
        return row
    if absent:
        raise ValueError(f"column {front.name(column)} is missing a value ({value!r}), and no step of the model's pipeline "
                         "fills it in: pass a value, or fit the pipeline with a SimpleImputer")
    known = ", ".join(repr(label) for label in list(rows)[:6]) + (", ..." if len(rows) > 6 else "")
    raise ValueError(f"column {front.name(column)} holds the unknown category {value!r:.60} (known: {known}): fit the "
                     "encoder with handle_unknown='ignore' to accept it")


cdef int check_codes(codes, Py_ssize_t n) except -1:
    """Refuse codes that are no numbers of n values."""
    if codes.dtype != np.int32 or not codes.flags.c_contiguous or len(codes) and not -1 <= codes.min() <= codes.max() < n:
        raise ValueError("the codes of a column are not numbers of its values")
    return 0
