"""The parameters beyond scikit-learn's: all are keyword-only, and off by default."""

from collections.abc import Callable, Sequence
from numbers import Integral

from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions

from fastnn.estimators.mlp.parameters import (
    AT_LEAST_0,
    AT_LEAST_1,
    BELOW_1,
    POSITIVE,
    SHARE,
    CommonParameters,
)
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.initializers import INITIALIZERS
from fastnn.schedules import SCHEDULES, Schedule

__all__ = ["REGRESSION_LOSSES", "LossFirst", "PretrainingParameters", "ToolboxParameters"]

REGRESSION_LOSSES = {
    *("squared_error", "absolute_error", "huber", "log_cosh", "quantile"),
    *("poisson", "gamma", "tweedie", "gaussian_nll"),
}


@parameters
class ToolboxParameters(CommonParameters):
    """How to optimize, regularise, normalise and initialise."""

    rho: float = parameter(
        "float",
        "Decay of the squared gradients of 'rmsprop' and 'adadelta'.",
        default=0.9,
        valid=[BELOW_1],
    )
    schedule: str | Schedule | Callable | None = parameter(
        f"{{{', '.join(map(repr, SCHEDULES))}}}, Schedule, callable or None",
        "Learning rate of every step of a stochastic solver, relative to learning_rate_init: an "
        "object of ``fastnn.schedules``, the name of one with its defaults, or a function of the "
        "step number and the number of steps in max_iter epochs that returns the factor. None "
        "leaves it to learning_rate.",
        default=None,
        valid=[StrOptions(set(SCHEDULES)), Schedule, callable, None],
    )
    warmup: int | float = parameter(
        "int or float",
        "First steps, in which the learning rate rises linearly from nearly zero to the "
        "schedule's first: their number, or as a float their share of all steps.",
        default=0,
        valid=[
            Interval(Integral, 0, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
        ],
    )
    l1_ratio: float = parameter(
        "float",
        "Share of the penalty that is L1: alpha * (l1_ratio * sum(abs(coefs)) + (1 - l1_ratio) / 2 "
        "* sum(coefs ** 2)) / (sum of the batch's weights), by a proximal step, so that zeros are "
        "exact.",
        default=0.0,
        valid=[SHARE],
    )
    weight_decay: float | None = parameter(
        "float or None",
        "Decoupled decay: every step takes learning rate * weight_decay * coefs off the weights, "
        "whatever the solver does with the gradient. None is 0.01 for 'adamw' and 0 for others.",
        default=None,
        valid=[AT_LEAST_0, None],
    )
    max_norm: float | None = parameter(
        "float or None",
        "Greatest norm of a unit's incoming weights; longer ones are scaled back after the step.",
        default=None,
        valid=[POSITIVE, None],
    )
    keep_zeros: bool = parameter(
        "bool",
        "Whether weights that are exactly zero when a training begins stay so: ``partial_fit`` and "
        "a ``warm_start`` then go on with what ``fastnn.prune`` has left.",
        default=False,
        valid=["boolean"],
    )
    dropout: float | Sequence[float] = parameter(
        "float or list of float",
        "Share of the hidden units that a training step leaves out, for all hidden layers or one "
        "for each.",
        default=0.0,
        valid=[BELOW_1, "array-like"],
    )
    input_dropout: float = parameter(
        "float", "The same for the features.", default=0.0, valid=[BELOW_1]
    )
    input_noise: float = parameter(
        "float",
        "Standard deviation of Gaussian noise on the features in training.",
        default=0.0,
        valid=[AT_LEAST_0],
    )
    averaging: str | None = parameter(
        "{'ema', 'swa'} or None",
        "Keep an average of the weights in place of the last ones: 'ema' decays exponentially, "
        "'swa' is the mean of the weights after each epoch from averaging_start on. Early stopping "
        "watches the average; with batch_norm it has statistics of its own, of the training rows.",
        default=None,
        valid=[StrOptions({"ema", "swa"}), None],
    )
    averaging_decay: float = parameter(
        "float",
        "Weight of the average before a step in that after it, for 'ema'; at step t, from 0, at "
        "most (1 + t) / (10 + t).",
        default=0.999,
        valid=[BELOW_1],
    )
    averaging_start: float = parameter(
        "float",
        "Share of max_iter epochs after which 'swa' begins.",
        default=0.75,
        valid=[BELOW_1],
    )
    clip_value: float | None = parameter(
        "float or None",
        "Greatest absolute value of a component of the gradient.",
        default=None,
        valid=[POSITIVE, None],
    )
    clip_norm: float | None = parameter(
        "float or None",
        "Greatest norm of the whole gradient; a longer one is scaled back.",
        default=None,
        valid=[POSITIVE, None],
    )
    batch_norm: bool = parameter(
        "bool",
        "Normalise the hidden pre-activations over the rows of a batch, by their weights; "
        "predictions use running averages.",
        default=False,
        valid=["boolean"],
    )
    layer_norm: bool = parameter(
        "bool",
        "Normalise the hidden pre-activations over the units of a layer.",
        default=False,
        valid=["boolean"],
    )
    residual: bool | str = parameter(
        "bool or 'highway'",
        "Add the input of every hidden layer to its output, through a projection where the widths "
        "differ; 'highway' mixes them, gate * output + (1 - gate) * input, with a gate that is "
        "learned for every unit (``fastnn.layers.Highway``).",
        default=False,
        valid=["boolean", StrOptions({"highway"})],
    )
    init: str | Callable = parameter(
        f"{{'auto', {', '.join(map(repr, INITIALIZERS))}}} or callable",
        "First weights, see ``fastnn.initializers``; a callable takes (shape, rng, activation). "
        "'auto' draws what scikit-learn draws, biases included; with the others they are zero.",
        default="auto",
        valid=[StrOptions({"auto", *INITIALIZERS}), callable],
    )
    init_scale: float | None = parameter(
        "float or None",
        "Bound of 'uniform' (None is 0.1), standard deviation of 'normal' (0.01), or what the "
        "other ones are multiplied by (1).",
        default=None,
        valid=[POSITIVE, None],
    )
    compute_dtype: str | None = parameter(
        "{'float32', 'bfloat16'} or None",
        "What the layers multiply in training, for X of float32: with 'bfloat16' weights, inputs "
        "and gradients are rounded to half the bits first, and the sums, the weights that are kept "
        "and all else stay float32. It is fast where the processor has AMX; see "
        "``docs/precision.md``. None: the dtype of X.",
        default=None,
        valid=[StrOptions({"float32", "bfloat16"}), None],
    )
    n_init: int = parameter(
        "int",
        "Trainings from first weights of their own, of which the one with the lowest final loss, "
        "or the best validation score with early stopping, is kept.",
        default=1,
        valid=[AT_LEAST_1],
    )


@parameters
class PretrainingParameters:
    """How hidden layers may learn from rows without labels first."""

    pretrain: str | None = parameter(
        "{'autoencoder', 'rbm'} or None",
        "What teaches the hidden layers, one after the other, before the training of all: "
        "``Autoencoder``, or restricted Boltzmann machines (``BernoulliRBM``, or ``GaussianRBM`` "
        "for features outside [0, 1]). They see the rows of X and of ``fit(..., X_unlabeled=)``; "
        "for a classifier y = -1 then marks rows without a label.",
        default=None,
        valid=[StrOptions({"autoencoder", "rbm"}), None],
    )
    pretrain_params: dict | None = parameter(
        "dict or None",
        "Parameters of these, by name.",
        default=None,
        valid=[dict, None],
    )


@parameters
class LossFirst:
    """The first parameter of the regressor. A base that comes last in the order of bases has its
    fields first."""

    loss: str = parameter(
        "{'squared_error', 'absolute_error', 'huber', 'log_cosh', 'quantile', 'poisson', "
        "'gamma', 'tweedie', 'gaussian_nll'}",
        "Half the squared error; more robust ones, of which the last gives quantiles; half a "
        "deviance, which predicts exp(...): 'poisson' and 'tweedie' need y >= 0, 'gamma' y > 0; or "
        "minus the log of a normal density, which predicts the mean and, with return_std, the "
        "spread of the target around it. See ``fastnn.losses``.",
        default="squared_error",
        valid=[StrOptions(REGRESSION_LOSSES)],
        kw_only=False,
    )
