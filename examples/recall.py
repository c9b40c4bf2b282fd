"""Hopfield nets recall pictures of digits from damaged copies: four rules, and how much each keeps.

Ten digits, black and white, are stored. Then the net begins with a quarter of the pixels turned, or
with the lower half wiped out. Hebb's rule mixes pictures that are as alike as digits are; the
pseudo-inverse tells more of them apart; the dense rule keeps many more pictures than there are
pixels.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits

from fastnn import HopfieldNetwork

RULES = ("hebb", "storkey", "pseudoinverse", "dense")


def damaged(pictures, rng):
    """A quarter of the pixels turned; the lower half white."""
    turned = np.where(rng.random(pictures.shape) < 0.25, -pictures, pictures)
    half = pictures.copy()
    half[:, 32:] = -1
    return {"a quarter turned": turned, "lower half wiped out": half}


def main():
    warnings.simplefilter("ignore", UserWarning)  # ten pictures are too many for Hebb's rule
    X, y = load_digits(return_X_y=True)
    pictures = np.where(X > 8, 1.0, -1.0)
    stored = pictures[[np.flatnonzero(y == digit)[0] for digit in range(10)]]
    many = np.unique(pictures[:1500], axis=0)
    states = damaged(stored, np.random.default_rng(0))
    results = {"stored": stored, "damaged": states}
    print("Pixels recalled of ten digits (1: all right, 0: half of them)\n")
    print(f"{'rule':<16}" + "".join(f"{name:>24}" for name in states))
    for rule in RULES:
        net = HopfieldNetwork(rule, random_state=0, threshold=0.0).fit(stored)
        results[rule] = {name: net.predict(state) for name, state in states.items()}
        scores = {name: net.score(state, X_true=stored) for name, state in states.items()}
        results[rule, "scores"] = scores
        print(f"{rule:<16}" + "".join(f"{score:>24.3f}" for score in scores.values()))
    print(f"\nThe same of {len(many)} pictures of 64 pixels, all of them stored, with three turned")
    noisy = many.copy()
    for row, turned in zip(
        noisy, np.random.default_rng(1).integers(64, size=(len(many), 3)), strict=True
    ):
        row[turned] *= -1
    print(f"{'as they are':<16}{(noisy * many).mean():>24.3f}")
    for rule, more in (("pseudoinverse", {}), ("dense", {"beta": 1.0})):
        net = HopfieldNetwork(rule, random_state=0, threshold=0.0, **more).fit(many)
        results[rule, "many"] = net.score(noisy, X_true=many)
        print(f"{rule:<16}{results[rule, 'many']:>24.3f}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figures = []
    for name, states in results["damaged"].items():
        rows = {"stored": results["stored"], name: states}
        rows |= {rule: results[rule][name] for rule in RULES}
        figure, axes = plt.subplots(len(rows), 10, figsize=(7, 4.6), layout="constrained")
        for line, (label, pictures) in zip(axes, rows.items(), strict=True):
            for ax, picture in zip(line, pictures, strict=True):
                ax.imshow(picture.reshape(8, 8), cmap="Greys", vmin=-1, vmax=1)
                ax.set(xticks=[], yticks=[])
            line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize="small")
        figures.append(figure)
    return figures


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
