"""What restricted Boltzmann machines are known to learn, and how likely they find it."""

import itertools

import numpy as np
import pytest
from scipy.special import expit, logsumexp
from sklearn.datasets import load_digits, make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import minmax_scale, scale

from fastnn import BernoulliRBM, GaussianRBM


def bars(n=4):
    """All pictures of horizontal or of vertical bars, n by n."""
    rows = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
    lying = np.repeat(rows, n, axis=1)
    standing = np.tile(rows, (1, n))
    return np.unique(np.concatenate([lying, standing]), axis=0)


def random_machine(cls, n_hidden, n_visible, rng):
    model = cls(n_hidden, n_iter=0).fit(rng.uniform(size=(5, n_visible)))
    model.components_ = rng.normal(0, 0.7, (n_hidden, n_visible))
    model.intercept_hidden_, model.intercept_visible_ = (
        rng.normal(size=n_hidden),
        rng.normal(size=n_visible),
    )
    return model


def test_free_energies_and_pseudo_likelihood_by_enumeration(rng):
    model = random_machine(BernoulliRBM, 4, 6, rng).set_params(scored_bits="all")
    V = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    H = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    energies = -(V @ model.components_.T @ H.T + H @ model.intercept_hidden_)
    energies -= (V @ model.intercept_visible_)[:, None]
    np.testing.assert_allclose(model.free_energy(V), -logsumexp(-energies, axis=1))
    log_z = logsumexp(-energies)
    np.testing.assert_allclose(model.log_partition(), log_z)
    log_p = logsumexp(-energies, axis=1) - log_z
    np.testing.assert_allclose(model.log_likelihood(V), log_p)
    bit = 2 ** np.arange(6)[::-1]  # the number of the row with one bit turned
    expected = [
        sum(log_p[r] - np.logaddexp(log_p[r], log_p[r ^ b]) for b in bit) for r in range(64)
    ]
    np.testing.assert_allclose(model.score_samples(V), expected)


@pytest.mark.parametrize("cls", [BernoulliRBM, GaussianRBM])
def test_annealed_importance_sampling_is_within_a_tenth_of_a_nat(cls, rng):
    model = random_machine(cls, 8, 30, rng)
    model.components_ /= 3
    estimate, error = model.annealed_log_partition(200, 500, random_state=0)
    assert abs(estimate - model.log_partition()) < 0.1
    assert 0 < error < 0.1


def test_a_gaussian_density_integrates_to_one(rng):
    model = random_machine(GaussianRBM, 3, 1, rng)
    v = np.linspace(-15, 15, 20001)[:, None]
    density = np.exp(model.log_likelihood(v))
    assert density.sum() * (v[1, 0] - v[0, 0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "options", [{}, {"rng": "counter"}, {"persistent": False, "k": 5}], ids=str
)
def test_the_likelihood_rises_and_bars_are_learned(options):
    X = bars()
    likelihoods = []
    for n_iter in (0, 300, 3000):
        model = BernoulliRBM(8, batch_size=len(X), n_iter=n_iter, random_state=0, **options).fit(X)
        likelihoods.append(model.log_likelihood(X).mean())
    assert likelihoods[0] < likelihoods[1] < likelihoods[2]
    # the best there is, log 1/30, is -3.40; of independent bits, -11.1
    assert likelihoods[2] > -7
    samples = model.sample(200, 300, random_state=1)
    assert np.mean([(row == X).all(axis=1).any() for row in samples]) > 0.15  # by chance .0005


def test_the_4_2_4_encoder():
    """The best of three starts by its likelihood: the others give two of the four one code."""
    X = np.tile(np.eye(4), (10, 1))
    options = {"batch_size": 40, "persistent": False, "learning_rate": 0.3, "momentum": 0.5}
    models = [
        BernoulliRBM(2, n_iter=8000, random_state=seed, **options).fit(X) for seed in range(3)
    ]
    best = max(models, key=lambda model: model.log_likelihood(X).mean())
    codes = best.transform(X[:4])
    assert len(np.unique(codes > 0.5, axis=0)) == 4  # each of the four has a code of two bits
    assert (best.inverse_transform(codes).argmax(axis=1) == np.arange(4)).all()


def test_the_digits_of_scikit_learns_example():
    """Pseudo-likelihood -25.4 to -20.2 in ten epochs; logistic regression .94 against .78."""
    X, y = load_digits(return_X_y=True)
    X = minmax_scale(X)
    images = X.reshape(-1, 8, 8)
    moved = [np.roll(np.pad(images, ((0, 0), (1, 1), (1, 1))), s, axis=a)[:, 1:-1, 1:-1]
             for a, s in ((1, -1), (2, -1), (2, 1), (1, 1))]  # fmt: skip
    X = np.concatenate([images, *moved]).reshape(-1, 64)
    y = np.tile(y, 5)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scores = []
    for n_iter in (1, 10):
        model = BernoulliRBM(100, learning_rate=0.06, n_iter=n_iter, random_state=0).fit(X)
        scores.append(model.score_samples(X).mean())
    assert scores[0] == pytest.approx(-25.4, abs=0.4)
    assert scores[1] == pytest.approx(-20.2, abs=0.4)
    head = LogisticRegression(C=6000, max_iter=400, tol=1e-3).fit(model.transform(X), y)
    raw = LogisticRegression(C=100, max_iter=50, tol=1e-2).fit(X, y)
    assert head.score(model.transform(X_test), y_test) > 0.9  # .937 when it has converged
    assert raw.score(X_test, y_test) < 0.82


def test_gaussian_machine_finds_clusters():
    X, y = make_blobs(600, 5, centers=3, random_state=2)
    X = scale(X)
    model = GaussianRBM(6, n_iter=200, learning_rate=0.05, random_state=0).fit(X[:400])
    first = GaussianRBM(6, n_iter=0, random_state=0).fit(X[:400])
    assert model.log_likelihood(X[400:]).mean() > first.log_likelihood(X[400:]).mean() + 0.5
    assert (
        LogisticRegression()
        .fit(model.transform(X[:400]), y[:400])
        .score(model.transform(X[400:]), y[400:])
        > 0.97
    )


def test_sparsity_draws_units_to_the_target():
    X = load_digits().data[:500] / 16
    means = [
        BernoulliRBM(30, n_iter=30, sparsity_target=target, sparsity_cost=1.0, random_state=0)
        .fit(X)
        .transform(X)
        .mean()
        for target in (None, 0.05)
    ]
    assert means[1] < 0.12 < means[0]


def test_early_stopping_keeps_what_generalises():
    rng = np.random.RandomState(0)
    p = expit(rng.normal(size=(1, 40)))
    X, X_val = (rng.uniform(size=(n, 40)) < p for n in (30, 200))
    options = {"n_iter": 300, "learning_rate": 0.3, "random_state": 0}
    stopped = BernoulliRBM(60, early_stopping=True, **options).fit(X, X_val=X_val)
    whole = BernoulliRBM(60, **options).fit(X, X_val=X_val)
    assert stopped.n_iter_ < 300 == whole.n_iter_ == len(whole.validation_curve_)
    assert whole.validation_curve_[: stopped.n_iter_] == stopped.validation_curve_
    gap = stopped.free_energy(X_val).mean() - stopped.free_energy(X).mean()
    assert gap < 0.2 * whole.validation_curve_[-1]
    assert not hasattr(BernoulliRBM(5, n_iter=1).fit(X), "validation_curve_")
    assert len(BernoulliRBM(5, n_iter=2, early_stopping=True).fit(X).validation_curve_) == 2
