"""Full-batch training by L-BFGS over the flat parameter vector.

Without bounds, SciPy's L-BFGS-B takes the same steps: the same line search, memory, scaling and
tests for the end, so that a fit has scikit-learn's course. It spends more on a step of a small
network than the network does, though, and its threads disturb ours.
"""

import math
from collections import deque
from functools import cache

import numpy as np
from scipy.optimize import OptimizeResult
from threadpoolctl import ThreadpoolController

from fastnn._kernels.training.recursion import descent
from fastnn.exceptions import DivergenceError
from fastnn.training.line_search import more_thuente
from fastnn.training.moments import which_are_free
from fastnn.training.objective import Objective

__all__ = ["minimize_lbfgs"]

#: Pairs of steps and gradient differences that are remembered.
_MEMORY = 10

#: Least relative reduction of the loss in one iteration: SciPy's ftol.
_LEAST_REDUCTION = 2.2204460492503131e-09

_SMALL_GRADIENT = 0, "CONVERGENCE: NORM OF PROJECTED GRADIENT <= PGTOL"
_SMALL_REDUCTION = 0, "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH"
_ITERATIONS = 1, "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT"
_EVALUATIONS = 1, "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT"
_ASKED = 2, "STOP: CALLBACK REQUESTED HALT"
_NO_STEP = 2, "ABNORMAL: "


def minimize_lbfgs(
    network,
    X,
    y,
    *,
    sample_weight=None,
    alpha=0.0,
    n_threads=1,
    epsilon=0.0,
    max_iter=200,
    max_fun=15000,
    tol=1e-4,
    verbose=False,
    observer=None,
    keep_zeros=False,
):
    """Minimize the penalised loss of all rows, starting from ``network.params``.

    Parameters
    ----------
    network : CompiledNetwork
        Of dtype float64. Its parameters are the starting point and become the solution.
    X, y, sample_weight, alpha, n_threads, epsilon
        As in `fastnn.training.objective.Objective`.
    max_iter, max_fun : int
        Most iterations, and most evaluations of the loss.
    tol : float
        Largest component of the gradient at which to stop.
    verbose : bool
        Print the loss after each iteration.
    observer : object or None
        With ``epoch_begin()`` and ``epoch_end()``, called around every iteration; a true answer of
        the latter stops the minimization.
    keep_zeros : bool
        Weights that are exactly zero at the start stay so.

    Returns
    -------
    scipy.optimize.OptimizeResult
        ``x``, ``fun``, ``nit``, ``nfev``, ``status``, ``success`` and ``message`` as of SciPy's
        method "L-BFGS-B", and ``stopped_by_observer``.

    Raises
    ------
    DivergenceError
        If the solution or its loss is not finite.

    References
    ----------
    C. Zhu, R. H. Byrd, P. Lu and J. Nocedal, "Algorithm 778: L-BFGS-B", ACM Transactions on
    Mathematical Software 23 (1997); the recursion for the direction is in `_kernels.recursion`.
    """

    evaluate = Objective(
        network,
        X,
        y,
        sample_weight=sample_weight,
        alpha=alpha,
        n_threads=n_threads,
        epsilon=epsilon,
    )
    if keep_zeros:
        evaluate = _among(evaluate, which_are_free(network))
    minimizer = _Minimizer(network.params, evaluate, max_iter, max_fun, tol)
    stopped = False
    # The threads of BLAS wait for their next call by spinning, on the cores that ours compute on.
    with _blas().limit(limits=1, user_api="blas"):
        while minimizer.outcome is None and not stopped:
            if observer is not None:
                observer.epoch_begin()
            iterated = minimizer.iterate()
            if verbose and iterated:
                print(f"Iteration {minimizer.n_iterations}, loss = {minimizer.loss:.8f}")
            stopped = observer is not None and bool(observer.epoch_end()) and iterated
            if iterated and not stopped:
                minimizer.judge()
    if not (math.isfinite(minimizer.loss) and np.isfinite(network.params).all()):
        raise DivergenceError(
            "Solver produced non-finite parameter weights. The input data may contain large values "
            "and need to be preprocessed. L-BFGS diverged in iteration "
            f"{minimizer.n_iterations + 1}: scale the inputs (and a regression's targets), for "
            "example with StandardScaler, or raise alpha.",
            epoch=minimizer.n_iterations + 1,
        )
    status, message = _ASKED if stopped else minimizer.outcome
    return OptimizeResult(
        x=network.params,
        fun=minimizer.loss,
        nit=minimizer.n_iterations,
        nfev=minimizer.n_evaluations,
        status=status,
        success=status == 0,
        message=message,
        stopped_by_observer=stopped,
    )


