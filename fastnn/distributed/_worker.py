"""A rank on a worker of Dask: its connections to the others, and the task that trains.

Connections are those of `distributed` itself, with its protocols and its security: every rank has a
listener, and each pair one connection. They live in the worker's event loop, which the task, a
thread of the worker, asks to send and receive.
"""

import asyncio
import pickle
import warnings
from functools import partial

import numpy as np
from distributed import Event, Queue, get_client, get_worker
from distributed.comm import CommClosedError, connect, listen
from distributed.comm.addressing import get_address_host, parse_address
from distributed.protocol import to_serialize

from fastnn.distributed._errors import RankError
from fastnn.distributed._group import Group
from fastnn.distributed._ranks import train
from fastnn.distributed._shards import joined
from fastnn.threads import effective_n_threads

__all__ = ["DaskGroup", "close", "open_listener", "train_rank"]

#: (token of a fit, address of a worker) -> its Box.
_boxes: dict = {}

#: Seconds for the first connection.
_CONNECTING = 30.0

#: Seconds between two looks at whether the client still wants to be told.
_LOOK = 5.0


class Box:
    """What a worker has of a fit: a listener, and a connection to each other rank."""

    def __init__(self, worker):
        self.worker, self.comms, self.arrived = worker, {}, asyncio.Condition()
        self.listener = None

    async def open(self):
        """Listen where the worker does; return the address."""
        scheme, _ = parse_address(self.worker.address)
        place = "" if scheme == "inproc" else f"{get_address_host(self.worker.address)}:0"
        arguments = self.worker.security.get_listen_args("worker")
        self.listener = await listen(f"{scheme}://{place}", self._welcome, **arguments)
        return self.listener.contact_address

    async def _welcome(self, comm):
        rank = await comm.read()
        async with self.arrived:
            self.comms[rank] = comm
            self.arrived.notify_all()

    async def meet(self, rank, addresses):
        """Connect to the ranks before this one, and wait for those behind it."""
        arguments = self.worker.security.get_connection_args("worker")
        for other, address in enumerate(addresses[:rank]):
            comm = await connect(address, timeout=_CONNECTING, **arguments)
            await comm.write(rank)
            self.comms[other] = comm
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.comms) == len(addresses) - 1)

    def abort(self):
        """Let go of all connections, and of the listener."""
        for comm in self.comms.values():
            comm.abort()
        if self.listener is not None:
            self.listener.stop()


async def open_listener(token, dask_worker):
    """Make the `Box` of a worker for a fit; return the address that the others connect to."""
    box = _boxes[token, dask_worker.address] = Box(dask_worker)
    return await box.open()


async def close(token, dask_worker):
    """Let go of a worker's part of a fit; a rank that still trains gets an error."""
    box = _boxes.pop((token, dask_worker.address), None)
    if box is not None:
        box.abort()


class DaskGroup(Group):
    """Ranks on workers of Dask; ``addresses`` are those of the listeners, in the order of ranks."""

    def __init__(self, box, rank, addresses, workers, patience):
        super().__init__(rank, len(addresses), patience)
        self._box, self._workers = box, workers
        self._loop = box.worker.loop.asyncio_loop
        self._wait(box.meet(rank, addresses), _CONNECTING, lambda: None)

    def name(self, rank=None):
        rank = self.rank if rank is None else rank
        return f"rank {rank} (worker {self._workers[rank]})"

    def swap(self, outgoing, incoming, patience=None):
        missing = set(incoming)
        self._wait(self._swap(outgoing, incoming, missing), patience, lambda: min(missing))

    async def _swap(self, outgoing, incoming, missing):
        # The event loop keeps what it sends for as long as it likes: it gets bytes of its own, once
        # for all ranks that are sent the same.
        copies = {}
        for rank, arrays in outgoing.items():
            known = tuple(map(id, arrays))
            if known not in copies:
                copies[known] = [to_serialize(array.tobytes()) for array in arrays]
            await self._ask(rank, self._box.comms[rank].write({"arrays": copies[known]}))

        async def receive(rank, arrays):
            message = await self._ask(rank, self._box.comms[rank].read())
            if "error" in message:
                raise RankError(*message["error"])
            for array, found in zip(arrays, message["arrays"], strict=True):
                array[...] = np.frombuffer(found, array.dtype)
            missing.discard(rank)

        await asyncio.gather(*(receive(rank, arrays) for rank, arrays in incoming.items()))

    async def _ask(self, rank, awaitable):
        try:
            return await awaitable
        except (CommClosedError, OSError):
            raise RankError(f"{self.name(rank)} was lost", rank) from None

    def _wait(self, coroutine, patience, silent):
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(patience)
        except TimeoutError:
            future.cancel()
            rank = silent()
            raise RankError(
                f"{'a rank' if rank is None else self.name(rank)} has been silent for "
                f"{patience:g} seconds",
                rank,
            ) from None

    def fail(self, error):
        error = self.told(error)

        async def tell():
            for comm in self._box.comms.values():
                try:
                    await comm.write({"error": (str(error), error.rank)})
                except (CommClosedError, OSError):
                    continue

        self._wait(tell(), self.patience, lambda: None)


def train_rank(token, rank, addresses, workers, Xs, ys, weights, model, reports, patience):
    """The task of a rank: train on its partitions. Rank 0 returns the model, and warnings."""
    worker = get_worker()
    own = worker.state.nthreads if model.n_jobs is None else effective_n_threads(model.n_jobs)
    group = DaskGroup(_boxes[token, worker.address], rank, addresses, workers, patience)
    with group.together(), warnings.catch_warnings(record=rank == 0) as caught:
        if rank == 0:  # for the client
            warnings.simplefilter("always")
        shard = joined(Xs, ys, weights)
        report = partial(_report, token)
        train(group, model, shard, n_threads=own, report=report, reports=reports)
    if reports:
        Event(f"{token}-news", client=get_client()).set()  # that there is a result
    told = [(warning.category, str(warning.message)) for warning in caught or ()]
    return (model, told) if rank == 0 else None


def _report(token, epoch, model):
    """Show the client the model after an epoch; return whether it wants the fit to end."""
    worker, client = get_worker(), get_client()
    answer, task = Event(f"{token}-answered", client=client), worker.get_current_task()
    answer.clear()
    Queue(f"{token}-told", client=client).put(pickle.dumps((epoch, model)))
    Event(f"{token}-news", client=client).set()
    while not answer.wait(timeout=_LOOK):
        known = worker.state.tasks.get(task)
        if known is None or known.state in ("cancelled", "forgotten"):
            raise RankError("the client has gone")
    return Queue(f"{token}-answers", client=client).get()
