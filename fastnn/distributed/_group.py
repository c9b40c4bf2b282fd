"""Group: the processes that train a network, and what they do together.

Who carries the bytes is up to a subclass, which sends and receives at once. All else is here:
objects of all ranks, and sums. A sum is a binary tree over the ranks, ``(0 + 1) + (2 + 3)`` and so
on, element by element: its bits are the same on all ranks, whatever the way and whoever is first.
"""

import pickle
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager

import numpy as np

from fastnn.distributed._errors import RankError

__all__ = ["Group", "tree_sum"]

#: Bytes of all ranks up to which everybody sends all of its vector to everybody, in one go.
_AT_ONCE = 1 << 16

#: Seconds that a step may wait for another rank.
PATIENCE = 30.0


class Group(ABC):
    """A process among ``size``, of number ``rank``.

    ``patience`` is how many seconds a rank may be silent while another one needs its gradient;
    ``waited`` how many this one has spent on sums.
    """

    def __init__(self, rank, size, patience=PATIENCE):
        self.rank, self.size, self.patience = rank, size, patience
        self.others = [r for r in range(size) if r != rank]
        self.waited, self.n_sums = 0.0, 0
        self._room = {}

    @abstractmethod
    def swap(self, outgoing, incoming, patience=None):
        """Send and receive, and return when all is done.

        Parameters
        ----------
        outgoing, incoming : dict of int to list of ndarray
            Contiguous arrays for and from other ranks, whose sizes both sides know.
        patience : float, optional
            Seconds that the others may take.

        Raises
        ------
        RankError
            If one of them is lost, has failed, or takes longer.
        """

    @abstractmethod
    def fail(self, error):
        """Let the others know, who may wait, that this rank has failed, or who has."""

    @contextmanager
    def together(self):
        """Within the block, what ends this rank is told to the others."""
        try:
            yield
        except BaseException as error:
            self.fail(error)
            raise

    def told(self, error):
        """An error of this rank as the others are to raise it."""
        if isinstance(error, RankError):
            return error
        return RankError(f"{self.name()} failed: {type(error).__name__}: {error}", self.rank)

    def name(self, rank=None):
        """What a rank, by default this one, is called in messages."""
        return f"rank {self.rank if rank is None else rank}"

    def gather(self, value):
        """An object of each rank, in their order, on all of them."""
        own = np.frombuffer(pickle.dumps(value), np.uint8)
        sizes = {r: np.zeros(1, np.int64) for r in self.others}
        size = np.array([own.size], np.int64)
        self.swap({r: [size] for r in self.others}, {r: [n] for r, n in sizes.items()})
        found = {r: np.empty(int(n[0]), np.uint8) for r, n in sizes.items()}
        self.swap({r: [own] for r in self.others}, {r: [array] for r, array in found.items()})
        return [
            value if r == self.rank else pickle.loads(found[r].tobytes()) for r in range(self.size)
        ]

    def sum(self, vector, totals):
        """Replace two vectors, of which ``totals`` is short, by their sums over all ranks."""
        if self.size == 1:
            return
        started = time.perf_counter()
        short = {r: self._space("totals", r, totals) for r in self.others}
        if self.size == 2 or self.size * vector.nbytes <= _AT_ONCE:
            cut = np.zeros(self.size + 1, int)
            cut[self.rank + 1 :] = len(vector)  # everybody sums all
            sent = dict.fromkeys(self.others, vector)
        else:
            cut = np.linspace(0, len(vector), self.size + 1).astype(int)
            sent = {r: vector[cut[r] : cut[r + 1]] for r in self.others}
        own = vector[cut[self.rank] : cut[self.rank + 1]]
        parts = {r: self._space("parts", r, own) for r in self.others}
        self.swap(
            {r: [sent[r], totals] for r in self.others},
            {r: [parts[r], short[r]] for r in self.others},
            self.patience,
        )
        tree_sum([own if r == self.rank else parts[r] for r in range(self.size)], own)
        tree_sum([totals if r == self.rank else short[r] for r in range(self.size)], totals)
        if len(own) < len(vector):
            slices = {r: [vector[cut[r] : cut[r + 1]]] for r in self.others}
            self.swap({r: [own] for r in self.others}, slices, self.patience)
        self.waited += time.perf_counter() - started
        self.n_sums += 1

    def _space(self, kind, rank, like):
        """Memory for an array from another rank, kept for the next one."""
        found = self._room.get((kind, rank))
        if found is None or found.size < like.size or found.dtype != like.dtype:
            found = self._room[kind, rank] = np.empty(like.size, like.dtype)
        return found[: like.size]


def tree_sum(arrays, out):
    """out = the sum of arrays, neighbours first; what is in them may be lost. out may be one."""
    while len(arrays) > 1:
        pairs = zip(arrays[::2], arrays[1::2], strict=False)
        last = len(arrays) == 2
        sums = [np.add(left, right, out=out if last else left) for left, right in pairs]
        arrays = sums + arrays[len(arrays) // 2 * 2 :]
    if arrays[0] is not out:
        out[...] = arrays[0]
    return out
