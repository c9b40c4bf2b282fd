"""Neural networks on a CPU, for people who live in scikit-learn.

Names come with their first use (PEP 562): scoring a saved model imports NumPy and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastnn._kernels.native import table as _table  # a build that cannot run here says so at once
from fastnn._public import publish
from fastnn._version import __version__
from fastnn.exceptions import DivergenceError, ModelFormatError, VersionMismatchWarning

if TYPE_CHECKING:  # what _HOMES says, for type checkers and editors
    from fastnn import (
        data,
        distributed,
        initializers,
        inspection,
        layers,
        losses,
        optimizers,
        schedules,
    )
    from fastnn._config import config
    from fastnn.estimators import (
        Autoencoder,
        BernoulliRBM,
        ConvClassifier,
        ConvRegressor,
        DeepEnsembleClassifier,
        DeepEnsembleRegressor,
        GaussianRBM,
        HopfieldNetwork,
        LaplaceClassifier,
        LaplaceRegressor,
        MLPClassifier,
        MLPRegressor,
        MonteCarloDropoutClassifier,
        MonteCarloDropoutRegressor,
        PiecewiseLinear,
        RecurrentClassifier,
        RecurrentRegressor,
        SelfOrganizingMap,
        TabularClassifier,
        TabularRegressor,
        fit_together,
        prune,
    )
    from fastnn.export import register_with_skl2onnx, to_c, to_onnx
    from fastnn.network.network import Network
    from fastnn.persistence import load, save
    from fastnn.scoring.predictor import Predictor

__all__ = [
    "Autoencoder",
    "BernoulliRBM",
    "ConvClassifier",
    "ConvRegressor",
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "DivergenceError",
    "GaussianRBM",
    "HopfieldNetwork",
    "LaplaceClassifier",
    "LaplaceRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "ModelFormatError",
    "MonteCarloDropoutClassifier",
    "MonteCarloDropoutRegressor",
    "Network",
    "PiecewiseLinear",
    "Predictor",
    "RecurrentClassifier",
    "RecurrentRegressor",
    "SelfOrganizingMap",
    "TabularClassifier",
    "TabularRegressor",
    "VersionMismatchWarning",
    "__version__",
    "config",
    "data",
    "distributed",
    "fit_together",
    "initializers",
    "inspection",
    "layers",
    "load",
    "losses",
    "optimizers",
    "prune",
    "register_with_skl2onnx",
    "save",
    "schedules",
    "to_c",
    "to_onnx",
]

publish(globals(), __all__)

#: Name -> the module that has it. Classes say themselves that they are of this module: estimators
#: in fastnn/estimators/__init__.py, others by their ``__module__``.
_HOMES = {
    **dict.fromkeys(
        (
            *("Autoencoder", "BernoulliRBM", "GaussianRBM"),
            *("ConvClassifier", "ConvRegressor"),
            *("DeepEnsembleClassifier", "DeepEnsembleRegressor"),
            *("LaplaceClassifier", "LaplaceRegressor"),
            *("MLPClassifier", "MLPRegressor"),
            *("MonteCarloDropoutClassifier", "MonteCarloDropoutRegressor"),
            *("HopfieldNetwork", "SelfOrganizingMap"),
            *("RecurrentClassifier", "RecurrentRegressor"),
            *("PiecewiseLinear", "TabularClassifier", "TabularRegressor"),
            *("fit_together", "prune"),
        ),
        "fastnn.estimators",
    ),
    **dict.fromkeys(("register_with_skl2onnx", "to_c", "to_onnx"), "fastnn.export"),
    **dict.fromkeys(("load", "save"), "fastnn.persistence"),
    "Network": "fastnn.network.network",
    "Predictor": "fastnn.scoring.predictor",
    "config": "fastnn._config",
}

#: Modules that come with the first use, unless something has imported them already.
_MODULES = frozenset(
    {
        *("data", "distributed", "initializers", "inspection", "layers", "losses", "optimizers"),
        "schedules",
    }
)

_TRAINING = {"sklearn": "scikit-learn", "scipy": "SciPy", "joblib": "joblib"}

if not TYPE_CHECKING:  # or type checkers would believe in any name

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            found = getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            missing = _TRAINING.get((error.name or "").split(".")[0])
            if missing is None:
                raise
            raise ImportError(
                f"fastnn.{name} needs {missing}, which is not installed: pip install fastnn-cpu"
                " brings all that training needs (scoring a saved model needs NumPy alone)"
            ) from error
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
