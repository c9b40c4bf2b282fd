"""Ranks: what a fit takes of the other processes, and the way of a rank from rows to a model."""

import copy
import hashlib

import numpy as np
from sklearn.utils import check_random_state

from fastnn.distributed._shards import Shard, agreed
from fastnn.distributed._threads import host, share_of_cpus
from fastnn.estimators.mlp.among import Among, OneRank
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.shared import labels
from fastnn.estimators.shared.callbacks import CALLBACK_ATTRIBUTES
from fastnn.training.extent import Extent

__all__ = ["Ranks", "train"]


class Ranks(OneRank):
    """One rank among those of a group; see `OneRank`.

    Parameters
    ----------
    group : Group
    n_rows : list of int
        Of each rank.
    report : callable or None
        Called on rank 0 after each epoch as ``report(epoch, model)``; what is true ends the fit.
    model : estimator
        That is fitted.
    """

    told = True

    def __init__(self, group, n_rows, report, model):
        self.group, self._n_rows = group, n_rows
        self._report, self._model = report, model
        self.exchange = group.sum
        self._resumable, self._epoch = None, 0

    def rows(self, rows):
        return rows if self._n_rows[self.group.rank] else rows[:0]

    def most(self, n_rows):
        return max(self._n_rows)

    def extent(self, n_rows, batch_size, history):
        self._epoch = len(history.loss_curve)
        return Extent(sum(self._n_rows), -(-max(self._n_rows) // batch_size), self._epoch)

    def own(self, rng, seed):
        rank = self.group.rank
        if rank == 0:
            return rng, seed
        drawn = copy.deepcopy(rng).randint(2**31)
        own = np.random.RandomState([drawn, rank])
        return own, int(np.random.RandomState([seed, rank]).randint(2**31))

    def tell(self, report):
        if self.group.rank == 0:
            report()

    def watch(self, resumable):
        self._resumable = resumable

    def epoch_begin(self):
        """Nothing: see `epoch_end`."""

    def epoch_end(self):
        """Let rank 0 report, and all know whether the fit shall end."""
        self._epoch += 1
        stop = False
        if self.group.rank == 0:
            model = copy.copy(self._model)
            vars(model).update(self._resumable())
            stop = bool(self._report(self._epoch, model))
        return self.group.gather(stop)[0]


def train(group, model, shard, *, n_threads, report=None, reports=False):
    """Train on the rows of all ranks; every rank calls this within `Group.together`.

    Parameters
    ----------
    group : Group
    model : MLPClassifier or MLPRegressor
        New, or one that is gone on with; that of rank 0 counts. Fitted in place.
    shard : Shard
        The rows of this rank.
    n_threads : int or None
        Of this rank; None: its share of the CPUs, and fewer if other ranks are on this machine.
    report : callable, optional
        Of rank 0: see `Ranks`.
    reports : bool
        Whether rank 0 has one.

    Raises
    ------
    RankError
        If another rank fails or is lost.
    ValueError
        If the ranks' rows do not go together, or there are none.
    """
    labelled = isinstance(model, MLPClassifier)
    told = group.gather((shard.facts(labelled), _seed(model), host(), n_threads))
    facts = [found for found, *_ in told]
    common, n_rows = agreed(facts), [found.n_rows for found in facts]
    if n_threads is None:
        n_threads = share_of_cpus(host(), [host for _, _, host, _ in told])
    asked, model.random_state = model.random_state, told[0][1]
    if not n_rows[group.rank]:
        weight = np.ones(1) if common.kind[1] else None
        shard = Shard(*common.example, weight, common.kind[2])
    ranks = Ranks(group, n_rows, report, model)
    among = Among(n_threads=n_threads, observer=ranks if reports else None, ranks=ranks)
    model.verbose = model.verbose and group.rank == 0
    with unchanged_on_failure(model):
        if labelled and not hasattr(model, "classes_"):
            classes = common.classes
            if classes is None:  # indicators of labels
                classes = np.arange(shard.y.shape[1])
            labels.learn_first_classes(model, shard.y, classes)
        model._fit(shard.named(), shard.y, shard.weight, among=among)
    for name in CALLBACK_ATTRIBUTES:  # which the estimator's own fit takes away
        vars(model).pop(name, None)
    model.random_state = asked
    _check_same(group, model)


def _seed(model):
    """An int, if it is one; else one that is drawn."""
    state = model.random_state
    if state is None or not hasattr(state, "__index__"):
        return int(check_random_state(state).randint(2**31))
    return state


def _check_same(group, model):
    """Every rank has the same bits: a machine that computes others has a fault."""
    digest = hashlib.sha256()
    for array in [*model.coefs_, *model.intercepts_]:
        digest.update(np.ascontiguousarray(array).tobytes())
    found = group.gather(digest.hexdigest())
    for rank, its in enumerate(found):
        if its != found[0]:
            raise RuntimeError(
                f"ranks 0 and {rank} have come to different weights, though they computed the "
                "same: one of these machines computes wrongly"
            )
