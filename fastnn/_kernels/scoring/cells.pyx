"""Cells of a user's rows that are not plain floats, ints and known strings."""

cimport numpy as cnp
from libc.math cimport NAN

import numpy as np

cnp.import_array()


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


cdef int check_codes(codes, Py_ssize_t begin, Py_ssize_t n, Py_ssize_t n_values) except -1:
    """Refuse codes that are no numbers of so many values, in the n cells from begin on."""
    cdef const int *code
    cdef int least = 0, most = -1
    cdef Py_ssize_t r
    sound = codes.dtype == np.int32 and codes.flags.c_contiguous and len(codes) >= begin + n
    if sound:
        code = <const int *> cnp.PyArray_DATA(<cnp.ndarray> codes) + begin
        for r in range(n):
            least, most = min(least, code[r]), max(most, code[r])
    if not sound or least < -1 or most >= n_values:
        raise ValueError("the codes of a column are not numbers of its values")
    return 0


cdef int check_text(begins, text, there, Py_ssize_t begin, Py_ssize_t n) except -1:
    """Refuse what is no text, in the n cells from begin on: where each begins, bytes, whether it is there."""
    cdef const long long *at
    cdef long long size = len(text)
    cdef Py_ssize_t r
    cdef bint sound = begins.dtype == np.int64 and begins.flags.c_contiguous and len(begins) > begin + n
    sound = sound and text.dtype == np.uint8 and text.flags.c_contiguous
    if there is not None:
        sound = sound and there.dtype == np.bool_ and there.flags.c_contiguous and len(there) >= begin + n
    if sound:
        at = <const long long *> cnp.PyArray_DATA(<cnp.ndarray> begins) + begin
        for r in range(n):
            sound &= at[r] <= at[r + 1]
        sound = sound and 0 <= at[0] and at[n] <= size
    if not sound:
        raise ValueError("the texts of a column do not lie as Arrow's do")
    return 0
