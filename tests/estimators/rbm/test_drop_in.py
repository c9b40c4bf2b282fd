"""BernoulliRBM beside scikit-learn's: same seed, same numbers; and what differs on purpose."""

import signal
import time

import numpy as np
import pytest
import scipy.sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import BernoulliRBM, GaussianRBM
from tests.support.kernel_cases import assert_same_bits
from tests.support.plain_rbm import first, step

X = load_digits().data[:200] / 16
SMALL = {"n_components": 19, "n_iter": 2, "random_state": 3}


@parametrize_with_checks(
    [
        BernoulliRBM(n_iter=3),
        BernoulliRBM(
            *(20,),
            **{"n_iter": 3, "rng": "counter", "persistent": False, "scored_bits": "all"},
            **{"momentum": 0.5, "weight_decay": 1e-4, "sparsity_target": 0.1, "k": 2},
        ),
        GaussianRBM(n_iter=3),
    ]
)
@pytest.mark.filterwarnings("ignore:n_components=|X has values|the columns of X")
def test_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    "seed", [3, np.random.RandomState(5), np.random.RandomState(np.random.PCG64(1))]
)
def test_the_same_machine_from_the_same_seed(seed, sparse, capsys):
    data = scipy.sparse.csr_array(X) if sparse else X
    found, lines = [], []
    for cls in (neural_network.BernoulliRBM, BernoulliRBM):
        options = {
            **SMALL,
            "random_state": clone(seed, safe=False),
            "verbose": isinstance(seed, int),
        }
        found.append(cls(**options).fit(data))
        lines.append([line.split(", time")[0] for line in capsys.readouterr().out.splitlines()])
    theirs, ours = found
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-13)
    assert ours.components_.flags.f_contiguous
    assert (ours.h_samples_ == theirs.h_samples_).all()
    assert lines[0] == lines[1]
    np.testing.assert_allclose(ours.transform(data), theirs.transform(data), atol=1e-13)
    np.testing.assert_allclose(ours.gibbs(X), theirs.gibbs(X))
    if isinstance(seed, int):
        np.testing.assert_allclose(ours.score_samples(data), theirs.score_samples(data), atol=1e-10)
        ours.random_state_ = theirs.random_state_ = None
        del ours.random_state_, theirs.random_state_
        theirs.partial_fit(X[:10])
        np.testing.assert_allclose(
            ours.partial_fit(X[:10]).components_, theirs.components_, atol=1e-13
        )


def test_private_methods_of_one_row_too():
    model = BernoulliRBM(**SMALL).fit(X)
    theirs = neural_network.BernoulliRBM(**SMALL).fit(X)
    for rows in (X[:3], X[0]):
        np.testing.assert_allclose(model._mean_hiddens(rows), theirs._mean_hiddens(rows))
        for name in ("_sample_hiddens", "gibbs"):
            seed = [] if name == "gibbs" else [0]
            found, expected = (
                getattr(rbm, name)(rows, *map(np.random.RandomState, seed))
                for rbm in (model, theirs)
            )
            assert (found == expected).all()
            assert found.dtype == bool
    np.testing.assert_allclose(model._free_energy(X), theirs._free_energy(X))
    assert model._free_energy(X[0]) == model.free_energy(X)[0]


