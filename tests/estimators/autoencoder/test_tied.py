"""Tied matrices, prices on the code, and sparse rows that are their own targets."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits

import fastnn
from fastnn import Autoencoder, Predictor
from fastnn.layers import ActivityL1, Dense
from fastnn.layers.dense import TiedDense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer
from tests.support.kernel_cases import assert_same_bits

X = load_digits().data / 16
SMALL = {"max_iter": 4, "random_state": 0}


def tied_network(widths, dtype=np.float64):
    """Tied tanh layers of these widths there and back, with weights."""
    encoder = [Dense(n, "tanh") for n in widths[1:]]
    decoder = [
        TiedDense(n, "tanh", of) for n, of in zip(widths[-2:0:-1], encoder[:0:-1], strict=True)
    ]
    layers = [*encoder, *decoder, TiedDense(widths[0], of=encoder[0])]
    network = CompiledNetwork(widths[0], layers, "squared_error", dtype)
    network.params[...] = np.random.RandomState(1).normal(0, 0.3, network.n_params)
    return network


def twin_loss_and_grad(network, rows, alpha):
    """The mean loss and its gradient, tied matrices being one: plain NumPy."""
    n_encoder = len(network.coefs) // 2
    W, b = [c.astype(float) for c in network.coefs[:n_encoder]], network.intercepts
    uses = [*W, *(w.T for w in reversed(W))]
    hs = [rows]
    for i, w in enumerate(uses):
        z = hs[-1] @ w + b[i]
        hs.append(z if i == len(uses) - 1 else np.tanh(z))
    d, n = hs[-1] - rows, len(rows)
    squares = sum((w**2).sum() for w in W)
    loss = (0.5 * (d**2).sum() + 0.5 * alpha * squares) / n
    gradient, biases = [alpha * w for w in W], []
    for i in reversed(range(len(uses))):
        if i < len(uses) - 1:
            d = d * (1 - hs[i + 1] ** 2)
        share = hs[i].T @ d
        own = i if i < n_encoder else len(uses) - 1 - i
        gradient[own] = gradient[own] + (share if i < n_encoder else share.T)
        biases.insert(0, d.sum(axis=0))
        d = d @ uses[i].T
    return loss, np.concatenate([g.ravel() for g in (*gradient, *biases)]) / n


@pytest.mark.parametrize("widths", [(5, 3), (64, 33, 2), (20, 50, 3), (2, 9), (1, 4)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_is_the_sum_over_both_uses(widths, dtype, rng):
    network = tied_network(widths, dtype)
    assert network.n_params == twin_loss_and_grad(network, np.zeros((1, widths[0])), 0)[1].size
    rows = rng.normal(size=(300, widths[0])).astype(dtype)
    loss, gradient = loss_and_grad(network, rows, rows, alpha=0.7)
    expected, of_twin = twin_loss_and_grad(network, rows.astype(float), 0.7)
    tolerance = 1e-12 if dtype == np.float64 else 2e-6
    assert loss == pytest.approx(expected, rel=tolerance * 10)
    np.testing.assert_allclose(gradient, of_twin, atol=tolerance * np.abs(of_twin).max())
    if dtype == np.float32:
        return
    for i in range(0, network.n_params, max(1, network.n_params // 40)):
        shifted = []
        for step in (1e-5, -1e-5):
            network.params[i] += step
            shifted.append(loss_and_grad(network, rows, rows, alpha=0.7)[0])
            network.params[i] -= step
        assert gradient[i] == pytest.approx((shifted[0] - shifted[1]) / 2e-5, abs=1e-7, rel=1e-5)


@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.05}, {"average_decay": 0.9}], ids=str)
def test_steps_are_those_of_one_matrix(options, rng):
    """Plain descent by hand; both packed copies of weights and moments stay one to the bit."""
    rows = rng.normal(size=(90, 20))
    found = []
    for n_threads in (1, 2, 4):
        network = tied_network((20, 17, 3))
        trainer = make_trainer(
            network,
            SGD(momentum=0.5, nesterov=False),
            alpha=0.3,
            batch_size=30,
            n_threads=n_threads,
            **options,
        )
        trainer.run(rows, rows, np.arange(90), 0, 3, learning_rate=0.1)
        found.append((trainer, trainer.loss_sum))
        trainer.pull()
        assert_same_bits(network.params, found[0][0].network.params)
        assert trainer.loss_sum == found[0][1]
        engine = trainer._engine
        other = np.empty_like(network.params)
        for i, packed in enumerate([engine.packed, *engine.moments]):
            before = packed.copy()
            engine.store(packed, other)
            engine.pack(other, engine.moments[i - 1]) if i else engine.load(
                other
            )  # from one matrix
            assert_same_bits(packed, before)
    if "average_decay" in options:
        return
    twin, velocity, reported = tied_network((20, 17, 3)), 0, 0.0
    for batch in np.split(rows, 3):
        loss, gradient = twin_loss_and_grad(twin, batch, 0.3)
        penalty = 0.15 * (twin.params[: twin.n_coefs] ** 2).sum() / 30
        reported += 30 * ((loss - penalty) / 20 + penalty)
        norm = np.linalg.norm(gradient)
        gradient = gradient * min(1, options.get("clip_norm", np.inf) / norm)
        velocity = 0.5 * velocity - 0.1 * gradient
        twin.params += velocity
    np.testing.assert_allclose(found[0][0].network.params, twin.params, atol=1e-13)
    assert found[0][1] == pytest.approx(reported, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {"activity_l1": 0.01},
        {"solver": "lbfgs", "activity_l1": 0.01},
        {"batch_norm": True, "residual": True, "averaging": "ema"},
    ],
    ids=str,
)
def test_a_tied_one_goes_everywhere(dtype, options, tmp_path):
    data = X[:300].astype(dtype)
    model = Autoencoder((24, 6), tied=True, **SMALL, **options).fit(data)
    for one, other in zip(model.coefs_, model.coefs_[::-1], strict=True):
        assert_same_bits(one, np.ascontiguousarray(other.T))
    assert_same_bits(model.inverse_transform(model.transform(data)), model.reconstruct(data))
    scored = Predictor(model, np.dtype(dtype).name).predict(data)
    np.testing.assert_allclose(scored, model.reconstruct(data), atol=1e-5)
    path = tmp_path / "model.fastnn"
    fastnn.save(model, path)
    assert_same_bits(fastnn.load(path).reconstruct(data), model.reconstruct(data))
    if "solver" in options or "averaging" in options:
        return
    parts, unbroken = Autoencoder((24, 6), tied=True, random_state=0, **options), None
    for _ in range(2):
        parts.partial_fit(data)
    fastnn.save(parts, path)
    parts, unbroken = fastnn.load(path).partial_fit(data), parts.partial_fit(data)
    assert parts.t_ == unbroken.t_ == 900
    assert_same_bits(parts.coefs_[0], unbroken.coefs_[0])


def test_a_tied_one_has_half_the_weights_and_learns_as_well():
    options = {"activation": "tanh", "max_iter": 40, "random_state": 0}
    plain, tied = (Autoencoder((32, 8), tied=t, **options).fit(X[:1400]) for t in (False, True))
    assert tied.score(X[1400:]) > 1.1 * plain.score(X[1400:])


def test_activity_l1_is_part_of_the_loss_of_a_row(rng):
    network = CompiledNetwork(33, [Dense(9, "relu"), ActivityL1(0.3), Dense(33)], "squared_error")
    network.params[...] = rng.normal(0, 0.3, network.n_params)
    rows, weight = rng.normal(size=(300, 33)), rng.uniform(size=300)
    loss, _ = loss_and_grad(network, rows, rows, sample_weight=weight)
    code = np.maximum(rows @ network.coefs[0] + network.intercepts[0], 0)
    p = code @ network.coefs[1] + network.intercepts[1]
    by_row = 0.5 * ((p - rows) ** 2).sum(axis=1) + 0.3 * np.abs(code).sum(axis=1)
    assert loss == pytest.approx(np.average(by_row, weights=weight), rel=1e-12)
    reported = make_trainer(network, SGD(), batch_size=300)
    reported.run(rows, rows, np.arange(300), 0, 1, learning_rate=1e-9)
    by_row = 0.5 * ((p - rows) ** 2).mean(axis=1) + 0.3 * np.abs(code).sum(axis=1)
    assert reported.loss_sum / 300 == pytest.approx(by_row.mean(), rel=1e-12)


def test_activity_l1_makes_codes_sparse():
    options = {"max_iter": 40, "random_state": 0, "learning_rate_init": 0.005}
    share = [
        (Autoencoder(24, activity_l1=price, **options).fit(X[:800]).transform(X) != 0).mean()
        for price in (0, 0.1)
    ]
    assert share[1] < 0.5 * share[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {"early_stopping": True, "batch_size": 37},
        {"early_stopping": True, "scoring": lambda model, X, y=None: model.score(X)},
        {"solver": "lbfgs", "tied": True},
        {"output_activation": "logistic", "activity_l1": 0.01},
    ],
    ids=lambda options: ", ".join(options),
)
def test_sparse_targets_are_dense_ones(options, dtype, rng):
    kept = np.where(X[:400] > 0.6, X[:400], 0).astype(dtype)
    weight = rng.uniform(size=400)
    ones = [
        Autoencoder(8, **SMALL, **options).fit(rows, sample_weight=weight)
        for rows in (kept, scipy.sparse.csc_array(kept))
    ]
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    for a, b in zip(ones[0].coefs_, ones[1].coefs_, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance)
    assert ones[0].loss_ == pytest.approx(ones[1].loss_, rel=1e-6)
    assert ones[0].offset_ == pytest.approx(ones[1].offset_, rel=1e-6)
    if "early_stopping" in options:
        assert ones[0].best_validation_score_ == pytest.approx(
            ones[1].best_validation_score_, rel=1e-5
        )


def test_sparse_rows_are_dense_a_batch_at_a_time():
    """What would be 80 MB whole takes a tenth, validation and the scores of ``offset_`` too."""
    rows = scipy.sparse.random_array(
        (2000, 10000), density=0.0005, format="csr", rng=0, dtype=np.float32
    )
    model = Autoencoder(2, max_iter=1, batch_size=32, early_stopping=True, random_state=0)
    model.fit(rows[:50])
    tracemalloc.start()
    try:
        model.fit(rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6
    assert rows.shape[0] * rows.shape[1] * 4 == 80e6


def test_interrupted_or_impossible_it_stays_as_it_was():
    model = Autoencoder((24, 6), tied=True, activity_l1=0.01, **SMALL).fit(X[:200])
    before = {name: value for name, value in vars(model).items() if name.endswith("_")}
    with pytest.raises(ValueError, match="max_norm bounds the weights that lead into a unit"):
        model.set_params(max_norm=1.0).fit(X[:200])
    model.set_params(max_norm=None, early_stopping=True, scoring=_interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:200])
    assert all(getattr(model, name) is value for name, value in before.items())


def _interrupt(*_):
    raise KeyboardInterrupt
