"""scikit-learn's contract: checks, names, clones, searches, weights."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import TabularClassifier, TabularRegressor

SMALL = {"preset": "fast", "n_estimators": 2, "hidden_layer_sizes": (16,)}
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
Xr, yr = load_diabetes(return_X_y=True, as_frame=True)


@parametrize_with_checks([TabularClassifier(**SMALL), TabularRegressor(**SMALL)])
def test_checks(estimator, check):
    check(estimator)


def test_names_clones_pickles_and_searches():
    search = GridSearchCV(TabularRegressor(**SMALL, random_state=0), {"max_bins": [0, 8]}, cv=2)
    model = search.fit(Xr, yr).best_estimator_
    assert list(model.feature_names_in_) == list(Xr.columns)
    again = clone(model).fit(Xr, yr)
    assert (again.predict(Xr) == model.predict(Xr)).all()
    assert (pickle.loads(pickle.dumps(model)).predict(Xr) == model.predict(Xr)).all()
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(Xr.iloc[:, ::-1])


@pytest.mark.parametrize(
    ("make", "data"), [(TabularClassifier, (X, y)), (TabularRegressor, (Xr, yr))]
)
def test_bits_do_not_depend_on_threads_or_batching(make, data):
    fits = [make(**SMALL, random_state=0, n_jobs=n).fit(*data) for n in (1, 2, 4)]
    method = "predict_proba" if make is TabularClassifier else "predict"
    first, *others = [getattr(fit, method)(data[0]) for fit in fits]
    assert all((first == other).all() for other in others)
    one_by_one = [getattr(fits[0], method)(data[0].iloc[i : i + 1])[0] for i in range(5)]
    assert (first[:5] == np.array(one_by_one)).all()


def test_a_weight_of_zero_is_as_good_as_absent():
    weight = np.ones(len(Xr))
    weight[::3] = 0
    model = TabularRegressor(**SMALL, random_state=0)
    weighted = clone(model).fit(Xr, yr, weight).predict(Xr)
    kept = weight > 0
    assert (weighted == clone(model).fit(Xr[kept], yr[kept], weight[kept]).predict(Xr)).all()


def test_class_weight_moves_probabilities():
    plain, weighted = (
        TabularClassifier(**SMALL, random_state=0, class_weight=w).fit(X, y) for w in (None, {0: 9})
    )
    assert weighted.predict_proba(X)[:, 0].mean() > plain.predict_proba(X)[:, 0].mean()


def test_a_failed_fit_leaves_the_estimator_as_it_was():
    model = TabularRegressor(**SMALL, random_state=0).fit(Xr, yr)
    before = model.predict(Xr)
    bad = Xr.copy()
    bad.iloc[7, 2] = np.inf
    with pytest.raises(ValueError, match=r"infinity: column 'bmi', first in row 7"):
        model.fit(bad, yr)
    assert (model.predict(Xr) == before).all()
    with pytest.raises(NotImplementedError, match="monotonic_cst"):
        model.set_params(monotonic_cst=[1] * 10).fit(Xr, yr)