@pytest.mark.parametrize(
    "options",
    [
        {"k": 3},
        {"persistent": False, "k": 2},
        {"momentum": 0.8, "weight_decay": 0.01},
        {"persistent": False, "sparsity_target": 0.2, "sparsity_cost": 0.5},
        {"n_components": 40, "batch_size": 33},
    ],
    ids=str,
)
@pytest.mark.parametrize("isa", [None, "baseline"])
def test_options_beside_the_twin(options, isa, monkeypatch):
    """Each batch is balanced: the last one has fewer rows than there are chains."""
    if isa:
        from fastnn.estimators.rbm import fitting

        machine = fitting.RestrictedMachine
        monkeypatch.setattr(
            fitting, "RestrictedMachine", lambda *a, **kw: machine(*a, **kw, isa=isa)
        )
    model = BernoulliRBM(**{**SMALL, "learning_rate": 0.3, **options}).fit(X[:187])
    rng = np.random.RandomState(3)
    target = options.get("sparsity_target", 0.0)
    state = first(model.n_components, 64, model.batch_size, rng, target)
    named = {name: getattr(model, name) for name in ("k", "persistent", "momentum")}
    for _ in range(2):
        for begin in range(0, 187, model.batch_size):
            step(
                *(state, X[begin : min(begin + model.batch_size, 187)], rng),
                **named,
                lr=0.3,
                decay=model.weight_decay,
                target=model.sparsity_target,
                cost=model.sparsity_cost,
            )
    np.testing.assert_allclose(model.components_, state["W"], atol=1e-12)
    np.testing.assert_allclose(model.intercept_hidden_, state["c"], atol=1e-12)
    np.testing.assert_allclose(model.intercept_visible_, state["b"], atol=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        BernoulliRBM(**SMALL),
        BernoulliRBM(**SMALL, rng="counter", persistent=False, momentum=0.5),
        GaussianRBM(**SMALL),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads_nor_on_calls(model, dtype, monkeypatch):
    from fastnn import threads
    from fastnn.estimators.rbm import fitting

    monkeypatch.setattr(fitting, "ThreadChoice", threads.FixedThreads)
    data = X.astype(dtype)
    ones = [clone(model).set_params(n_jobs=n).fit(data) for n in (1, 2, 4)]
    monkeypatch.setattr(fitting, "_STRETCH", 1e-9)  # a call for every batch
    ones.append(clone(model).fit(data))
    assert ones[0].components_.dtype == ones[0].transform(data).dtype == dtype
    for other in ones[1:]:
        assert_same_bits(other.components_, ones[0].components_)
        assert_same_bits(other.h_samples_, ones[0].h_samples_)
        assert_same_bits(other.transform(data), ones[0].transform(data))


def test_partial_fit_returns_the_estimator_and_keeps_float32():
    model = BernoulliRBM(5, momentum=0.5, random_state=0)
    assert model.partial_fit(X[:50].astype(np.float32)) is model
    assert model.partial_fit(X[50:]).components_.dtype == np.float32
    whole = BernoulliRBM(5, momentum=0.5, random_state=0, batch_size=50, n_iter=2).fit(X[:50])
    parts = BernoulliRBM(5, momentum=0.5, random_state=0, batch_size=50)
    parts.partial_fit(X[:50]).partial_fit(X[:50])  # momentum and chains go on
    assert_same_bits(parts.components_, whole.components_)


def test_what_is_printed_changes_no_weights(capsys):
    ones = [
        BernoulliRBM(**{**SMALL, "random_state": np.random.RandomState(1)}, verbose=v).fit(X)
        for v in (0, 1)
    ]
    assert "Iteration 2, pseudo-likelihood = " in capsys.readouterr().out
    assert_same_bits(ones[0].components_, ones[1].components_)


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (BernoulliRBM(5), 3 * X, r"X has values from 0 to 3.*MinMaxScaler"),
        (BernoulliRBM(5), X[:, 20:22], r"n_components=5 hidden units for 2 binary features"),
        (GaussianRBM(5), 100 * X, r"the columns of X have means.*StandardScaler"),
    ],
)
def test_warnings_name_the_remedy(model, data, message):
    with pytest.warns(UserWarning, match=message) as found:
        model.fit(data)
    assert len(found) == 1


def test_a_fit_that_diverges_leaves_the_estimator_as_it_was():
    model = BernoulliRBM(**SMALL).fit(X)
    before = dict(model.__dict__)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="lower learning_rate"):
        GaussianRBM(5, learning_rate=1e300, random_state=0).fit(X - 0.5)
    with pytest.raises(ValueError, match="n_components"):
        model.set_params(n_components=0).fit(X)
    model.set_params(n_components=19)
    assert model.__dict__ == before


def test_an_interrupt_is_heard_at_once():
    """Ctrl-C in the middle of an epoch that would take minutes: between two batches."""
    since = []

    def interrupt(signum, frame):
        since.append(time.perf_counter())
        raise KeyboardInterrupt

    model = BernoulliRBM(300, batch_size=20, n_iter=1, random_state=0)
    long = np.tile(X, (400, 8))
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(long)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.perf_counter() - since[0] < 0.5
    assert not hasattr(model, "components_")
