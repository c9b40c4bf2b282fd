"""What estimators are in files, as plain data."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class EstimatorParts:
    """What an estimator has beside its network.

    Parameters
    ----------
    name : str
        The class. Of one that is a parameter of another, any; else one that has a place in files.
    params, fitted : dict
        Constructor parameters and fitted attributes by name.
    """

    name: str
    params: dict
    fitted: dict


@dataclass(frozen=True, eq=False)
class EnsembleParts(EstimatorParts):
    """What an estimator has that is made of several fitted ones, or of one.

    Parameters
    ----------
    name, params, fitted
        As above.
    members : list of (Model, EstimatorParts)
        The fitted estimators.
    classes : ndarray or None
        Labels of a classifier.
    feature_names : tuple of str or None
    """

    members: list
    classes: np.ndarray | None = None
    feature_names: tuple | None = None
