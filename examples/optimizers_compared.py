"""Optimizers compared: the same network, the same rows in the same order, the same epochs.

Every solver gets the best of a few learning rates by its training loss, since each wants its own.
Those that see the whole data set before each step take 20 steps in all, the others 440.
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier
from fastnn.inspection import OptimizerPathDisplay

EPOCHS = 20

SOLVERS = [
    ("gradient descent, full batch", {"solver": "sgd", "momentum": 0.0, "batch_size": 1347}),
    ("Rprop, full batch", {"solver": "rprop", "batch_size": "auto"}),
    ("stochastic gradient descent", {"solver": "sgd", "momentum": 0.0}),
    ("with momentum", {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False}),
    ("with Nesterov's momentum", {"solver": "sgd", "momentum": 0.9}),
    ("AdaGrad", {"solver": "adagrad"}),
    ("AdaDelta", {"solver": "adadelta"}),
    ("RMSprop", {"solver": "rmsprop"}),
    ("Adam", {"solver": "adam"}),
    ("AdamW", {"solver": "adamw"}),
    ("NAdam", {"solver": "nadam"}),
    ("AMSGrad", {"solver": "amsgrad"}),
]
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # equal epochs, not convergence
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    print(f"Digits, one hidden layer of 50 units, {EPOCHS} epochs of batches of 64 rows\n")
    print(f"{'solver':<30}{'best rate':>10}{'loss':>9}{'test accuracy':>15}")
    results = {}
    for name, parameters in SOLVERS:
        best = None
        for rate in RATES:
            model = MLPClassifier(
                (50,), batch_size=64, max_iter=EPOCHS, learning_rate_init=rate, random_state=0
            )
            model.set_params(**parameters).fit(X_train, y_train)
            if best is None or model.loss_curve_[-1] < best.loss_curve_[-1]:
                best = model
        accuracy = best.score(X_test, y_test)
        loss = best.loss_curve_[-1]
        print(f"{name:<30}{best.learning_rate_init:>10}{loss:>9.4f}{accuracy:>15.3f}")
        results[name] = best
    lbfgs = MLPClassifier((50,), solver="lbfgs", max_iter=EPOCHS, random_state=0)
    lbfgs.fit(X_train, y_train)
    accuracy = lbfgs.score(X_test, y_test)
    print(f"{'L-BFGS, 20 iterations':<30}{'':>10}{lbfgs.loss_:>9.4f}{accuracy:>15.3f}")
    results["L-BFGS"] = lbfgs
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    styles = ["-", "--", "-.", ":"]
    curves = {name: model for name, model in results.items() if hasattr(model, "loss_curve_")}
    for i, (name, model) in enumerate(curves.items()):
        ax.plot(
            range(1, EPOCHS + 1),
            model.loss_curve_,
            linestyle=styles[i % 4],
            color=f"C{i % 10}",
            label=name,
        )
    ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    names = ["sgd", "rmsprop", "adam", "rprop"]
    return [
        figure,
        OptimizerPathDisplay.from_bowl().figure_,
        OptimizerPathDisplay.from_bowl(optimizers=names).figure_,
    ]


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
