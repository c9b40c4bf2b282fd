"""A pole is kept up by a network that has only read what became of carts pushed at random.

Neural fitted Q iteration (Riedmiller, ECML 2005). On record are a state, a push and the state after
it. Q(state, push) is to be the cost of all that follows, if the pushes after it are the best: so Q
is fitted, again and again from its present weights, to the cost of a step and what Q itself says of
the better push after it. Each round is an ordinary regression on all rows. Nobody pushes a cart
until learning is over. The carts are those of actor_critic.py.
"""

import copy
import warnings

import numpy as np
from actor_critic import LONGEST, Carts, returns
from sklearn.exceptions import ConvergenceWarning

from fastnn import MLPRegressor

SEED, ROWS, ROUNDS, DISCOUNT, KEPT = 0, 5000, 60, 0.95, 5
#: A push is held for so many steps: after one alone it would hardly show which it was.
HOLD = 4
#: Where states on record lie, and what they are divided by.
SCALE = np.array([2.4, 2.0, np.radians(12), 2.0])


def transitions(rng, n):
    """States, whether the push was to the right, states after it, and whether it went wrong."""
    carts = Carts(n, rng)
    carts.states = before = rng.uniform(-1, 1, (n, 4)) * SCALE
    right, after, wrong = rng.uniform(size=n) < 0.5, before, np.zeros(n, bool)
    for _ in range(HOLD):
        states, fallen, _, _ = carts.push(right)
        after, wrong = np.where(fallen[:, None] | wrong[:, None], after, states), wrong | fallen
    return before, right, after, wrong


def rows(states, right):
    """What Q takes: the state, and the push as -1 or 1."""
    return np.column_stack([states / SCALE, np.where(right, 1.0, -1.0)])


class Policy:
    """The better push by the mean of some Q, positive for right: in the place of an actor."""

    def __init__(self, networks):
        self.networks = networks

    def predict(self, states):
        left, right = (
            np.mean(
                [q.predict(rows(states, np.full(len(states), p))) for q in self.networks], axis=0
            )
            for p in (False, True)
        )
        return (left - right)[:, None]


def learn(seed, rounds=ROUNDS, every=10):
    """A Policy, and the mean length of 20 episodes with it, every so many rounds."""
    rng = np.random.RandomState(seed)
    before, right, after, wrong = transitions(rng, ROWS)
    X, ahead = rows(before, right), [rows(after, np.full(ROWS, push)) for push in (False, True)]
    # Standing still in the middle costs nothing, an end of the track or a fallen pole one.
    cost = np.where(wrong, 1.0, (1 - DISCOUNT) * np.minimum(1, ((after / SCALE) ** 2).mean(axis=1)))
    q = MLPRegressor(
        hidden_layer_sizes=(32, 32),
        activation="tanh",
        learning_rate_init=0.005,
        max_iter=10,
        n_iter_no_change=np.inf,
        warm_start=True,
        alpha=0.0,
        random_state=seed,
    )
    networks, said, target, curve = [], [], cost, []
    for number in range(rounds):
        q.set_params(learning_rate_init=0.005 * (1 - 0.95 * number / rounds))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            q.fit(X, target)
        # The mean over the last networks: a single one is unsteady.
        networks = [*networks, copy.deepcopy(q)][-KEPT:]
        said = [*said, [q.predict(of) for of in ahead]][-KEPT:]
        best = np.clip(np.mean(said, axis=0).min(axis=0), 0, 1)
        target = np.where(wrong, 1.0, cost + DISCOUNT * best)
        if every and number % every == every - 1:
            found = returns(Policy(networks), np.random.RandomState(seed + 1), 20)
            curve.append((number + 1, found.mean()))
    return Policy(networks), curve


def main(seed=SEED, rounds=ROUNDS):
    print(f"{ROWS} pushes at random, {rounds} rounds of regression, seed {seed}\n")
    policy, curve = learn(seed, rounds)
    for number, length in curve:
        print(f"after round {number:2d}: episodes of {length:5.1f} steps")
    found = returns(policy, np.random.RandomState(seed + 1))
    print(f"\nmean return of 100 episodes: {found.mean():.1f} of {LONGEST}")
    return {"policy": policy, "curve": curve, "returns": found}


def plot(results):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.plot(*zip(*results["curve"], strict=True), marker=".")
    left.axhline(LONGEST, color="grey", linewidth=0.8, linestyle="--")
    left.set(xlabel="round", ylabel="steps until the pole falls", ylim=(0, None))
    left.set_title("20 episodes with what Q says", fontsize="medium")
    angle, turn = np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-1, 1, 81))
    states = np.stack([0 * angle, 0 * angle, angle, turn], axis=-1).reshape(-1, 4) * SCALE
    better = results["policy"].predict(states).reshape(81, 81)
    limit = np.abs(better).max()
    shown = right.pcolormesh(
        12 * angle[0], 2 * turn[:, 0], better, cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    right.contour(12 * angle[0], 2 * turn[:, 0], better, [0], colors="black", linewidths=1)
    right.set(xlabel="angle of the pole, degrees", ylabel="its speed, 1/s")
    right.set_title("what a push to the left costs more, cart in the middle", fontsize="medium")
    figure.colorbar(shown, ax=right)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
