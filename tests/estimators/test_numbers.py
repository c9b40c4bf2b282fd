"""What is no number is refused by name wherever data comes in, and never cast."""

import datetime
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from fastnn import MLPClassifier, MLPRegressor, Network, Predictor
from fastnn._numbers import check_numbers
from fastnn.layers import Dense

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
)

X, T = np.split(np.random.RandomState(0).normal(size=(40, 3)), [2], axis=1)
T = T.ravel()
Y = (X[:, 0] > 0).astype(int)
DAYS = np.arange("2026-01-01", "2026-02-10", dtype="M8[D]")
PYTHON_DAYS = DAYS.tolist()

DATES = {
    "days": np.c_[DAYS, DAYS],
    "nanoseconds": np.c_[DAYS, DAYS].astype("M8[ns]"),
    "durations": np.c_[DAYS, DAYS] - DAYS[0],
    "frame": pd.DataFrame({"size": T, "day": DAYS}),
    "zoned frame": pd.DataFrame({"size": T, "day": pd.to_datetime(DAYS).tz_localize("UTC")}),
    "frame of durations": pd.DataFrame({"size": T, "day": DAYS - DAYS[0]}),
    "periods": pd.DataFrame({"size": T, "day": pd.to_datetime(DAYS).to_period("D")}),
    "frame of objects": pd.DataFrame({"size": T, "day": PYTHON_DAYS}),
    "polars": pl.DataFrame({"size": T, "day": PYTHON_DAYS}),
    "polars durations": pl.DataFrame({"size": T, "day": [datetime.timedelta(1)] * 40}),
    "lists": [[day, day] for day in PYTHON_DAYS],
    "lists of numpy's": [[day, day] for day in DAYS],
    "objects": np.array([[1.0, day] for day in PYTHON_DAYS], object),
    "timestamps": np.array([[1.0, pd.Timestamp(day)] for day in DAYS], object),
    "objects of numpy's": np.array([[1.0, day - DAYS[0]] for day in DAYS], object),
}
NO_NUMBERS = {
    **DATES,
    "complex": X + 1j,
    "complex lists": (X + 1j).tolist(),
    "records": np.zeros((40, 2), [("a", float)]),
    "bytes": np.zeros((40, 2), "V8"),
}


def regressor(**more):
    return MLPRegressor(**{"hidden_layer_sizes": (3,), "max_iter": 3, "random_state": 0, **more})


def classifier():
    return MLPClassifier((3,), max_iter=3, random_state=0)


def network():
    return Network([Dense(3, "relu"), Dense(1)], random_state=0)


@pytest.fixture(scope="module")
def fitted():
    return (
        regressor().fit(X, T),
        classifier().fit(X, Y),
        network().fit(X, T[:, None], epochs=2),
    )


@pytest.fixture(scope="module")
def predictor(fitted):
    return Predictor(fitted[1])


@pytest.mark.parametrize("data", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_no_rows_of_anything_else(data, fitted, predictor):
    trained, classifies, net = fitted
    calls = [
        lambda: regressor().fit(data, T),
        lambda: regressor().partial_fit(data, T),
        lambda: classifier().fit(data, Y),
        lambda: classifier().partial_fit(data, Y, classes=[0, 1]),
        lambda: regressor(early_stopping=True).fit(X, T, X_val=data, y_val=T),
        lambda: trained.predict(data),
        lambda: trained.transform(data),
        lambda: trained.input_gradients(data),
        lambda: classifies.predict(data),
        lambda: classifies.predict_proba(data),
        lambda: predictor.predict(data),
        lambda: predictor.predict_proba(data),
        lambda: network().fit(data, T[:, None]),
        lambda: net.predict(data),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"must hold real numbers|Complex data not supported"):
            call()


@pytest.mark.parametrize("name", DATES)
def test_the_message_names_type_column_and_remedy(name):
    with pytest.raises(ValueError, match="days since a fixed day") as caught:
        regressor().fit(DATES[name], T)
    frame = "frame" in name or name in ("polars", "polars durations", "periods")
    assert ("in column 'day'" in str(caught.value)) is frame
    assert re.search("(date|time|period|duration|timestamp)", str(caught.value).lower())


@pytest.mark.parametrize(
    "targets",
    [DAYS, DAYS - DAYS[0], pd.Series(DAYS), PYTHON_DAYS, T + 1j, T.astype(str), T.astype("S")],
    ids=["dates", "durations", "series", "list", "complex", "text", "bytes"],
)
def test_no_targets_of_anything_else(targets):
    complex_ = np.asarray(targets).dtype.kind == "c"
    words = "Complex data not supported" if complex_ else "must hold real numbers"
    with pytest.raises(ValueError, match=words):
        regressor().fit(X, targets)
    with pytest.raises(ValueError, match=words):
        regressor().partial_fit(X, targets)
    with pytest.raises(ValueError, match=words if complex_ else f"^y_val {words}"):
        regressor(early_stopping=True).fit(X, T, X_val=X, y_val=targets)


def test_no_targets_of_a_network():
    for targets in (DAYS[:, None], T[:, None] + 1j):
        with pytest.raises(ValueError, match=r"^y must hold real numbers"):
            network().fit(X, targets)


def test_no_weights_of_anything_else():
    weights = DAYS - DAYS[0] + np.timedelta64(1, "D")
    with pytest.raises(ValueError, match=r"^sample_weight must hold real numbers"):
        regressor().fit(X, T, weights)
    with pytest.raises(ValueError, match=r"^sample_weight must hold real numbers"):
        network().fit(X, T[:, None], sample_weight=weights)
    with pytest.raises(ValueError, match=r"^sample_weight_val must hold real numbers"):
        regressor(early_stopping=True).fit(X, T, X_val=X, y_val=T, sample_weight_val=weights)


def test_dates_are_labels_as_good_as_any():
    labels = np.where(Y, DAYS[1], DAYS[0])
    assert set(classifier().fit(X, labels).predict(X)) <= set(labels)


@pytest.mark.parametrize(
    "data",
    [
        X.astype(np.float16),
        (X * 9).astype(int),
        X > 0,
        X.astype(object),
        X.tolist(),
        pd.DataFrame(X, columns=["time", "date"]),
        pd.DataFrame(X).astype("Float64"),
        pd.DataFrame({"a": pd.Categorical(Y), "b": T}),
        pl.DataFrame(X),
        csr_matrix(X),
        X.astype(str),  # numerals, which scikit-learn converts in a fit
        X.astype("S"),
    ],
    ids=lambda data: type(data).__name__,
)
def test_numbers_in_any_form_pass(data):
    check_numbers(data)
    regressor().fit(data, T)


def test_a_refused_fit_leaves_the_estimator(fitted):
    model = regressor().fit(X, T)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="must hold real numbers"):
        model.fit(DATES["frame"], T)
    assert vars(model) == before
