"""fit: train an estimator on rows that several processes hold."""

import os
from collections.abc import Callable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from sklearn import clone

from fastnn.data._clusters import is_dask
from fastnn.data._fitting import hand_over, saved_model
from fastnn.distributed._checks import check_estimator
from fastnn.distributed._dask import fit_on_dask
from fastnn.distributed._group import PATIENCE
from fastnn.distributed._ranks import train
from fastnn.distributed._shards import joined
from fastnn.persistence import save
from fastnn.threads import effective_n_threads

__all__ = ["fit"]


def fit(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    client: Any = None,
    comm: Any = None,
    workers: Sequence[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    callback: Callable[[int, Any], Any] | None = None,
    timeout: float = PATIENCE,
) -> Any:
    """Train one network on the rows of several processes, the ranks.

    In each step every rank takes a batch of its rows, and the update is made with the sum of all
    gradients, on each rank for itself: ``batch_size`` is rows a rank. A rank that has no more rows
    in an epoch takes part with none. The sum is that of whole gradients, ``(0 + 1) + (2 + 3)`` and
    so on over the ranks, so that the result is the same bits on every rank and in every run, and
    those of one process that adds up these gradients in this order. With other ranks the batches
    are others.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Trained anew. If this fails or is interrupted, it is as it was before.
    X, y, sample_weight
        With Dask, arrays or frames of Dask, with partitions of the same rows. With MPI, the rows of
        this rank: arrays, sparse X, frames; maybe none at all.
    client : distributed.Client, optional
        Of a Dask cluster; the present one if X is a collection of Dask. This process waits, every
        worker is a rank with its ``nthreads``.
    comm : mpi4py.MPI.Comm, optional
        Such as ``MPI.COMM_WORLD``: every rank makes this call, and gets the same result. The
        parameters, ``checkpoint`` and ``callback`` of rank 0 count. Ranks of one machine divide its
        CPUs, unless ``n_jobs`` says otherwise.
    workers : sequence of str, optional
        Addresses of the workers to use, in the order of the ranks; all of them, sorted, if not
        given.
    checkpoint : str or path-like, optional
        A file for `fastnn.save` after each epoch, written by the client or by rank 0. The same
        call made again goes on from it: with as many ranks to the same bits, and with other ranks
        as well.
    callback : callable, optional
        Called where the checkpoint is written as ``callback(epoch, model)`` after each epoch, from
        1; what is true ends the fit.
    timeout : float, default=30.0
        Seconds that a rank may be silent while the others wait for its gradient.

    Returns
    -------
    estimator

    Raises
    ------
    TypeError
        If the estimator is none of these, or X is not what client or comm need.
    ValueError
        If a parameter is not for several ranks: batch_norm, early_stopping, L-BFGS and others,
        which the message names; or if the ranks' rows do not go together.
    RankError
        If a rank is lost, fails or is silent for too long; it names the rank.

    Examples
    --------
    With MPI, by ``mpiexec -n 4 python train.py``:

    >>> def main():
    ...     from mpi4py import MPI
    ...     from fastnn import MLPClassifier
    ...     from fastnn.distributed import fit
    ...
    ...     rank = MPI.COMM_WORLD.rank
    ...     X, y = np.load(f"X{rank}.npy"), np.load(f"y{rank}.npy")
    ...     fit(MLPClassifier(random_state=0), X, y, comm=MPI.COMM_WORLD)
    """
    check_estimator(estimator, checkpoint)
    if isinstance(timeout, bool) or not isinstance(timeout, Real) or not timeout > 0:
        raise ValueError(f"timeout must be a number of seconds, got {timeout!r}")
    path = None if checkpoint is None else Path(checkpoint)
    report = None if path is None and callback is None else _Report(path, callback)
    if client is not None and comm is not None:
        raise ValueError("client is for Dask and comm for MPI: pass one of them")
    if comm is None and (client is not None or is_dask(X)):
        placed = {"workers": workers, "report": report, "patience": float(timeout)}
        model = _begun(estimator, path)
        model = fit_on_dask(client, model, X, y, sample_weight, **placed)
    elif comm is None:
        raise TypeError(
            f"X must be a collection of Dask, got {type(X).__name__}; for arrays pass "
            "comm=MPI.COMM_WORLD of mpi4py"
        )
    elif workers is not None:
        raise ValueError("workers has no meaning with comm: leave it at None")
    else:
        model = _with_mpi(estimator, X, y, sample_weight, comm, path, report, timeout)
    hand_over(model, estimator)
    return estimator


class _Report:
    """What happens after an epoch: the checkpoint, then the callback."""

    def __init__(self, path, callback):
        self._path, self._callback = path, callback

    def __call__(self, epoch, model):
        if self._path is not None:
            save(model, self._path)
        return self._callback is not None and self._callback(epoch, model)


def _begun(estimator, path):
    """What training begins with: the checkpoint, if there is one."""
    if path is not None and path.exists():
        return saved_model(path, estimator)
    return clone(estimator)


def _with_mpi(estimator, X, y, sample_weight, comm, path, report, timeout):
    from fastnn.distributed._mpi import MPIGroup

    if is_dask(X):
        raise TypeError("X must be the rows of this rank with comm, not a collection of Dask")
    group = MPIGroup(comm, float(timeout))
    try:
        with group.together():
            shard = joined([X], [y], None if sample_weight is None else [sample_weight])
            begun = _begun(estimator, path) if group.rank == 0 else None
            model, reports = group.gather((begun, report is not None))[0]
            own = estimator.n_jobs
            n_threads = None if own is None else effective_n_threads(own)
            train(group, model, shard, n_threads=n_threads, report=report, reports=reports)
        return model
    finally:
        group.close()
