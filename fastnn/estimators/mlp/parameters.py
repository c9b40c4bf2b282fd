"""The parameters that scikit-learn's perceptrons have, in its order, and those of execution."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.layers.activations import NAMES, CustomActivation
from fastnn.optimizers import OPTIMIZERS

__all__ = ["AT_LEAST_0", "AT_LEAST_1", "BELOW_1", "POSITIVE", "SHARE", "CommonParameters"]

AT_LEAST_0 = Interval(Real, 0, None, closed="left")
AT_LEAST_1 = Interval(Integral, 1, None, closed="left")
BELOW_1 = Interval(Real, 0, 1, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
SHARE = Interval(Real, 0, 1, closed="both")


@parameters
class CommonParameters:
    """What the constructors of the classifier and the regressor have had from the beginning."""

    hidden_layer_sizes: int | str | Sequence[int] = parameter(
        "int, str or array-like of int",
        "Widths of the hidden layers, also in the form '64-32' or '(64, 32)', as searches have "
        "their choices; ``()`` or '' makes a linear model.",
        default=(100,),
        valid=["array-like", AT_LEAST_1, str],
        kw_only=False,
    )
    activation: str | CustomActivation | Sequence = parameter(
        f"{{{', '.join(map(repr, NAMES))}}}, CustomActivation or list of them",
        "Activation function of the hidden layers, or one for each of them: a name, or functions "
        "of one's own (``fastnn.layers.CustomActivation``).",
        default="relu",
        valid=[StrOptions(set(NAMES)), CustomActivation, list, tuple],
        kw_only=False,
    )
    solver: str = parameter(
        f"{{'lbfgs', {', '.join(map(repr, OPTIMIZERS))}}}",
        "Full-batch L-BFGS; stochastic gradient descent with momentum; Adam [1]_; or another of "
        "``fastnn.optimizers``. 'adadelta' is made for learning_rate_init=1, and 'rprop' takes all "
        "rows as its batch.",
        default="adam",
        valid=[StrOptions({"lbfgs", *OPTIMIZERS})],
    )
    alpha: float = parameter(
        "float",
        "Strength of the L2 penalty, 0.5 * alpha * sum(coefs ** 2) / (sum of the batch's weights).",
        default=0.0001,
        valid=[AT_LEAST_0],
    )
    batch_size: int | str = parameter(
        "int or 'auto'",
        "Rows of a mini-batch; 'auto' is min(200, n_samples).",
        default="auto",
        valid=[StrOptions({"auto"}), AT_LEAST_1],
    )
    learning_rate: str = parameter(
        "{'constant', 'invscaling', 'adaptive'}",
        "With solver='sgd': learning_rate_init throughout; divided by (rows seen + 1) ** power_t, "
        "anew after every epoch; or a fifth of what it was whenever training stagnates.",
        default="constant",
        valid=[StrOptions({"constant", "invscaling", "adaptive"})],
    )
    learning_rate_init: float = parameter(
        "float",
        "First learning rate of the stochastic solvers.",
        default=0.001,
        valid=[POSITIVE],
    )
    power_t: float = parameter(
        "float", "Exponent of 'invscaling'.", default=0.5, valid=[AT_LEAST_0]
    )
    max_iter: int = parameter(
        "int",
        "Most epochs, or most iterations of L-BFGS.",
        default=200,
        valid=[AT_LEAST_1],
    )
    shuffle: bool = parameter(
        "bool",
        "Whether to shuffle the rows before every epoch.",
        default=True,
        valid=["boolean"],
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of the first weights, the shuffles and the split for early stopping, drawn in "
        "scikit-learn's order.",
        default=None,
        valid=["random_state"],
    )
    tol: float = parameter(
        "float",
        "Improvement of the loss (or validation score) that counts; gradient that L-BFGS is to "
        "reach.",
        default=1e-4,
        valid=[AT_LEAST_0],
    )
    verbose: bool | int = parameter(
        "bool or int", "Print the loss of every epoch.", default=False, valid=["verbose"]
    )
    warm_start: bool = parameter(
        "bool",
        "Whether ``fit`` starts from the present weights.",
        default=False,
        valid=["boolean"],
    )
    momentum: float = parameter("float", "Momentum of 'sgd'.", default=0.9, valid=[SHARE])
    nesterovs_momentum: bool = parameter(
        "bool", "Whether that momentum is Nesterov's.", default=True, valid=["boolean"]
    )
    early_stopping: bool = parameter(
        "bool",
        "Stop when the score on held-out rows stagnates, and keep the weights that scored best.",
        default=False,
        valid=["boolean"],
    )
    validation_fraction: float = parameter(
        "float",
        "Share of the rows to hold out, where ``fit`` is given no X_val.",
        default=0.1,
        valid=[BELOW_1],
    )
    beta_1: float = parameter(
        "float", "Decay of the first moment of Adam and its like.", default=0.9, valid=[BELOW_1]
    )
    beta_2: float = parameter(
        "float", "Decay of the second moment.", default=0.999, valid=[BELOW_1]
    )
    epsilon: float = parameter(
        "float", "Keeps the division of Adam and its like finite.", default=1e-8, valid=[POSITIVE]
    )
    n_iter_no_change: int | float = parameter(
        "int or inf",
        "Training ends after more than this many epochs in a row without improvement.",
        default=10,
        valid=[AT_LEAST_1, Options(Real, {np.inf})],
    )
    max_fun: int = parameter(
        "int", "Most evaluations of the loss by L-BFGS.", default=15000, valid=[AT_LEAST_1]
    )
    n_jobs: int | None = parameter(
        "int or None",
        "Threads; None and -1 take as many as the machine, its limits and OMP_NUM_THREADS allow. "
        "Results do not depend on it.",
        default=None,
        valid=[Integral, None],
    )
    scoring: str | Callable | None = parameter(
        "str, callable or None",
        "What early stopping watches: accuracy or R squared (None), the negative loss ('loss'), or "
        "any scorer of scikit-learn.",
        default=None,
        valid=[str, callable, None],
    )
