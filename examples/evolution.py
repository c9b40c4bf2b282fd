"""Networks that evolve: depth, widths, activation and skip connections are bred, not chosen.

What is a network worth? Its score on rows that it has not seen, less a price for its size: fitness
is the accuracy in cross-validation minus a hundredth of the logarithm of its parameters, so that
half as many are worth seven rows in a thousand. The best so far have children, which differ a
little. The winner is the fittest of those that are no worse than a perceptron as it comes, of 100
units. All networks of a generation are trained side by side on all folds, by one call.
"""

import math
import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, train_test_split

from fastnn import MLPClassifier, fit_together

SEED, PEOPLE, GENERATIONS, PRICE = 0, 8, 5, 0.01
ACTIVATIONS = ("relu", "tanh", "silu", "lwta")
NET = MLPClassifier(max_iter=12, n_iter_no_change=12, batch_size=50, learning_rate_init=0.01)


class Genome(NamedTuple):
    """What is inherited."""

    widths: tuple = (100,)  # the default of a perceptron
    activation: str = "relu"
    residual: bool = False

    def network(self, seed):
        sizes = "-".join(map(str, self.widths))
        given = {"activation": self.activation, "residual": self.residual, "random_state": seed}
        return clone(NET).set_params(hidden_layer_sizes=sizes, **given)


def n_parameters(model):
    skips = [p for p in getattr(model, "projections_", ()) if isinstance(p, np.ndarray)]
    return sum(array.size for array in (*model.coefs_, *model.intercepts_, *skips))


def child(mother, father, rng):
    """The widths of one, activation and skips of either; then one thing changes."""
    widths = list(mother.widths)
    activation, residual = (mother, father)[rng.randint(2)][1:]
    what, at = rng.choice(4, p=[0.55, 0.15, 0.15, 0.15]), rng.randint(len(widths))
    if what == 0:
        widths[at] = int(np.clip(round(widths[at] * 2 ** rng.normal(0, 0.6)), 4, 200))
    elif what == 1 and len(widths) < 4:
        widths.insert(at, widths[at])
    elif what == 1 or (what == 2 and len(widths) > 1):
        del widths[at]
    elif what == 2:
        residual = not residual
    else:
        activation = ACTIVATIONS[rng.randint(len(ACTIVATIONS))]
    return Genome(tuple(widths), activation, residual)


def measured(genomes, X, y, seed):
    """Accuracy in cross-validation and number of parameters of each, trained side by side."""
    splits = list(StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y))
    nets = [genome.network(seed) for genome in genomes for _ in splits]
    fit_together(nets, X, y, samples=[rows for rows, _ in splits] * len(genomes))
    scores = [
        net.score(X[rows], y[rows])
        for net, (_, rows) in zip(nets, splits * len(genomes), strict=True)
    ]
    sizes = [n_parameters(net) for net in nets[:: len(splits)]]
    return list(zip(np.reshape(scores, (-1, len(splits))).mean(axis=1), sizes, strict=True))


def fitness(found):
    score, size = found
    return score - PRICE * math.log(size)


def evolve(X, y, seed, people=PEOPLE, generations=GENERATIONS):
    """All genomes with what was found, and the best fitness of each generation."""
    rng, known, course = np.random.RandomState(seed), {}, []
    born = [Genome()]
    while len(born) < people:
        born.append(child(born[rng.randint(len(born))], Genome(), rng))
    for _ in range(generations):
        new = [genome for genome in dict.fromkeys(born) if genome not in known]
        known.update(zip(new, measured(new, X, y, seed), strict=True))
        best = sorted(known, key=lambda genome: fitness(known[genome]), reverse=True)
        course.append(fitness(known[best[0]]))
        parents = best[: max(2, people // 3)]
        born = [
            child(*(parents[i] for i in rng.randint(len(parents), size=2)), rng)
            for _ in range(people)
        ]
    return known, course


def compared(seed, people=PEOPLE, generations=GENERATIONS):
    """The default beside the winner, also on rows that no generation has seen."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
    known, course = evolve(X, y, seed, people, generations)
    results = {"known": known, "course": course}
    no_worse = [genome for genome in known if known[genome][0] >= known[Genome()][0]]
    winner = max(no_worse, key=lambda genome: fitness(known[genome]))
    for name, genome in (("default", Genome()), ("winner", winner)):
        score, size = known[genome]
        test = genome.network(seed).fit(X, y).score(X_test, y_test)
        results[name] = {"genome": genome, "score": score, "size": size, "test": test}
    return results


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    results = compared(SEED)
    known, course = results["known"], results["course"]
    print(f"{len(known)} networks in {GENERATIONS} generations, three folds each; the best one's")
    print(f"fitness is {course[0]:.4f} after the first of them, {course[-1]:.4f} after the last.\n")
    for name in ("default", "winner"):
        found = results[name]
        widths, activation, residual = found["genome"]
        print(f"{name:8}{widths} {activation}{' with skips' if residual else ''}, ", end="")
        print(f"{found['size']} parameters: accuracy {found['score']:.4f}, ", end="")
        print(f"on other rows {found['test']:.4f}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes, scores = np.array([found[::-1] for found in results["known"].values()]).T
    left.semilogx(sizes, scores, ".", color="grey", label="bred")
    for name, marker, color in (("default", "s", "#0072B2"), ("winner", "*", "#D55E00")):
        found = results[name]
        left.semilogx(found["size"], found["score"], marker, color=color, ms=10, label=name)
    low = max(np.min(scores), results["default"]["score"] - 0.05)
    left.set(xlabel="parameters", ylabel="accuracy in cross-validation", ylim=(low, None))
    left.set_xticks([3000, 10000, 30000], ["3,000", "10,000", "30,000"], minor=False)
    left.set_xticks([], minor=True)
    left.legend(frameon=False, loc="lower right")
    right.plot(range(1, len(results["course"]) + 1), results["course"], "o-", color="#D55E00")
    right.axhline(
        fitness((results["default"]["score"], results["default"]["size"])), color="#0072B2"
    )
    right.set(xlabel="generation", ylabel="best fitness; line: the default's")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
