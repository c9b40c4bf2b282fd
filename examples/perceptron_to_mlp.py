"""From one neuron to a multi-layer perceptron: XOR fails without a hidden layer and works with one.

A neuron puts a straight line between its two answers. AND and OR have one, XOR has none: whatever
the weights, at least one of its four points lies on the wrong side (Minsky and Papert, 1969). A
hidden layer of two units draws two lines, and the output neuron combines their answers.

Rosenblatt's rule changes the weights only where the answer is wrong, by the row itself: it is
stochastic gradient descent on the loss ``max(0, -t z)``. It ends after finitely many mistakes where
a line exists (Novikoff, 1962), and never where none does.
"""

import numpy as np

from fastnn import MLPClassifier

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
FUNCTIONS = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
NETWORKS = {"one neuron": (), "two hidden units": (2,)}


#: Passes over the four points before the rule is given up.
PASSES = 100


def main():
    results = {}
    for function, answers in FUNCTIONS.items():
        model, passes = rosenblatt(np.array(answers))
        right = int((model.predict(POINTS) == answers).sum())
        ended = f"after {passes} passes" if passes else f"no end in {PASSES} passes"
        print(f"{'perceptron rule':<17} {function:<4} {right} of 4 points right, {ended}")
        results["perceptron rule", function] = model, right
    for hidden_name, hidden in NETWORKS.items():
        for function, answers in FUNCTIONS.items():
            model = best_of_restarts(hidden, np.array(answers))
            right = int((model.predict(POINTS) == answers).sum())
            print(f"{hidden_name:<17} {function:<4} {right} of 4 points right")
            results[hidden_name, function] = model, right
    model, _ = results["two hidden units", "XOR"]
    print("\nWhat the two hidden units make of the four points (tanh of two lines):")
    hidden = np.tanh(POINTS @ model.coefs_[0] + model.intercepts_[0])
    for point, units, answer in zip(POINTS, hidden, FUNCTIONS["XOR"], strict=True):
        print(f"  {point.astype(int)} -> {units[0]:+.2f} {units[1]:+.2f}   XOR = {answer}")
    print("In these coordinates one straight line is enough.")
    return results


def rosenblatt(y):
    """The rule, a pass at a time; returns also how many it took, None if it does not end."""
    settings = {"momentum": 0.0, "alpha": 0.0, "batch_size": 1, "learning_rate_init": 0.1}
    model = MLPClassifier((), loss="perceptron", solver="sgd", random_state=0, **settings)
    for passes in range(1, PASSES + 1):
        model.partial_fit(POINTS, y, classes=[0, 1])
        if (model.predict(POINTS) == y).all():
            return model, passes
    return model, None


def best_of_restarts(hidden, y):
    """Two hidden units have local minima: take the best of a few starts."""
    settings = {"activation": "tanh", "solver": "lbfgs", "alpha": 1e-3, "max_iter": 500}
    models = [MLPClassifier(hidden, random_state=seed, **settings) for seed in range(5)]
    return min((model.fit(POINTS, y) for model in models), key=lambda model: model.loss_)


def plot(results):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, 3, figsize=(9, 6), layout="constrained", sharex=True, sharey=True
    )
    u = np.linspace(-0.5, 1.5, 100)
    plane = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2)
    shown = [key for key in results if key[0] in NETWORKS]
    for ax, (network, function) in zip(axes.flat, shown, strict=True):
        model, _ = results[network, function]
        probability = model.predict_proba(plane)[:, 1].reshape(100, 100)
        image = ax.contourf(u, u, probability, levels=np.linspace(0, 1, 11), cmap="PuOr")
        y = np.array(FUNCTIONS[function])
        for answer, marker in ((0, "o"), (1, "^")):
            where = POINTS[y == answer]
            ax.plot(*where.T, marker, color="black", markersize=9)
        ax.set_title(f"{function}, {network}", fontsize="medium")
    figure.suptitle("circles should be 0, triangles 1")
    figure.colorbar(image, ax=axes, label="probability of 1")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
