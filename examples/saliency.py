"""What in an image does a network go by? The gradient of its answer by the pixels says it.

The saliency of a pixel is its value times the gradient of the winning output by it, less the mean
of those of the others (Simonyan, Vedaldi and Zisserman, ICLR 2014): what the answer would lose, to
first order, without that pixel. Whether that is true can be tried: pixels of the digit are blotted
out, the most salient ones first, or any.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier

SEED, BLOTTED = 0, (0, 2, 4, 6, 8)


def saliency(model, X):
    """(n, n_features): how much each feature speaks for the answer, and against the others."""
    gradients, rows = model.input_gradients(X), np.arange(len(X))
    answer = gradients[rows, model.predict(X)]  # the classes are 0 to 9
    n = gradients.shape[1]
    return X * (answer - (gradients.sum(axis=1) - answer) / (n - 1))


def without(X, order, n):
    """X with the first n features of each row's order at zero."""
    X = X.copy()
    np.put_along_axis(X, order[:, :n], 0, axis=1)
    return X


def compared(seed):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, test_size=0.3, random_state=seed)
    options = {"max_iter": 30, "n_iter_no_change": 30, "batch_size": 50, "random_state": seed}
    model = MLPClassifier((64,), **options).fit(X, y)
    found = saliency(model, X_test)
    chance = np.random.RandomState(seed).uniform(size=X_test.shape)
    orders = {
        "most salient": np.argsort(-found, axis=1),
        "darkest": np.argsort(-X_test, axis=1, kind="stable"),
        "any of the ink": np.argsort(-chance * (X_test > 0), axis=1),
    }
    curves = {
        name: [model.score(without(X_test, order, n), y_test) for n in BLOTTED]
        for name, order in orders.items()
    }
    return {"curves": curves, "images": X_test[:8], "saliency": found[:8]}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # thirty epochs are enough here
    results = compared(SEED)
    print("accuracy on rows not seen, when so many pixels are blotted out\n")
    print(f"{'':16}{''.join(f'{n:7}' for n in BLOTTED)}")
    for name, curve in results["curves"].items():
        print(f"{name:16}{''.join(f'{right:7.3f}' for right in curve)}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9, 2.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(2, 1))
    axes = left.subplots(2, 8)
    for top, below, image, found in zip(*axes, results["images"], results["saliency"], strict=True):
        most = np.abs(found).max()
        top.imshow(image.reshape(8, 8), cmap="gray_r")
        below.imshow(found.reshape(8, 8), cmap="RdBu_r", vmin=-most, vmax=most)
        for ax in (top, below):
            ax.set(xticks=[], yticks=[])
    left.suptitle("digits, and what speaks for the answer (red) or against it", fontsize="medium")
    ax = right.subplots()
    for name, curve in results["curves"].items():
        ax.plot(BLOTTED, curve, "o-", ms=3, label=name)
    ax.set(xlabel="pixels blotted out", ylabel="accuracy", ylim=(0, 1.02))
    ax.legend(frameon=False, fontsize="small")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
