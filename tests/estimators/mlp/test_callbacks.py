"""scikit-learn's callbacks: alone, in a pipeline, in a search; and stopping a fit."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor

callback = pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

X, Y = load_iris(return_X_y=True)
SHORT = {"hidden_layer_sizes": (10,), "random_state": 0}


class Recorder:
    """Notes what it is told; returns ``answer`` at the end of the epoch with this number."""

    def __init__(self, stop_at=None, look=False):
        self.stop_at, self.look = stop_at, look
        self.events, self.scores = [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        if context.task_name != "epoch":
            return False
        if self.look:
            self.scores.append(fitted_estimator.score(X, y))
            self.last = fitted_estimator
        return context.task_id + 1 == self.stop_at


@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_order_of_events(parameters):
    recorder = Recorder(look=True)
    model = MLPClassifier(max_iter=3, **parameters, **SHORT).set_callbacks(recorder).fit(X, Y)
    epochs = ["begin epoch", "end epoch"] * 3
    assert recorder.events == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    if "early_stopping" not in parameters:
        np.testing.assert_array_equal(recorder.last.coefs_[0], model.coefs_[0])
        assert recorder.scores[-1] == model.score(X, Y)
    assert recorder.last.coefs_[0] is not model.coefs_[0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"averaging": "ema", "averaging_decay": 0.9},
        {"averaging": "swa", "averaging_start": 0.4},
        {"batch_norm": True, "residual": True, "dropout": 0.1},
        {"batch_norm": True, "solver": "lbfgs"},
        {"batch_norm": True, "solver": "lbfgs", "n_init": 2},
        {"layer_norm": True, "activation": "bernoulli"},
    ],
    ids=str,
)
def test_callbacks_see_what_the_fit_would_leave(parameters):
    recorder = Recorder(look=True)
    model = MLPClassifier(max_iter=6, **parameters, **SHORT).set_callbacks(recorder).fit(X, Y)
    expected = MLPClassifier(max_iter=6, **parameters, **SHORT).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    if "n_init" not in parameters:
        np.testing.assert_array_equal(recorder.last.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_callback_stops_the_fit(solver, recwarn):
    model = MLPClassifier(max_iter=50, solver=solver, **SHORT).set_callbacks(Recorder(stop_at=4))
    model.fit(X, Y)
    assert model.n_iter_ == 4
    assert not recwarn
    expected = MLPClassifier(max_iter=4, solver=solver, **SHORT).fit(X, Y)
    np.testing.assert_allclose(model.coefs_[0], expected.coefs_[0])


def test_stopping_with_early_stopping_keeps_the_best_weights():
    parameters = {"early_stopping": True, "learning_rate_init": 0.01, **SHORT}
    model = MLPRegressor(**parameters).set_callbacks(Recorder(stop_at=7)).fit(X, Y)
    expected = MLPRegressor(max_iter=7, **parameters).fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[0], expected.coefs_[0])
    assert model.validation_scores_ == expected.validation_scores_


def test_callbacks_are_torn_down_after_a_failure():
    class Failing(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("enough")

    recorder = Failing()
    model = MLPClassifier(**SHORT).set_callbacks(recorder)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(X, Y)
    assert recorder.events == ["setup", "begin fit", "begin epoch", "teardown"]
    assert vars(model) == before


def test_without_callbacks_nothing_stays_on_the_estimator():
    model = MLPClassifier(max_iter=2, **SHORT).fit(X, Y)
    assert not [name for name in vars(model) if "callback" in name]


def test_scoring_monitor():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(max_iter=5, **SHORT).set_callbacks(monitor).fit(X, Y)
    log = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == 5
    assert log[-1] == model.score(X, Y)


def test_scoring_monitor_with_weights_names_and_lbfgs():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    monitor = callback.ScoringMonitor(scoring="r2")
    model = MLPRegressor(solver="lbfgs", max_iter=5, **SHORT).set_callbacks(monitor)
    weight = np.linspace(1, 2, len(X))
    model.fit(frame, Y, sample_weight=weight)
    log = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert log[-1] == pytest.approx(model.score(frame, Y, weight))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_scoring_monitor_in_pipeline_and_search(n_jobs):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(max_iter=3, **SHORT).set_callbacks(monitor)
    pipeline = make_pipeline(StandardScaler(), model)
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1.0]}, cv=2, n_jobs=n_jobs)
    search.fit(X, Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 3 * (2 * 2 + 1)


@pytest.mark.parametrize("where", ["alone", "pipeline", "search"])
def test_progress_bar(where, capsys):
    pytest.importorskip("rich")
    bar = callback.ProgressBar(max_propagation_depth=None)
    model = MLPClassifier(max_iter=3, **SHORT)
    if where != "alone":
        model = make_pipeline(StandardScaler(), model)
    if where == "search":
        model = GridSearchCV(model, {"mlpclassifier__alpha": [1e-4, 1.0]}, cv=2)
    model.set_callbacks(bar).fit(X, Y)
    out = capsys.readouterr().out
    assert "MLPClassifier - fit" in out
    assert "100%" in out
