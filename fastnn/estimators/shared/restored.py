"""What an estimator that is read from a file must pass: parameters, attributes, arrays, names."""

import numpy as np

from fastnn.exceptions import ModelFormatError

__all__ = ["check_types", "is_sound", "of_the_input", "with_parameters"]


def with_parameters(cls, params):
    """An estimator of this class that is not fitted; ModelFormatError if it has no such
    parameter."""
    unknown = set(params) - set(cls._get_param_names())
    if unknown:
        raise ModelFormatError(f"the parameter {min(unknown)[:50]!r} is unknown")
    return cls(**params)


def check_types(values, types, what="fitted attribute"):
    """ModelFormatError unless all values, by name, are of the types that there are for the names.

    A bool is no int.
    """
    for name, value in values.items():
        if name not in types:
            raise ModelFormatError(f"the {what} {name[:50]!r} is unknown")
        if not isinstance(value, types[name]) or (
            isinstance(value, bool) and types[name] is not bool
        ):
            raise ModelFormatError(f"the {what} {name[:50]!r} is of the wrong type")


def is_sound(array, shape, dtype):
    """Whether it is an array of finite numbers, of this shape and dtype."""
    known = isinstance(array, np.ndarray) and array.shape == shape and array.dtype == dtype
    return known and bool(np.isfinite(array).all())


def of_the_input(model):
    """Number and names of the features as attributes of an estimator."""
    names = {"n_features_in_": model.n_features_in}
    if model.feature_names is not None:
        names["feature_names_in_"] = np.array(model.feature_names, dtype=object)
    return names
