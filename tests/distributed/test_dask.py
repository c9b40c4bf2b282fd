"""A cluster of Dask with two processes: fits, searches and scores have the bits of one process."""

import os
import signal
import time

import numpy as np
import pytest
from same_fits import assert_same
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from thread_ranks import SHARDS, X, Y, fitted_by_ranks, net

import fastnn
from fastnn import Predictor
from fastnn.data import score
from fastnn.distributed import RankError, _dask, fit

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
joblib = pytest.importorskip("joblib")

# Rank 0 has the first two partitions, as SHARDS[2] has it, rank 1 the others; one is empty.
PARTS = ((200, 110, 0, 290), (6,))


@pytest.fixture(scope="module")
def client():
    options = {"threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(2, **options) as cluster, distributed.Client(cluster) as client:
        yield client


def test_a_search_has_the_scores_of_one_process_and_no_more_threads(client):
    search = GridSearchCV(net(), {"alpha": [1e-4, 0.1], "dropout": [0.0, 0.3]}, cv=2)
    with joblib.parallel_backend("loky", n_jobs=1):
        expected = search.fit(X, Y).cv_results_
    with joblib.parallel_backend("dask"):
        search.fit(X, Y)
    for name, values in expected.items():
        if "time" not in name:
            np.testing.assert_array_equal(search.cv_results_[name], values)
    assert list(client.run(fastnn.threads.effective_n_threads).values()) == [1, 1]


def test_partitions_are_scored_to_the_bits_of_one_process(client):
    predictor = Predictor(net(max_iter=1).fit(X, Y))
    found = score(predictor, da.from_array(X, chunks=(100, 6)), method="predict_proba")
    assert (found.compute() == predictor.predict_proba(X)).all()


def test_a_fit_has_the_bits_of_ranks_and_goes_on_when_a_worker_was_killed(client, tmp_path):
    rows, targets = da.from_array(X, chunks=PARTS), da.from_array(Y, chunks=PARTS[0])
    expected = fitted_by_ranks(net(), SHARDS[2])[0]
    seen, workers = [], sorted(client.nthreads())
    checkpoint = tmp_path / "checkpoint"

    def kill(epoch, model):
        seen.append((epoch, model.loss_))
        if epoch == 2:
            assert (tmp_path / "checkpoint").exists()
            os.kill(client.run(os.getpid, workers=[workers[1]])[workers[1]], signal.SIGKILL)

    model, started = net(), time.monotonic()
    with pytest.raises(RankError, match=rf"rank 1 \(worker {workers[1]}\) was lost") as error:
        fit(model, rows, targets, checkpoint=checkpoint, callback=kill)
    assert error.value.rank == 1
    assert time.monotonic() - started < 30
    assert seen == list(enumerate(expected.loss_curve_[:2], 1))
    assert not hasattr(model, "coefs_")
    client.wait_for_workers(2)
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        assert fit(model, rows, targets, checkpoint=checkpoint) is model
    vars(model).pop("_solver_state", None)
    del expected._solver_state
    assert_same(model, expected)
    assert not client.run(lambda: fastnn.distributed._worker._boxes)[workers[0]]


def test_bad_rows_are_refused(client):
    rows, targets = da.from_array(X, chunks=PARTS), da.from_array(Y, chunks=PARTS[0])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fit(net(), da.where(rows > 3, np.nan, rows), targets)
    with pytest.raises(ValueError, match="X has 4 partitions, and y has 2"):
        fit(net(), rows, targets.rechunk(300))
    with pytest.raises(ValueError, match=r"partition 0 of this rank has 200 rows, and 210 in y"):
        fit(net(), rows, da.from_array(Y, chunks=((210, 100, 0, 290),)))
    with pytest.raises(TypeError, match="y must be an array or frame of Dask"):
        fit(net(), rows, Y)
    with pytest.raises(ValueError, match="workers must be addresses of the cluster's: 'nowhere'"):
        fit(net(), rows, targets, workers=["nowhere"])


class Failed:
    """What `_cause` asks of a future: its error, once it has come."""

    def __init__(self, error, status="error"):
        self._error, self.status = error, status

    def exception(self):
        return self._error

    def done(self):
        return self.status == "error"


def test_a_cause_is_told_though_an_echo_of_it_came_first(monkeypatch):
    echo, cause = Failed(RankError("rank 1 failed")), Failed(ValueError("NaN"), "pending")

    def wait(left):
        assert left == [cause]
        cause.status = "error"

    monkeypatch.setattr(_dask, "_wait", wait)
    assert str(_dask._cause([echo, cause])) == "NaN"
    monkeypatch.setattr(_dask, "_ECHO", 0)
    cause.status = "pending"
    monkeypatch.setattr(_dask, "_wait", lambda left: None)
    assert str(_dask._cause([echo, cause])) == "rank 1 failed"
