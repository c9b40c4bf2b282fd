"""What a newcomer reads: warnings quote their line, errors say where and what to write instead."""

import inspect
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor

X, Y = make_regression(300, 5, random_state=0)
Y = Y / Y.std()
C = (Y > 0).astype(int)
SHORT = {"hidden_layer_sizes": (5,), "max_iter": 2, "random_state": 0}


def here():
    """The line that calls this."""
    return inspect.currentframe().f_back.f_lineno


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize(
    "model",
    [
        MLPRegressor(**SHORT),
        MLPRegressor(**SHORT, solver="lbfgs"),
        make_pipeline(StandardScaler(), MLPRegressor(**SHORT)),
        TransformedTargetRegressor(MLPRegressor(**SHORT), transformer=StandardScaler()),
        GridSearchCV(make_pipeline(StandardScaler(), MLPRegressor(**SHORT)), {}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_warning_quotes_the_line_of_the_fit(model):
    with pytest.warns(ConvergenceWarning) as record:
        model.fit(X, Y)
    line = here() - 1
    for warning in record:
        assert (warning.filename, warning.lineno) == (__file__, line)


@pytest.mark.filterwarnings("always")
def test_others_do_too():
    calls = [
        lambda: cross_val_score(MLPRegressor(**SHORT), X, Y, cv=2),
        lambda: MLPRegressor(**SHORT, batch_size=1000).fit(X, Y),
        lambda: MLPRegressor(**SHORT).fit(X, Y[:, None]),
        lambda: MLPRegressor(**SHORT, averaging="swa").fit(X, Y),
    ]
    with pytest.warns() as record:
        [call() for call in calls]
    assert {DataConversionWarning, ConvergenceWarning, UserWarning} <= {w.category for w in record}
    assert {w.filename for w in record} == {__file__}


# Where a value is not finite


def with_value(array, row, column, value):
    array = np.array(array, float)
    array[row, column] = value
    return array


NAN = with_value(with_value(X, 7, 2, np.nan), 9, 0, np.inf)


@pytest.mark.parametrize(
    "method", ["fit", "partial_fit", "predict", "transform", "input_gradients"]
)
@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (NAN, "2"),
        (NAN.astype(np.float32), "2"),
        (NAN.tolist(), "2"),
        (pd.DataFrame(NAN, columns=list("abcde")), "'c'"),
        (pd.DataFrame(NAN, columns=list("abcde")).convert_dtypes(), "'c'"),
        (pl.DataFrame(NAN, schema=list("abcde")), "'c'"),
        (csr_matrix(NAN), "2"),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_an_error_about_nan_says_where(rows, column, method):
    model = MLPRegressor(**SHORT)
    if method not in ("fit", "partial_fit"):
        names = type(rows)(X, **_names(rows)) if hasattr(rows, "columns") else X
        model.fit(names, Y)
    if method == "input_gradients" and isinstance(rows, csr_matrix):
        pytest.skip("is for dense rows")
    place = rf"\nX: the first is in row 7, column {column} .*; 2 of 300 rows have one\."
    more = (Y,) if method in ("fit", "partial_fit") else ()
    with pytest.raises(ValueError, match=place):
        getattr(model, method)(rows, *more)


def _names(rows):
    return {"schema" if isinstance(rows, pl.DataFrame) else "columns": list("abcde")}


def test_an_error_about_other_arrays_says_where():
    model = MLPRegressor(**SHORT, early_stopping=True)
    bad = Y.copy()
    bad[11] = np.nan
    with pytest.raises(ValueError, match=r"\ny: the first is in row 11 .*; 1 of 300"):
        model.fit(X, bad)
    with pytest.raises(ValueError, match=r"\nsample_weight: the first is in row 11 .*; 1 of 300"):
        model.fit(X, Y, bad)
    with pytest.raises(ValueError, match=r"\nX_val: the first is in row 7, column 2 .*; 2 of 300"):
        model.fit(X, Y, X_val=NAN, y_val=Y)
    with pytest.raises(ValueError, match=r"\ny_val: the first is in row 11 .*; 1 of 300"):
        model.fit(X, Y, X_val=X, y_val=bad)


# Data that is not of unit size


def warnings_of(model, X, y):
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        model.fit(X, y)
    return [str(w.message) for w in record]


def test_prices_in_dollars_are_to_be_scaled():
    prices = 2e5 + 8e4 * Y
    model = MLPRegressor(max_iter=20, random_state=0)
    (text,) = warnings_of(model, X, prices)
    assert model.score(X, prices) < 0.1
    for part in (
        "no better than a constant",
        "standard deviation 8e+04",
        "TransformedTargetRegressor",
    ):
        assert part in text
    assert "X has" not in text
    assert "StandardScaler(), MLP" not in text


@pytest.mark.parametrize("sparse", [False, True])
def test_features_in_dollars_are_to_be_scaled(sparse):
    rows = X.copy()
    rows[:, 3] = 1e6 + 1e4 * rows[:, 3]
    rows = csr_matrix(rows) if sparse else pd.DataFrame(rows, columns=list("abcde"))
    (text,) = warnings_of(MLPClassifier(max_iter=60, random_state=0), rows, C)
    where = "in column 3" if sparse else "in column 'd'"
    for part in (
        "no better than a constant",
        "X has mean 9.99e+05",
        where,
        "make_pipeline(Standard",
    ):
        assert part in text
    assert "y has" not in text


def test_both_are_one_warning():
    (text,) = warnings_of(MLPRegressor(max_iter=3, random_state=0), 1e4 * X, 1e7 * Y + 1e8)
    assert "Maximum iterations (3) reached" in text
    assert "X has mean" in text
    assert "and y has mean" in text


def test_features_that_are_nearly_nothing():
    (text,) = warnings_of(MLPClassifier(max_iter=20, random_state=0), 1e-7 * X, C)
    assert "X has mean" in text


def test_a_converged_fit_that_went_nowhere_says_so():
    # All units are dead: the loss stands still.
    model = MLPClassifier(
        (3,), max_iter=500, random_state=0, solver="sgd", learning_rate_init=1e-12, tol=1e-3
    )
    texts = warnings_of(model, 1e-7 * X, C)
    assert model.n_iter_ < 500
    assert len(texts) == 1
    assert texts[0].startswith("The fit is no better than a constant prediction")


def test_lbfgs_says_it_once():
    model = MLPRegressor(solver="lbfgs", max_iter=1, random_state=0)
    (text,) = warnings_of(model, X, 1e7 * Y + 1e8)
    assert text.startswith("lbfgs failed to converge")
    assert text.count("StandardScaler()") == 1


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (MLPRegressor(max_iter=200, learning_rate_init=0.01), Y),
        (MLPClassifier(max_iter=200), C),
        (MLPClassifier(max_iter=200, loss="hinge"), C),
        (MLPRegressor("poisson", max_iter=200), np.exp(Y)),
        (MLPRegressor("quantile", quantile=[0.1, 0.9], max_iter=200), Y),
        (MLPClassifier(max_iter=3), np.random.RandomState(0).permutation(C)),  # nothing to learn
    ],
    ids=str,
)
def test_healthy_data_gets_no_advice(model, y):
    assert not any("unit size" in text for text in warnings_of(model, X, y))
    assert not any("unit size" in text for text in warnings_of(model, csr_matrix(X), y))


def test_large_numbers_that_are_learned_get_no_advice():
    rows, labels = make_classification(300, 5, random_state=0)
    texts = warnings_of(MLPClassifier(max_iter=100, random_state=0), 40 * rows, labels)
    assert not any("unit size" in text for text in texts)


def test_partial_fit_gives_no_advice():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPRegressor(**SHORT).partial_fit(X, 1e7 * Y)


# Positions


@pytest.mark.parametrize("sizes", [(256, 128), [64], 100])
def test_sizes_as_the_first_parameter_of_the_regressor(sizes):
    instead = re.escape(f"write MLPRegressor(hidden_layer_sizes={sizes!r})")
    with pytest.raises(ValueError, match=f"The 'loss' parameter .*{instead}"):
        MLPRegressor(sizes).fit(X, Y)


def test_a_wrong_loss_is_no_matter_of_positions():
    with pytest.raises(ValueError, match="The 'loss' parameter") as caught:
        MLPRegressor("l2").fit(X, Y)
    assert "hidden_layer_sizes" not in str(caught.value)
    with pytest.raises(ValueError, match="The 'alpha' parameter") as caught:
        MLPRegressor(alpha=-1).fit(X, Y)
    assert "hidden_layer_sizes" not in str(caught.value)
