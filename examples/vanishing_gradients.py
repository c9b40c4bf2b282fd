"""Vanishing gradients at depth 10 and 30, and what each remedy does.

Going back through a layer multiplies the gradient by its weights and by the slope of its
activation. The slope of the logistic function is at most 1/4: ten layers down nothing arrives, and
the network predicts as if it had not looked. The tables have, for every remedy, how much of the
output's gradient reaches the first layer before training, what `diagnose` says to that, and the
accuracy after training: with the same rows, epochs and learning rate for all.

Ten layers train with any of the remedies. At thirty only skip connections do reliably: they hand
the gradient down unchanged, whatever becomes of it inside the layers (He et al., 2016), or nearly
so, past gates that are almost closed at first (highways; Srivastava et al., 2015). Little goes
through any one of them, but the same at any depth.
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier
from fastnn.inspection import GradientFlowDisplay, diagnose

WIDTH, EPOCHS, RATE = 30, 30, 0.0018
DEPTHS = (10, 30)

LOGISTIC = {"activation": "logistic"}

#: What to change about a deep network of logistic units. A remedy is a name and parameters.
REMEDIES = [
    ("none: logistic", LOGISTIC),
    ("tanh: slope 1 at zero", {"activation": "tanh"}),
    ("relu: slope 1 above zero", {"activation": "relu"}),
    ("relu, He's weights", {"activation": "relu", "init": "he_normal"}),
    ("logistic, batch norm", {**LOGISTIC, "batch_norm": True}),
    ("tanh, layer norm", {"activation": "tanh", "layer_norm": True}),
    ("logistic, skips", {**LOGISTIC, "residual": True}),
    ("logistic, highways", {**LOGISTIC, "residual": "highway"}),
    ("logistic, skips, batch norm", {**LOGISTIC, "residual": True, "batch_norm": True}),
    ("relu, skips, layer norm", {"activation": "relu", "residual": True, "layer_norm": True}),
]


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs, not convergence
    X, y = load_digits(return_X_y=True)
    data = train_test_split(X / 16, y, train_size=800, random_state=0)
    print(f"Digits, layers of {WIDTH} units, {EPOCHS} epochs, learning rate {RATE}.")
    print("One in ten is chance.")
    results = {}
    for depth in DEPTHS:
        print(
            f"\n{f'{depth} hidden layers':<30}{'gradient left':>15}{'accuracy':>10}   diagnose said"
        )
        for name, parameters in REMEDIES:
            results[name, depth] = row(name, depth, parameters, *data)
    return results


def row(name, depth, parameters, X_train, X_test, y_train, y_test):
    model = MLPClassifier(
        (WIDTH,) * depth,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        learning_rate_init=RATE,
        batch_size=64,
        random_state=0,
    ).set_params(**parameters)
    report = diagnose(model, X_train, y_train)
    left = report.layers[0].delta / report.layers[-1].delta
    flow = model, X_train, y_train
    accuracy = model.fit(X_train, y_train).score(X_test, y_test)
    said = ", ".join(verdict.name for verdict in report.verdicts) or "no alarm"
    print(f"{name:<30}{left:>15.1e}{accuracy:>10.2f}   {said}")
    return {"left": left, "accuracy": accuracy, "said": said, "flow": flow}


def plot(results):
    import matplotlib.pyplot as plt
    from sklearn.base import clone

    figure, axes = plt.subplots(1, 2, figsize=(13, 4.5), layout="constrained", sharey=True)
    markers = ["o", "s", "^", "D", "v", "P", "X", "*", "p", "h"]
    for ax, depth in zip(axes, DEPTHS, strict=True):
        for i, (name, _) in enumerate(REMEDIES):
            model, X, y = results[name, depth]["flow"]
            display = GradientFlowDisplay.from_estimator(clone(model), X, y)
            plt.close(display.figure_)
            flow, layers = display.activation_gradients, range(1, depth + 2)
            ax.plot(layers, flow, marker=markers[i], markersize=4, markevery=(i % 3, 3), label=name)
        ax.set(yscale="log", xlabel="layer", title=f"{depth} hidden layers")
    axes[0].set_ylabel("gradient of a row by the pre-activations")
    axes[1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
