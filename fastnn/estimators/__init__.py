"""The scikit-learn faces of the library."""

from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
