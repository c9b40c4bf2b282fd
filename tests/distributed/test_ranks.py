"""Ranks as threads: the bits of a sum, of a fit, and what ranks do with rows that they lack."""

import pickle
import warnings
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from same_fits import assert_same
from sklearn.base import clone
from thread_ranks import SHARDS, X, Y, fitted_by_one, fitted_by_ranks, net, on_threads, tree

from fastnn import MLPClassifier, MLPRegressor
from fastnn.distributed import RankError, fit
from fastnn.distributed._threads import share_of_cpus


@pytest.mark.parametrize("size", [2, 3, 4, 8])
@pytest.mark.parametrize("n", [7, 100_000], ids=["at once", "in slices"])
def test_a_sum_is_a_tree_over_the_ranks(size, n):
    parts = np.random.RandomState(1).normal(size=(size, n)).astype(np.float32) * 10.0 ** (
        np.arange(size, dtype=np.float32)[:, None] - 3
    )

    def rank(group):
        vector, totals = parts[group.rank].copy(), np.array([0.1, 0.2, group.rank / 3])
        group.sum(vector, totals)
        return vector, totals

    expected = tree(list(parts)), tree([np.array([0.1, 0.2, r / 3]) for r in range(size)])
    for vector, totals in on_threads(rank, size):
        assert (vector == expected[0]).all()
        assert (totals == expected[1]).all()


def test_one_rank_is_a_fit_of_one_process():
    assert_same(fitted_by_ranks(net(), SHARDS[1])[0], net().fit(X, Y))


@pytest.mark.parametrize("size", [2, 4, 8])
def test_ranks_come_to_the_bits_of_one_process_that_adds_up_their_gradients(size):
    model = net(shuffle=False)
    coefs, losses = fitted_by_one(model, SHARDS[size], (12,), 3)
    for found in fitted_by_ranks(model, SHARDS[size]):
        for mine, its in zip(found.coefs_, coefs, strict=True):
            assert (mine == its).all()
        assert found.loss_curve_ == losses


def test_no_bit_depends_on_the_run_or_the_threads():
    model = net((12, 12), dropout=0.2, clip_norm=0.5)
    expected = fitted_by_ranks(model, SHARDS[4])[0]
    for n_threads in (1, 2, 4):
        for found in fitted_by_ranks(model, SHARDS[4], n_threads):
            assert_same(found, expected)


