"""Tasks one after the other: what is learned first is forgotten, and less so by weights in use.

Five tasks, each a permutation of the pixels of digits. A network learns one after the other by
partial_fit and sees nothing of a task again; which task a row is of it is not told. With
plasticity="input" weights from units that have been in use move less, so that the new is learned
with those that are free. Beside it the same network without, and Adagrad, whose rates fall with the
squared gradients: the control that any such claim has to beat.
"""

import numpy as np
from sklearn.datasets import load_digits

from fastnn import MLPClassifier

SEED, TASKS, EPOCHS = 0, 5, 10
METHODS = {
    "SGD": {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0},
    "Adagrad": {"solver": "adagrad", "learning_rate_init": 0.03},
    "Adagrad, plasticity='input'": {
        "solver": "adagrad",
        "learning_rate_init": 0.06,
        "plasticity": "input",
    },
}


def tasks(seed):
    """Rows of training and of test, and for each task the order of the pixels."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.RandomState(seed)
    order = rng.permutation(len(y))
    X, y = X[order] / 16, y[order]
    pixels = [np.arange(64), *(rng.permutation(64) for _ in range(TASKS - 1))]
    return (X[:1297], y[:1297]), (X[1297:], y[1297:]), pixels


def learn(method, seed, epochs=EPOCHS):
    """A network that has learned all tasks, and the accuracy of each after every epoch."""
    (X, y), (X_test, y_test), pixels = tasks(seed)
    model = MLPClassifier(
        (100, 100), batch_size=32, alpha=0.0, random_state=seed, **METHODS[method]
    )
    curves, rng = [], np.random.RandomState(seed)
    for order in pixels:
        for _ in range(epochs):
            rows = rng.permutation(len(y))
            model.partial_fit(X[rows][:, order], y[rows], classes=range(10))
            curves.append([model.score(X_test[:, of], y_test) for of in pixels])
    return model, np.array(curves)


def main(seed=SEED, epochs=EPOCHS):
    print(f"{TASKS} tasks of {epochs} epochs each, seed {seed}: accuracy of")
    print(f"{'':30}{'the first':>12}{'all, at the end':>18}{'each when learned':>20}")
    results = {}
    for name in METHODS:
        model, curves = learn(name, seed, epochs)
        learned = [curves[(k + 1) * epochs - 1, k] for k in range(TASKS)]
        results[name] = {"model": model, "curves": curves, "learned": np.mean(learned)}
        shown = curves[-1, 0], curves[-1].mean(), np.mean(learned)
        print(f"{name:30}{shown[0]:12.1%}{shown[1]:18.1%}{shown[2]:20.1%}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", width_ratios=(3, 2))
    for name, found in results.items():
        curve = found["curves"][:, 0]
        axes[0].plot(np.arange(1, len(curve) + 1), curve, label=name)
    for end in len(curve) // TASKS * np.arange(1, TASKS):
        axes[0].axvline(end + 0.5, color="lightgrey", linewidth=0.8, zorder=0)
    axes[0].set(xlabel="epoch; a line where a task ends", ylabel="accuracy of the first task")
    axes[0].set(ylim=(0, 1))
    axes[0].legend(fontsize="small", loc="lower left")
    *_, last = results.values()
    myelin = last["model"].myelin_[1]
    myelin = myelin[np.argsort(-myelin[:, 0])]
    thick = axes[1].plot(myelin[:, 0])[0]
    thick.set_drawstyle("steps-mid")
    axes[1].set(
        xlabel="unit of the first hidden layer, by its use", ylabel="thickness of its paths"
    )
    axes[1].set(ylim=(0, None))
    axes[1].set_title("myelin after five tasks", fontsize="medium")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
