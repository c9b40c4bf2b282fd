"""MPIGroup: ranks of an MPI communicator, through mpi4py."""

import pickle
import time

import numpy as np

from fastnn.distributed._errors import RankError
from fastnn.distributed._group import PATIENCE, Group

__all__ = ["MPIGroup"]

_DATA, _FAILED = 1, 2

#: Seconds in which a wait only gives way to other threads, before it begins to sleep.
_AWAKE = 0.05
_NAP = 1e-4

#: Seconds that ranks take to clean up after a failure.
_FAREWELL = 2.0


class MPIGroup(Group):
    """The ranks of a communicator. Waits are loops of tests, so that they can end: a call of MPI
    that blocks hears neither of a rank that has failed nor of Ctrl-C."""

    def __init__(self, communicator, patience=PATIENCE):
        super().__init__(communicator.Get_rank(), communicator.Get_size(), patience)
        self._data, self._news = communicator.Dup(), communicator.Dup()
        self._mpi = __import__("mpi4py.MPI").MPI

    def close(self):
        """Give the communicators back; every rank calls this."""
        self._data.Free()
        self._news.Free()

    def swap(self, outgoing, incoming, patience=None):
        requests = [
            self._data.Irecv(array, source=rank, tag=_DATA)
            for rank, arrays in incoming.items()
            for array in arrays
        ]
        sources = [rank for rank, arrays in incoming.items() for _ in arrays]
        requests += [
            self._data.Isend(array, dest=rank, tag=_DATA)
            for rank, arrays in outgoing.items()
            for array in arrays
        ]
        begun = time.monotonic()
        try:
            while not self._mpi.Request.Testall(requests):
                self._hear()
                waited = time.monotonic() - begun
                if patience is not None and waited > patience:
                    received = zip(sources, requests, strict=False)
                    rank = min((r for r, request in received if not request.Test()), default=None)
                    raise RankError(f"rank {rank} has been silent for {patience:g} seconds", rank)
                time.sleep(0 if waited < _AWAKE else _NAP)
        except BaseException:
            for request in requests[: len(sources)]:
                if request:
                    request.Cancel()
            raise

    def _hear(self):
        """Raise what another rank has said of a failure."""
        status = self._mpi.Status()
        if self._news.Iprobe(status=status):
            text = np.empty(status.Get_count(), np.uint8)
            self._news.Recv(text, source=status.Get_source(), tag=_FAILED)
            raise pickle.loads(text.tobytes())

    def fail(self, error):
        error = self.told(error)
        text = np.frombuffer(pickle.dumps(error), np.uint8)
        requests = [self._news.Isend(text, dest=r, tag=_FAILED) for r in self.others]
        self._part(requests)

    def _part(self, requests):
        """Take what is on its way until the others have gone too: MPI would not end before."""
        gone, status, begun = set(), self._mpi.Status(), time.monotonic()
        while time.monotonic() - begun < _FAREWELL:
            for channel in (self._data, self._news):
                while channel.Iprobe(status=status):
                    source, tag = status.Get_source(), status.Get_tag()
                    channel.Recv(np.empty(status.Get_count(), np.uint8), source=source, tag=tag)
                    if channel is self._news:
                        gone.add(source)
            if self._mpi.Request.Testall(requests) and gone >= set(self.others):
                break
            time.sleep(_NAP)
