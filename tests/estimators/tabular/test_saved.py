"""Files and Predictor: the same numbers from raw rows, whatever they come as."""

import io
import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from tables import every_kind_of_column, with_gaps

import fastnn
from fastnn import Predictor, TabularClassifier, TabularRegressor

FAST = {"preset": "fast", "n_estimators": 3, "hidden_layer_sizes": (16, 8), "random_state": 0}
X, names, values = every_kind_of_column(700)
GAPS = with_gaps(X)
CLASSES = np.where(values > 1040, "high", np.where(values < 960, "low", "middle"))
INDICATOR = np.stack([values > 1000, CLASSES == "middle"], axis=1).astype(int)

MODELS = {
    "two classes": lambda: TabularClassifier(**FAST).fit(GAPS, names),
    "three classes": lambda: TabularClassifier(**FAST).fit(GAPS, CLASSES),
    "labels": lambda: TabularClassifier(**FAST).fit(GAPS, INDICATOR),
    "values": lambda: TabularRegressor(**FAST).fit(GAPS, values),
    "quantiles": lambda: TabularRegressor(**FAST, loss="quantile", quantile=[0.1, 0.9]).fit(
        GAPS, values
    ),
    "positive": lambda: TabularRegressor(**FAST, loss="gamma").fit(GAPS, np.abs(values) + 1),
    "few": lambda: TabularRegressor(**FAST).fit(GAPS[:30], values[:30]),
    "array": lambda: TabularRegressor(**FAST).fit(X[["float", "huge"]].to_numpy(), values),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_file_and_a_predictor_give_the_same_numbers(name):
    model, rows = MODELS[name](), GAPS[:50]
    if name == "array":
        rows = rows[["float", "huge"]].to_numpy()
    file = io.BytesIO()
    fastnn.save(model, file)
    again = fastnn.load(file.getvalue())
    of_file = io.BytesIO()
    fastnn.save(Predictor(model, model.estimators_[0].coefs_[0].dtype.name), of_file)
    scored = fastnn.load(of_file.getvalue())
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    expected = getattr(model, method)(rows)
    assert (getattr(again, method)(rows) == expected).all()
    dtype = model.estimators_[0].coefs_[0].dtype.name  # few rows are trained on in float64
    for predictor in (Predictor(model, dtype), Predictor(file.getvalue(), dtype), scored):
        np.testing.assert_array_equal(getattr(predictor, method)(rows), expected)
        assert (np.asarray(predictor.predict(rows)) == model.predict(rows)).all()
    assert again.get_params() == model.get_params()
    if name != "few":
        np.testing.assert_array_equal(again.oof_predictions_, model.oof_predictions_)
        np.testing.assert_array_equal(again.explain(rows).values, model.explain(rows).values)


def with_unknown_levels(rows):
    rows = rows.copy()
    for name in ("text", "objects", "many"):
        rows[name] = rows[name].astype(object)
        rows.iloc[::3, rows.columns.get_loc(name)] = "never seen"
    return rows


def test_ten_thousand_levels_gaps_and_unknown_ones_go_all_the_way():
    table, _, target = every_kind_of_column(15_000)
    table = with_gaps(table.assign(level=[f"l{i}" for i in range(15_000)]))
    model = TabularRegressor(**{**FAST, "n_estimators": 2}).fit(table, target)
    assert model.describe_columns()[-1]["n_levels"] > 10_000
    file, new = io.BytesIO(), with_unknown_levels(with_gaps(table[:300], seed=5))
    fastnn.save(model, file)
    expected = model.predict(new)
    assert np.isfinite(expected).all()
    for other in (fastnn.load(file.getvalue()), Predictor(model), Predictor(file.getvalue())):
        np.testing.assert_array_equal(other.predict(new), expected)
    np.testing.assert_array_equal(Predictor(model).predict(new.to_dict("records")), expected)


def test_rows_as_dicts_tuples_and_lists():
    model = TabularClassifier(**FAST).fit(GAPS, CLASSES)
    predictor, rows = Predictor(model), GAPS[:40]
    expected = model.predict_proba(rows)
    dicts = rows.to_dict("records")
    tuples = list(rows.itertuples(index=False, name=None))
    for each in (dicts, tuples):
        one_by_one = np.concatenate([predictor.predict_proba(row) for row in each])
        np.testing.assert_array_equal(one_by_one, expected)
        np.testing.assert_array_equal(predictor.predict_proba(each), expected)
    np.testing.assert_array_equal(predictor.predict_proba(rows.iloc[:, ::-1]), expected)
    frames = [rows.iloc[i : i + 1, ::-1] for i in range(len(rows))]
    one_by_one = np.concatenate([predictor.predict_proba(frame) for frame in frames])
    np.testing.assert_array_equal(one_by_one, expected)
    with pytest.raises(ValueError, match="the row lacks 'float'"):
        predictor.predict({k: v for k, v in dicts[0].items() if k != "float"})
    with pytest.raises(ValueError, match="3 columns"):
        predictor.predict((1, 2, 3))


def test_numbers_far_out_are_far_out():
    model = TabularRegressor(**FAST).fit(X[["float", "huge"]], values)
    far, predictor = [[-1e300, 1.0], [-1e100, 1.0]], Predictor(model)
    rows = pd.DataFrame(far, columns=["float", "huge"])
    expected = model.predict(rows)
    assert expected[0] == expected[1] < values.mean() - values.std()
    np.testing.assert_array_equal(predictor.predict(pd.concat([rows] * 9))[:2], expected)
    np.testing.assert_array_equal(predictor.predict(far), expected)
    np.testing.assert_array_equal(predictor.predict(rows), expected)


def test_json_rows_score():
    plain = X[["float", "int", "text", "bool"]]
    model = TabularRegressor(**FAST).fit(plain, values)
    row = json.loads(json.dumps({"float": 0.5, "int": None, "text": "red", "bool": True}))
    assert np.isfinite(Predictor(model).predict(row)).all()


def test_what_has_no_place_is_refused_by_name():
    model = TabularRegressor(**FAST).fit(X, values)
    with pytest.raises(TypeError, match="column 'date' is a date"):
        fastnn.to_onnx(model)
    with pytest.raises(TypeError, match="column 'date' is a date"):
        fastnn.to_c(model, "table")


def test_a_saved_model_scores_with_numpy_alone(tmp_path):
    model = TabularClassifier(**FAST).fit(X[["float", "text"]], CLASSES)
    fastnn.save(model, tmp_path / "model.fastnn")
    code = (
        "import sys\n"
        "for name in ('sklearn', 'scipy', 'pandas', 'joblib'): sys.modules[name] = None\n"
        "import fastnn\n"
        f"p = fastnn.Predictor({str(tmp_path / 'model.fastnn')!r})\n"
        "print(p.predict_proba({'float': 0.25, 'text': 'red'})[0].tolist())"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    row = pd.DataFrame({"float": [0.25], "text": ["red"]})
    assert json.loads(found.stdout) == model.predict_proba(row)[0].tolist()


def test_a_damaged_table_is_refused():
    model = TabularRegressor(**FAST).fit(X[["float", "text"]], values)
    from fastnn.tables.described import table_apart, table_from

    for name, bad in [("edges", "sort"), ("centres", "cut"), ("features", "other")]:
        parts = table_apart(model._table())
        parts[name] = {
            "sort": lambda v: v[::-1].copy(),
            "cut": lambda v: v[:-1],
            "other": lambda v: [[7, *v[0][1:]], *v[1:]],
        }[bad](parts[name])
        with pytest.raises(ValueError, match=r"sound|fit"):
            table_from(parts)


def test_one_row_takes_microseconds():
    """A bound that is loose: machines that test are busy."""
    model = TabularClassifier(**{**FAST, "n_estimators": 8}).fit(X[["float", "int", "text"]], names)
    predictor, row = Predictor(model), (0.5, 3, "red")
    predictor.predict_proba(row)
    best = min(_seconds(lambda: predictor.predict_proba(row)) for _ in range(200))
    assert best < 500e-6


def _seconds(call):
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