@pytest.mark.parametrize(
    ("model", "y", "weight"),
    [
        (MLPClassifier(), Y, False),
        (MLPClassifier(loss="focal", class_weight={"a": 2.0}), np.array(["a", "b", "c"])[Y], True),
        (MLPRegressor(solver="rprop", clip_norm=0.1), X[:, :2] ** 2, False),
        (MLPRegressor(solver="sgd", max_norm=1.0, l1_ratio=0.5, alpha=0.1), X[:, 0] ** 2, True),
        (MLPClassifier(solver="adamw", layer_norm=True), (X[:, :3] > 0) * 1, False),
        (MLPRegressor(loss="poisson", averaging="ema"), np.abs(X[:, 0]), True),
    ],
    ids=lambda value: repr(value) if hasattr(value, "fit") else "",
)
def test_whole_batches_are_the_steps_of_one_process(model, y, weight):
    """But for the order of sums, with rows that are sorted by class: no rank has seen them all."""
    order = np.argsort(y if np.ndim(y) == 1 else y[:, 0], kind="stable")
    rows, y = X[order].astype(np.float64), y[order]
    w = [np.random.RandomState(2).uniform(size=600) * (rows[:, 0] > -1)] if weight else []
    model.set_params(hidden_layer_sizes=(8,), random_state=0, max_iter=4, tol=0.0)
    model.set_params(batch_size="auto" if model.solver == "rprop" else 600)
    bounds = [0, 200, 200, 390, 600]
    shards = [tuple(values[a:b] for values in (rows, y, *w)) for a, b in pairwise(bounds)]
    found = fitted_by_ranks(model, shards)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = clone(model).fit(rows, y, *w)
    for its in found:
        assert its.loss_curve_ == found[0].loss_curve_
        np.testing.assert_allclose(its.loss_curve_, one.loss_curve_, rtol=1e-9)
        for a, b in zip(its.coefs_, one.coefs_, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
    assert its.predict(rows[:5]).dtype == one.predict(rows[:5]).dtype


def test_sparse_rows_and_frames():
    pd = pytest.importorskip("pandas")
    sparse = [(sp.csr_matrix(rows), y) for rows, y in SHARDS[4]]
    dense = fitted_by_ranks(net(), SHARDS[4])
    for a, b in zip(fitted_by_ranks(net(), sparse)[2].coefs_, dense[0].coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    frames = [(pd.DataFrame(rows, columns=list("abcdef")), pd.Series(y)) for rows, y in SHARDS[4]]
    for model in fitted_by_ranks(net(), frames):
        assert list(model.feature_names_in_) == list("abcdef")
        assert (model.coefs_[0] == dense[0].coefs_[0]).all()


@pytest.mark.parametrize("schedule", [None, "cosine", "adaptive"])
def test_a_fit_goes_on_from_a_checkpoint_to_the_bit(schedule):
    model = net(max_iter=6, dropout=0.1, schedule=schedule)
    if schedule == "adaptive":
        model.set_params(
            schedule=None, solver="sgd", learning_rate="adaptive", tol=1.0, n_iter_no_change=1
        )
    kept = []

    def report(epoch, fitted):
        kept.append(pickle.dumps(fitted))
        return epoch == 3

    fitted_by_ranks(model, SHARDS[2], report=report)
    assert len(kept) == 3
    straight = fitted_by_ranks(model, SHARDS[2])[0]
    assert_same(fitted_by_ranks(model, SHARDS[2], begun=pickle.loads(kept[-1]))[1], straight)
    last = fitted_by_ranks(model, SHARDS[4], begun=pickle.loads(kept[0]))[0]  # with other ranks
    assert last.n_iter_ == straight.n_iter_
    assert last.loss_curve_[0] == straight.loss_curve_[0]


def test_a_rank_that_fails_ends_the_fit_on_all_of_them():
    bad = [*SHARDS[8]]
    bad[5] = (np.full_like(bad[5][0], np.nan), bad[5][1])
    found = fitted_by_ranks(net(), bad)
    assert isinstance(found[5], ValueError)
    for rank, error in enumerate(found):
        if rank != 5:
            assert isinstance(error, RankError)
            assert error.rank == 5
            assert str(error).startswith("rank 5 failed: ValueError: Input X contains NaN")

    def stop(epoch, model):
        raise KeyboardInterrupt

    found = fitted_by_ranks(net(), SHARDS[4], n_threads=2, report=stop)
    assert isinstance(found[0], KeyboardInterrupt)
    assert [error.rank for error in found[1:]] == [0, 0, 0]


def test_rows_that_do_not_go_together_are_refused_on_all_ranks():
    two = SHARDS[2]
    for shards, message in [
        ([two[0], (two[1][0][:, :5], two[1][1])], "ranks 0 and 1 differ in features"),
        ([two[0], (two[1][0].astype(float), two[1][1])], "differ in features, dtype"),
        ([(X[:0], Y[:0])] * 2, "there are no rows"),
        ([two[0], (*two[1], np.ones(290))], "differ in sparse, weighted"),
        ([(*two[0], np.zeros(310)), (*two[1], np.zeros(290))], "there are no rows, or none with"),
    ]:
        for error in fitted_by_ranks(net(), shards):
            assert isinstance(error, (ValueError, RankError)), error
            assert message in str(error)


def test_what_cannot_be_exact_is_refused_by_name(tmp_path):
    for estimator, message in [
        (net(solver="lbfgs"), "solver='lbfgs' searches along lines"),
        (net(batch_norm=True), "batch_norm=True is not for several ranks: its statistics"),
        (net(early_stopping=True), "early_stopping=True is not for several ranks"),
        (net(warm_start=True), "warm_start=True"),
        (net(pretrain="rbm"), "pretrain='rbm'"),
        (net(class_weight="balanced"), "class_weight='balanced' would be balanced"),
        (net(alpha=-1.0), "The 'alpha' parameter"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit(estimator, X, Y, comm=object())
    path = tmp_path / "checkpoint"
    for estimator, message in [
        (net(random_state=None), "checkpoint needs an int as random_state"),
        (net(averaging="ema"), "averaging is not in a checkpoint"),
        (net(n_init=2), "n_init is not in a checkpoint"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit(estimator, X, Y, comm=object(), checkpoint=path)
    for more, error, message in [
        ({}, TypeError, "X must be a collection of Dask"),
        ({"comm": 1, "client": 1}, ValueError, "pass one of them"),
        ({"comm": 1, "workers": []}, ValueError, "workers has no meaning"),
        ({"comm": 1, "timeout": 0}, ValueError, "timeout must be"),
    ]:
        with pytest.raises(error, match=message):
            fit(net(), X, Y, **more)
    with pytest.raises(TypeError, match="estimator must be an MLPClassifier"):
        fit(object(), X, Y, comm=1)


def test_threads_of_a_machine_do_not_multiply(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("fastnn.distributed._threads.effective_n_threads", lambda _: 8)
    free, other = ("here", range(8)), ("there", range(8))
    assert share_of_cpus(free, [free] * 4 + [other] * 2) == 2
    assert share_of_cpus(free, [free] * 9) == 1
    monkeypatch.setattr("fastnn.distributed._threads.effective_n_threads", lambda _: 2)
    bound = ("here", [2, 3])
    assert share_of_cpus(bound, [("here", [0, 1]), bound]) == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert share_of_cpus(free, [free] * 4) == 2
