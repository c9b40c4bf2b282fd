"""Raw tables: dtypes, gaps, levels that were not met, dates; what is refused, and how."""

import numpy as np
import pandas as pd
import pytest
from tables import every_kind_of_column, with_gaps

from fastnn import TabularClassifier, TabularRegressor
from fastnn.tables.categories import Category
from fastnn.tables.dates import parts_of_dates
from fastnn.tables.numbers import edges_of, quantiles

FAST = {"preset": "fast", "n_estimators": 2, "hidden_layer_sizes": (16,), "random_state": 0}
X, names, values = every_kind_of_column(900)
GAPS = with_gaps(X)


@pytest.mark.parametrize("frame", [X, GAPS], ids=["whole", "gaps"])
def test_every_kind_of_column_goes_in(frame):
    train, test = frame[:700], frame[700:]
    model = TabularClassifier(**FAST).fit(train, names[:700])
    assert model.score(test, names[700:]) > (0.85 if frame is X else 0.65)
    assert np.isfinite(model.predict_proba(test)).all()
    regressor = TabularRegressor(**FAST).fit(train, values[:700])
    assert regressor.score(test, values[700:]) > (0.7 if frame is X else 0.25)


def test_levels_and_gaps_that_were_not_met():
    model = TabularRegressor(**FAST).fit(X[:700], values[:700])
    new = GAPS[700:].copy()
    for name in ("text", "objects", "many"):
        new[name] = new[name].astype(object)
        new.iloc[::2, new.columns.get_loc(name)] = "never seen"
    assert np.isfinite(model.predict(new)).all()


def test_other_frames_give_the_same_numbers():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    plain = GAPS.drop(columns=["since", "zoned", "nothing"])
    for name in ("text", "objects", "many", "category"):
        plain[name] = plain[name].astype(object).where(plain[name].notna(), None)
    table = pa.Table.from_pandas(plain, preserve_index=False)
    model = TabularRegressor(**FAST).fit(plain, values)
    expected = model.predict(plain)
    for other in (table, pl.from_arrow(table)):
        assert (model.predict(other) == expected).all()
        assert (TabularRegressor(**FAST).fit(other, values).predict(other) == expected).all()


def test_arrays_and_lists():
    table = [[i % 7, "ab"[i % 2], None if i % 5 == 0 else i / 9] for i in range(200)]
    y = [float(row[0]) + 10 * (row[1] == "a") for row in table]
    model = TabularRegressor(**FAST).fit(table, y)
    assert model.score(table, y) > 0.9
    assert (model.predict(np.array(table, dtype=object)) == model.predict(table)).all()
    codes = np.random.RandomState(0).randint(0, 5, (300, 3)).astype(float)
    y = np.array([3.0, -1, 2, -5, 1])[codes[:, 1].astype(int)]
    for asked in ([False, True, False], [1]):
        model = TabularRegressor(**FAST, categorical_features=asked).fit(codes, y)
        assert [c.kind for c in model._encoder.columns] == ["number", "category", "number"]
        assert model.score(codes, y) > 0.9
    for asked, words in [([True], "mask of 1"), ([3], "index 3"), (["a"], "names 'a'")]:
        with pytest.raises(ValueError, match=words):
            TabularRegressor(categorical_features=asked).fit(codes, y)


def test_keys_of_levels_are_those_of_equal_values():
    y = np.arange(300) % 3
    whole = pd.DataFrame({"code": y})
    model = TabularClassifier(**FAST, categorical_features=["code"]).fit(whole, y)
    assert model.score(whole.astype(float), y) == 1  # as a column with a gap becomes
    assert model.score(whole.astype(str), y) == 1


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        ({"float": "half"}, ValueError, "column 'float' was numbers .* 'half'"),
        ({"date": "some day"}, ValueError, "column 'date' was dates .* 'some day'"),
        ({"float": -np.inf}, ValueError, "infinity: column 'float', first in row 2"),
        ({"huge": {}}, TypeError, "column 'huge' holds {}"),
    ],
)
def test_what_cannot_be_read_is_named(bad, error, words):
    model = TabularRegressor(**FAST).fit(X[:300], values[:300])
    new = X[:9].astype(dict.fromkeys(bad, object))
    for name, value in bad.items():
        new.at[2, name] = value
    with pytest.raises(error, match=words):
        model.predict(new)


def test_parts_of_dates():
    when = np.array(["1970-01-01T06:00", "2024-02-29T23:30", "1969-12-28T00:00", "NaT"], "M8[s]")
    parts = parts_of_dates(np.where(np.isnat(when), np.nan, when.astype(np.int64)))
    stamps = pd.Series(when)
    for name, expected in {
        "weekday": stamps.dt.weekday,
        "month": stamps.dt.month - 1,
        "hour": stamps.dt.hour + stamps.dt.minute / 60,
        "elapsed": (stamps - pd.Timestamp(0)) / pd.Timedelta("1D"),
    }.items():
        np.testing.assert_allclose(parts[name], expected, rtol=1e-12)
    np.testing.assert_allclose(parts["hour_sin"][:2], [1, np.sin(23.5 / 12 * np.pi)])


def test_edges_left_over_are_spent_on_other_values(rng):
    x = np.concatenate([np.zeros(900), 1 + np.arange(100)])
    edges = edges_of(x, 32)
    assert len(edges) == 33
    assert (np.diff(edges) > 0).all()
    assert len(edges_of(rng.randn(1000), 32)) == 33
    assert list(edges_of(np.array([3.0, 1, 2, 1]), 32)) == [1, 2, 3]
    assert len(edges_of(np.array([0.0, 1, 1, 0]), 32)) == 0


def test_weighted_quantiles_are_those_of_repeated_rows(rng):
    x, levels = rng.randn(40).round(1), np.linspace(0, 1, 9)
    weight = rng.randint(1, 5, 40)
    repeated = quantiles(np.repeat(x, weight), None, levels)
    assert quantiles(x, weight.astype(float), levels) == repeated
    np.testing.assert_array_equal(
        repeated, np.quantile(np.repeat(x, weight), levels, method="averaged_inverted_cdf")
    )


def test_frequent_levels_have_indicators():
    """But for one with too few rows."""
    rng = np.random.RandomState(0)
    one, other = rng.randint(0, 11, 1200), rng.randint(0, 4, 1200)
    one[:3] = 11, 12, 12  # too few for an indicator each
    frame = pd.DataFrame({"one": [f"a{i}" for i in one], "other": [f"b{i}" for i in other]})
    y = 0.1 * rng.randn(1200) + (one == 3) + other
    model = TabularRegressor(**FAST).fit(frame[:900], y[:900])
    kinds = [(f.kind, f.n_levels) for f in model._encoder.features]
    assert kinds == [("levels", 11), ("mean", 13), ("levels", 4)]
    category = Category(("a", "b", "c", "d"), (10, 30, 2, 30))
    assert category.among(3).tolist() == [0, 1, 3, 2, 3]


def test_labels_that_are_missing_are_found():
    labels = np.array(["a", "b", None, "a"] * 20, object)
    with pytest.raises(ValueError, match=r"y contains gaps: the first is in row 2 .*; 20 of 80"):
        TabularClassifier(**FAST).fit(X[:80], labels)
