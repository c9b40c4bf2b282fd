"""Digits that moved by a pixel: a convolutional network knows them, a dense one has to guess.

What its kernels look for, which pixels speak for its answers, and where it errs.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import ConvClassifier, MLPClassifier

EPOCHS = 25


def moved(images, down, right):
    """Images (n, 8, 8) moved by so many pixels, zeros behind them."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return np.roll(wide, (down, right), (1, 2))[:, 1:-1, 1:-1]


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    images, y = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 8, 8)
    X, X_test, y, y_test = train_test_split(images, y, test_size=0.3, random_state=0, stratify=y)
    options = {"max_iter": EPOCHS, "batch_size": 64, "random_state": 0}
    conv = ConvClassifier(conv_layers=[(16, 5), (32, 3)], **options).fit(X, y)
    dense = MLPClassifier(**options).fit(X.reshape(-1, 64), y)
    aside = [moved(X_test, *by) for by in ((0, 1), (1, 0), (0, -1), (-1, 0))]
    scores = {}
    for name, model, shape in (("convolutional", conv, (-1, 8, 8)), ("dense", dense, (-1, 64))):
        still = model.score(X_test.reshape(shape), y_test)
        away = np.mean([model.score(images.reshape(shape), y_test) for images in aside])
        scores[name] = still, away
        print(f"The {name} network is right for {still:.3f} of the digits it has not seen,")
        print(f"and for {away:.3f} of them once they have moved by a pixel.")
    found = conv.predict(X_test)
    wrong = np.flatnonzero(found != y_test)[:4]
    shown = np.concatenate([wrong, np.flatnonzero(found == y_test)[: 8 - len(wrong)]])
    gradients = conv.input_gradients(X_test[shown])
    return {
        "scores": scores,
        "kernels": conv.coefs_[0].T.reshape(16, 5, 5),
        "images": X_test[shown],
        "saliency": gradients[np.arange(len(shown)), found[shown]],
        "titles": [f"{y_test[i]} taken for {found[i]}" for i in wrong],
    }


def plot(results):
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.3))
    left.suptitle("what 16 kernels look for", fontsize=9)
    for ax, kernel in zip(left.subplots(4, 4).flat, results["kernels"], strict=True):
        draw(ax, kernel, "RdBu_r")
    right.suptitle("errors first; below, the pixels that speak for the answer (red)", fontsize=9)
    axes = right.subplots(4, 4)
    titles = [*results["titles"], *[""] * 8]
    for i, (image, slope) in enumerate(zip(results["images"], results["saliency"], strict=True)):
        top = axes[2 * (i // 4), i % 4]
        draw(top, image, "gray_r")
        top.set_title(titles[i], fontsize=8)
        draw(axes[2 * (i // 4) + 1, i % 4], slope, "RdBu_r")
    return figure


def draw(ax, cells, colours):
    most = np.abs(cells).max()
    ax.imshow(cells, cmap=colours, vmin=-most if colours == "RdBu_r" else 0, vmax=most)
    ax.set(xticks=[], yticks=[])


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
