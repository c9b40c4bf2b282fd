"""Networks trained side by side: each is bit for bit the network trained alone."""

import signal
import threading
import time

import numpy as np
import pytest
import scipy.sparse
from fastnn._kernels.training.together import Crew, run_together
from same_fits import assert_same
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from fastnn import DivergenceError, MLPClassifier, MLPRegressor
from fastnn.estimators.mlp.together import fit_together
from fastnn.layers import CustomActivation
from fastnn.training import stretches

X, y = make_classification(300, 12, n_informative=6, n_classes=3, random_state=0)
X32 = X.astype(np.float32)
SPARSE = scipy.sparse.csr_matrix(np.where(np.abs(X) > 1, X, 0))
CASES = {
    "plain": ({}, X),
    "float32": ({"hidden_layer_sizes": (40, 20)}, X32),
    "groups": ({"batch_size": 200, "solver": "sgd"}, X),
    "dropout": ({"dropout": 0.3, "input_noise": 0.1}, X32),
    "batch_norm": ({"batch_norm": True, "residual": True}, X),
    "early_stopping": ({"early_stopping": True, "n_iter_no_change": 2, "max_iter": 40}, X),
    "scored": ({"early_stopping": True, "scoring": "neg_log_loss", "max_iter": 5}, X),
    "sparse": ({}, SPARSE),
    "swa": ({"averaging": "swa", "averaging_start": 0.2}, X),
    "ema": ({"averaging": "ema", "clip_norm": 0.5, "max_norm": 1.0}, X),
    "several starts": ({"n_init": 3}, X),
    "function": ({"activation": CustomActivation(np.tanh, lambda a: 1 / np.cosh(a) ** 2)}, X),
    "schedule": ({"schedule": "one_cycle", "batch_norm": True}, X32),
    "lbfgs": ({"solver": "lbfgs"}, X),
    "converges": ({"learning_rate_init": 0.05, "tol": 0.02, "max_iter": 60}, X),
}


def net(**parameters):
    parameters = {"hidden_layer_sizes": (10,), "max_iter": 6, "batch_size": 50} | parameters
    return MLPClassifier(**parameters)


def members(estimator, n=3):
    return [clone(estimator).set_params(random_state=seed) for seed in range(n)]


def train(estimators, X, y, n_threads, **options):
    return fit_together(estimators, X, y, n_threads=n_threads, **options)


@pytest.mark.parametrize("case", CASES)
def test_each_is_the_network_trained_alone(case):
    parameters, data = CASES[case]
    alone = [e.fit(data, y) for e in members(net(**parameters))]
    for n_threads in (1, 2, 4):
        together = members(net(**parameters))
        assert train(together, data, y, n_threads) == together
        for one, other in zip(alone, together, strict=True):
            assert_same(one, other)
    if case in ("early_stopping", "converges"):
        assert len({e.n_iter_ for e in alone}) > 1  # they end at different epochs


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_any_number_on_any_number_of_threads(n):
    alone = [e.fit(X, y) for e in members(net(), n)]
    for n_threads in (2, 3, 8):
        together = members(net(), n)
        train(together, X, y, n_threads)
        for one, other in zip(alone, together, strict=True):
            assert_same(one, other)


def test_members_may_differ():
    different = [
        net(learning_rate_init=0.01),
        net(alpha=0.1, solver="adamw", weight_decay=0.1),
        net(dropout=0.5),
        net(hidden_layer_sizes=(30, 5), activation="tanh", batch_size=10),
        MLPRegressor("huber", (7,), max_iter=30),
        net(solver="lbfgs"),
    ]
    different = [e.set_params(random_state=0) for e in different]
    alone = [clone(e).fit(X, y) for e in different]
    train(different, X, y, 2)
    for one, other in zip(alone, different, strict=True):
        assert_same(one, other)


