"""One fit of a table: from columns and targets to members, and what they say of rows unseen."""

import copy
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fastnn._warnings import warn
from fastnn.estimators.ensembles.samples import folds as deal_out
from fastnn.estimators.tabular import budget, sizes
from fastnn.estimators.tabular.members import make_member, raw_outputs, train
from fastnn.estimators.tabular.understanding import permuted_losses, warn_of_columns
from fastnn.exceptions import DivergenceError
from fastnn.tables.encoder import Encoder
from fastnn.tables.memory import copied
from fastnn.tables.wide import Widening
from fastnn.threads import effective_n_threads

__all__ = ["TableFit"]

_MOST_SEED = np.iinfo(np.int32).max

#: The number of the fold of rows that the user has set apart.
_APART = -1


class TableFit:
    """The course of one fit.

    Parameters
    ----------
    estimator : BaseTabular
        Read, never written to.
    table : list of columns
        Of rows that have a weight.
    targets : Targets
    weight : ndarray of shape (n,) or None
    held_out : (table, Targets, weight) or None
        Rows that the user has set apart for all members to watch.
    progress : Progress
        Is told how far it is.

    Attributes
    ----------
    encoder, widening, members, watched
        What was fitted; ``watched`` has the fold of each member.
    folds : ndarray of shape (n,) or None
        Fold of each row; None without folds.
    y, weight
        Targets and weights of all rows, those set apart by the user at the end.
    oof : ndarray of shape (n, n_outputs), float64
        Raw outputs of the rows by those members that were not trained on them, NaN without any; of
        rows set apart by the user, where there are some.
    """

    def __init__(self, estimator, table, targets, weight, held_out, progress):
        self._started, self._progress = time.perf_counter(), progress
        self.estimator, self._targets, self._weight = estimator, targets, weight
        self._n = len(targets.values)
        self._n_threads = effective_n_threads(estimator.n_jobs)
        self.rng = check_random_state(estimator.random_state)
        self.preset = estimator._preset(self._n)
        self._deal(held_out)
        self._encode(table, held_out)
        self._seeds = self.rng.randint(_MOST_SEED, size=estimator.n_estimators).tolist()

    def _deal(self, held_out):
        """Deal the rows out: folds, and the fold that each member watches."""
        est = self.estimator
        seed = int(self.rng.randint(_MOST_SEED))
        self.folds, self.n_folds = None, 0
        if self._n >= sizes.FEWEST_FOR_FOLDS:
            n_folds = max(2, round(1 / est.validation_fraction))
            self.n_folds = min(n_folds, self._n)
            self.folds = deal_out(self.n_folds, self._n, self._targets.strata, seed)
        self._apart = held_out is not None
        if self._apart:
            self.watched = [_APART] * est.n_estimators
        elif self.folds is None:
            self.watched = [None] * est.n_estimators
        else:
            self.watched = [i % self.n_folds for i in range(est.n_estimators)]

    def _encode(self, table, held_out):
        est, targets, tiny = self.estimator, self._targets, self.folds is None
        self.encoder = Encoder.fit(
            table,
            est.categorical_features,
            weight=self._weight,
            n_bins=0 if tiny else self._bins(),
            robust=True,
            n_targets=targets.values.shape[1],
            means=not tiny,
            dtype=np.float64 if tiny else np.float32,
            rng=self.rng,
        )
        levels = self.encoder.levels(table)
        folds = self.folds, self.n_folds
        self._means = self.encoder.learn_means(levels, targets.values, *folds, self._weight)
        self._narrow = self.encoder.encode(table, levels)
        self.y, weight = targets.y, self._weight
        self._fold_of = np.zeros(self._n, np.intp) if self.folds is None else self.folds
        if self._apart:
            further, their_targets, their_weight = held_out
            self._narrow = np.concatenate([self._narrow, self.encoder.encode(further)])
            self.y = np.concatenate([self.y, their_targets.y])
            if weight is not None or their_weight is not None:
                parts = (weight, self._n), (their_weight, len(their_targets.values))
                weight = np.concatenate([np.ones(n) if w is None else w for w, n in parts])
            self._fold_of = np.zeros(len(self.y), np.intp)
            self._fold_of[self._n :] = _APART
        self.weight = weight
        self.widening = Widening(self.encoder.features, self._narrow[: self._n], self._weight)

    def _bins(self):
        asked = self.estimator.max_bins
        return sizes.bins(self.preset, self._n) if asked == "auto" else asked

    def run(self):
        """Train the members, some at a time; returns itself."""
        est = self.estimator
        n_watched = 0 if self.folds is None or self._apart else self._n // self.n_folds
        n_rows, few = self._n - n_watched, self.folds is None
        plan = sizes.plan(self.preset, n_rows, regresses=est._y_numeric, tiny=few)
        options = {
            **est._member_options(self.preset, self._n),
            **plan._asdict(),
            "n_jobs": est.n_jobs,
        }
        clock = budget.Clock(est.time_budget, self._started)
        self.members, kept, at = [], [], 0
        total, enough = None, False
        while at < len(self._seeds) and not enough and clock.has_time_for(len(self.members)):
            numbers = list(range(at, min(at + max(self._n_threads, 1), len(self._seeds))))
            if at == 0:
                options = clock.shortened(options, len(self._seeds), len(numbers), self._trial)
                self._progress.planned(self._n, self._narrow.shape[1], options)
            for number, outcome in zip(numbers, self._train(numbers, options), strict=True):
                if isinstance(outcome, DivergenceError):
                    warn(
                        f"Network {number} diverged and is left out. {outcome}", ConvergenceWarning
                    )
                    failure = outcome
                    continue
                self.members.append(outcome)
                kept.append(number)
                total = self._judge(total, number, outcome)
                score = getattr(outcome, "best_validation_score_", None)
                told = number, self.watched[number], score, self._until_now
                enough = self._progress.network_ends(*told) or enough
            at = numbers[-1] + 1
            clock.trained(len(numbers))
        if not self.members:
            raise failure
        self.watched = [self.watched[i] for i in kept]
        with np.errstate(invalid="ignore"):  # of rows that nobody has watched
            self.oof = None if total is None else total[0] / total[1][:, None]
        return self

    def _trial(self, options):
        """Train one network for one epoch, for the time that it takes."""
        self._train([0], {**options, "max_iter": 1}, observed=False)

    def _until_now(self):
        """Attributes of an estimator that has the networks up to now."""
        members = copy.deepcopy(self.members)
        return self.estimator._attributes_of(self.encoder, self.widening, members)

    def _train(self, numbers, options, observed=True):
        est = self.estimator
        observers = [
            self._progress.network_begins(i, options["max_iter"]) if observed else None
            for i in numbers
        ]
        members = [make_member(est._y_numeric, self._seeds[i], **options) for i in numbers]
        for member in members:
            member._columns = self.widening.columns
        watched = [self.watched[i] for i in numbers]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return train(
                members,
                [self._rows(fold) for fold in watched],
                self.y,
                self.weight,
                self._fold_of,
                watched,
                n_threads=self._n_threads,
                observers=observers,
            )

    def _rows(self, fold):
        """The rows as a member has them that is not to know of a fold's targets."""
        if not self._means:
            return self._narrow
        narrow = copied(self._narrow)
        for number, means in self._means.items():
            found = means.of_rows(None if self._apart else fold)
            at = self.encoder.means_of(number)
            narrow[: self._n, at] = self.encoder.scaled_means(number, found)
        return narrow

    def _judge(self, total, number, member):
        """Add the raw outputs of the rows that a member has watched."""
        fold = self.watched[number]
        if fold is None:
            return total
        rows = np.flatnonzero(self._fold_of == fold)
        found = raw_outputs([member])(self._unseen(rows, fold))
        if total is None:
            total = np.zeros((len(self._fold_of), found.shape[1])), np.zeros(len(self._fold_of))
        total[0][rows] += found
        total[1][rows] += 1
        return total

    def _unseen(self, rows, fold):
        """The narrow rows of a fold by means that know nothing of its targets."""
        narrow = self._narrow[rows]
        if not self._apart:
            for column, means in self._means.items():
                table = self.encoder.scaled_means(column, means.without(fold))
                narrow[:, self.encoder.means_of(column)] = table[means.levels[rows]]
        return narrow

    def importances(self, loss):
        """How much the loss of rows grows, by networks not trained on them, when a column is
        shuffled; see `permuted_losses`."""
        of_fold = []
        for fold in sorted(set(self.watched)):
            watching = [m for m, own in zip(self.members, self.watched, strict=True) if own == fold]
            rows = np.flatnonzero(self._fold_of == fold)
            of_fold.append((raw_outputs(watching), self._unseen(rows, fold), rows))
        columns = [[] for _ in self.encoder.columns]
        for i, feature in enumerate(self.encoder.features):
            columns[feature.column].append(i)
        return permuted_losses(columns, of_fold, loss, self.rng)

    def warn(self):
        """Warn of columns that are likely mistakes."""
        if self.folds is None:  # among few rows much looks like the target
            return
        warn_of_columns(self.encoder, self._narrow[: self._n], self._targets.values, self._n)
