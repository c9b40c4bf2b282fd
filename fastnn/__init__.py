"""Neural networks on a CPU, for people who live in scikit-learn."""

from fastnn._config import config
from fastnn._public import publish
from fastnn._version import __version__
from fastnn.estimators import MLPClassifier, MLPRegressor
from fastnn.exceptions import DivergenceError, ModelFormatError, VersionMismatchWarning
from fastnn.export import register_with_skl2onnx, to_c, to_onnx
from fastnn.network.network import Network
from fastnn.persistence import load, save
from fastnn.scoring.predictor import Predictor

__all__ = [
    "DivergenceError",
    "MLPClassifier",
    "MLPRegressor",
    "ModelFormatError",
    "Network",
    "Predictor",
    "VersionMismatchWarning",
    "__version__",
    "config",
    "load",
    "register_with_skl2onnx",
    "save",
    "to_c",
    "to_onnx",
]

publish(globals(), ["MLPClassifier", "MLPRegressor", "Network", "Predictor"])
