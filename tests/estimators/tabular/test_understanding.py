"""What a fitted model tells of its columns, and what it warns of."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence
from tables import every_kind_of_column, with_gaps

from fastnn import TabularClassifier, TabularRegressor
from fastnn.estimators.tabular.members import raw_outputs
from fastnn.estimators.tabular.understanding import permuted_losses

FAST = {"preset": "fast", "n_estimators": 3, "hidden_layer_sizes": (16, 8), "random_state": 0}
X, names, values = every_kind_of_column(700)
GAPS = with_gaps(X)
CLASSES = np.where(values > 1040, "high", np.where(values < 960, "low", "middle"))


@pytest.fixture(scope="module")
def regressor():
    return TabularRegressor(**FAST).fit(GAPS, values)


def test_describe_columns(regressor):
    found = pd.DataFrame(regressor.describe_columns()).set_index("name")
    assert list(found.index) == list(X.columns)
    assert found.kind["many"] == "category"
    assert found.kind["zoned"] == found.kind["date"] == "date"
    assert found.becomes["constant"].startswith("a scaled number, an indicator of gaps")
    assert found.becomes["nothing"] == "nothing: it has one value"
    assert found.becomes["text"] == "4 indicators"
    few_as_indicators = "indicators of 1 of 472 levels, means of targets by its levels"
    assert found.becomes["many"] == few_as_indicators  # that of gaps
    assert "weekday_sin" in found.becomes["date"]
    assert found.n_bins["float"] == 32
    assert found.gaps.all() or not found.gaps["nothing"]


def test_importances_are_of_columns_that_matter(regressor):
    importances = pd.Series(regressor.feature_importances_, regressor.feature_names_in_)
    assert importances["float"] == importances.max() > 0.2
    assert abs(importances[["float32", "since", "nothing", "boolean"]]).max() < 0.1
    model = TabularClassifier(**FAST).fit(X, CLASSES)
    assert model.feature_importances_.argmax() == 0


def test_explanations_add_up(regressor):
    rows = GAPS[:40]
    parts, baseline = regressor.explain(rows)
    assert parts.shape == (40, X.shape[1])
    raw = raw_outputs(regressor.estimators_)(_narrow(regressor, rows))
    expected = raw[:, 0] * regressor._scale.width[0] + regressor._scale.centre[0]
    np.testing.assert_allclose(parts.sum(axis=1) + baseline[0], expected, rtol=1e-5)
    assert np.abs(parts).mean(axis=0).argmax() == 0
    model = TabularClassifier(**FAST).fit(X, CLASSES)
    parts, baseline = model.explain(X[:9])
    assert parts.shape == (9, 3, X.shape[1])
    raw = raw_outputs(model.estimators_)(_narrow(model, X[:9]))
    np.testing.assert_allclose(parts.sum(axis=2) + baseline, raw, rtol=1e-3, atol=1e-4)


def _narrow(model, X):
    from fastnn.estimators.tabular.columns import read_table

    return model._encoder.encode(read_table(model, X, reset=False))


def test_partial_dependence_goes_through_scikit_learn():
    numbers = X[["float", "float32"]]
    model = TabularRegressor(**FAST).fit(numbers, values)
    found = partial_dependence(model, numbers, ["float"], grid_resolution=5)["average"][0]
    assert (np.diff(found) > 0).all()


def test_warnings_of_names_and_of_the_target():
    table = X[["float"]].assign(name=[f"n{i}" for i in range(len(X))])
    with pytest.warns(UserWarning, match="'name' has a level of its own in 700 of 700 rows"):
        TabularRegressor(**FAST).fit(table, values)
    with pytest.warns(UserWarning, match="'row' holds whole numbers, no two rows the same"):
        TabularRegressor(**FAST).fit(X[["float"]].assign(row=np.arange(100, 800)[::-1]), values)
    text = [f"{v:.1f}" for v in X["float"]]
    with pytest.warns(UserWarning, match="'text' holds numbers as text"):
        TabularRegressor(**FAST).fit(X[["float32"]].assign(text=text), values)
    with pytest.warns(UserWarning, match="'dollars' says the target almost exactly"):
        TabularRegressor(**FAST).fit(X[["float"]].assign(dollars=values * 2), values)
    with pytest.warns(UserWarning, match="loss='gamma'"):
        TabularRegressor(**FAST).fit(X[["float"]], np.exp(values / 15 - 60))


def test_importances_write_some_rows_out_and_no_more():
    asked = []

    def narrow(rows):
        asked.append(len(rows))
        return np.zeros((len(rows), 2), np.float32)

    folds = [(lambda x: x[:, :1], narrow, np.arange(i, 100_000, 4)) for i in range(4)]
    found = permuted_losses([[0], [1]], folds, lambda raw, at: 0.0, np.random.RandomState(0))
    assert found.tolist() == [0, 0]
    assert sum(asked) == 4_000
