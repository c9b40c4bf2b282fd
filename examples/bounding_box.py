"""Put a box around it: what is in an image is moved and scaled before a network sees it.

To a dense network a digit elsewhere is other features, which it has never seen. A transformer cuts
out the box around all ink and fits it to eight by eight cells, each the mean of what it covers. A
digit that has moved gives the same row to the bit, and one twice as large nearly the same.
"""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from fastnn import MLPClassifier

SEED, CANVAS = 0, 24


class BoundingBox(TransformerMixin, BaseEstimator):
    """Images (n, height, width) as rows of ``size * size`` means over the cells of their box.

    Parameters
    ----------
    size : int, default=8
    threshold : float, default=0.0
        Ink is what is above it. An image without ink gives zeros.
    """

    def __init__(self, size=8, threshold=0.0):
        self.size, self.threshold = size, threshold

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        X = np.asarray(X, float)
        if X.ndim != 3:
            raise ValueError(f"X must be images of shape (n, height, width), got {X.shape}")
        return np.stack([self._boxed(image).ravel() for image in X])

    def _boxed(self, image):
        ink = image > self.threshold
        if not ink.any():
            return np.zeros((self.size, self.size))
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return _shares(len(box), self.size) @ box @ _shares(box.shape[1], self.size).T


def _shares(n, size):
    """(size, n): of each cell, how much of it each of n pixels side by side covers."""
    edges = np.linspace(0, n, size + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(n)
    covered = np.clip(np.minimum(high, pixels + 1) - np.maximum(low, pixels), 0, None)
    return covered / (high - low)


def placed(images, rng, times=1):
    """Each somewhere on a canvas, so many times as large."""
    scenes = np.zeros((len(images), CANVAS, CANVAS))
    for scene, image in zip(scenes, images, strict=True):
        large = image.repeat(times, axis=0).repeat(times, axis=1)
        down, right = rng.randint(CANVAS - len(large) + 1, size=2)
        scene[down : down + len(large), right : right + len(large)] = large
    return scenes


def compared(seed):
    images, y = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8) / 16
    images, images_test, y, y_test = train_test_split(
        images, y, test_size=0.3, random_state=seed, stratify=y
    )
    around, rng = (CANVAS - 8) // 2, np.random.RandomState(seed)
    X, X_test = (
        np.pad(some, ((0, 0), (around, around), (around, around))) for some in (images, images_test)
    )
    tests = {
        "in the middle": X_test,
        "anywhere": placed(images_test, rng),
        "anywhere, twice as large": placed(images_test, rng, 2),
    }
    net = MLPClassifier((64,), max_iter=30, batch_size=50, random_state=seed)
    boxed = make_pipeline(BoundingBox(), net).fit(X, y)
    plain = MLPClassifier(**net.get_params()).fit(X.reshape(len(X), -1), y)
    scores = {
        name: (boxed.score(scenes, y_test), plain.score(scenes.reshape(len(scenes), -1), y_test))
        for name, scenes in tests.items()
    }
    rows = [BoundingBox().transform(tests[name]) for name in tests]
    same = bool((rows[0] == rows[1]).all())
    return {"scores": scores, "same": same, "scenes": [s[:6] for s in tests.values()]}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # thirty epochs are enough here
    results = compared(SEED)
    print(f"Trained on digits in the middle of {CANVAS} by {CANVAS} pixels; accuracy on other ones")
    print(f"\n{'':28}{'in its box':>12}{'as it is':>12}")
    for name, (boxed, plain) in results["scores"].items():
        print(f"{name:28}{boxed:12.3f}{plain:12.3f}")
    print(f"\nDigits that have moved give the same rows, to the bit: {results['same']}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    shown = dict(zip(results["scores"], results["scenes"], strict=True))
    rows = BoundingBox().transform(results["scenes"][2])
    shown["in their boxes"] = rows.reshape(-1, 8, 8)
    figure, axes = plt.subplots(4, 1, figsize=(6, 5), layout="constrained")
    for ax, (name, scenes) in zip(axes, shown.items(), strict=True):
        ax.imshow(np.hstack([np.pad(scene, 1, constant_values=0.3) for scene in scenes]), "gray_r")
        ax.set(xticks=[], yticks=[])
        ax.set_ylabel(name.replace(", ", ",\n"), fontsize=8)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
