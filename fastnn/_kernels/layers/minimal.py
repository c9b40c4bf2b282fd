"""Minimal filtering, F(m, r): m neighbouring outputs of a filter of r taps by m + r - 1 products.

With t = m + r - 1 and numbers a_0 .. a_(t-2) that all differ, the outputs are

    y = out ((taps g) * (to d)),    y_i = sum over k of g_k d_(i+k)

where * goes element by element: `out` and `taps` are the values of polynomials at the numbers and
at infinity, and `to` has the coefficients of products of (x - a_l) (Winograd, Arithmetic Complexity
of Computations, 1980, chapter III; Lavin and Gray, Fast Algorithms for Convolutional Neural
Networks, CVPR 2016). What outputs lose to rounding grows with t and with the numbers' spread: these
lose two to four times what plain sums do.
"""

from typing import NamedTuple

import numpy as np

#: The numbers for each t, small and far apart.
POINTS = {4: (0, 1, -1), 6: (0, 1, -1, 0.5, -2), 8: (0, 1, -1, 2, -2, 0.5, -0.5)}

FEWEST_CHANNELS = 8  # that make up for the sums before and behind the products, in and out
WORTH = 0.7  # of the multiplications that a plain sum takes


class Filtering(NamedTuple):
    """The matrices of F(m, r): out (m, t), taps (t, r), to (t, t), float64."""

    out: np.ndarray
    taps: np.ndarray
    to: np.ndarray


def filtering(m, r):
    """The `Filtering` of m outputs and r taps; m + r - 1 is in POINTS."""
    t = m + r - 1
    a = np.array(POINTS[t])
    others = [np.delete(a, j) for j in range(t - 1)]
    norm = np.array([np.prod(a[j] - others[j]) for j in range(t - 1)])
    out, taps, to = np.zeros((m, t)), np.zeros((t, r)), np.zeros((t, t))
    out[:, :-1], out[-1, -1] = a ** np.arange(m)[:, np.newaxis], 1
    taps[:-1], taps[-1, -1] = a[:, np.newaxis] ** np.arange(r) / norm[:, np.newaxis], 1
    for j in range(t - 1):
        to[j, :-1] = np.poly(others[j])[::-1]
    to[-1] = np.poly(a)[::-1]
    return Filtering(out, taps, to)


def outputs_at_once(window, n_out):
    """m for a convolution with that WindowSpec, along its lines; 0 where plain sums are as good.

    It follows from the shapes alone, and so do the bits of the results.
    """
    r, width = window.kernel[1], window.out[1]
    plain = window.groups == window.strides[1] == window.dilation[1] == 1
    if not plain or r < 2 or min(window.shape[2], n_out) < FEWEST_CHANNELS:
        return 0
    costs = {}
    for t in POINTS:
        m = t - r + 1
        if 2 <= m <= width:
            costs[m] = -(-width // m) * t / (width * r)
    m = min(costs, key=costs.get, default=0)
    return m if m and costs[m] <= WORTH else 0


def transformed(weight, window, m):
    """The weights (t, kernel height * channels, n_out) of the t products, float64.

    weight : (kernel height * width * channels, n_out)
    """
    height, r = window.kernel
    taps = filtering(m, r).taps
    cells = np.asarray(weight, np.float64).reshape(height, r, window.shape[2], -1)
    return np.einsum("tr,hrco->thco", taps, cells).reshape(len(taps), height * window.shape[2], -1)
