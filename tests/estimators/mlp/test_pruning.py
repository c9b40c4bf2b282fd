"""Weights and units that are gone: what is left is what it was, and zeros stay zero."""

import pickle

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_digits

import fastnn
from fastnn import (
    Autoencoder,
    ConvClassifier,
    MLPClassifier,
    MLPRegressor,
    Network,
    Predictor,
    RecurrentClassifier,
    prune,
)
from fastnn.layers import Dense
from fastnn.optimizers import OPTIMIZERS

DIGITS, DIGIT = (a[:300] for a in load_digits(return_X_y=True))
DIGITS = DIGITS / 16
NET = MLPClassifier((30, 20), max_iter=15, batch_size=30, random_state=0, learning_rate_init=0.01)
FITTED = clone(NET).fit(DIGITS, DIGIT)


def zeros(model):
    return [w == 0 for w in model.coefs_]


def share(model):
    return sum(z.sum() for z in zeros(model)) / sum(w.size for w in model.coefs_)


@pytest.mark.parametrize("by", ["magnitude", "use"])
def test_the_least_weights_become_zero(by):
    thin = prune(FITTED, 0.6, by=by, X=DIGITS)
    n = sum(w.size for w in FITTED.coefs_)
    assert sum(z.sum() for z in zeros(thin)) == round(0.6 * n)
    heard = [DIGITS, FITTED.transform(DIGITS, 0), FITTED.transform(DIGITS, 1)]
    said = [np.sqrt((h**2).mean(axis=0))[:, None] if by == "use" else 1 for h in heard]
    worth = [abs(w) * s for w, s in zip(FITTED.coefs_, said, strict=True)]
    # Of each layer the least; of all the least by what is left of their layer's squares.
    gone, left = [], []
    for v, z in zip(worth, zeros(thin), strict=True):
        assert v[z].max() <= v[~z].min()
        for which, found in ((z, gone), (~z, left)):
            found += [u**2 / (v[v >= u] ** 2).sum() for u in v[which]]
    assert max(gone) <= min(left)
    for w, now, z in zip(FITTED.coefs_, thin.coefs_, zeros(thin), strict=True):
        assert_same_bits(now[~z], w[~z])
    # What is gone counts, and stays.
    more = prune(thin, 0.8, by=by, X=DIGITS)
    assert share(more) == pytest.approx(0.8, abs=1e-3)
    assert all((b | ~a).all() for a, b in zip(zeros(thin), zeros(more), strict=True))


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_zeros_stay_whatever_the_solver_does(solver):
    """Moments that are not zero, penalties, decay, bounds and pulls to where weights were."""
    options = {} if solver == "lbfgs" else {"clip_norm": 1.0, "max_norm": 2.0, "averaging": "ema"}
    if solver == "adamw":
        options |= {"plasticity": "ewc", "l1_ratio": 0.1, "batch_norm": True, "dropout": 0.1}
    model = clone(NET).set_params(solver=solver, max_iter=3, residual=True, **options)
    model.set_params(batch_size="auto" if solver == "rprop" else 50).fit(DIGITS, DIGIT)
    if solver == "adamw":
        model.consolidate(DIGITS, DIGIT)
    by_hand = model.set_params(keep_zeros=True, warm_start=True)  # moments and anchors stay
    for w in (*by_hand.coefs_, by_hand.projections_[0]):
        w[np.random.RandomState(1).random(w.shape) < 0.7] = 0
    before = zeros(by_hand), by_hand.projections_[0] == 0, by_hand.coefs_[0].copy()
    if solver != "lbfgs":
        by_hand.set_params(averaging=None).partial_fit(DIGITS, DIGIT)
    by_hand.set_params(max_iter=2).fit(DIGITS, DIGIT)
    assert all(now[z].all() for now, z in zip(zeros(by_hand), before[0], strict=True))
    assert (by_hand.projections_[0][before[1]] == 0).all()
    assert (by_hand.coefs_[0] != before[2]).any()


def test_the_gradient_of_what_is_gone_counts_in_no_norm(rng):
    """A step of the network that is left, bound by the norm of its own gradient."""
    X, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 2))
    net = Network([Dense(9, "tanh"), Dense(2)], random_state=0, n_in=6)
    net.predict(X)
    weights = net.parameters.copy()
    weights[:54][rng.random(54) < 0.5] = 0
    net.parameters = weights
    _, g = net.loss_and_grad(X, y)
    g[:54][weights[:54] == 0] = 0
    net.fit(
        X,
        y,
        epochs=1,
        batch_size=40,
        keep_zeros=True,
        clip_norm=0.01,
        optimizer=fastnn.optimizers.SGD(0.5, momentum=0.0),
    )
    expected = weights - 0.5 * 0.01 * g / np.linalg.norm(g)
    np.testing.assert_allclose(net.parameters, expected, atol=1e-12)
    assert (net.parameters[:54][weights[:54] == 0] == 0).all()


