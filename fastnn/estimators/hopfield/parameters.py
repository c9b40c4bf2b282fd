"""The parameters of HopfieldNetwork."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import StrOptions

from fastnn.estimators.hopfield.rules import RULES
from fastnn.estimators.mlp.parameters import AT_LEAST_0, AT_LEAST_1, POSITIVE
from fastnn.estimators.shared.declare import parameter, parameters

__all__ = ["HopfieldParameters"]


@parameters
class HopfieldParameters:
    """What the constructor has."""

    rule: str = parameter(
        "{'hebb', 'storkey', 'pseudoinverse', 'dense'}",
        "How patterns are stored: in weights, by one of three rules; or as they are, a state being "
        "drawn towards those that it is close to, which may be real numbers.",
        default="hebb",
        valid=[StrOptions({*RULES, "dense"})],
        kw_only=False,
    )
    update: str = parameter(
        "{'asynchronous', 'synchronous'}",
        "Whether units are asked one after the other, in a new order in every sweep, so that the "
        "energy never rises; or all at once, which may end in a cycle of two states. 'dense' takes "
        "all at once, and its energy does not rise either.",
        default="asynchronous",
        valid=[StrOptions({"asynchronous", "synchronous"})],
    )
    threshold: float | str | None = parameter(
        "'auto', float or None",
        "Values of X above it are 1, the others -1. With 'auto' patterns of -1 and 1, or of 0 and "
        "1, are what they are, and others are cut at the mean of each feature, with a warning; "
        "with None others are an error. 'dense' cuts nothing unless it is a number.",
        default="auto",
        valid=[Real, StrOptions({"auto"}), None],
    )
    beta: float | None = parameter(
        "float or None",
        "Of 'dense': how much closer patterns count for more. Small values mix patterns that are "
        "alike. None is 32, or sqrt(n_features) if that is more, over the mean square of the "
        "patterns' lengths: a pattern that agrees with a state in one unit in twenty more than "
        "another counts for exp(3.2) times as much.",
        default=None,
        valid=[POSITIVE, None],
    )
    max_steps: int = parameter(
        "int", "Most sweeps over the units, or steps of all.", default=100, valid=[AT_LEAST_1]
    )
    tol: float = parameter(
        "float",
        "Of 'dense': a state is at rest when it changes by less than this share of its length.",
        default=1e-4,
        valid=[AT_LEAST_0],
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the seed of the orders in which units are asked, drawn by ``fit``.",
        default=None,
        valid=["random_state"],
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads, over the rows; None and -1 take as many as the machine, its limits and "
        "OMP_NUM_THREADS allow. Results do not depend on it.",
        default=None,
        valid=[Integral, None],
    )
