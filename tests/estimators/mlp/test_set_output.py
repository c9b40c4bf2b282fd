"""The whole contract of a transformer: names of its features, frames where they are asked for."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor, load, save

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = ["temp", "wind", "rain"]
X = pd.DataFrame(
    np.random.RandomState(0).normal(size=(80, 3)), columns=NAMES, index=range(100, 180)
)
C, R = (X.temp > 0).astype(int), X.temp + X.wind
SHORT = {"hidden_layer_sizes": (7, 5), "max_iter": 5, "random_state": 0}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}
BOTH = [MLPClassifier(**SHORT), MLPRegressor(**SHORT)]


def names(model, n):
    return [f"{type(model).__name__.lower()}{i}" for i in range(n)]


@pytest.mark.parametrize("container", FRAMES)
@pytest.mark.parametrize("model", BOTH, ids=str)
def test_transform_returns_what_was_asked_for(model, container):
    plain = clone(model).fit(X, C)
    model = clone(model).set_output(transform=container).fit(X, C)
    assert model.get_feature_names_out().tolist() == names(model, 5)
    assert model.get_feature_names_out().dtype == object
    for layer, n in ((-1, 5), (0, 7), (1, 5)):
        found = model.transform(X, layer=layer)
        assert isinstance(found, FRAMES[container])
        assert list(found.columns) == names(model, n)
        np.testing.assert_array_equal(found.to_numpy(), plain.transform(X, layer=layer))
    found = clone(model).fit_transform(X, C)
    assert isinstance(found, FRAMES[container])
    if container == "pandas":
        assert found.index.equals(X.index)
    assert isinstance(model.transform(csr_matrix(X.to_numpy())), FRAMES[container])
    assert isinstance(model.set_output(transform="default").transform(X), np.ndarray)
    assert isinstance(model.predict(X), np.ndarray)


@pytest.mark.parametrize("container", FRAMES)
def test_the_global_setting_counts_too(container):
    model = MLPClassifier(**SHORT).fit(X, C)
    with config_context(transform_output=container):
        assert isinstance(model.transform(X), FRAMES[container])
    assert isinstance(model.transform(X), np.ndarray)


def test_none_changes_nothing_and_clones_keep_it():
    model = MLPClassifier(**SHORT).set_output(transform="pandas").set_output(transform=None)
    assert isinstance(clone(model).fit(X, C).transform(X), pd.DataFrame)
    other = clone(model).set_output(transform="default")
    assert isinstance(model.fit(X, C).transform(X), pd.DataFrame)
    assert isinstance(other.fit(X, C).transform(X), np.ndarray)
    with pytest.raises(ValueError, match="output config must be in"):
        clone(model).set_output(transform="xml").fit(X, C).transform(X)


def test_names_are_those_of_the_fit():
    model = MLPClassifier(**SHORT)
    with pytest.raises(NotFittedError):
        model.get_feature_names_out()
    model.fit(X, C)
    assert model.get_feature_names_out(NAMES).tolist() == names(model, 5)
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        model.get_feature_names_out(NAMES[::-1])


@pytest.mark.parametrize("container", [*FRAMES, "default", None])
@pytest.mark.parametrize("sizes", [(5,), ()])
@pytest.mark.parametrize(("cls", "y"), [(MLPClassifier, C), (MLPRegressor, R)])
def test_as_the_last_step(cls, y, sizes, container):
    model = make_pipeline(StandardScaler(), cls(**{**SHORT, "hidden_layer_sizes": sizes}))
    wanted = clone(model).fit(X, y).predict(X)
    model.set_output(transform=container).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), wanted)
    assert model[-1].feature_names_in_.tolist() == NAMES if container in FRAMES else True


@pytest.mark.parametrize("container", FRAMES)
def test_as_a_middle_step(container):
    model = make_pipeline(StandardScaler(), MLPClassifier(**SHORT), LogisticRegression())
    wanted = clone(model).fit(X, C).predict_proba(X)
    model.set_output(transform=container).fit(X, C)
    np.testing.assert_allclose(model.predict_proba(X), wanted)
    assert model[-1].feature_names_in_.tolist() == names(model[1], 5)
    assert model[:-1].get_feature_names_out().tolist() == names(model[1], 5)
    assert isinstance(model[:-1].transform(X), FRAMES[container])


@pytest.mark.parametrize("container", FRAMES)
def test_in_a_feature_union(container):
    union = FeatureUnion([("net", MLPRegressor(**SHORT)), ("best", SelectKBest(k=2))])
    found = union.set_output(transform=container).fit_transform(X, C)
    assert isinstance(found, FRAMES[container])
    assert list(found.columns)[:5] == [f"net__{name}" for name in names(MLPRegressor(), 5)]
    assert list(union.get_feature_names_out()) == list(found.columns)


@pytest.mark.parametrize("container", FRAMES)
def test_in_a_column_transformer(container):
    columns = ColumnTransformer(
        [("net", MLPRegressor(**SHORT), ["temp", "rain"])], remainder="passthrough"
    ).set_output(transform=container)
    found = columns.fit_transform(X if container == "pandas" else pl.DataFrame(X), R)
    assert isinstance(found, FRAMES[container])
    assert list(found.columns) == [
        *(f"net__{name}" for name in names(MLPRegressor(), 5)),
        "remainder__wind",
    ]
    model = make_pipeline(clone(columns), Ridge()).fit(X, R)
    assert model.predict(X).shape == (80,)


def test_in_searches_and_stacks():
    steps = make_pipeline(StandardScaler(), MLPClassifier(**SHORT)).set_output(transform="pandas")
    grid = {"mlpclassifier__hidden_layer_sizes": [(), (5,)]}
    search = GridSearchCV(steps, grid, cv=2, error_score="raise").fit(X, C)
    assert search.predict(X).shape == (80,)
    stack = StackingClassifier([("net", steps)], passthrough=True)
    assert cross_val_score(stack, X, C, cv=2, error_score="raise").shape == (2,)


def test_without_hidden_layers_it_is_no_transformer():
    model = MLPClassifier(**{**SHORT, "hidden_layer_sizes": ()}).fit(X, C)
    for name in ("transform", "fit_transform", "get_feature_names_out"):
        assert not hasattr(model, name)
        assert hasattr(MLPClassifier, name)
    assert model.set_output(transform="pandas") is model
    assert model.set_params(hidden_layer_sizes=(5,)).fit_transform(X, C).shape == (80, 5)


def test_a_saved_model_returns_arrays_again(tmp_path):
    model = MLPClassifier(**SHORT).set_output(transform="pandas").fit(X, C)
    save(model, tmp_path / "model.fnn")
    assert isinstance(load(tmp_path / "model.fnn").transform(X), np.ndarray)
