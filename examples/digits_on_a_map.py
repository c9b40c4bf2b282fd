"""Handwritten digits on a self-organizing map, which has never seen their labels.

A map of 16 x 16 units spreads over the images. Neighbours on the grid become alike, so that the
digits lie in provinces, and the borders between them show as ridges of the distances to neighbours.
Put on a map whose units have the class that most of their rows have, new images are recognised.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fastnn import SelfOrganizingMap

SIDE = 16


def main():
    X, y = load_digits(return_X_y=True)
    X, new, y, new_y = train_test_split(X, y, random_state=0, stratify=y)
    som = SelfOrganizingMap(SIDE, SIDE, topology="hexagonal", n_iter=20).fit(X)
    counts = np.zeros((SIDE**2, 10))
    np.add.at(counts, (som.labels_, y), 1)
    of_unit = counts.argmax(axis=1)
    first, last = som.predict(new), som.transform(new).argsort(axis=1)[:, 1]
    results = {
        "som": som,
        "data": (X, y),
        "accuracy": float((of_unit[first] == new_y).mean()),
        "neighbours": float((of_unit[first] == of_unit[last]).mean()),
        "pure": float(counts.max(axis=1).sum() / counts.sum()),
        "empty": int((counts.sum(axis=1) == 0).sum()),
    }
    print(f"{len(X)} images on {SIDE} x {SIDE} units, without their labels\n")
    print(f"{results['pure']:.1%} of the images have the digit that most of their unit's have;")
    print(f"{results['empty']} units have no image")
    print(f"{results['accuracy']:.1%} of {len(new)} new images have the digit of their unit")
    print(f"quantization error {som.quantization_error_:.2f},", end=" ")
    print(f"topographic error {som.topographic_error_:.3f}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    from fastnn.inspection import MapDisplay

    som, (X, y) = results["som"], results["data"]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    MapDisplay.from_estimator(som, "classes", X=X, y=y, ax=axes[0])
    axes[0].set_title("digit of most of a unit's images", fontsize="medium")
    MapDisplay.from_estimator(som, "u_matrix", ax=axes[1], cmap="Greys")
    mosaic = som.codebook_.reshape(SIDE, SIDE, 8, 8).swapaxes(1, 2).reshape(8 * SIDE, 8 * SIDE)
    images, ax = plt.subplots(figsize=(5.4, 5.4), layout="constrained")
    ax.imshow(mosaic, cmap="Greys")
    ax.set_axis_off()
    ax.set_title("the units, as images", fontsize="medium")
    return [figure, images]


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