def _among(evaluate, free):
    """The loss as a function of the free parameters: a direction is a sum of its gradients."""

    def of_free():
        loss, grad = evaluate()
        grad *= free
        return loss, grad

    return of_free


@cache
def _blas():
    return ThreadpoolController()  # looks at every library loaded: once is enough


class _Minimizer:
    """The state between iterations: the point ``x``, changed in place, its loss and gradient.

    ``outcome`` is None until a reason to end is found.
    """

    def __init__(self, x, evaluate, max_iter, max_fun, tol):
        self._x, self._evaluate = x, evaluate
        self._max_iter, self._max_fun, self._tol = max_iter, max_fun, tol
        self._memory = _Memory()
        self._reduction = 0.0
        self._grad = None
        self.loss = math.nan
        self.n_iterations = self.n_evaluations = 0
        self.outcome = None

    def iterate(self):
        """Take one step downhill; False, with the outcome, if there is none to take."""
        if self._grad is None:
            self.loss, self._grad = self._evaluate()
            self.n_evaluations = 1
            if self._gradient_is_small():
                self.outcome = _SMALL_GRADIENT
                return False
        while not self._step():
            if not self._memory.pairs:
                self.outcome = _NO_STEP
                return False
            self._memory = _Memory()  # what is remembered misleads: start afresh from here
        self.n_iterations += 1
        return True

    def judge(self):
        """Find whether this iteration was the last."""
        if self.n_iterations >= self._max_iter:
            self.outcome = _ITERATIONS
        elif self.n_evaluations > self._max_fun:
            self.outcome = _EVALUATIONS
        elif self._gradient_is_small():
            self.outcome = _SMALL_GRADIENT
        elif self._reduction <= _LEAST_REDUCTION:
            self.outcome = _SMALL_REDUCTION

    def _gradient_is_small(self):
        return max(self._grad.max(), -self._grad.min()) <= self._tol

    def _step(self):
        """Search along the direction of descent; False, with nothing changed, if in vain."""
        direction, slope = self._memory.descent(self._grad)
        if not slope < 0:
            return False
        before, loss, grad = self._x.copy(), self.loss, self._grad
        first = 1.0 if self.n_iterations else 1.0 / math.sqrt(direction @ direction)
        tried = []

        def evaluate(step):
            moved = direction if step == 1 else np.multiply(direction, step, out=self._x)
            np.add(before, moved, out=self._x)
            self.loss, self._grad = self._evaluate()
            self.n_evaluations += 1
            tried[:] = step, float(self._grad @ direction)
            return self.loss, tried[1]

        if not more_thuente(evaluate, loss, slope, first):
            self._x[...], self.loss, self._grad = before, loss, grad
            return False
        step, new_slope = tried
        self._reduction = (loss - self.loss) / max(abs(loss), abs(self.loss), 1.0)
        if step != 1:
            direction *= step
        self._memory.add(direction, self._grad - grad, (new_slope - slope) * step, -slope * step)
        return True


class _Memory:
    """The last steps and the differences of the gradient that they made."""

    def __init__(self):
        self.pairs = deque(maxlen=_MEMORY)
        self._scale = 1.0

    def add(self, step, difference, curvature, decrease):
        """Remember a pair whose inner product, ``curvature``, is safely positive."""
        if curvature > np.finfo(np.float64).eps * decrease:
            self._scale = curvature / float(difference @ difference)
            self.pairs.append((step, difference, curvature))

    def descent(self, grad):
        """Minus the approximate inverse Hessian times the gradient, and its slope."""
        return descent(grad, self.pairs, self._scale)
