"""What is told while a fit goes on: callbacks, printed lines; and Ctrl-C."""

import signal
import threading
import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from fastnn import TabularClassifier, TabularRegressor

SMALL = {"preset": "fast", "n_estimators": 3, "hidden_layer_sizes": (8,), "random_state": 0}
X, y = load_diabetes(return_X_y=True, as_frame=True)


class Recorder:
    """Notes what it is told; ends a network, or all, after so many."""

    def __init__(self, epochs=None, networks=None):
        self.stop, self.events, self.fitted = {"epoch": epochs, "network": networks}, [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "network":
            self.fitted.append(fitted_estimator)
            self.score = fitted_estimator.score(X, y)
        return context.task_id + 1 == self.stop.get(context.task_name)


def test_callbacks_see_networks_and_their_epochs():
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    recorder = Recorder()
    model = TabularRegressor(**SMALL, n_jobs=1).set_callbacks(recorder).fit(X, y)
    n = model.estimators_[0].n_iter_
    epochs = ["begin epoch", "end epoch"] * n
    network = ["begin network", *epochs, "end network"]
    assert recorder.events == ["setup", "begin fit", *network * 3, "end fit", "teardown"]
    assert [len(fitted.estimators_) for fitted in recorder.fitted] == [1, 2, 3]
    assert recorder.score == model.score(X, y)
    assert not [name for name in vars(model) if name in ("_callback_fit_ctx", "_progress")]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_end_networks_and_fits(n_jobs):
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    model = TabularRegressor(**SMALL, n_jobs=n_jobs)
    short = model.set_callbacks(Recorder(epochs=4)).fit(X, y)
    assert [member.n_iter_ for member in short.estimators_] == [4, 4, 4]
    fewer = model.set_callbacks(Recorder(networks=1)).fit(X, y)
    assert len(fewer.estimators_) == n_jobs  # what has begun is finished
    assert np.isfinite(fewer.predict(X)).all()


def test_what_is_printed(capsys):
    TabularClassifier(**SMALL, verbose=True).fit(X, y > 140)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("3 plain networks of (8,) on 442 rows of 10 inputs: ")
    assert [line[:32] for line in lines[1:]] == [
        f"Network {i}: watches fold {i}, score" for i in range(3)
    ]


@pytest.mark.usefixtures("sigint")
@pytest.mark.parametrize("after", [0.1, 1.0])
def test_ctrl_c_is_heard_and_leaves_the_estimator_as_it_was(after):
    """While columns are learned, and while networks are trained."""
    rng = np.random.RandomState(0)
    table, target = rng.randn(60_000, 20), rng.randn(60_000)
    model = TabularRegressor(**SMALL).fit(X, y)
    before, sent = model.predict(X), []

    def interrupt():
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(after, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.set_params(preset="best", hidden_layer_sizes="auto").fit(table, target)
    assert time.perf_counter() - sent[0] < 0.2 + 0.3  # a loaded machine
    timer.join()
    model.set_params(**SMALL)
    assert (model.predict(X) == before).all()
