"""SelfOrganizingMap as scikit-learn's users know estimators."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from same_fits import assert_same
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import SelfOrganizingMap
from fastnn.estimators.som.rows import Rows
from fastnn.estimators.som.search import Search

X, Y = load_iris(return_X_y=True)
GAPS = X.copy()
GAPS[3] = np.nan


@parametrize_with_checks(
    [
        SelfOrganizingMap(1, 3),
        SelfOrganizingMap(2, 2, topology="hexagonal", toroidal=True, sigma=0.4),
        SelfOrganizingMap(2, 2, metric="cosine"),
        SelfOrganizingMap(2, 2, algorithm="online"),
    ]
)
def test_checks(estimator, check):
    check(estimator)


def test_copies_and_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"), index=range(7, 157))
    som = SelfOrganizingMap(3, 4, n_iter=2).set_output(transform="pandas").fit(frame)
    found = som.transform(frame)
    assert list(found.columns) == [f"selforganizingmap{i}" for i in range(12)]
    assert (found.index == frame.index).all()
    assert list(som.feature_names_in_) == list("abcd")
    again = pickle.loads(pickle.dumps(som))
    assert_same(som, again)
    assert_same(som, clone(som).fit(frame))
    assert (som.fit_predict(frame) == som.labels_).all()
    with pytest.raises(ValueError, match="feature names"):
        som.predict(frame[list("dcba")])
    with pytest.raises(NotFittedError):
        clone(som).predict(frame)


def test_a_search_over_the_width():
    grid = {"selforganizingmap__sigma": [0.3, 1.0, (3.0, 3.0)]}
    model = make_pipeline(StandardScaler(), SelfOrganizingMap(4, 4, n_iter=5))
    search = GridSearchCV(model, grid, cv=KFold(3, shuffle=True, random_state=0)).fit(X)
    assert search.best_params_ == {"selforganizingmap__sigma": 0.3}
    assert np.argmin(search.cv_results_["mean_test_score"]) == 2


def test_the_codebook_is_the_map():
    som = SelfOrganizingMap(1, 2).fit(X)
    som.codebook_ = som.codebook_[::-1]
    assert (som.predict(X) == 1 - som.labels_).all()
    assert (som.transform(X).argmin(axis=1) == 1 - som.labels_).all()


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({"n_rows": 1, "n_columns": 1}, X, "it needs two at least"),
        ({"n_rows": 3, "topology": "hexagonal", "toroidal": True}, X, "Set an even n_rows"),
        ({"n_rows": 0}, X, "'n_rows' parameter"),
        ({"topology": "round"}, X, "'topology' parameter"),
        ({"neighborhood": "gauss"}, X, "'neighborhood' parameter"),
        ({"sigma": (1.0, 0.0)}, X, "sigma must be None, a positive number"),
        ({"sigma": (1.0, 1.0, 1.0)}, X, "sigma must be None, a positive number"),
        ({"sigma": -1.0}, X, "'sigma' parameter"),
        ({"learning_rate": (0.5, 2)}, X, "learning_rate must be two numbers"),
        ({"init": np.zeros((4, 4))}, X, r"init must hold finite numbers of shape \(100, 4\)"),
        ({"init": "random"}, X, "'init' parameter"),
        ({"metric": "cosine"}, np.where(X[0] == X, np.nan, X), "takes no missing values"),
        ({}, GAPS, "NaN alone in row 3"),
        ({}, scipy.sparse.csr_matrix(GAPS), "and is sparse"),
        ({}, np.where(X[0, 0] == X, np.inf, X), "row 0, column 0"),
        ({}, X[:0], "0 sample"),
        ({}, X[0], "2D array"),
        ({}, X.astype(complex), "omplex"),
        ({"n_jobs": 0}, X, "n_jobs == 0"),
    ],
)
def test_bad_input(parameters, data, message):
    som = SelfOrganizingMap(**{"n_iter": 2, **parameters})
    before = dict(vars(som))
    with pytest.raises(ValueError, match=message):
        som.fit(data)
    assert vars(som) == before


def test_warnings_and_weights():
    with pytest.warns(UserWarning, match="100 units for 30 rows"):
        SelfOrganizingMap(n_iter=1).fit(X[:30])
    with pytest.warns(UserWarning, match="set n_rows=1"):
        SelfOrganizingMap(2, 2, n_iter=1).fit(X[:, :1])
    for weight, message in ((np.zeros(150), "non-zero"), (-np.ones(150), "egative")):
        with pytest.raises(ValueError, match=message):
            SelfOrganizingMap(2, 2).fit(X, sample_weight=weight)
    som = SelfOrganizingMap(2, 2).fit(X).set_params(n_rows=3)
    with pytest.raises(ValueError, match="make 6 units"):
        som.partial_fit(X)


def test_ctrl_c_leaves_no_trace(monkeypatch):
    """It is heard between chunks of rows, which are short however many rows there are."""
    som = SelfOrganizingMap(3, 3, n_iter=3).fit(X)
    before, nearest, calls = dict(vars(som)), Search.nearest, []

    def interrupted(search, factors, out=None):
        calls.append(len(factors))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return nearest(search, factors, out)

    monkeypatch.setattr(Search, "nearest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        som.fit(X * 2)
    assert vars(som) == before
    for n_units, n_features in ((4, 10), (400, 784), (2500, 5000)):
        rows = Rows(scipy.sparse.csr_matrix((10**6, n_features)))
        chunks = rows.chunks(n_units)
        assert (chunks[0].start, chunks[-1].stop) == (0, 10**6)
        assert all(a.stop == b.start for a, b in pairwise(chunks))
        assert max(c.stop - c.start for c in chunks) * n_units * n_features <= 2e9


def test_verbose_and_callbacks(capsys):
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

    class Stop:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
            if context.task_name != "epoch":
                return False
            self.seen = fitted_estimator
            return context.task_id == 1

    stop = Stop()
    som = SelfOrganizingMap(3, 3, verbose=True, n_iter=5).set_callbacks(stop).fit(X)
    assert som.n_iter_ == 2
    assert (stop.seen.labels_ == som.labels_).all()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Epoch 2, sigma 0.74, quantization error {som.quantization_error_:.6g}"
    assert len(lines) == 2
