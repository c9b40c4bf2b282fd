"""A fit on a cluster of Dask: partitions to ranks, ranks to workers, and what comes back.

Rank r of R has the partitions from ``r * n // R`` up to ``(r + 1) * n // R``, in their order: what
a rank trains on depends on how many ranks there are, not on where Dask has put things.
"""

import pickle
import time
import uuid
from contextlib import ExitStack, suppress

from fastnn._warnings import warn
from fastnn.data._clusters import is_dask
from fastnn.distributed._errors import RankError

__all__ = ["fit_on_dask"]

#: Seconds between two looks at whether all workers are still there.
_LOOK = 1.0

#: Seconds that the cause of a failure may come behind what other ranks say of it.
_ECHO = 3.0


def fit_on_dask(client, model, X, y, sample_weight, *, workers, report, patience):
    """Train a model on partitions; return the fitted one.

    Raises
    ------
    RankError
        If a worker is lost.
    """
    from distributed import Semaphore, get_client

    client = get_client() if client is None else client
    parts = _partitions(X, y, sample_weight)
    n_parts = len(parts["X"])
    workers = _chosen(client, workers)[:n_parts]
    token = f"fastnn-{uuid.uuid4().hex}"
    cut = [rank * n_parts // len(workers) for rank in range(len(workers) + 1)]
    with ExitStack() as held:
        held.enter_context(client.as_current())
        for worker in workers:  # two fits that wait for each other's workers would do so for ever
            held.enter_context(Semaphore(1, f"fastnn-{worker}"))
        try:
            futures = _placed(client, model, parts, cut, workers, token, report, patience)
            return _results(client, futures, workers, token, report)
        finally:
            _end(client, workers, token)


def _partitions(X, y, sample_weight):
    """Lists of delayed partitions by name, or None."""
    found = {}
    for name, rows in (("X", X), ("y", y), ("sample_weight", sample_weight)):
        if rows is None and name == "sample_weight":
            found[name] = None
            continue
        if not is_dask(rows):
            raise TypeError(
                f"{name} must be an array or frame of Dask, as X is; got {type(rows).__name__}"
            )
        if hasattr(rows, "chunks") and rows.ndim == 2:
            rows = rows.rechunk({1: -1})
        delayed = rows.to_delayed()
        found[name] = list(delayed.ravel()) if hasattr(delayed, "ravel") else list(delayed)
        if len(found[name]) != len(found["X"]):
            raise ValueError(
                f"X has {len(found['X'])} partitions, and {name} has {len(found[name])}: both need "
                "the same, as by rechunk"
            )
    return found


def _chosen(client, workers):
    known = sorted(client.nthreads())
    if not known:
        raise ValueError("the cluster has no workers")
    if workers is None:
        return known
    missing = sorted(set(workers) - set(known))
    if missing:
        raise ValueError(f"workers must be addresses of the cluster's: {missing[0]!r} is not one")
    return list(workers)


def _placed(client, model, parts, cut, workers, token, report, patience):
    """A future for each rank, whose partitions are computed where it is."""
    from fastnn.distributed import _worker

    addresses = client.run(_worker.open_listener, token, workers=workers)
    addresses = [addresses[worker] for worker in workers]
    held = {}
    for name, found in parts.items():
        held[name] = [None] * len(workers)
        for rank, worker in enumerate(workers if found is not None else ()):
            own = found[cut[rank] : cut[rank + 1]]
            held[name][rank] = client.compute(own, workers=[worker], allow_other_workers=False)
    return [
        client.submit(
            _worker.train_rank,
            token,
            rank,
            addresses,
            workers,
            *(held[name][rank] for name in ("X", "y", "sample_weight")),
            model,
            report is not None,
            patience,
            workers=[worker],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        for rank, worker in enumerate(workers)
    ]


def _results(client, futures, workers, token, report):
    """Wait for all ranks; the first error, or the first worker that is gone, ends the fit."""
    pending, talk = set(futures), None if report is None else _Talk(client, token, report)
    try:
        while pending:
            if talk is None:
                _wait(pending)
            else:
                talk.hear()
            if any(future.status == "error" for future in futures):
                raise _cause(futures)
            lost = [worker for worker in workers if worker not in client.nthreads()]
            if lost:
                rank = workers.index(lost[0])
                raise RankError(f"rank {rank} (worker {lost[0]}) was lost", rank)
            pending = {future for future in futures if not future.done()}
        found = client.gather(futures)
    finally:
        client.cancel(futures)
        if talk is not None:
            talk.end()
    model, warnings = found[0]
    for category, message in warnings:
        warn(message, category)
    return model


def _wait(futures):
    from distributed import wait

    with suppress(TimeoutError):
        wait(futures, timeout=_LOOK, return_when="FIRST_COMPLETED")


class _Talk:
    """What rank 0 tells the client after an epoch, and the answer whether the fit shall end."""

    def __init__(self, client, token, report):
        from distributed import Event, Queue

        self._news, self._answered = (
            Event(f"{token}-{name}", client=client) for name in ("news", "answered")
        )
        self._told, self._answers = (
            Queue(f"{token}-{name}", client=client) for name in ("told", "answers")
        )
        self._report = report

    def hear(self):
        """Wait a little for news, and answer."""
        if not self._news.wait(timeout=_LOOK):
            return
        self._news.clear()
        for told in self._told.get(batch=True):
            self._answer(bool(self._report(*pickle.loads(told))))

    def _answer(self, stop):
        self._answers.put(stop)
        self._answered.set()

    def end(self):
        """Let a rank go that waits for an answer."""
        self._answer(True)
        self._told.close()
        self._answers.close()


def _cause(futures):
    """Of the errors of several ranks, one that is no echo of another's.

    An echo may be here before what it tells of, which gets a moment to come.
    """
    ends = time.monotonic() + _ECHO
    while True:
        errors = [future.exception() for future in futures if future.status == "error"]
        own = [error for error in errors if not isinstance(error, RankError)]
        left = [future for future in futures if not future.done()]
        if own or not left or time.monotonic() > ends:
            return (own or errors)[0]
        _wait(left)


def _end(client, workers, token):
    """Let go of what the workers have of a fit."""
    from fastnn.distributed import _worker

    left = [worker for worker in workers if worker in client.nthreads()]
    if left:
        client.run(_worker.close, token, workers=left, on_error="ignore")
