"""A user's script as a type checker sees it: `make lint` runs mypy on it, nobody runs it."""

import numpy as np

import fastnn
from fastnn.layers import BatchNorm, Dense, Dropout, Residual
from fastnn.losses import Huber
from fastnn.optimizers import AdamW
from fastnn.schedules import OneCycle


def estimators(X: np.ndarray, y: np.ndarray) -> float:
    model = fastnn.MLPClassifier((64, 32), random_state=0).fit(X, y)
    labels: np.ndarray = model.predict(X)
    probabilities: np.ndarray = model.predict_proba(X)
    hidden: np.ndarray = model.transform(X)
    print(model.coefs_[0].shape, model.loss_curve_[-1], model.classes_)
    values: np.ndarray = fastnn.MLPRegressor((64,)).fit(X, y).predict(X)
    return float(len(labels) + probabilities.sum() + hidden.sum() + values.sum())


def composed(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    layers = [Dense(32, "relu"), Residual([Dense(32), BatchNorm()]), Dropout(0.1), Dense(1)]
    net = fastnn.Network(layers, Huber(), random_state=0)
    net.fit(X, y, epochs=3, optimizer=AdamW(), schedule=OneCycle())
    return net.predict(X)


def in_production(model: fastnn.MLPClassifier, row: np.ndarray) -> np.ndarray:
    predictor = fastnn.Predictor(model)
    fastnn.save(predictor, "model.fnn")
    text: str = fastnn.to_c(model, "digits")
    print(len(text), predictor.n_features_in_, predictor.dtype, fastnn.config()["isa"])
    return predictor.predict_proba(row)
