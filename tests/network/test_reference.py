"""The oracle is right: its gradients are numerical gradients."""

from dataclasses import dataclass

import numpy as np
import pytest
import reference
from reference_losses import targets

SMOOTH = set(reference.ACTIVATIONS) - reference.STRAIGHT_THROUGH


@dataclass
class Dense:
    n_out: int
    activation: str = "identity"


@pytest.mark.parametrize(
    ("activation", "loss"),
    [(a, "softmax_log_loss") for a in sorted(SMOOTH)]
    + [("tanh", loss) for loss in reference.OUTPUT_ACTIVATIONS],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient(activation, loss, weighted, rng):
    # a mean and a log variance for each target
    n_targets, n_out = (2, 4) if loss == "gaussian_nll" else (3, 3)
    layers = [Dense(5, activation), Dense(3, activation), Dense(n_out)]
    network = reference.Network(4, layers, loss)
    network.params[:] = rng.uniform(-1, 1, network.n_params)
    X = rng.normal(size=(7, 4))
    y = targets(loss, rng, 7, n_targets)
    options = {"alpha": 0.7, "sample_weight": rng.uniform(size=7) if weighted else None}
    _, grad = network.loss_and_grad(X, y, **options)
    start, step = network.params.copy(), 1e-6
    numerical = np.empty_like(grad)
    for i in range(len(grad)):
        losses = []
        for sign in (1, -1):
            network.params[:] = start
            network.params[i] += sign * step
            losses.append(network.loss_and_grad(X, y, **options)[0])
        numerical[i] = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(grad, numerical, rtol=1e-6, atol=1e-8)
