"""Full-batch training by L-BFGS: SciPy's minimizer over the flat parameter vector."""

import math

import numpy as np
import scipy.optimize

from fastnn.exceptions import DivergenceError

__all__ = ["minimize_lbfgs"]


def minimize_lbfgs(
    network,
    X,
    y,
    *,
    sample_weight=None,
    alpha=0.0,
    n_threads=1,
    max_iter=200,
    max_fun=15000,
    tol=1e-4,
    verbose=False,
    observer=None,
):
    """Minimize the penalised loss of all rows, starting from ``network.params``.

    Parameters
    ----------
    network : Network
        Of dtype float64. Its parameters are the starting point and become the solution.
    X, y, sample_weight, alpha, n_threads
        As in ``Network.loss_and_grad``.
    max_iter, max_fun : int
        Most iterations, and most evaluations of the loss.
    tol : float
        Largest component of the projected gradient at which to stop.
    verbose : bool
        Print the loss after each iteration.
    observer : object or None
        With ``epoch_begin()`` and ``epoch_end()``, called around every iteration; a true answer of
        the latter stops the minimization.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With ``stopped_by_observer`` added.

    Raises
    ------
    DivergenceError
        If the solution or its loss is not finite.
    """
    iterations = _Iterations(network, observer, verbose)

    def loss_and_grad(x):
        iterations.begin()
        network.params[...] = x
        iterations.loss, grad = network.loss_and_grad(
            X, y, sample_weight=sample_weight, alpha=alpha, n_threads=n_threads
        )
        return iterations.loss, grad

    result = scipy.optimize.minimize(
        loss_and_grad,
        network.params.copy(),
        method="L-BFGS-B",
        jac=True,
        callback=iterations.end,
        options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
    )
    network.params[...] = result.x
    iterations.close()
    if not (math.isfinite(result.fun) and np.isfinite(result.x).all()):
        raise DivergenceError(
            "Solver produced non-finite parameter weights. The input data may contain large values "
            f"and need to be preprocessed. L-BFGS diverged in iteration {result.nit + 1}: "
            "scale the inputs (and a regression's targets), for example with StandardScaler, or "
            "raise alpha.",
            epoch=result.nit + 1,
        )
    result.stopped_by_observer = iterations.stopped
    return result


class _Iterations:
    """Where one iteration ends and the next begins, which SciPy tells only in part.

    It calls back at the end of each iteration and evaluates the loss several times within one, so
    an iteration begins at the first evaluation after the end of the last.
    """

    def __init__(self, network, observer, verbose):
        self._network = network
        self._observer = observer
        self._verbose = verbose
        self._open = False
        self._number = 0
        self.loss = math.nan
        self.stopped = False

    def begin(self):
        if self._observer is not None and not self._open:
            self._open = True
            self._observer.epoch_begin()

    def end(self, intermediate_result):
        self._number += 1
        if self._verbose:
            print(f"Iteration {self._number}, loss = {intermediate_result.fun:.8f}")
        if self._observer is not None:
            self._network.params[...] = intermediate_result.x
            self._open = False
            if self._observer.epoch_end():
                self.stopped = True
                raise StopIteration

    def close(self):
        """End an iteration that SciPy abandoned."""
        if self._open:
            self._open = False
            self._observer.epoch_end()