def test_bits_do_not_depend_on_threads_and_kept_models_go_on(tmp_path):
    thin, found = prune(FITTED, 0.8), []
    fastnn.save(thin, tmp_path / "thin.fnn")
    loaded = fastnn.load(tmp_path / "thin.fnn")
    for n_jobs, model in ((1, thin), (2, loaded), (4, pickle.loads(pickle.dumps(thin)))):
        model.set_params(n_jobs=n_jobs).partial_fit(DIGITS, DIGIT).partial_fit(DIGITS, DIGIT)
        found.append(model.coefs_)
    for w, *others in zip(*found, strict=True):
        for other in others:
            assert_same_bits(other, w)
    assert share(loaded) >= 0.8


IMAGES = DIGITS.reshape(-1, 8, 8)
SHORT = {"max_iter": 1, "random_state": 0}


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (ConvClassifier(conv_layers=[(4, 3)], hidden_layer_sizes=(8,), **SHORT), IMAGES),
        (RecurrentClassifier("lstm", hidden_layer_sizes=(6, 5), **SHORT), IMAGES),
        (Autoencoder((9, 5), tied=True, **SHORT), DIGITS),
        (MLPClassifier((300, 200), batch_size=150, **SHORT), csr_matrix(DIGITS)),
    ],
)
def test_every_family_keeps_zeros(model, X):
    """Weights that are used many times a row, twice, or by sparse rows."""
    y = [] if isinstance(model, Autoencoder) else [DIGIT]
    model.fit(X, *y).set_params(keep_zeros=True)
    for w in model.coefs_:
        w[::2, ::3] = 0
    before = zeros(model), [w.copy() for w in model.coefs_]
    if y:
        model.partial_fit(X, *y)
    else:
        model.coefs_[2:] = [w.T.copy() for w in model.coefs_[1::-1]]
        before = zeros(model), [w.copy() for w in model.coefs_]
        model.partial_fit(X)
    assert all(now[was].all() for now, was in zip(zeros(model), before[0], strict=True))
    assert all((w != b).any() for w, b in zip(model.coefs_, before[1], strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"activation": "logistic", "batch_norm": True}])
def test_idle_units_go_without_a_trace(options, dtype):
    """What the network with zeros predicts, to the bit if biases take nothing over."""
    X = DIGITS.astype(dtype)
    model = clone(NET).set_params(max_iter=3, **options).fit(X, DIGIT)
    heard_by_nobody, says_the_same = [1, 4, 29], [0, 7]
    model.coefs_[1][heard_by_nobody] = 0
    narrow = prune(model, 0, units=True)
    assert narrow.hidden_layer_sizes == (27, 20)
    assert_same_bits(narrow.predict_proba(X), model.predict_proba(X))
    assert_same_bits(Predictor(narrow).predict_proba(X[:5]), Predictor(model).predict_proba(X[:5]))
    model.coefs_[1][:, says_the_same] = 0
    narrow = prune(model, 0, units=True)
    assert narrow.hidden_layer_sizes == (27, 18)
    atol = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(narrow.predict_proba(X), model.predict_proba(X), atol=atol)
    narrow.partial_fit(X, DIGIT)
    assert [w.shape for w in clone(narrow).fit(X, DIGIT).coefs_] == [(64, 27), (27, 18), (18, 10)]


def test_units_that_matter_least_go_and_their_mean_stays():
    X = csr_matrix(DIGITS)
    small = prune(FITTED, 0.4, units=True, by="use", X=X)
    assert sum(small.hidden_layer_sizes) == 30
    blind = prune(FITTED, 0.4, units=True)
    error, of_blind = (
        abs(m.predict_proba(DIGITS) - FITTED.predict_proba(DIGITS)).mean() for m in (small, blind)
    )
    assert error < of_blind
    one = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=1).fit(DIGITS, DIGIT)
    assert prune(one, 0.99, units=True).hidden_layer_sizes == (1,)


def test_the_model_stays_as_it_is():
    before = pickle.dumps(FITTED)
    prune(FITTED, 0.5)
    prune(FITTED, 0.5, units=True, by="use", X=DIGITS)
    assert pickle.dumps(FITTED) == before


@pytest.mark.parametrize(
    ("changes", "given", "said"),
    [
        ({}, {"amount": 1.0}, "amount must be a share"),
        ({}, {"amount": True}, "amount must be a share"),
        ({}, {"by": "age"}, "by must be 'magnitude' or 'use'"),
        ({}, {"by": "use"}, "needs rows to look at"),
        ({"residual": True}, {"units": True}, "with residual=True"),
        ({"layer_norm": True}, {"units": True}, "with layer_norm=True"),
        ({"activation": "lwta"}, {"units": True}, "activation='lwta'"),
        ({"hidden_layer_sizes": ()}, {"units": True}, "there is none"),
    ],
)
def test_what_cannot_be_pruned_is_said(changes, given, said):
    model = clone(NET).set_params(max_iter=1, **changes).fit(DIGITS[:60], DIGIT[:60])
    with pytest.raises(ValueError, match=said):
        prune(model, **{"amount": 0.5, **given})


def test_other_estimators_are_refused():
    for other in (ConvClassifier(), object()):
        with pytest.raises(ValueError, match="model must be an MLPClassifier or MLPRegressor"):
            prune(other, 0.5)
