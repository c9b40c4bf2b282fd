"""An autoencoder beside PCA: a linear one finds the same space, a curved one a better code.

Two numbers a digit: the plane of the first two principal components, and the code of a network.
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier

from fastnn import Autoencoder

TRAIN = 1300


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = X / 16
    train, test = X[:TRAIN], X[TRAIN:]
    linear = {"activation": "identity", "solver": "lbfgs", "alpha": 0, "max_iter": 3000}
    curved = {"activation": "tanh", "learning_rate_init": 0.003, "max_iter": 200, "tol": 0}
    models = {
        "PCA": PCA(2).fit(train),
        "linear autoencoder": Autoencoder(2, **linear, tol=1e-6, random_state=0).fit(train),
        "128-32-2 autoencoder": Autoencoder((128, 32, 2), **curved, random_state=0).fit(train),
    }
    print(f"{'two numbers a digit by':<24}{'error of rows apart':>20}{'5 neighbours right':>20}")
    results = {"y": y[TRAIN:]}
    for name, model in models.items():
        code = model.transform(test)
        error = ((test - model.inverse_transform(code)) ** 2).mean()
        neighbours = KNeighborsClassifier(5).fit(model.transform(train), y[:TRAIN])
        right = neighbours.score(code, y[TRAIN:])
        print(f"{name:<24}{error:>20.4f}{right:>20.3f}")
        results[name] = {"code": code, "error": error, "right": right}
    return results


def plot(results):
    import matplotlib.pyplot as plt

    names = ("PCA", "128-32-2 autoencoder")
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
    for ax, name in zip(axes, names, strict=True):
        code = results[name]["code"]
        ax.scatter(*code.T, s=0)
        for digit in range(10):
            of_digit = results["y"] == digit
            for x, z in code[of_digit]:
                ax.text(x, z, str(digit), color=plt.cm.tab10(digit), size=7, ha="center")
        ax.set(title=f"{name}: error {results[name]['error']:.3f}", xticks=[], yticks=[])
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
