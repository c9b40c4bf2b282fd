"""Neural networks on a CPU, for people who live in scikit-learn."""

from importlib import import_module
from types import ModuleType

from fastnn._config import config
from fastnn._public import publish
from fastnn._version import __version__
from fastnn.estimators import (
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    LaplaceClassifier,
    LaplaceRegressor,
    MLPClassifier,
    MLPRegressor,
    MonteCarloDropoutClassifier,
    MonteCarloDropoutRegressor,
)
from fastnn.exceptions import DivergenceError, ModelFormatError, VersionMismatchWarning
from fastnn.export import register_with_skl2onnx, to_c, to_onnx
from fastnn.network.network import Network
from fastnn.persistence import load, save
from fastnn.scoring.predictor import Predictor

__all__ = [
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "DivergenceError",
    "LaplaceClassifier",
    "LaplaceRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "ModelFormatError",
    "MonteCarloDropoutClassifier",
    "MonteCarloDropoutRegressor",
    "Network",
    "Predictor",
    "VersionMismatchWarning",
    "__version__",
    "config",
    "initializers",
    "inspection",
    "layers",
    "load",
    "losses",
    "optimizers",
    "register_with_skl2onnx",
    "save",
    "schedules",
    "to_c",
    "to_onnx",
]

publish(globals(), __all__)

#: Modules that come with the first use, unless something has imported them already.
_MODULES = frozenset({"initializers", "inspection", "layers", "losses", "optimizers", "schedules"})


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
