"""The parameters of the tabular estimators."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_1
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.tabular.sizes import PRESETS

__all__ = ["TabularParameters"]


@parameters
class TabularParameters:
    """What both have."""

    n_estimators: int = parameter(
        "int",
        "Networks of a kind, whose predictions are averaged. Each is trained on all folds of the "
        "rows but one, which it watches.",
        default=8,
        valid=[AT_LEAST_1],
    )
    preset: str = parameter(
        "{'fast', 'default', 'best'}",
        "How much time to take: kinds of networks, widths, bins and steps. See the page on tables "
        "for the numbers.",
        default="default",
        valid=[StrOptions(set(PRESETS))],
    )
    hidden_layer_sizes: int | str | Sequence[int] = parameter(
        "'auto', int, str or array-like of int",
        "Widths of the hidden layers, as of the perceptrons; 'auto' leaves it to the preset.",
        default="auto",
        valid=["array-like", AT_LEAST_1, str],
    )
    max_bins: int | str = parameter(
        "int or 'auto'",
        "Most bins of the piecewise-linear code beside each number [1]_, up to 256; 0 for none. "
        "'auto' follows from the rows.",
        default="auto",
        valid=[StrOptions({"auto"}), Interval(Integral, 0, 256, closed="both")],
    )
    categorical_features: Any = parameter(
        "'from_dtype', None, or array-like of bool, int or str",
        "Columns to take as categories whatever their dtype: a mask, indices or names. Text, "
        "booleans and categorical dtypes always are.",
        default="from_dtype",
        valid=["array-like", StrOptions({"from_dtype"}), None],
    )
    time_budget: float | None = parameter(
        "float or None",
        "Seconds that a fit may take, about: fewer epochs, and then fewer networks, where more "
        "would not fit. Results then depend on the speed of the machine.",
        default=None,
        valid=[Interval(Real, 0, None, closed="neither"), None],
    )
    validation_fraction: float = parameter(
        "float",
        "Share of a fold: the rows are dealt out to round(1 / validation_fraction) folds.",
        default=0.125,
        valid=[Interval(Real, 0, 0.5, closed="right")],
    )
    scoring: str | Callable | None = parameter(
        "str, callable or None",
        "By what the best epoch of a network is chosen on the rows it watches: 'loss', any scorer "
        "of scikit-learn, or None: R squared where loss='squared_error', accuracy of classes for "
        "fewer than 5000 rows, and else the loss.",
        default=None,
        valid=[str, callable, None],
    )
    monotonic_cst: Any = parameter(
        "None",
        "Not supported: there is no way yet to hold it exactly. Anything but None is refused.",
        default=None,
        valid=["array-like", dict, None],
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the folds, the first weights, the order of rows and dropout.",
        default=None,
        valid=["random_state"],
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow. "
        "Results do not depend on it.",
        default=None,
        valid=[Integral, None],
    )
    verbose: bool | int = parameter(
        "bool or int",
        "Print what was planned, and every network when it is done.",
        default=False,
        valid=["verbose"],
    )
