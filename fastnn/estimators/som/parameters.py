"""The parameters of SelfOrganizingMap."""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_1, POSITIVE
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.som.grid import NEIGHBORHOODS, TOPOLOGIES

__all__ = ["MapParameters"]


def _names(names):
    return f"{{{', '.join(map(repr, names))}}}"


@parameters
class MapParameters:
    """What the constructor has."""

    n_rows: int = parameter(
        "int", "Rows of the grid.", default=10, valid=[AT_LEAST_1], kw_only=False
    )
    n_columns: int = parameter(
        "int",
        "Units in a row of the grid. With ``n_rows=1`` it is a chain.",
        default=10,
        valid=[AT_LEAST_1],
        kw_only=False,
    )
    topology: str = parameter(
        _names(TOPOLOGIES),
        "A unit has eight neighbours, or six: every other row is then half a unit further right.",
        default="rectangular",
        valid=[StrOptions(set(TOPOLOGIES))],
    )
    toroidal: bool = parameter(
        "bool",
        "Whether the last row and column are followed by the first ones, so that there is no "
        "border. A hexagonal torus has an even number of rows.",
        default=False,
        valid=["boolean"],
    )
    neighborhood: str = parameter(
        _names(NEIGHBORHOODS),
        "How much a unit at a distance r on the grid follows the winner: exp(-r^2 / 2 sigma^2); 1 "
        "up to r = sigma; or (1 - r^2 / D sigma^2) exp(-r^2 / 2 sigma^2) on a grid of D "
        "dimensions, which pushes units away from a certain distance on.",
        default="gaussian",
        valid=[StrOptions(set(NEIGHBORHOODS))],
    )
    sigma: float | tuple[float, float] | None = parameter(
        "float, (float, float) or None",
        "Width of the neighbourhood, in units of the grid, at the first epoch, or at the first and "
        "the last one; in between it falls by the same ratio from each to the next. The last one "
        "is 0.3, or a smaller first one, unless it is given; the first one, with None, is an "
        "eighth of the grid's longer side for init='pca', half of it for others, and at least 1.",
        default=None,
        valid=["array-like", POSITIVE, None],
    )
    algorithm: str = parameter(
        "{'batch', 'online'}",
        "Move all units at the end of an epoch, to means of rows; or some of them after each row.",
        default="batch",
        valid=[StrOptions({"batch", "online"})],
    )
    learning_rate: tuple[float, float] = parameter(
        "(float, float)",
        "Of 'online': the share of the way to a row that its winner goes, in the first epoch and "
        "in the last one; in between it falls by the same ratio from each to the next.",
        default=(0.5, 0.1),
        valid=["array-like"],
    )
    init: str | ArrayLike = parameter(
        "{'pca', 'sample'} or array-like of shape (n_units, n_features)",
        "First units: a grid in the plane of the largest variances (of at most 4096 rows, evenly "
        "picked); rows picked at random; or these.",
        default="pca",
        valid=[StrOptions({"pca", "sample"}), "array-like"],
    )
    metric: str = parameter(
        "{'euclidean', 'cosine'}",
        "The distance of rows and units. With 'cosine' both are brought to a length of 1.",
        default="euclidean",
        valid=[StrOptions({"euclidean", "cosine"})],
    )
    n_iter: int = parameter("int", "Epochs.", default=10, valid=[AT_LEAST_1])
    shuffle: bool = parameter(
        "bool",
        "Whether 'online' takes the rows of every epoch in a new random order, for which it does "
        "not matter where they stand in X.",
        default=True,
        valid=["boolean"],
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the rows of init='sample' and of the order of 'online'; the default needs none.",
        default=None,
        valid=["random_state"],
    )
    verbose: bool | int = parameter(
        "bool or int",
        "Print the width and the quantization error of every epoch, which takes a little time.",
        default=False,
        valid=["verbose"],
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow. "
        "Results do not depend on it. 'online' takes one.",
        default=None,
        valid=[Integral, None],
    )
