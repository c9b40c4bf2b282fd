"""The scikit-learn faces of the library."""

from fastnn._public import publish
from fastnn.estimators.autoencoder.autoencoder import Autoencoder
from fastnn.estimators.convolution.classifier import ConvClassifier
from fastnn.estimators.convolution.regressor import ConvRegressor
from fastnn.estimators.ensembles.classifier import DeepEnsembleClassifier
from fastnn.estimators.ensembles.dropout import (
    MonteCarloDropoutClassifier,
    MonteCarloDropoutRegressor,
)
from fastnn.estimators.ensembles.regressor import DeepEnsembleRegressor
from fastnn.estimators.hopfield.hopfield import HopfieldNetwork
from fastnn.estimators.laplace.classifier import LaplaceClassifier
from fastnn.estimators.laplace.regressor import LaplaceRegressor
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.pruning import prune
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.mlp.several import fit_together
from fastnn.estimators.piecewise.piecewise_linear import PiecewiseLinear
from fastnn.estimators.rbm.bernoulli import BernoulliRBM
from fastnn.estimators.rbm.gaussian import GaussianRBM
from fastnn.estimators.recurrent.classifier import RecurrentClassifier
from fastnn.estimators.recurrent.regressor import RecurrentRegressor
from fastnn.estimators.som.som import SelfOrganizingMap
from fastnn.estimators.tabular.classifier import TabularClassifier
from fastnn.estimators.tabular.regressor import TabularRegressor

__all__ = [
    "Autoencoder",
    "BernoulliRBM",
    "ConvClassifier",
    "ConvRegressor",
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "GaussianRBM",
    "HopfieldNetwork",
    "LaplaceClassifier",
    "LaplaceRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "MonteCarloDropoutClassifier",
    "MonteCarloDropoutRegressor",
    "PiecewiseLinear",
    "RecurrentClassifier",
    "RecurrentRegressor",
    "SelfOrganizingMap",
    "TabularClassifier",
    "TabularRegressor",
    "fit_together",
    "prune",
]

publish(globals(), __all__, "fastnn")
