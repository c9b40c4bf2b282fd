"""A fitted map as EstimatorParts, and back."""

import numpy as np

from fastnn.estimators.shared.restored import (
    check_types,
    is_sound,
    of_the_input,
    with_parameters,
)
from fastnn.estimators.som.grid import Grid
from fastnn.exceptions import ModelFormatError
from fastnn.files.parts import EstimatorParts

__all__ = ["build_map", "map_apart"]

# Fitted attributes, and of which types; what the network tells besides.
_FITTED = {
    "codebook_": np.ndarray,
    "labels_": np.ndarray,
    "quantization_error_": float,
    "topographic_error_": float,
    "n_iter_": int,
}
_OF_THE_NETWORK = {"n_features_in_", "feature_names_in_"}


def map_apart(som):
    """What goes into a file beside the network; TypeError for an attribute without a place."""
    params = som.get_params(deep=False)
    attributes = {name: value for name, value in vars(som).items() if name not in params}
    for name in attributes:
        if not (name.startswith("_") or name in _FITTED or name in _OF_THE_NETWORK):
            raise TypeError(f"cannot save the attribute {name!r}: a model file has no place for it")
    fitted = {name: value for name, value in attributes.items() if name in _FITTED}
    return EstimatorParts("SelfOrganizingMap", params, fitted)


def build_map(network, parts):
    """Put a map together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    cls = estimators.SelfOrganizingMap
    som = with_parameters(cls, parts.params)
    check_types(parts.fitted, _FITTED)
    if set(parts.fitted) != set(_FITTED):
        raise ModelFormatError("fitted attributes are missing")
    codebook, labels = parts.fitted["codebook_"], parts.fitted["labels_"]
    shape = network.n_outputs, network.n_features_in
    if not is_sound(codebook, shape, network.dtype):
        raise ModelFormatError("the units are not those of the network")
    if (
        labels.ndim != 1
        or labels.dtype.kind != "i"
        or not ((labels >= 0) & (labels < shape[0])).all()
    ):
        raise ModelFormatError("the labels are not sound")
    if not _has_units(som, shape[0]):
        raise ModelFormatError("the grid is not that of the units")
    vars(som).update(parts.fitted, **of_the_input(network))
    for array in (codebook, labels):
        array.setflags(write=True)  # they are the user's to change
    return som


def _has_units(som, n_units):
    sizes = som.n_rows, som.n_columns
    return all(type(n) is int for n in sizes) and Grid(*sizes).n_units == n_units
