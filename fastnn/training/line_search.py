"""The line search of Moré and Thuente: a step that lowers a function enough and is not too short.

Reference: J. J. Moré and D. J. Thuente, "Line search algorithms with guaranteed sufficient
decrease", ACM Transactions on Mathematical Software 20 (1994), the variant of MINPACK-2 and of
L-BFGS-B.
"""

import math
from typing import NamedTuple

__all__ = ["more_thuente"]

_DECREASE, _CURVATURE, _INTERVAL = 1e-3, 0.9, 0.1
_LONGEST = 1e10
_MOST_EVALUATIONS = 20


class Point(NamedTuple):
    """A step with the function's value and slope there."""

    step: float
    value: float
    slope: float

    def minus_line(self, slope):
        """The same point of the function minus a line through the origin."""
        return Point(self.step, self.value - self.step * slope, self.slope - slope)


def more_thuente(evaluate, value, slope, step):
    """Find a step that fulfils the strong Wolfe conditions, or comes as close as rounding allows.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(step) -> (value, slope)``. The last step evaluated is the one found.
    value, slope : float
        At step zero; the slope is negative.
    step : float
        The first to try.

    Returns
    -------
    bool
        False if twenty evaluations did not suffice, or one gave no finite number.
    """
    start = best = other = Point(0.0, value, slope)
    least_slope = _DECREASE * slope
    bracketed, far_from_minimum = False, True
    low, high = 0.0, 5.0 * step
    width, width_before = _LONGEST, 2.0 * _LONGEST
    for _ in range(_MOST_EVALUATIONS):
        here = Point(step, *evaluate(step))
        if not (math.isfinite(here.value) and math.isfinite(here.slope)):
            return False
        target = start.value + step * least_slope
        low_enough = here.value <= target
        if low_enough and here.slope >= 0:
            far_from_minimum = False
        if low_enough and abs(here.slope) <= -_CURVATURE * slope:
            return True
        if bracketed and (not low < step < high or high - low <= _INTERVAL * high):
            return True  # the interval cannot shrink further
        if step == _LONGEST and low_enough and here.slope <= least_slope:
            return True
        if step == 0.0 and (not low_enough or here.slope >= least_slope):
            return True

        # Far from a minimum, and not low enough, the function minus the line of sufficient decrease
        # is what the step should minimize.
        tilt = (
            least_slope if far_from_minimum and not low_enough and here.value <= best.value else 0.0
        )
        points = [point.minus_line(tilt) for point in (best, other, here)]
        step, bracketed, update = _next_step(*points, bracketed, low, high)
        best, other = ((best, other, here)[i] for i in update)
        if bracketed:
            if abs(other.step - best.step) >= 0.66 * width_before:
                step = best.step + 0.5 * (other.step - best.step)
            width_before, width = width, abs(other.step - best.step)
            low, high = sorted((best.step, other.step))
        else:
            low = step + 1.1 * (step - best.step)
            high = step + 4.0 * (step - best.step)
        step = min(max(step, 0.0), _LONGEST)
        if bracketed and (not low < step < high or high - low <= _INTERVAL * high):
            step = best.step
    return False


def _next_step(best, other, here, bracketed, low, high):
    """The next step to try: ``(step, bracketed, update)``.

    ``update`` says which of (best, other, here) become best and other.
    """
    opposite = here.slope * math.copysign(1.0, best.slope) < 0
    if here.value > best.value:  # a minimum lies between
        cubic = _cubic_minimum(best, here)
        drop = (best.value - here.value) / (here.step - best.step) + best.slope
        quadratic = best.step + _ratio(best.slope, drop) / 2 * (here.step - best.step)
        if abs(cubic - best.step) <= abs(quadratic - best.step):
            return cubic, True, (0, 2)
        return cubic + (quadratic - cubic) / 2, True, (0, 2)
    secant = here.step + _ratio(here.slope, here.slope - best.slope) * (best.step - here.step)
    if opposite:
        cubic = _cubic_minimum(here, best)
        farther = abs(cubic - here.step) > abs(secant - here.step)
        return (cubic if farther else secant), True, (2, 0)
    beyond = high if here.step > best.step else low
    if abs(here.slope) < abs(best.slope):
        cubic = _cubic_minimum(here, best, beyond)
        nearer = abs(cubic - here.step) < abs(secant - here.step)
        if not bracketed:
            step = secant if nearer else cubic
            return min(max(step, low), high), False, (2, 1)
        step = cubic if nearer else secant
        limit = here.step + 0.66 * (other.step - here.step)
        return (min if here.step > best.step else max)(limit, step), True, (2, 1)
    return (_cubic_minimum(here, other) if bracketed else beyond), bracketed, (2, 1)


def _cubic_minimum(a, b, otherwise=None):
    """Step at the minimum of the cubic through two points with their slopes.

    ``otherwise`` is the answer where the cubic falls without end in the direction away from b.
    """
    theta = 3.0 * _ratio(a.value - b.value, b.step - a.step) + a.slope + b.slope
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    root = _ratio(theta, scale) ** 2 - _ratio(a.slope, scale) * _ratio(b.slope, scale)
    gamma = math.copysign(scale * math.sqrt(max(root, 0.0)), b.step - a.step)
    r = _ratio(gamma - a.slope + theta, gamma - a.slope + gamma + b.slope)
    if otherwise is not None and not (r < 0 and gamma != 0):
        return otherwise
    return a.step + r * (b.step - a.step)


def _ratio(a, b):
    return a / b if b else math.copysign(math.inf, a)
