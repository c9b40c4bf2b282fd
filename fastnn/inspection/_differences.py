"""Derivatives by differences, with a bound on what is wrong with them."""

import numpy as np

__all__ = ["TOLERANCE", "relative_errors"]

#: Relative error below which a gradient counts as right.
TOLERANCE = 1e-6

#: Random directions in each block.
_DIRECTIONS = 3

#: Multiples of epsilon that are tried until rounding, curvature and kinks do not matter.
_STEPS = (1.0, 10.0, 100.0, 0.1, 1000.0, 0.01)

#: Share of its scale to which a derivative must be known to count in full, or to count at all.
_SHARP, _HOPELESS = TOLERANCE / 4, 1e-3


def relative_errors(f, values, analytic, rng, epsilon, n_probes):
    """Probe one array that f depends on; it is written to and restored.

    Parameters
    ----------
    f : callable
        Returns a number.
    values, analytic : ndarray
        The array, and the gradient of f by it that is to be checked.
    rng : numpy.random.RandomState
    epsilon : float
    n_probes : int
        Entries to probe, if there are more.

    Returns
    -------
    list of float
        Relative error of every probe, NaN where none can be told.
    """
    scale = float(np.sqrt(np.mean(analytic**2)))
    return [
        _error(
            _line(f, values, direction),
            epsilon * max(1.0, size),
            float(np.vdot(direction, analytic)),
            scale,
        )
        for direction, size in _probes(values, analytic, rng, n_probes)
    ]


def _probes(values, analytic, rng, n_probes):
    """Directions of length 1, each with the size of what it changes."""
    n = values.size
    entries = np.arange(n) if n <= n_probes else rng.choice(n, n_probes, replace=False)
    for entry in np.sort(entries):
        direction = np.zeros(values.shape)
        direction.flat[entry] = 1.0
        yield direction, abs(float(values.flat[entry]))
    wide = [rng.normal(size=values.shape) for _ in range(_DIRECTIONS)]
    for direction in [*wide, analytic]:
        length = np.linalg.norm(direction)
        if n > 1 and length > 0:
            yield direction / length, float(np.sqrt(np.mean(values**2)))


def _line(loss, values, direction):
    """The loss along a line through the present values."""
    start = values.copy()

    def at(step):
        values[...] = start + step * direction
        try:
            return loss()
        finally:
            values[...] = start

    return at


def _error(f, h, slope, scale):
    """Relative error of a slope at 0, or NaN if differences of f cannot tell."""
    here, best = f(0.0), (np.inf, 0.0)
    for multiple in _STEPS:
        derivative, doubt = _difference(f, here, h * multiple)
        best = min(best, (doubt, derivative))
        size = max(abs(derivative), abs(slope), scale)
        if derivative == slope == 0:  # a dead unit: the loss does not depend on it
            return 0.0
        if doubt <= _SHARP * size:
            return abs(derivative - slope) / size
    doubt, derivative = best
    size = max(abs(derivative), abs(slope), scale)
    if doubt > _HOPELESS * size:
        return float("nan")
    return max(0.0, abs(derivative - slope) - 2 * doubt) / size


def _difference(f, here, h):
    """Central difference with step h, and a bound on what is wrong with it.

    With a smooth f both disagreements are of order h^2. With a kink k away, of jump c in the
    slope, the difference is off by c (h - k) / 2h; the two steps disagree by ck / 4h, and the two
    sides by c |2h - 3k| / 2h: at least a third of the error for every k.
    """
    (up, down), (up2, down2) = ((f(step), f(-step)) for step in (h, 2 * h))
    near, far = (up - down) / (2 * h), (up2 - down2) / (4 * h)
    sides = 2 * (up - 2 * here + down) / h - (up2 - 2 * here + down2) / (2 * h)
    largest = max(map(abs, (here, up, down, up2, down2)))
    rounding = 4 * np.finfo(np.float64).eps * largest / h
    return near, max(abs(near - far), abs(sides)) + rounding
