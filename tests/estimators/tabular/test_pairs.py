"""Pairs of columns that decide together: which are found, and that they go all the way."""

import io

import numpy as np
import pandas as pd
import pytest

import fastnn
from fastnn import Predictor, TabularRegressor
from fastnn.exceptions import ModelFormatError
from fastnn.tables.crosses import telling_pairs
from fastnn.tables.described import table_apart, table_from


def levels_of(rng, n):
    sizes = {0: 8, 3: 5, 4: 30}
    return {i: (rng.randint(0, size, n), size) for i, size in sizes.items()}


@pytest.mark.parametrize("seed", range(3))
def test_pairs_that_decide_together_are_found_and_no_others(seed):
    rng, n = np.random.RandomState(seed), 2000
    levels, folds = levels_of(rng, n), rng.randint(0, 8, n)
    alone = rng.randn(8)[levels[0][0]] + rng.randn(30)[levels[4][0]] + rng.randn(n)
    together = alone + rng.randn(8, 5)[levels[0][0], levels[3][0]]
    for weight in (None, rng.rand(n)):
        assert telling_pairs(levels, together[:, None], folds, 8, weight) == [(0, 3)]
        assert telling_pairs(levels, alone[:, None], folds, 8, weight) == []
    assert telling_pairs(levels, rng.permutation(together)[:, None], folds, 8, None) == []


@pytest.fixture(scope="module", name="fitted")
def of_pairs():
    rng, n = np.random.RandomState(0), 900
    X = pd.DataFrame(
        {
            "number": rng.randn(n),
            "one": [f"a{i}" for i in rng.randint(0, 11, n)],
            "times": rng.choice([*range(12), np.nan], n),
            "other": [f"b{i}" for i in rng.randint(0, 4, n)],
        }
    )
    one, other = X["one"].str[1:].astype(int), X["other"].str[1:].astype(int)
    y = 3.0 * ((one + other) % 2) + 2.0 * ((X["times"].fillna(1) + other) % 2) + X["number"]
    model = TabularRegressor(preset="fast", n_estimators=3, random_state=0)
    return model.fit(X[:700], y[:700]), X[700:], y[700:]


def test_a_pair_is_a_column_that_tells(fitted):
    model, X, y = fitted
    pairs = [c.name for c in model._encoder.columns if c.kind == "cross"]
    assert sorted(pairs) == ["one and other", "times and other"]
    assert model.score(X, y) > 0.9  # means of one column's levels say nothing
    becomes = [column["becomes"] for column in model.describe_columns()]
    assert becomes[1].endswith("means of targets by it and 'other'")
    assert "by it and 'one'" in becomes[3]
    assert "by it and 'times'" in becomes[3]
    assert (model.feature_importances_ > 0.05).all()
    values, baseline = model.explain(X)
    np.testing.assert_allclose(values.sum(axis=1) + baseline, model.predict(X), rtol=0, atol=0.2)


def test_files_and_rows_have_the_same_numbers(fitted):
    model, X, _ = fitted
    X = X[:40].copy()
    X.iloc[:3, 1], X.iloc[3:6, 3], X.iloc[6, 1], X.iloc[7, 2] = "new", "new", None, 7.4
    file, expected = io.BytesIO(), model.predict(X)
    fastnn.save(model, file)
    again = fastnn.load(file.getvalue())
    assert (again.predict(X) == expected).all()
    assert again.describe_columns() == model.describe_columns()
    predictor = Predictor(file.getvalue())
    assert (predictor.predict(X) == expected).all()
    assert [predictor.predict(row)[0] for row in X.to_dict("records")] == expected.tolist()


@pytest.mark.parametrize("pair", [[1, 3, 12, 6], [1, 4, 12, 5], [1, 0, 12, 5], [1, 3, 12], None])
def test_a_damaged_pair_is_refused(fitted, pair):
    parts = table_apart(fitted[0]._table())
    parts["columns"][-1]["pair"] = pair
    with pytest.raises(ValueError, match="not sound"):
        table_from(parts)
    assert issubclass(ModelFormatError, ValueError)
