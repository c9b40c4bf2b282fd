"""Fits that fail or are interrupted: at once, with a message that helps, and without a trace."""

import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from kernel_cases import dense_layers
from sklearn.model_selection import cross_val_score

from fastnn import MLPClassifier, MLPRegressor
from fastnn.exceptions import DivergenceError
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import ThreadChoice
from fastnn.training.objective import Objective

X = np.random.RandomState(0).normal(size=(20_000, 50))
Y = np.random.RandomState(1).randint(0, 5, len(X))
FOREVER = {"hidden_layer_sizes": (200, 100), "max_iter": 10**6, "n_iter_no_change": 10**6}


class Interrupt:
    """Ctrl-C in the middle of training, while the engine runs.

    The engine is asked for by calls of ``pick``. ``begun`` counts those, and ``heard_after`` how
    many more began between Ctrl-C and the end of the block.
    """

    def __init__(self, monkeypatch):
        self.begun = 0
        self._training = threading.Event()
        self._thread = threading.Thread(target=self._press)
        pick = ThreadChoice.pick

        def counted(choice, steps):
            self.begun += 1
            self._training.set()
            return pick(choice, steps)

        monkeypatch.setattr(ThreadChoice, "pick", counted)

    def _press(self):
        self._training.wait(60)
        time.sleep(0.1)
        self._before = self.begun
        os.kill(os.getpid(), signal.SIGINT)

    def __enter__(self):
        self._training.clear()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()
        self.heard_after = self.begun - self._before


