"""The scikit-learn faces of the library, one file a family of estimators."""

from fastnn.estimators.mlp import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
