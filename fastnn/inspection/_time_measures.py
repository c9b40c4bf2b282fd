"""What `diagnose` measures of gradients on their way back through the steps of a sequence."""

from dataclasses import dataclass

import numpy as np

from fastnn.layers.stages import traits_of

__all__ = ["TimeMeasures", "time_measures"]


@dataclass
class TimeMeasures:
    """How the gradient of the loss by the numbers of a step depends on which step it is.

    Attributes
    ----------
    kind : str
        Of the first recurrent layer: "rnn", "gru" or "lstm".
    n_steps : int
    least, earliest : float
        Root mean square over rows of the smallest step's gradient, and of the first step's, over
        that of the largest step's and of the last step's.
    """

    kind: str
    n_steps: int
    least: float
    earliest: float


def time_measures(problem, n_rows=64):
    """The `TimeMeasures` of a network whose first layer is recurrent, None of others."""
    network = problem.network
    first = next((spec for spec in network.stages if spec.source == -1), None)
    if first is None or not traits_of(first).recurs or first.places < 2:
        return None
    X = np.ascontiguousarray(problem.X[:n_rows])
    by_unit = [network.input_gradient(X, unit) for unit in range(network.n_out)]
    squares = sum(gradient**2 for gradient in by_unit)[:, : first.places * first.width]
    squares = squares.reshape(len(X), first.places, -1).sum(axis=2)
    if first.ragged:  # the last step of each row stands last
        lengths = X[:, -1].astype(int)
        ends = zip(squares, lengths, strict=True)
        squares = np.array([of_row[n - lengths.min() : n] for of_row, n in ends])
    profile = np.sqrt(squares.mean(axis=0))
    largest, last = max(profile.max(), np.finfo(float).tiny), profile[-1]
    earliest = profile[0] / max(last, np.finfo(float).tiny)
    return TimeMeasures(first.kind, len(profile), float(profile.min() / largest), float(earliest))