@pytest.fixture(autouse=True)
def default_handler():
    """Ctrl-C raises KeyboardInterrupt, whatever the runner of the tests has set up."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "parameters",
    [
        {"batch_size": 32},
        {"batch_size": 20_000},
        {"solver": "sgd", "learning_rate_init": 1e-4},
        {"early_stopping": True},
        {"solver": "lbfgs", "max_fun": 10**6, "tol": 0.0},
    ],
    ids=str,
)
def test_interrupt_is_prompt_and_leaves_no_trace(parameters, monkeypatch):
    """At the latest the next stretch of training hears it; how long those are is tested beside
    `EpochLoop` and below."""
    model = MLPClassifier(**FOREVER, **parameters)
    before = dict(vars(model))
    interrupt = Interrupt(monkeypatch)
    with pytest.raises(KeyboardInterrupt), interrupt:
        model.fit(X, Y)
    assert interrupt.begun > 0
    assert interrupt.heard_after <= 1
    assert vars(model) == before


def test_an_evaluation_for_lbfgs_is_cut_into_short_stretches(monkeypatch):
    """Its rows, each once, in stretches of some tens of milliseconds of arithmetic."""
    network = CompiledNetwork(50, dense_layers((200, 100, 5), "relu"), "softmax_log_loss")
    seen = []
    objective = Objective(network, X, Y)
    monkeypatch.setattr(objective, "_add", lambda rows, _: seen.append(rows) or 0.0)
    objective()
    assert np.concatenate([np.arange(len(X))[rows] for rows in seen]).tolist() == [*range(len(X))]
    assert max(rows.stop - rows.start for rows in seen) * network.n_params <= 5e8


def test_interrupt_of_a_second_fit_keeps_the_first(monkeypatch):
    model = MLPClassifier((20,), max_iter=2, random_state=0).fit(X, Y)
    expected, before = model.predict_proba(X), pickle.dumps(model)
    for warm_start in (False, True):
        model.set_params(warm_start=warm_start, max_iter=10**6, n_iter_no_change=10**6)
        with pytest.raises(KeyboardInterrupt), Interrupt(monkeypatch):
            model.fit(X, Y)
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    model.set_params(warm_start=False, max_iter=2, n_iter_no_change=10)
    assert pickle.dumps(model) == before


def test_interrupt_goes_through_cross_validation(monkeypatch):
    with pytest.raises(KeyboardInterrupt), Interrupt(monkeypatch):
        cross_val_score(MLPClassifier(**FOREVER), X, Y, cv=3)


@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "learning_rate_init": 1e3},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_names_epoch_and_remedy(parameters, dtype):
    rows = X[:500].astype(dtype)
    model = MLPRegressor("squared_error", (20,), "identity", random_state=0, max_iter=50)
    model.fit(rows, rows[:, 0])
    expected = model.predict(rows)
    model.set_params(**parameters)
    with pytest.raises(DivergenceError, match="Solver produced non-finite parameter w") as info:
        model.fit(rows, rows[:, 0])
    assert isinstance(info.value, ValueError)
    assert info.value.epoch >= 1
    text = str(info.value)
    for part in (f"in epoch {info.value.epoch}", "lower learning_rate_init", "scale", "clip"):
        assert part in text
    np.testing.assert_array_equal(model.predict(rows), expected)
    copy = pickle.loads(pickle.dumps(info.value))
    assert (str(copy), copy.epoch) == (text, info.value.epoch)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_in_partial_fit():
    model = MLPRegressor(solver="sgd", random_state=0).partial_fit(X[:500], X[:500, 0])
    expected = model.predict(X)
    model.set_params(learning_rate_init=1e300)
    with pytest.raises(DivergenceError, match="epoch 1"):
        model.partial_fit(X[:500], X[:500, 0])
    np.testing.assert_array_equal(model.predict(X), expected)
    model.set_params(learning_rate_init=1e-3).partial_fit(X[:500], X[:500, 0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_of_lbfgs():
    rows = np.where(X[:100] > 0, 1e200, -1e200)
    model = MLPRegressor(solver="lbfgs", activation="identity")
    with pytest.raises(DivergenceError, match="L-BFGS diverged in iteration"):
        model.fit(rows, X[:100, 0])
    assert not hasattr(model, "coefs_")


def test_failing_scorer_leaves_no_trace():
    def scorer(estimator, X, y):
        raise RuntimeError("no score today")

    model = MLPClassifier(early_stopping=True, scoring=scorer)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="no score today"):
        model.fit(X[:500], Y[:500])
    assert vars(model) == before


def test_first_partial_fit_that_fails_forgets_the_classes():
    model = MLPClassifier()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.partial_fit(X[:10], Y[:9], classes=np.arange(5))
    assert not hasattr(model, "classes_")


@pytest.fixture
def fitted():
    return MLPClassifier((6, 5), max_iter=2, random_state=0).fit(X[:500], Y[:500])


def test_assigned_weights_are_the_model(fitted):
    fitted.intercepts_[-1] = np.array([0.0, 0, 0, 1e3, 0])
    assert set(fitted.predict(X[:50])) == {3}
    fitted.intercepts_[-1][:] = [0, 1e3, 0, 0, 0]
    assert set(fitted.predict(X[:50])) == {1}
    fitted.coefs_ = [np.zeros_like(c) for c in fitted.coefs_]
    fitted.intercepts_ = [np.zeros_like(b) for b in fitted.intercepts_]
    np.testing.assert_allclose(fitted.predict_proba(X[:50]), 0.2)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda m: m.coefs_.__setitem__(0, np.zeros((50, 7))),
        lambda m: m.coefs_.__setitem__(0, np.zeros((49, 6))),
        lambda m: m.coefs_.__setitem__(1, np.zeros(5)),
        lambda m: m.intercepts_.__setitem__(0, np.zeros(7)),
        lambda m: m.intercepts_.__setitem__(2, np.zeros((5, 1))),
        lambda m: m.coefs_.pop(),
        lambda m: m.intercepts_.pop(0),
    ],
)
@pytest.mark.parametrize("n_rows", [1, 200])
def test_weights_of_wrong_shape_are_an_error(fitted, break_it, n_rows):
    break_it(fitted)
    for method in (fitted.predict, fitted.predict_proba):
        with pytest.raises(ValueError, match=r"shape|coefs|intercepts|length"):
            method(X[:n_rows])
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        fitted.partial_fit(X[:500], Y[:500])
