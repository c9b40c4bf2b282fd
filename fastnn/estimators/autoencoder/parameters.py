"""Parameters of an autoencoder: those of the perceptrons, and what is done to rows in training."""

from collections.abc import Sequence
from numbers import Real

from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_0, AT_LEAST_1
from fastnn.estimators.mlp.toolbox import ToolboxParameters
from fastnn.estimators.shared.declare import parameter, parameters

__all__ = ["AutoencoderParameters"]


@parameters
class AutoencoderParameters(ToolboxParameters):
    """What an autoencoder has beside what perceptrons have."""

    hidden_layer_sizes: int | str | Sequence[int] = parameter(
        "int, str or array-like of int",
        "Widths of the encoder's layers, the last one that of the code, also in the form '128-32'. "
        "The decoder has those before it in reverse.",
        default=(32,),
        valid=["array-like", AT_LEAST_1, str],
        kw_only=False,
    )
    tied: bool = parameter(
        "bool",
        "Whether the decoder's matrices are those of the encoder, transposed: half the weights, "
        "and the gradient of each is summed over both uses. Biases are the decoder's own.",
        default=False,
        valid=["boolean"],
    )
    output_activation: str = parameter(
        "{'identity', 'logistic'}",
        "Activation of the reconstruction, which chooses the loss: real numbers and the squared "
        "error, or numbers from 0 to 1 and their cross-entropy.",
        default="identity",
        valid=[StrOptions({"identity", "logistic"})],
    )
    activity_l1: float = parameter(
        "float",
        "Sparse codes: the loss of a row grows by so much times the sum of the absolute values of "
        "its code, so that few units are other than zero with activation='relu'.",
        default=0.0,
        valid=[AT_LEAST_0],
    )
    noise: str | None = parameter(
        "{'gaussian', 'mask'} or None",
        "What is done to the rows that the encoder sees in training, while the decoder is to give "
        "them back as they were [3]_: normal numbers are added, or features are set to zero and "
        "the others grow by as much. The same as ``input_noise`` and ``input_dropout``.",
        default=None,
        valid=[StrOptions({"gaussian", "mask"}), None],
    )
    noise_level: float = parameter(
        "float",
        "Standard deviation of the noise, or share of the features that are masked.",
        default=0.1,
        valid=[AT_LEAST_0],
    )
    contamination: float = parameter(
        "float",
        "Share of the rows of training that ``predict`` calls outliers.",
        default=0.1,
        valid=[Interval(Real, 0, 0.5, closed="right")],
    )
