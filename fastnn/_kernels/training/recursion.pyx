"""The direction of L-BFGS: J. Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 35
(1980), the recursion of two loops.

Of larger networks, what is remembered does not fit into a core's own cache: each update of the direction takes along the
inner product that the next one needs, so that a vector is read once per loop.
"""

import numpy as np

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport Kernels, axpy_dot, kernels_of

cdef enum:
    MOST = 32       # pairs


cdef struct Pair:
    const double *step
    const double *difference    # of the gradients
    double curvature            # their inner product
    double share


def descent(grad, pairs, double scale):
    """Minus the approximate inverse Hessian times the gradient, and the slope along it: its inner product with the gradient.

    grad : (n,) of float64, as all vectors. pairs: at most 32 (step, difference of the gradient, their inner product), the
    oldest first. scale: the multiple of the identity that they correct into an inverse Hessian.
    """
    cdef Kernels k = kernels_of(None)
    cdef Py_ssize_t n = grad.shape[0]
    cdef int n_pairs = len(pairs), i
    cdef Pair found[MOST]
    cdef Pair *pair
    if n_pairs > MOST:
        raise ValueError(f"{n_pairs} pairs are more than {MOST}")
    for i, (step, difference, curvature) in enumerate(pairs):
        found[i] = Pair(<const double *> address(step, "d", False), <const double *> address(difference, "d", False),
                        curvature, 0)
    direction = np.zeros(n)
    cdef double *d = <double *> address(direction, "d", True)
    cdef const double *g = <const double *> address(grad, "d", False)
    cdef const double *then         # what the next inner product is with
    cdef double product
    with nogil:
        then = found[n_pairs - 1].step if n_pairs else g
        product = axpy_dot(k, n, 1 if n_pairs else scale, -1, g, d, then)
        for i in range(n_pairs - 1, -1, -1):
            pair = &found[i]
            pair.share = product / pair.curvature
            then = found[i - 1].step if i else found[0].difference
            product = axpy_dot(k, n, 1 if i else scale, -pair.share, pair.difference, d, then)
        for i in range(n_pairs):
            pair = &found[i]
            then = found[i + 1].difference if i + 1 < n_pairs else g
            product = axpy_dot(k, n, 1, pair.share - product / pair.curvature, pair.step, d, then)
    return direction, product
