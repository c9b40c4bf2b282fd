"""Coefficients of the steps to come, computed before they are asked for."""

__all__ = ["Coefficients"]

#: Most steps whose coefficients are computed before they are taken.
_AHEAD = 1024


class Coefficients:
    """Coefficients of an optimizer's steps at a learning rate that mostly stays the same.

    They are computed for as many steps again as it has lasted: beside the short epochs of a small
    net, a call for each would be felt.

    Parameters
    ----------
    optimizer : Optimizer
    """

    def __init__(self, optimizer):
        self._optimizer = optimizer
        self._ahead = None, 0, 0, ()

    def of(self, t, n, rate):
        """Of the n steps after step t, at one rate: an array of shape (n, 8)."""
        known, since, first, ahead = self._ahead
        if rate != known or t + n > first + len(ahead):
            first = t
            since = since if rate == known else first
            ahead = self._optimizer.coefficients(first, max(n, min(first - since, _AHEAD)), rate)
            self._ahead = rate, since, first, ahead
        return ahead[t - first :][:n]
