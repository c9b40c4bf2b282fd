"""A network that grows in its youth and is thinned with age, as a child's brain is.

A unit is divided into two that say the same, each with its share of the weights behind it, not
quite a half so that the two can become different: the network says what it said before, and has
room to learn more (Chen, Goodfellow and Shlens, "Net2Net", ICLR 2016). From middle age on the least
weights go, some at a time, and those that are left go on learning (Han et al., NIPS 2015).
"""

import copy

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier, prune

SEED, EPOCHS = 0, 12  # between two birthdays
WIDTHS, THINNED = (8, 16, 32), (0.5, 0.7, 0.8, 0.85, 0.9)


def newborn(width, seed):
    return MLPClassifier((width,), batch_size=50, learning_rate_init=0.01, random_state=seed)


def grown(model, rng):
    """A copy of a network with one hidden layer, each unit of which has become two."""
    model = copy.deepcopy(model)
    (before, behind), (bias, last) = model.coefs_, model.intercepts_
    shares = rng.uniform(0.4, 0.6, len(bias))[:, None]
    model.coefs_ = [np.tile(before, 2), np.concatenate([shares * behind, (1 - shares) * behind])]
    model.intercepts_ = [np.tile(bias, 2), last]
    return model.set_params(hidden_layer_sizes=(2 * len(bias),))


def n_weights(model):
    return sum(int((coef != 0).sum()) for coef in model.coefs_)


def live(model, X, y, epochs):
    for _ in range(epochs):
        model.partial_fit(X, y, classes=range(10))
    return model


def life(seed):
    """Weights and accuracy by age, and how far predictions were moved by growing."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, test_size=0.4, random_state=seed)
    rng, years, moved = np.random.RandomState(seed), [], 0.0

    def birthday(model):
        live(model, X, y, EPOCHS)
        years.append((n_weights(model), model.score(X_test, y_test)))

    model = newborn(WIDTHS[0], seed)
    birthday(model)
    for _ in WIDTHS[1:]:
        small, model = model, grown(model, rng)
        moved = max(moved, np.abs(model.predict_proba(X) - small.predict_proba(X)).max())
        birthday(model)
    for amount in THINNED:
        model = prune(model, amount)
        birthday(model)
    # As many weights from the beginning, in as many epochs.
    width = round(n_weights(model) / 74)
    simple = live(newborn(width, seed), X, y, EPOCHS * len(years)).score(X_test, y_test)
    return {"years": np.array(years), "moved": moved, "simple": simple, "model": model}


def main():
    results = life(SEED)
    print("age   weights   accuracy on rows not seen")
    for age, (weights, accuracy) in enumerate(results["years"], 1):
        print(f"{age:3}{int(weights):10}{accuracy:11.3f}")
    weights = n_weights(results["model"])
    print(f"\nGrowing has moved no prediction by more than {results['moved']:.0e}.")
    print(f"{weights} weights from the beginning, as long: {results['simple']:.3f}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    weights, accuracy = results["years"].T
    ages = np.arange(1, len(weights) + 1)
    ax.bar(ages, weights, color="#CCCCCC")
    ax.set(xlabel="age, in dozens of epochs", ylabel="weights (bars)")
    right = ax.twinx()
    right.plot(ages, accuracy, "o-", color="#D55E00")
    right.plot(ages[-1], results["simple"], "s", color="#0072B2")
    right.annotate(
        "as few from\nthe beginning",
        (ages[-1], results["simple"]),
        (-78, -8),
        textcoords="offset points",
        fontsize="small",
    )
    right.set(ylabel="accuracy (line)", ylim=(0.6, 1.0))
    ax.set_title("a network grows, and is thinned with age", fontsize="medium")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
