"""Back-propagation by hand: two inputs, three hidden units, two outputs, all logistic.

One row goes forward, its error goes back, and every weight takes one step. Two things to see:

* with ``delta = o (1 - o) (t - o)`` the step is ``w += rate * delta * h``: this delta is the
  *negative* gradient, which is why there is a plus;
* the hidden deltas use the output weights from *before* the step. Updating the output layer first
  and sending the error back through its new weights gives another, wrong, step.

fastnn takes the same step: its network gets a third layer that hands the two outputs through
unchanged, so that its squared error is that of the two logistic units.
"""

import numpy as np

from fastnn import MLPRegressor
from fastnn.inspection import check_gradients

X = np.array([[0.35, 0.9]])
TARGET = np.array([[1.0, 0.0]])
RATE = 0.5
W1 = np.array([[0.1, -0.4, 0.2], [0.8, 0.6, -0.3]])
B1 = np.array([0.05, -0.1, 0.2])
W2 = np.array([[0.3, -0.5], [0.9, 0.4], [-0.7, 0.1]])
B2 = np.array([0.1, -0.2])


def logistic(a):
    return 1 / (1 + np.exp(-a))


def main():
    hidden = logistic(X @ W1 + B1)
    output = logistic(hidden @ W2 + B2)
    print("forward:  hidden", hidden.round(4)[0], " output", output.round(4)[0])
    print(f"loss:     {0.5 * ((output - TARGET) ** 2).sum():.6f}")

    delta2 = output * (1 - output) * (TARGET - output)
    delta1 = hidden * (1 - hidden) * (delta2 @ W2.T)
    print("backward: output deltas", delta2.round(5)[0], " hidden deltas", delta1.round(5)[0])
    by_hand = [W1 + RATE * X.T @ delta1, W2 + RATE * hidden.T @ delta2]
    biases = [B1 + RATE * delta1[0], B2 + RATE * delta2[0]]

    # The mistake: the error goes back through output weights that have changed already.
    wrong_delta1 = hidden * (1 - hidden) * (delta2 @ by_hand[1].T)
    wrong = W1 + RATE * X.T @ wrong_delta1

    model = same_network()
    check = check_gradients(model, X, TARGET)
    model.partial_fit(X, TARGET)
    pairs = [
        *zip(by_hand, model.coefs_, strict=False),
        *zip(biases, model.intercepts_, strict=False),
    ]
    off = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
    wrong_by = np.abs(wrong - model.coefs_[0]).max()
    print("\nfirst-layer weights after one step, by hand and by fastnn:")
    for row, same in zip(by_hand[0], model.coefs_[0], strict=True):
        print("  ", row.round(6), same.round(6))
    print(f"largest difference in any weight or bias:              {off:.1e}")
    print(f"first layer, if the output layer is updated first:     {wrong_by:.1e}")
    print(f"worst relative error against differences of the loss:  {check.worst:.1e}")
    return {"off": off, "wrong_by": wrong_by, "check": check}


def same_network():
    """The network in fastnn, about to take plain gradient steps."""
    model = MLPRegressor(
        hidden_layer_sizes=(3, 2),
        activation="logistic",
        solver="sgd",
        learning_rate_init=RATE,
        momentum=0.0,
        alpha=0.0,
        batch_size=1,
    )
    model.partial_fit(X, TARGET)  # makes the layers; their weights are replaced
    for own, ours in zip(model.coefs_, (W1, W2, np.eye(2)), strict=True):
        own[...] = ours
    for own, ours in zip(model.intercepts_, (B1, B2, np.zeros(2)), strict=True):
        own[...] = ours
    return model


if __name__ == "__main__":
    from command_line import run

    run(main)
