"""Lateral inhibition: of two neighbouring units the larger one speaks, and holds the other silent.

Which of each pair wins is a pattern of bits, and what is alike has like patterns: rows are told by
those alone (Srivastava et al., "Understanding locally competitive networks", ICLR 2015). Whether
winners for other rows leave older ones in peace, so that less is forgotten, is tried as well.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from fastnn import MLPClassifier

SEED, EPOCHS = 0, 15


def network(activation, seed):
    return MLPClassifier(
        (100, 100),
        activation=activation,
        solver="sgd",
        learning_rate_init=0.05,
        momentum=0.0,
        batch_size=32,
        random_state=seed,
    )


def learn(model, X, y, epochs=EPOCHS):
    for _ in range(epochs):
        model.partial_fit(X, y, classes=range(10))
    return model


def split(seed):
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, test_size=0.3, random_state=seed, stratify=y)


def winners(model, X):
    """Which units of the last hidden layer speak, (n, n_units): one of each two."""
    h = model.transform(X).reshape(len(X), -1, 2)
    return (np.abs(h) > np.abs(h[..., ::-1])).reshape(len(X), -1)


def forgotten(activation, seed):
    """Accuracy on digits: new ones, and again once a permutation of their pixels was learned."""
    X, X_test, y, y_test = split(seed)
    model, order = network(activation, seed), np.random.RandomState(seed).permutation(64)
    before = learn(model, X, y).score(X_test, y_test)
    return before, learn(model, X[:, order], y).score(X_test, y_test)


def main():
    X, X_test, y, y_test = split(SEED)
    model = learn(network("lwta", SEED), X, y)
    untaught = learn(network("lwta", SEED), X[:200], y[:200], epochs=1)
    results = {"accuracy": model.score(X_test, y_test)}
    for name, net in (("by winners", model), ("by winners, untaught", untaught)):
        nearest = KNeighborsClassifier(1, metric="hamming").fit(winners(net, X), y)
        results[name] = nearest.score(winners(net, X_test), y_test)
    won = winners(model, X_test)
    results["speaking"] = won.reshape(len(won), -1, 2).sum(axis=2)
    results["by digit"] = np.stack([won[y_test == digit].mean(axis=0) for digit in range(10)])
    print(f"Digits not seen, by the network: {results['accuracy']:.3f}")
    print(f"by the nearest pattern of winners alone: {results['by winners']:.3f}")
    print(f"and with winners of one step of training: {results['by winners, untaught']:.3f}\n")
    for activation in ("lwta", "relu"):
        results[activation] = forgotten(activation, SEED)
        before, after = results[activation]
        print(f"{activation}: {before:.3f}, and after other pixels {after:.3f}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
    image = ax.imshow(results["by digit"], cmap="RdBu_r", vmin=0, vmax=1, aspect="auto")
    ax.set(xlabel="units, of which neighbours inhibit each other", ylabel="digit")
    ax.set_yticks(range(10))
    figure.colorbar(image, label="how often it wins")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
