"""How sure a prediction is, divided into what more rows would and would not lessen."""

from typing import NamedTuple

import numpy as np

__all__ = ["Entropies", "Variances"]


class Entropies(NamedTuple):
    """Uncertainty of classes in nats; see ``DeepEnsembleClassifier.decompose``."""

    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray


class Variances(NamedTuple):
    """Of targets; see ``LaplaceRegressor.decompose`` and ``DeepEnsembleRegressor.decompose``."""

    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray
