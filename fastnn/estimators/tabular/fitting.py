"""One fit of a table: from columns and targets to members, and what they say of rows unseen."""

import copy
import time
import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fastnn._warnings import warn
from fastnn.estimators.ensembles.samples import folds as deal_out
from fastnn.estimators.tabular import budget, sizes
from fastnn.estimators.tabular.kinds import (
    PLAIN,
    SMALL,
    WIDE,
    OfAKind,
    best_together,
    kinds_of,
    rows_to_compare,
)
from fastnn.estimators.tabular.members import make_member, raw_outputs, train, widen
from fastnn.estimators.tabular.screening import telling_columns
from fastnn.estimators.tabular.understanding import permuted_losses, warn_of_columns
from fastnn.exceptions import DivergenceError
from fastnn.tables.encoder import Encoder
from fastnn.tables.memory import copied
from fastnn.tables.views import View
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
        self.kinds = self._kinds()
        n_networks = estimator.n_estimators * len(self.kinds)
        self._seeds = self.rng.randint(_MOST_SEED, size=n_networks).tolist()
        self._share_of_epochs, self._enough, self._failure = 1.0, False, None
        self.members = []

    def _kinds(self):
        """The kinds of networks; the first alone where they could not be compared."""
        self._telling, n, n_columns = {}, self._n, self.encoder.n_columns
        some = self._apart or len(set(self.watched)) > self.n_folds // 2
        if self.folds is None or not self.encoder.features or not some:
            return [PLAIN]
        screens = n < max(SMALL, WIDE * n_columns) and not self._tells(self.watched[0]).all()
        return kinds_of(self.estimator.preset, n, n_columns, screens=screens)

    def _tells(self, fold):
        """Which columns of the narrow matrix say something by themselves of rows outside a fold."""
        if fold not in self._telling:
            rows = np.flatnonzero(self._fold_of[: self._n] != fold)
            weight = None if self._weight is None else self._weight[rows]
            self._telling[fold] = telling_columns(
                self.encoder.features, self._rows(fold)[rows], self._targets.values[rows], weight
            )
        return self._telling[fold]

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
        if not tiny:
            self.encoder.learn_pairs(levels, targets.values, *folds, self._weight)
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
        """Train the members, some at a time, kind after kind; returns itself."""
        est = self.estimator
        clock = budget.Clock(est.time_budget, self._started)
        trained = []
        for number, kind in enumerate(self.kinds):
            if number and not clock.has_time_for_another():
                break
            trained.append(self._train_kind(number, kind, clock))
            if self._enough:
                break
        complete = [found for found in trained if len(found.members) == est.n_estimators]
        trained = complete or trained[:1]
        if not trained[0].members:
            raise self._failure
        self._settle(trained)
        return self

    def _train_kind(self, kind_number, kind, clock):
        """The networks of a kind, and what they say of the rows that they watch."""
        est, found, total = self.estimator, OfAKind(kind, [], [], None), None
        options, at, first = self._options(kind), 0, kind_number * self.estimator.n_estimators
        clock.kind_begins()
        while at < est.n_estimators and not self._enough and clock.has_time_for(len(found.members)):
            numbers = list(range(at, min(at + max(self._n_threads, 1), est.n_estimators)))
            if at == 0:
                if not kind_number:
                    options = self._shortened(options, clock, len(numbers))
                self._progress.planned(kind.name, self._n, self._narrow.shape[1], options)
            outcomes = self._train(kind, numbers, first, options)
            for number, outcome in zip(numbers, outcomes, strict=True):
                name, fold = first + number, self.watched[number]
                if isinstance(outcome, DivergenceError):
                    warn(f"Network {name} diverged and is left out. {outcome}", ConvergenceWarning)
                    self._failure = outcome
                    continue
                found.members.append(outcome)
                found.watched.append(fold)
                self.members.append(outcome)
                total = self._judge(total, number, outcome)
                score = getattr(outcome, "best_validation_score_", None)
                ends = self._progress.network_ends(name, fold, score, self._until_now)
                self._enough = ends or self._enough
            at = numbers[-1] + 1
            clock.trained(len(numbers))
        clock.kind_ends()
        if total is None:
            return found
        with np.errstate(invalid="ignore"):  # of rows that nobody has watched
            return found._replace(oof=total[0] / total[1][:, None])

    def _options(self, kind):
        """Parameters of the networks of a kind."""
        est, few = self.estimator, self.folds is None
        n_watched = 0 if few or self._apart else self._n // self.n_folds
        plan = sizes.plan(self.preset, self._n - n_watched, regresses=est._y_numeric, tiny=few)
        options = {
            **est._member_options(self.preset, self._n),
            **plan._asdict(),
            **kind.options,
            "n_jobs": est.n_jobs,
        }
        if kind.hidden is not None and not est._has_widths():
            options["hidden_layer_sizes"] = kind.hidden
        epochs = round(options["max_iter"] * kind.longer * self._share_of_epochs)
        return {**options, "max_iter": max(1, epochs)}

    def _shortened(self, options, clock, side_by_side):
        """The options with fewer epochs, if the budget asks for it."""

        def trial(options):
            self._train(self.kinds[0], [0], None, {**options, "max_iter": 1})

        shorter = clock.shortened(options, self.estimator.n_estimators, side_by_side, trial)
        self._share_of_epochs = shorter["max_iter"] / options["max_iter"]
        return shorter

    def _view(self, kind, fold):
        """What the networks of a kind see that are not to know of a fold; None for everything."""
        if not kind.screened and kind.bins is None:
            return None
        every = np.ones(len(self.encoder.features), bool)
        return View(self.widening, self._tells(fold) if kind.screened else every, kind.bins)

    def _settle(self, trained):
        """Divide by the temperatures, and keep the kinds that err least together."""
        est = self.estimator
        self.temperatures = [est._settle(self, found) for found in trained]
        self.kept = (0,)
        if trained[0].oof is not None and len(trained) > 1:
            at = rows_to_compare(np.all([~np.isnan(found.oof[:, 0]) for found in trained], axis=0))
            self.kept = best_together(
                [found.oof[at] for found in trained],
                est._combined,
                lambda raw: est._loss_of(self, raw, at),
            )
            self._progress.kept([trained[i].kind.name for i in self.kept])
        kept = [trained[i] for i in self.kept]
        self.members = [member for found in kept for member in found.members]
        self.watched = [fold for found in kept for fold in found.watched]
        self.oof = None if kept[0].oof is None else est._combined([found.oof for found in kept])

    def _until_now(self):
        """Attributes of an estimator that has the networks up to now."""
        own = self.encoder, self.widening, copy.deepcopy(self.members)
        return self.estimator._attributes_of(*own)

    def _train(self, kind, numbers, first, options):
        """Train some networks of a kind, whose first one has the number ``first`` among all; nobody
        is told of it if that is None."""
        est, begins = self.estimator, self._progress.network_begins
        members, rows, observers = [], [], []
        watched = [self.watched[i] for i in numbers]
        views = [self._view(kind, fold) for fold in watched]
        for i, fold, view in zip(numbers, watched, views, strict=True):
            seed = self._seeds[i + (first or 0)]
            member, seen = make_member(est._y_numeric, seed, **options), self._rows(fold)
            member._columns = self.widening.columns if view is None else view.columns
            members.append(member)
            rows.append(seen if view is None else view.of(seen))
            observers.append(None if first is None else begins(i + first, options["max_iter"]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = train(
                members,
                rows,
                self.y,
                self.weight,
                self._fold_of,
                watched,
                n_threads=self._n_threads,
                observers=observers,
            )
        for member, view in zip(found, views, strict=True):
            if not isinstance(member, DivergenceError):
                if view is not None:
                    widen(member, view, self.widening)
                vars(member).pop("_solver_state", None)  # twice the weights, for nobody
        return found

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
            rows, unseen = np.flatnonzero(self._fold_of == fold), partial(self._unseen, fold=fold)
            of_fold.append((raw_outputs(watching), unseen, rows))
        columns = [[] for _ in range(self.encoder.n_columns)]
        for i, feature in enumerate(self.encoder.features):
            for column in self.encoder.parts_of(feature.column):
                columns[column].append(i)
        return permuted_losses(columns, of_fold, loss, self.rng)

    def warn(self):
        """Warn of columns that are likely mistakes."""
        if self.folds is None:  # among few rows much looks like the target
            return
        warn_of_columns(self.encoder, self._narrow[: self._n], self._targets.values, self._n)
