"""The parameters of a deep ensemble."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import HasMethods, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_1
from fastnn.estimators.shared.declare import parameter, parameters

__all__ = ["EnsembleParameters"]


@parameters
class EnsembleParameters:
    """In scikit-learn's order for a bagging ensemble, as far as they are the same."""

    estimator: Any = parameter(
        "MLPClassifier, MLPRegressor or None",
        "What every member is a clone of; None is the perceptron with its defaults. Whatever its "
        "random_state and n_jobs, the members have their seeds and the ensemble's n_jobs.",
        default=None,
        valid=[HasMethods(["fit", "predict"]), None],
        kw_only=False,
    )
    n_estimators: int = parameter(
        "int",
        "Members. The first ones of a larger ensemble are those of a smaller one, unless they are "
        "trained on folds.",
        default=8,
        valid=[AT_LEAST_1],
        kw_only=False,
    )
    sample_by: str = parameter(
        "{'seed', 'fold', 'bootstrap'}",
        "Rows of a member: all, so that members differ in first weights and order of rows alone "
        "[1]_; all but its fold of n_estimators, of classes stratified; or as many as there are, "
        "drawn with replacement.",
        default="seed",
        valid=[StrOptions({"seed", "fold", "bootstrap"})],
    )
    oob_score: bool | Callable = parameter(
        "bool or callable",
        "Score every row by the members that were not trained on it: accuracy or R squared, or "
        "metric(y_true, y_pred). Not for 'seed'.",
        default=False,
        valid=["boolean", callable],
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the members' seeds and samples.",
        default=None,
        valid=["random_state"],
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow. "
        "Each trains one member at a time. Results do not depend on it.",
        default=None,
        valid=[Integral, None],
    )
