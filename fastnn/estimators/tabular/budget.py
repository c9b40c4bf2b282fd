"""Keeping to a time budget: fewer epochs, and then fewer networks."""

import time

__all__ = ["Clock"]

#: Share of the budget that training may take; the rest is for what comes before and after.
_FOR_TRAINING = 0.85

#: Least share of the planned epochs; rather than fewer there are fewer networks.
_LEAST_EPOCHS = 0.35


class Clock:
    """The time of a fit.

    Parameters
    ----------
    budget : float or None
        Seconds.
    started : float
        By ``time.perf_counter``.
    """

    def __init__(self, budget, started):
        self._budget, self._started = budget, started
        self._of_a_turn = self._of_a_kind = 0.0
        self._turn_began = time.perf_counter()

    def _left(self):
        return self._budget * _FOR_TRAINING - (time.perf_counter() - self._started)

    def shortened(self, options, n_members, side_by_side, trial):
        """Options of the members with so few epochs that all of them fit in the budget, if that
        leaves enough epochs; ``trial(options)`` trains one for an epoch, unless that is all."""
        if self._budget is None or options["max_iter"] == 1:
            return options
        began = time.perf_counter()
        trial(options)
        of_an_epoch = time.perf_counter() - began
        turns = -(-n_members // side_by_side)
        epochs = options["max_iter"]
        affordable = int(self._left() / max(turns * of_an_epoch, 1e-9))
        epochs = min(epochs, max(affordable, int(_LEAST_EPOCHS * epochs), 1))
        self._turn_began = time.perf_counter()
        return {**options, "max_iter": epochs}

    def kind_begins(self):
        """Note that networks of another kind begin."""
        self._kind_began = self._turn_began = time.perf_counter()

    def kind_ends(self):
        """Note that all networks of a kind are done."""
        self._of_a_kind = max(self._of_a_kind, time.perf_counter() - self._kind_began)

    def has_time_for_another(self):
        """Whether another kind fits in the budget, if it takes as long as the longest so far."""
        return self._budget is None or self._of_a_kind <= self._left()

    def trained(self, n_members):
        """Note that some members are done."""
        now = time.perf_counter()
        self._of_a_turn, self._turn_began = now - self._turn_began, now

    def has_time_for(self, n_trained):
        """Whether another turn fits in the budget; the first always does."""
        if self._budget is None or n_trained == 0:
            return True
        return self._of_a_turn <= self._left()
