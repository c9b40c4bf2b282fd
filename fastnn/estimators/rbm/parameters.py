"""Parameters of restricted Boltzmann machines: scikit-learn's in its order, then others."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_0, AT_LEAST_1, BELOW_1, POSITIVE
from fastnn.estimators.shared.declare import fitted, parameter, parameters

__all__ = ["BernoulliParameters", "RBMParameters"]


@parameters
class RBMParameters:
    """What every restricted Boltzmann machine has."""

    components_: np.ndarray = fitted()
    intercept_hidden_: np.ndarray = fitted()
    intercept_visible_: np.ndarray = fitted()
    h_samples_: np.ndarray = fitted()
    n_iter_: int = fitted()
    validation_curve_: list[float] = fitted()
    random_state_: np.random.RandomState = fitted()
    n_features_in_: int = fitted()
    feature_names_in_: np.ndarray = fitted()

    n_components: int = parameter(
        "int", "Hidden units.", default=256, valid=[AT_LEAST_1], kw_only=False
    )
    learning_rate: float = parameter(
        "float",
        "Step of the weights and biases along the gradient of the mean log-likelihood.",
        default=0.1,
        valid=[POSITIVE],
    )
    batch_size: int = parameter(
        "int",
        "Rows of a batch, and number of persistent chains.",
        default=10,
        valid=[AT_LEAST_1],
    )
    n_iter: int = parameter(
        "int",
        "Epochs: passes over the rows, in their order.",
        default=10,
        valid=[Interval(Integral, 0, None, closed="left")],
    )
    verbose: bool | int = parameter(
        "bool or int", "Print a line for every epoch.", default=0, valid=["verbose"]
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the first weights and of the states sampled.",
        default=None,
        valid=["random_state"],
    )
    k: int = parameter(
        "int",
        "Gibbs steps of the chains for each update: CD-k, or PCD-k with persistent chains.",
        default=1,
        valid=[AT_LEAST_1],
    )
    persistent: bool = parameter(
        "bool",
        "Whether the chains go on from update to update (stochastic maximum likelihood [2]_) or "
        "start at the rows of the batch (contrastive divergence [1]_).",
        default=True,
        valid=["boolean"],
    )
    momentum: float = parameter(
        "float", "Share of the last step that is added to the next.", default=0.0, valid=[BELOW_1]
    )
    weight_decay: float = parameter(
        "float",
        "Strength of an L2 penalty on the weights, ``0.5 * weight_decay * sum(components_ ** 2)``.",
        default=0.0,
        valid=[AT_LEAST_0],
    )
    sparsity_target: float | None = parameter(
        "float or None",
        "Mean activity that every hidden unit is drawn to, such as 0.05 [3]_; None: any.",
        default=None,
        valid=[Interval(Real, 0, 1, closed="neither"), None],
    )
    sparsity_cost: float = parameter(
        "float",
        "How strongly: what the difference from the target is multiplied by in the gradient.",
        default=0.1,
        valid=[AT_LEAST_0],
    )
    early_stopping: bool = parameter(
        "bool",
        "Whether to stop when held-out rows have become less likely than rows of training, and to "
        "keep the last weights for which they had not.",
        default=False,
        valid=["boolean"],
    )
    validation_fraction: float = parameter(
        "float",
        "Share of the rows to hold out, where ``fit`` is given no X_val.",
        default=0.1,
        valid=[Interval(Real, 0, 1, closed="neither")],
    )
    tol: float = parameter(
        "float",
        "Free-energy gap that early stopping tolerates, in standard deviations of the free "
        "energies of rows of training.",
        default=0.1,
        valid=[AT_LEAST_0],
    )
    n_iter_no_change: int = parameter(
        "int",
        "Epochs in a row with a larger gap that end the training.",
        default=5,
        valid=[AT_LEAST_1],
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow. "
        "Results do not depend on it.",
        default=None,
        valid=[Integral, None],
    )


@parameters
class BernoulliParameters(RBMParameters):
    """What is there for binary visible units alone."""

    rng: str = parameter(
        "{'numpy', 'counter'}",
        "Where the states sampled in ``fit`` and ``partial_fit`` come from: NumPy's generator, in "
        "scikit-learn's order; or hashes of seed, update, row and unit, which is faster as it runs "
        "on all threads.",
        default="numpy",
        valid=[StrOptions({"numpy", "counter"})],
    )
    scored_bits: str = parameter(
        "{'one', 'all'}",
        "What ``score_samples`` looks at: one bit of each row, drawn from random_state as in "
        "scikit-learn; or all bits, which takes n_features times as long and leaves nothing to "
        "chance.",
        default="one",
        valid=[StrOptions({"one", "all"})],
    )
