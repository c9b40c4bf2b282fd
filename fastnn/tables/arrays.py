"""Columns of arrays: what kind each is, and its values in one of three forms.

A source hides whose table a column is of. Each gives numbers (float64, NaN where missing), codes
(int64 numbers of distinct values, -1 where missing, and these values) or instants (float64 seconds
since 1970, NaN where missing).
"""

import datetime
import decimal
import numbers

import numpy as np

__all__ = ["ArrayColumn", "coded", "is_missing", "key_of", "seconds"]

_MISSING_NAMES = {"NAType", "NaTType"}


def is_missing(value):
    """Whether a Python object stands for a gap: None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in _MISSING_NAMES:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating | decimal.Decimal) and value != value


def key_of(value):
    """The name of a level: equal for equal values, whether they come as int, float or text."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real | decimal.Decimal):
        value = float(value)
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


class ArrayColumn:
    """A column of a NumPy array, or a list of Python objects as an array of dtype object."""

    def __init__(self, name, values):
        self.name, self._values = name, values

    def __len__(self):
        return len(self._values)

    def take(self, rows):
        """The column of these rows alone."""
        return ArrayColumn(self.name, self._values[rows])

    def objects(self):
        """The values as Python's own, or None where these would be other ones."""
        return None if self._values.dtype.kind in "mM" else self._values.tolist()

    def kind(self):
        """'number', 'category' or 'date'."""
        code = self._values.dtype.kind
        if code == "O":
            return _kind_of_objects(self.name, self._values)
        return {"b": "category", "U": "category", "S": "category", "M": "date"}.get(code, "number")

    def dtype(self):
        return str(self._values.dtype)

    def numbers(self):
        values = self._values
        if values.dtype.kind == "m":
            return seconds(values)
        if values.dtype.kind in "fiub":
            return values.astype(np.float64)
        return np.array([self._number(v) for v in values.tolist()], np.float64)

    def _number(self, value):
        if is_missing(value):
            return np.nan
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        try:
            return float(value)
        except TypeError:
            raise TypeError(
                f"X: column {self.name!r} holds {value!r}: argument must be a string or a real "
                f"number, not {type(value).__name__!r}."
            ) from None
        except ValueError:
            raise ValueError(
                f"X: column {self.name!r} was numbers when this was fitted, and now holds "
                f"{value!r}: could not convert string to float. Clean the column, or fit anew "
                "with it as text."
            ) from None

    def codes(self):
        values = self._values
        if values.dtype.kind in "fiu":
            levels, found = np.unique(values, return_inverse=True)
            found = found.reshape(-1).astype(np.int64)
            if values.dtype.kind == "f" and len(levels) and np.isnan(levels[-1]):
                found[found == len(levels) - 1] = -1
                levels = levels[:-1]
            return found, levels.tolist()
        return coded(values.tolist())

    def instants(self):
        values = self._values
        if values.dtype.kind != "M":
            values = np.array([self._instant(v) for v in values.tolist()], "M8[us]")
        return seconds(values)

    def _instant(self, value):
        if is_missing(value):
            return np.datetime64("NaT")
        try:
            tz = getattr(value, "tzinfo", None)
            if tz is not None:
                value = value.astimezone(datetime.UTC).replace(tzinfo=None)
            return np.datetime64(value).astype("M8[us]")
        except (TypeError, ValueError):
            raise ValueError(
                f"X: column {self.name!r} was dates when this was fitted, and now holds {value!r}, "
                "which is none."
            ) from None


def _kind_of_objects(name, values):
    """The kind of a column of Python objects, by those that are no gaps."""
    types = {type(v) for v in values.tolist() if not is_missing(v)}
    if not types:
        return "number"
    if all(issubclass(t, bool | np.bool_ | str | bytes) for t in types):
        return "category"
    if all(issubclass(t, numbers.Real | decimal.Decimal | datetime.timedelta) for t in types):
        return "number"
    if all(issubclass(t, datetime.date | np.datetime64) for t in types):
        return "date"
    strange = sorted(t.__name__ for t in types if issubclass(t, dict | list | set | np.ndarray))
    if strange:
        raise TypeError(
            f"X: column {name!r} holds objects of the type {strange[0]}: an entry of a table must "
            "be a number or a string, a bool or a date; the argument must be a string or a real "
            "number."
        )
    return "category"


def coded(values):
    """Codes of Python objects, -1 for gaps, and the distinct objects in the order they come."""
    numbers_of, found = {}, np.empty(len(values), np.int64)
    try:
        for i, value in enumerate(values):
            code = numbers_of.get(value)
            if code is None:
                code = -1 if is_missing(value) else len(numbers_of)
                if code >= 0:
                    numbers_of[value] = code
            found[i] = code
    except TypeError:
        raise TypeError(
            f"X holds {value!r}: an entry of a table must be a string or a real number, a bool or "
            "a date."
        ) from None
    return found, list(numbers_of)


def seconds(values):
    """datetime64 or timedelta64 as float64 seconds, NaN for NaT."""
    gaps = np.isnat(values)
    unit = np.datetime_data(values.dtype)[0]
    whole = "M8[us]" if values.dtype.kind == "M" else "m8[us]"
    if unit in ("ns", "ps", "fs", "as", "us"):
        found = values.astype(whole).astype(np.int64) / 1e6
    else:
        found = values.astype(whole.replace("us", "s")).astype(np.int64).astype(np.float64)
    found = np.asarray(found, np.float64)
    found[gaps] = np.nan
    return found
