"""Inside the meta-estimators and tools of scikit-learn."""

import numpy as np
import pytest
import sklearn
from joblib import parallel_backend
from peer import as_in_1_9
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fastnn import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
R, T = load_diabetes(return_X_y=True)
CLASSIFIER = MLPClassifier((16,), solver="lbfgs", max_iter=40, alpha=0.1, random_state=0)
FAST = MLPClassifier((16,), learning_rate_init=0.05, batch_size=32, max_iter=20, random_state=0)
REGRESSOR = MLPRegressor(hidden_layer_sizes=(16,), solver="lbfgs", max_iter=60, random_state=0)


def test_pipeline():
    model = make_pipeline(StandardScaler(), FAST).fit(X, Y)
    assert model.score(X, Y) > 0.9
    assert model[-1].n_features_in_ == 4


def test_column_transformer():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"length": X[:, 0], "width": X[:, 1], "kind": np.array(list("abc"))[Y]})
    columns = ColumnTransformer(
        [("number", StandardScaler(), ["length", "width"]), ("text", OneHotEncoder(), ["kind"])],
        sparse_threshold=0,
    )
    assert make_pipeline(columns, FAST).fit(frame, Y).score(frame, Y) > 0.95


def test_set_output_of_a_step_before():
    pytest.importorskip("pandas")
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), FAST).fit(X, Y)
    assert list(model[-1].feature_names_in_) == ["x0", "x1", "x2", "x3"]
    assert model.score(X, Y) > 0.9


@as_in_1_9
def test_routed_weights():
    weight = np.where(Y == 0, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            clone(FAST).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4]}, cv=2)
        search.fit(X, Y, sample_weight=weight)
        assert search.score(X, Y, sample_weight=weight) > 0.9
    assert search.best_estimator_[-1].t_ == 100 * search.best_estimator_[-1].n_iter_


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_search(backend):
    grid = {"mlpclassifier__alpha": [1e-4, 0.1], "mlpclassifier__hidden_layer_sizes": [(4,), (8,)]}
    search = GridSearchCV(make_pipeline(StandardScaler(), FAST), grid, cv=2)
    expected = clone(search).fit(X, Y).cv_results_["mean_test_score"]
    with parallel_backend(backend, n_jobs=2):
        search.fit(X, Y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)
    assert search.score(X, Y) > 0.9


def test_halving_grid_search():
    model = clone(FAST).set_params(batch_size="auto")
    search = HalvingGridSearchCV(model, {"alpha": [1e-4, 1e-2, 1.0]}, random_state=0, cv=2)
    assert search.fit(X, Y).score(X, Y) > 0.9


def test_cross_validation():
    assert cross_val_score(CLASSIFIER, X, Y, cv=3).mean() > 0.9
    assert cross_val_predict(CLASSIFIER, X, Y, cv=3, method="predict_proba").shape == (150, 3)


def test_cross_validation_with_n_jobs():
    serial = cross_val_score(FAST, X, Y, cv=3)
    np.testing.assert_array_equal(cross_val_score(FAST, X, Y, cv=3, n_jobs=2), serial)


def test_calibration():
    model = CalibratedClassifierCV(FAST, cv=3).fit(X, Y)
    assert model.score(X, Y) > 0.9


def test_bagging():
    model = BaggingClassifier(CLASSIFIER, n_estimators=3, random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.9


def test_stacking():
    members = [("mlp", CLASSIFIER), ("linear", LogisticRegression(max_iter=500))]
    model = StackingClassifier(members, cv=2)
    assert model.fit(X, Y).score(X, Y) > 0.9


def test_voting():
    members = [("one", CLASSIFIER), ("other", clone(CLASSIFIER).set_params(random_state=1))]
    assert VotingClassifier(members, voting="soft").fit(X, Y).score(X, Y) > 0.9


def test_boosting():
    model = AdaBoostClassifier(CLASSIFIER, n_estimators=3, random_state=0).fit(X, Y)
    assert len(model.estimators_) > 1 or model.score(X, Y) == 1


def test_transformed_target():
    model = TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler()).fit(R, T)
    assert model.score(R, T) > 0.5


def test_multi_output():
    model = MultiOutputClassifier(CLASSIFIER).fit(X, np.c_[Y, Y == 1])
    assert model.score(X, np.c_[Y, Y == 1]) > 0.9


def test_multi_output_partial_fit():
    targets = np.c_[Y, Y == 1]
    model = MultiOutputClassifier(FAST)
    for _ in range(20):
        model.partial_fit(X, targets, classes=[np.arange(3), np.arange(2)])
    assert model.score(X, targets) > 0.6


def test_one_against_the_rest():
    assert OneVsRestClassifier(CLASSIFIER).fit(X, Y).score(X, Y) > 0.9


def test_permutation_importance():
    model = clone(CLASSIFIER).fit(X, Y)
    importance = permutation_importance(model, X, Y, n_repeats=3, random_state=0)
    assert importance.importances_mean[2:].max() > importance.importances_mean[:2].max()


def test_partial_dependence():
    model = clone(REGRESSOR).fit(R, T)
    result = partial_dependence(model, R, features=[2], grid_resolution=5)
    assert result["average"].shape == (1, 5)
    assert result["average"][0, -1] > result["average"][0, 0]


def test_learning_curve():
    sizes, _, scores = learning_curve(
        CLASSIFIER, X, Y, cv=3, train_sizes=[20, 80], shuffle=True, random_state=0
    )
    assert list(sizes) == [20, 80]
    assert scores.mean(axis=1)[-1] > 0.85
