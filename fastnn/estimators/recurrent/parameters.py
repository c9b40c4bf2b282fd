"""Parameters of the recurrent estimators, in the place of some that the perceptrons have."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.plasticity import WithoutPlasticity
from fastnn.estimators.shared.declare import parameter, parameters

__all__ = ["CELLS", "CellFirst", "RecurrentParameters"]

CELLS = ("lstm", "gru", "rnn")


@parameters
class CellFirst:
    """The kind of units: the first argument, which that of the last base class is."""

    cell: str = parameter(
        "{'lstm', 'gru', 'rnn'}",
        "Long short-term memory, gated recurrent units, or plain recurrent units, which learn no "
        "long lags. See ``fastnn.layers``.",
        default="lstm",
        valid=[StrOptions(set(CELLS))],
        kw_only=False,
    )


@parameters
class RecurrentParameters(WithoutPlasticity):
    """What a recurrent network is like, and what of a perceptron it has not.

    Before the perceptron's among the base classes, whose defaults it replaces.
    """

    output: str = parameter(
        "{'last', 'mean', 'all'}",
        "What the output layer takes of a sequence: the outputs of the last recurrent layer after "
        "the last step, or their mean over the steps; or those after each step, so that y has a "
        "target for every step.",
        default="last",
        valid=[StrOptions({"last", "mean", "all"})],
    )
    embedding: int | None = parameter(
        "int or None",
        "X is sequences of categories (integers, or texts of which each character is a step), and "
        "this is how many numbers stand for each, which are learned. Categories that the fit has "
        "not seen have none. None: X is numbers.",
        default=None,
        valid=[Interval(Integral, 1, None, closed="left"), None],
    )
    bidirectional: bool = parameter(
        "bool",
        "Whether every recurrent layer has as many units again that go from the last step to the "
        "first.",
        default=False,
        valid=["boolean"],
    )
    stateful: bool = parameter(
        "bool",
        "Whether the sequences of a ``partial_fit`` are the next pieces of those of the call "
        "before, in the same order: they begin with the states that these have ended in, "
        "``states_``. See ``reset_states``.",
        default=False,
        valid=["boolean"],
    )
    bptt: int | None = parameter(
        "int or None",
        "Truncated back-propagation through time: the gradient goes no further back than to the "
        "beginning of a piece of so many steps. None: to the first step.",
        default=None,
        valid=[Interval(Integral, 1, None, closed="left"), None],
    )
    forget_bias: float = parameter(
        "float",
        "Of an LSTM: what the biases of the forget gates begin at. The larger, the longer a cell "
        "holds what it has been given before it has learned anything: the logarithm of the number "
        "of steps that matter is about right.",
        default=1.0,
        valid=[Interval(Real, None, None, closed="neither")],
    )
    clip_norm: float | None = parameter(
        "float or None",
        "Greatest norm of the whole gradient; a longer one is scaled back, without which one long "
        "sequence may undo all that has been learned.",
        default=1.0,
        valid=[POSITIVE, None],
    )
    # What is fixed here; a ClassVar is no parameter.
    activation: ClassVar[str] = "tanh"
    batch_norm: ClassVar[bool] = False
    layer_norm: ClassVar[bool] = False
    residual: ClassVar[bool] = False
    input_dropout: ClassVar[float] = 0.0
    input_noise: ClassVar[float] = 0.0
    scoring: ClassVar[str | Callable | None] = None
    calibrate: ClassVar[Any] = None
