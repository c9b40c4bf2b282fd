"""What a restricted Boltzmann machine learns of digits: strokes, samples, better features.

The data are those of scikit-learn's example: digits, moved by a pixel each way.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import minmax_scale

from fastnn import BernoulliRBM, MLPClassifier

EPOCHS = 10


def moved_digits():
    """Digits in [0, 1], as they are and moved left, right, up and down."""
    images, y = load_digits(return_X_y=True)
    images = minmax_scale(images).reshape(-1, 8, 8)
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    moves = [(1, 1), (1, 0), (1, 2), (0, 1), (2, 1)]
    X = np.concatenate([wide[:, i : i + 8, j : j + 8] for i, j in moves])
    return train_test_split(X.reshape(-1, 64), np.tile(y, 5), test_size=0.2, random_state=0)


def linear_score(X, X_test, y, y_test):
    """Accuracy of a linear classifier on rows apart."""
    model = MLPClassifier((), alpha=0, max_iter=100, learning_rate_init=0.03, random_state=0)
    return model.fit(X, y).score(X_test, y_test)


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, X_test, y, y_test = moved_digits()
    options = {"learning_rate": 0.06, "n_iter": EPOCHS, "random_state": 0}
    model = BernoulliRBM(100, **options, verbose=1).fit(X)
    raw = linear_score(X, X_test, y, y_test)
    features = linear_score(model.transform(X), model.transform(X_test), y, y_test)
    print(f"A linear classifier of the pixels is right for {raw:.3f} of the digits,")
    print(f"one of the hidden units' probabilities for {features:.3f}.")
    samples = model.sample(20, 500, random_state=1)
    first, last = (
        BernoulliRBM(100, **{**options, "n_iter": n}).fit(X).score_samples(X).mean()
        for n in (1, EPOCHS)
    )
    return {
        "filters": model.components_,
        "samples": samples,
        "scores": (raw, features),
        "likelihood": (first, last),
    }


def plot(results):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
    show(left, results["filters"], 10, 10, "weights of the hidden units", "RdBu_r")
    show(right, results["samples"], 4, 5, "rows that the machine makes up", "gray_r")
    return figure


def show(ax, rows, n, m, title, colours):
    """Pictures of 8 by 8, n lines of m."""
    sheet = np.full((n * 9 - 1, m * 9 - 1), np.nan)
    for k, row in enumerate(rows[: n * m]):
        i, j = divmod(k, m)
        sheet[9 * i : 9 * i + 8, 9 * j : 9 * j + 8] = row.reshape(8, 8)
    most = np.nanmax(np.abs(sheet))
    ax.imshow(sheet, cmap=colours, vmin=-most if colours == "RdBu_r" else 0, vmax=most)
    ax.set(title=title, xticks=[], yticks=[])
    ax.set_frame_on(False)


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
