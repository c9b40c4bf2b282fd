"""What inspection needs of the engine: the only module of this package that knows how a network is
built.

A `Problem` is a float64 network with data in the form that the network takes.
"""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from fastnn.estimators.mlp.fitting import Fit
from fastnn.inspection._opening import is_network
from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.network.network import Network
from fastnn.training.objective import Objective, loss_and_grad

__all__ = [
    "Problem",
    "best_constant_loss",
    "blocks",
    "output_sum",
    "problem_of",
]


@dataclass
class Problem:
    """A network in float64, and rows with targets as its loss takes them.

    The network is a copy: whoever has the problem may write to ``network.params``. ``alpha`` is the
    L2 part of the penalty.
    """

    network: CompiledNetwork
    X: Any
    y: np.ndarray
    sample_weight: np.ndarray | None = None
    alpha: float = 0.0
    fitted: bool = True

    def loss_and_grad(self, epsilon=0.0):
        """Loss over all rows with the L2 penalty, and its gradient as one vector; `epsilon` as in
        `fastnn.training.objective.Objective`."""
        return loss_and_grad(
            self.network,
            self.X,
            self.y,
            sample_weight=self.sample_weight,
            alpha=self.alpha,
            epsilon=epsilon,
        )

    def take(self, rows):
        """The same network on some of the rows."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return replace(self, X=self.X[rows], y=self.y[rows], sample_weight=weight)


def problem_of_estimator(estimator, X, y, sample_weight=None):
    """The network of an estimator at its fitted weights or, before `fit`, at its initial ones.

    The estimator and its random state are left as they are.
    """
    estimator = copy.copy(estimator)
    estimator.random_state = copy.deepcopy(estimator.random_state)
    estimator.warm_start = estimator.early_stopping = False
    estimator._validate_params()
    X, y = estimator._as_rows(X, y)
    fitted = hasattr(estimator, "coefs_")
    fit = Fit(estimator, X, y, sample_weight, one_epoch=fitted)
    problem = problem_of_network(fit.network, fit.X, fit.y, fit.weight)
    alpha = float(estimator.alpha * (1 - estimator.l1_ratio))
    return replace(problem, alpha=alpha, fitted=fitted)


def problem_of(model, X, y, sample_weight=None):
    """The network of an estimator, or a network, on some rows."""
    make = problem_of_network if is_network(model) else problem_of_estimator
    return make(model, X, y, sample_weight)


def problem_of_network(network, X, y, sample_weight=None):
    """A float64 copy of a network, with the rows in float64 too."""
    fitted = True
    if isinstance(network, Network):
        X, y, sample_weight = network.data(X, y, sample_weight)
        if not hasattr(network, "compiled"):
            network = copy.deepcopy(network).build(X.shape[1])
        fitted = hasattr(network, "loss_curve_")
        network = network.compiled
    twin = CompiledNetwork(network.n_in, network.layers, network.loss)
    twin.copy_from(network)
    X = X.astype(np.float64)
    y = np.asarray(y)
    if not network.loss.integer_targets:
        y = y.astype(np.float64)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, dtype=np.float64)
    return Problem(twin, X, y, sample_weight, fitted=fitted)


def blocks(network, vector):
    """Name and view of each block of a vector that is laid out like ``network.params``.

    The projection of a skip connection has no intercept, and so no block for it.
    """
    kinds = network.views(vector)._asdict()
    return {
        f"{kind}_[{i}]": block
        for kind, arrays in kinds.items()
        for i, block in enumerate(arrays)
        if block.size
    }


def output_sum(problem, unit):
    """Sum over rows of a raw output: its gradient by X is `CompiledNetwork.input_gradient`."""
    return float(problem.network.forward(problem.X, raw=True)[:, unit].sum())


def best_constant_loss(problem):
    """Loss of the best prediction that does not look at X, without penalty."""
    network = problem.network
    constant = CompiledNetwork(1, [Dense(network.n_out)], network.loss)
    zeros = np.zeros((problem.X.shape[0], 1))

    objective = Objective(constant, zeros, problem.y, sample_weight=problem.sample_weight)

    def value_and_slope(intercept):
        constant.intercepts[0][...] = intercept
        loss, gradient = objective()
        return loss, constant.views(gradient).intercepts[0]

    start = np.zeros(network.n_out)
    return float(minimize(value_and_slope, start, jac=True, options={"gtol": 1e-10}).fun)
