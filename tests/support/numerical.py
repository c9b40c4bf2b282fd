"""Numerical gradients."""

import numpy as np

from fastnn.training.objective import loss_and_grad

STEP = 1e-5


def numerical_gradient(network, X, y, **options):
    """Central differences with the step's error removed to fourth order (Richardson)."""
    start = network.params.copy()
    result = np.empty_like(start)

    def slope(i, step):
        losses = []
        for at in (step, -step):
            network.params[i] = start[i] + at
            losses.append(loss_and_grad(network, X, y, **options)[0])
        network.params[i] = start[i]
        return (losses[0] - losses[1]) / (2 * step)

    for i in range(len(start)):
        result[i] = (4 * slope(i, STEP) - slope(i, 2 * STEP)) / 3
    return result


def assert_gradient(network, X, y, **options):
    _, grad = loss_and_grad(network, X, y, **options)
    error = np.linalg.norm(grad - numerical_gradient(network, X, y, **options))
    assert error < 1e-6 * np.linalg.norm(grad)
