"""Weights that use makes stiff: against a twin in NumPy, and what holds whatever the numbers."""

import pickle

import numpy as np
import pytest
from reference_plasticity import Chain
from sklearn.base import clone
from sklearn.datasets import load_digits

import fastnn
from fastnn import MLPClassifier, MLPRegressor
from fastnn.optimizers import SGD, Adam

DIGITS, DIGIT = (a[:240] for a in load_digits(return_X_y=True))
DIGITS = DIGITS / 16
KINDS = ("activity", "input", "gradient")


def streamed(model, n_calls=3, **given):
    """A model after some calls of partial_fit, digit by digit."""
    for call in range(n_calls):
        rows = slice(80 * call, 80 * call + 80)
        more = {"classes": range(10)} if isinstance(model, MLPClassifier) and not call else {}
        model.partial_fit(DIGITS[rows], DIGIT[rows], **given, **more)
    return model


def network(plasticity="activity", **params):
    given = {"batch_size": 16, "random_state": 0, "learning_rate_init": 0.01, **params}
    return MLPClassifier((24, 12), plasticity=plasticity, **given)


def weights(model):
    return [*model.coefs_, *model.intercepts_]


def same_weights(a, b):
    return all((x == y).all() for x, y in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize(
    ("solver", "options"),
    [
        ("sgd", {"decay": 0.9, "loss": 0.2}),
        ("sgd", {"weight_decay": 0.3, "floor": 0.3, "alpha": 0.5}),
        ("adam", {"decay": 0.97, "loss": 0.1, "alpha": 0.5}),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("widths", [(7, 33), (2,), ()])
def test_steps_are_those_of_the_twin(kind, solver, options, widths, rng):
    """Wide layers, panels that are not full, narrow ones; rows by weight; several calls."""
    X, y = rng.normal(size=(60, 9)) * (rng.random(9) > 0.2), rng.normal(size=(60, 2))
    weight = rng.random(60) + 0.5
    more = {name: options[name] for name in ("alpha", "weight_decay") if name in options}
    given = {"learning_rate_init": 0.05, "batch_size": 20, "shuffle": False, "random_state": 0}
    if solver == "sgd":
        given |= {"momentum": 0.0, "nesterovs_momentum": False}
    model = MLPRegressor(
        hidden_layer_sizes=widths,
        solver=solver,
        plasticity=kind,
        plasticity_strength=0.7,
        plasticity_decay=options.get("decay", 1.0),
        plasticity_floor=options.get("floor", 0.0),
        conduction_loss=options.get("loss", 0.0),
        **{"alpha": 0.0, **more, **given},
    )
    first = clone(model).set_params(learning_rate_init=1e-300, alpha=0.0, weight_decay=None)
    first.set_params(conduction_loss=0.0, batch_size=60).partial_fit(X, y)
    names = {name: options[name] for name in ("decay", "floor", "loss") if name in options}
    twin = Chain(first.coefs_, first.intercepts_, kind, 0.7, **names)
    decays, states = {"weight_decay": options.get("weight_decay", 0.0)}, {}
    optimizer = SGD(momentum=0.0, nesterov=False, **decays) if solver == "sgd" else Adam(**decays)
    for _ in range(2):
        model.partial_fit(X, y, weight)
        for batch in np.split(np.arange(60), 3):
            rows = X[batch], y[batch], weight[batch]
            twin.step(*rows, optimizer, states, 0.05, options.get("alpha", 0.0))
    for k, (W, b) in enumerate(twin.arriving()):
        np.testing.assert_allclose(model.coefs_[k], W, rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(model.intercepts_[k], b, rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(model.myelin_[k], twin.thickness(k)[0], rtol=1e-8, atol=1e-11)
    if kind != "gradient" or "alpha" not in options:  # which a penalty has as well
        assert model.myelin_[0][~X.any(axis=0)].max(initial=0.0) == 0


@pytest.mark.parametrize("kind", [*KINDS, "ewc"])
def test_without_strength_nothing_changes(kind):
    off, on = streamed(network(None)), streamed(network(kind, plasticity_strength=0))
    assert same_weights(off, on)
    assert off.loss_curve_ == on.loss_curve_
    with pytest.raises(AttributeError, match="set plasticity"):
        _ = off.myelin_


@pytest.mark.parametrize("kind", KINDS)
def test_use_adds_up_and_goes_on(kind, tmp_path):
    """Through pickle, file and partial_fit to the bit; use never falls; clones know nothing."""
    model, thick, used = streamed(network(kind), 1), [], []
    fastnn.save(model, tmp_path / "model.fastnn")
    others = pickle.loads(pickle.dumps(model)), fastnn.load(tmp_path / "model.fastnn")
    for it in (model, *others):
        thick.append([*it.myelin_])
        used.append(it._traces["use" if kind != "gradient" else "thickness"].copy())
        it.partial_fit(DIGITS[80:], DIGIT[80:])
        assert same_weights(it, model)
        now = it._traces["use" if kind != "gradient" else "thickness"]
        assert (now >= used[0]).all()
        assert all(m.mean() > n.mean() for m, n in zip(it.myelin_, thick[0], strict=True))
    assert all((a == b).all() for found in thick for a, b in zip(found, thick[0], strict=True))
    assert not hasattr(clone(model), "_traces")
    model.fit(DIGITS, DIGIT)
    assert same_weights(model, clone(model).fit(DIGITS, DIGIT))


@pytest.mark.parametrize(("kind", "batch_size"), [("activity", 16), ("gradient", 200)])
def test_no_bit_depends_on_threads(kind, batch_size):
    """In groups of rows as well, which the second of these is."""
    given = {"batch_size": batch_size, "conduction_loss": 0.1, "averaging": "ema", "max_iter": 3}
    models = [network(kind, n_jobs=n, dropout=0.2, **given).fit(DIGITS, DIGIT) for n in (1, 2, 4)]
    assert same_weights(models[0], models[1])
    assert same_weights(models[0], models[2])


def test_sparse_rows_are_used_as_dense_ones_are():
    from scipy.sparse import csr_array

    dense, sparse = network(), network()
    dense.fit(DIGITS, DIGIT)
    sparse.fit(csr_array(DIGITS), DIGIT)
    for a, b in zip(dense.myelin_, sparse.myelin_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_paths_without_use_stay_free_and_the_rest_freezes():
    """Infinitely stiff: only weights of features that are always zero could move, and these have no
    gradient but that of the penalty, which moves them."""
    given = {"alpha": 5.0, "solver": "sgd", "plasticity_strength": 1e30}
    first = streamed(network("input", **given), 1)
    before = [w.copy() for w in weights(first)]
    stiff = [m > 0 for m in first.myelin_]
    first.partial_fit(DIGITS[80:], DIGIT[80:])
    silent = ~DIGITS.any(axis=0)
    assert silent.sum() > 2
    assert not stiff[0][silent].any()
    assert (first.coefs_[0][silent] != before[0][silent]).all()
    for coef, was, here in zip(first.coefs_, before, stiff, strict=False):
        assert here.mean() > 0.3
        assert (coef[here] == was[here]).all()
    assert (first.intercepts_[2] == before[5]).all()


def test_units_in_another_order_have_their_thickness_in_that_order():
    given = {"solver": "sgd", "momentum": 0.0, "shuffle": False}
    a = MLPClassifier((24,), plasticity="activity", random_state=0, max_iter=2, **given)
    a.fit(DIGITS, DIGIT)
    order = np.random.RandomState(0).permutation(24)
    b = pickle.loads(pickle.dumps(a))
    b.coefs_ = [np.ascontiguousarray(b.coefs_[0][:, order]), b.coefs_[1][order]]
    b.intercepts_ = [b.intercepts_[0][order], b.intercepts_[1]]
    use = b._traces["use"]
    b._traces = {**b._traces, "use": np.concatenate([use[:64], use[64:][order]])}
    for it in (a, b):
        it.partial_fit(DIGITS, DIGIT)
    np.testing.assert_allclose(b.myelin_[0], a.myelin_[0][:, order], rtol=1e-9)
    np.testing.assert_allclose(b.coefs_[0], a.coefs_[0][:, order], rtol=1e-7, atol=1e-9)


def test_elastic_weights_are_drawn_to_where_they_were(tmp_path):
    """One step of plain descent, beside the importance written down."""
    given = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, "alpha": 0.0}
    given |= {"batch_size": 80, "learning_rate_init": 0.1, "shuffle": False}
    model = streamed(network("ewc", plasticity_strength=4.0, **given), 2)
    rows, labels = DIGITS[:30], DIGIT[:30]
    model.consolidate(rows, labels)
    squares = 0
    for row, label in zip(rows, labels, strict=True):
        h = [row]
        for W, b in zip(model.coefs_, model.intercepts_, strict=True):
            h.append(np.maximum(h[-1] @ W + b, 0))
        delta = model.predict_proba([row])[0] - (np.arange(10) == label)
        squares = squares + np.outer(h[-2], delta) ** 2 / 30
    np.testing.assert_allclose(model.myelin_[-1], squares, rtol=1e-9, atol=1e-15)
    fastnn.save(model, tmp_path / "model.fastnn")
    twin, plain = fastnn.load(tmp_path / "model.fastnn"), pickle.loads(pickle.dumps(model))
    anchor = [W.copy() for W in model.coefs_]
    for _ in range(2):
        now = [W.copy() for W in model.coefs_]
        plain.set_params(plasticity=None).__dict__.update(
            coefs_=[W.copy() for W in now], intercepts_=[b.copy() for b in model.intercepts_]
        )
        for it in (model, twin, plain):
            it.partial_fit(DIGITS[160:], DIGIT[160:])
        pull = 0.1 * 4.0 * squares * (now[-1] - anchor[-1])
        np.testing.assert_allclose(model.coefs_[-1], plain.coefs_[-1] - pull, rtol=1e-9, atol=1e-12)
    assert same_weights(model, twin)
    before = model.myelin_[-1]
    model.set_params(plasticity_decay=0.5).consolidate(rows, labels, np.r_[1.0, np.zeros(29)])
    assert (model.myelin_[-1] >= 0.5 * before).all()


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"solver": "lbfgs"}, "plasticity='activity' is for steps"),
        ({"solver": "rprop"}, "solver='rprop' goes by the signs"),
        ({"plasticity": "ewc", "conduction_loss": 0.1}, "conduction_loss"),
        ({"plasticity": None, "conduction_loss": 0.1}, "conduction_loss"),
        ({"plasticity": "practice"}, "plasticity"),
        ({"plasticity_decay": 0}, "plasticity_decay"),
    ],
)
def test_what_makes_no_sense_is_refused(params, match):
    model = MLPClassifier(**{"plasticity": "activity", **params})
    with pytest.raises(ValueError, match=match):
        model.fit(DIGITS, DIGIT)
    assert not hasattr(model, "coefs_")


def test_tasks_are_consolidated_only_where_that_means_something():
    model = streamed(network("activity"), 1)
    with pytest.raises(AttributeError, match="'ewc'"):
        model.consolidate(DIGITS, DIGIT)
    assert not hasattr(model, "consolidate")