SAMPLES = {
    "some": np.arange(20, 200),
    "with repetitions": np.random.RandomState(0).randint(300, size=300),
    "a class missing": np.flatnonzero(y != 1),
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize(
    ("case", "weighted"),
    [("plain", False), *((c, True) for c in ("early_stopping", "sparse", "lbfgs", "batch_norm"))],
)
def test_a_sample_of_the_rows(sample, case, weighted):
    (parameters, data), rows = CASES[case], SAMPLES[sample]
    weight = np.random.RandomState(1).randint(3, size=300) * 0.5 if weighted else None
    parameters = {**parameters, "class_weight": "balanced"} if weighted else parameters
    alone = net(random_state=3, **parameters)
    alone.fit(data[rows], y[rows], weight[rows] if weighted else None)
    among = net(random_state=3, **parameters)
    train([among], data, y, 1, samples=[rows], sample_weight=weight)
    assert_same(alone, among)


def test_a_sample_for_regression():
    X, y = make_regression(200, 5, n_targets=2, random_state=0)
    y /= 100
    rows = np.random.RandomState(0).randint(200, size=150)
    alone = MLPRegressor(max_iter=5, random_state=0, loss="huber").fit(X[rows], y[rows])
    among = clone(alone)
    train([among], X, y, 2, samples=[rows])
    assert_same(alone, among)


def test_one_that_diverges_ends_alone():
    together = members(net(), 3)
    together[1].set_params(solver="sgd", learning_rate_init=1e200, clip_value=None)
    outcomes = train(together, X, y, 2)
    assert isinstance(outcomes[1], DivergenceError)
    assert not hasattr(together[1], "coefs_")
    for seed in (0, 2):
        assert_same(net(random_state=seed).fit(X, y), together[seed])


def test_other_errors_end_all():
    def broken(a):
        if broken.armed:
            raise OverflowError("mine")
        return a

    broken.armed = False
    bad = net(activation=CustomActivation(broken, np.ones_like), random_state=0)
    broken.armed = True
    together = [*members(net(), 2), bad]
    with pytest.raises(OverflowError, match="mine"):
        train(together, X, y, 2)
    assert not any(hasattr(e, "coefs_") for e in together)


def test_a_network_is_released_when_it_ends(monkeypatch):
    """Not when all have ended."""
    log = []

    def training(name, n):
        class Held:
            def __del__(self):
                log.append(f"{name} released")

        held = Held()
        for _ in range(n):
            yield Nothing(log, name)
        if name == "diverging":
            raise DivergenceError(held is None, epoch=1)
        return held is None

    class Nothing(stretches.Stretch):
        def __new__(cls, log, name):
            return super().__new__(cls, None, (), None, 0, 1, 0.1, 0)

        def train(self):
            log.append("stretch")
            return 1.0

        def prepare(self):
            return self

        def trained(self):
            log.append("stretch")

    class Nobody:
        def __init__(self, n_threads, most):
            pass

        def put(self, engine):
            pass

        def seconds(self):
            return 1.0

        def close(self):
            pass

    monkeypatch.setattr(stretches, "Crew", Nobody)
    several = [training("short", 1), training("diverging", 1), training("long", 3)]
    outcomes = stretches.run_side_by_side(several, 1, (DivergenceError,))
    assert isinstance(outcomes[1], DivergenceError)
    released = [log.index(f"{name} released") for name in ("short", "diverging")]
    assert max(released) < log.index("long released") - 1


@pytest.mark.usefixtures("sigint")
def test_ctrl_c_is_heard_within_200_milliseconds():
    big = make_classification(4000, 40, random_state=0)
    together = members(MLPClassifier((100, 100), max_iter=10000, tol=0, n_iter_no_change=10000), 12)
    sent = []

    def interrupt():
        time.sleep(1.5)
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        train(together, *big, 2)
    heard = time.perf_counter()
    thread.join()
    assert heard - sent[0] < 0.2 * 5  # a loaded machine
    assert not any(hasattr(e, "coefs_") for e in together)


def test_warnings_are_those_of_a_fit():
    with pytest.warns(ConvergenceWarning, match="Maximum iterations") as found:
        train(members(net(max_iter=1), 3), X, y, 1)
    assert len(found) == 3


def test_verbose_tells_whose_line_it_is(capsys):
    train(members(net(verbose=True, max_iter=2), 2), X, y, 1)
    lines = [line.split(",")[0] for line in capsys.readouterr().out.splitlines()]
    expected = [f"Member {i}: Iteration {n}" for i in range(2) for n in (1, 2)]
    assert sorted(lines) == expected


def test_the_kernel_wants_prepared_engines():
    from fastnn.network.compiled import CompiledNetwork
    from fastnn.optimizers import SGD
    from fastnn.training.trainer import make_trainer

    trainer = make_trainer(CompiledNetwork(2, [(1,)], "squared_error"), SGD(), batch_size=1)
    with pytest.raises(RuntimeError, match="nothing is prepared"):
        run_together([trainer._engine], 1)
    with pytest.raises(RuntimeError, match="nothing is prepared"):
        trainer._engine.sweep(1)
    with pytest.raises(ValueError, match="a thread"):
        run_together([], 0)
    with pytest.raises(RuntimeError, match="no pass to wait for"):
        Crew(1, 1).seconds()


def test_helpers_train_while_the_caller_has_the_interpreter():
    from fastnn.network.compiled import CompiledNetwork
    from fastnn.optimizers import SGD
    from fastnn.training.trainer import make_trainer

    begun = threading.Event()

    def noted(a):
        if threading.current_thread() is not threading.main_thread():
            begun.set()
        return a

    layers = [(3, CustomActivation(noted, np.ones_like)), (1,)]
    network = CompiledNetwork(2, layers, "squared_error")
    trainers = [make_trainer(network, SGD(), batch_size=1) for _ in range(2)]
    data = trainers[0].data(np.ones((4, 2)), np.ones((4, 1)))
    engines = [t.prepare(data, np.arange(4), 0, 4, 0.1) for t in trainers]
    crew = Crew(2, 1)
    assert crew.put(engines[0]) == 0
    assert begun.wait(60)
    with pytest.raises(RuntimeError, match="no place in the line"):
        crew.put(engines[1])
    while crew.seconds() is None:
        pass
    trainers[0].trained(4)
    crew.close()
    assert np.isfinite(trainers[0].loss_sum)


@pytest.mark.parametrize("by_turns_is_quick", [True, False])
def test_the_quicker_way_of_sharing_is_taken(by_turns_is_quick, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(stretches.time, "perf_counter", lambda: now[0])
    taken = []

    class Fake(stretches.Stretch):
        def train(self):
            now[0] += 1 if by_turns_is_quick else 3
            taken.append("turns")
            return 1.0

    def side_by_side(self, given):
        now[0] += 3
        taken.append("side")
        return [1.0] * len(given)

    monkeypatch.setattr(stretches._Sharing, "_side_by_side", side_by_side)
    sharing = stretches._Sharing(4)
    few = [Fake(None, (), None, 0, 1, 0.1, 0) for _ in range(2)]
    for _ in range(30):
        sharing.train(few)
    assert set(taken) == {"turns", "side"}
    assert set(taken[-20:]) == {"turns" if by_turns_is_quick else "side"}
