"""JSON read without leniency: what is said twice, or is no number, is an error."""

import json
import math

from fastnn.exceptions import ModelFormatError


def parse_json(text, what):
    """Parse an object of JSON strictly: no duplicate keys, no NaN, no infinity."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
    except RecursionError:
        raise ModelFormatError(f"the {what} is nested too deeply") from None
    except ModelFormatError:
        raise
    except ValueError as error:
        raise ModelFormatError(f"the {what} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelFormatError(f"the {what} is not a JSON object")
    return value


def _unique_keys(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ModelFormatError("a key appears twice")
    return result


def _refuse_constant(name):
    raise ModelFormatError(f"{name} is not a JSON number")


def _finite_float(text):
    value = float(text)
    if not math.isfinite(value):
        raise ModelFormatError(f"the number {text[:20]} is too large")
    return value
