"""A pole on a cart is kept upright by two networks: an actor that acts, and a critic of states.

The actor gives the probabilities of a push to the left and to the right, the critic the return that
is to be expected from a state. What an action has brought beyond that is its advantage (Schulman et
al., "High-dimensional continuous control using generalized advantage estimation", ICLR 2016), and
actions become likelier by it, within bounds (Schulman et al., "Proximal policy optimization
algorithms", 2017). Any gradient by the outputs can be trained so: it is that of the squared error
of targets which lie one gradient away. The cart is that of Barto, Sutton and Anderson (1983).
"""

import numpy as np

from fastnn import Network
from fastnn.layers import Dense
from fastnn.optimizers import Adam

SEED, ROUNDS, CARTS, STEPS, LONGEST = 0, 30, 16, 128, 500
DISCOUNT, LAMBDA, CLIP = 0.99, 0.95, 0.2


class Carts:
    """Some carts side by side: states (n, 4) of place, speed, angle of the pole and its speed."""

    def __init__(self, n, rng):
        self.rng, self.states, self.ages = rng, rng.uniform(-0.05, 0.05, (n, 4)), np.zeros(n, int)

    def push(self, right):
        """A fiftieth of a second; returns states, which have fallen, and which time is over."""
        _, speed, angle, turn = self.states.T
        sine, cosine, total, moment = np.sin(angle), np.cos(angle), 1.1, 0.05
        thrust = (np.where(right, 10.0, -10.0) + moment * turn**2 * sine) / total
        bend = (9.8 * sine - cosine * thrust) / (0.5 * (4 / 3 - 0.1 * cosine**2 / total))
        push = thrust - moment * bend * cosine / total
        changes = np.stack([speed, push, turn, bend], axis=1)
        after, self.ages = self.states + 0.02 * changes, self.ages + 1
        fallen = (np.abs(after[:, 0]) > 2.4) | (np.abs(after[:, 2]) > np.radians(12))
        over = ~fallen & (self.ages >= LONGEST)
        anew = fallen | over
        self.states = np.where(anew[:, None], self.rng.uniform(-0.05, 0.05, after.shape), after)
        ages, self.ages = self.ages, np.where(anew, 0, self.ages)
        return after, fallen, over, ages


def probability(z):
    """That of a push to the right, from the actor's output."""
    return 1 / (1 + np.exp(-z))


def play(carts, actor, critic):
    """Steps of all carts: states, actions, their log-odds, values, and advantages."""
    n, rng = len(carts.ages), carts.rng
    states, actions, odds = np.empty((STEPS, n, 4)), np.empty((STEPS, n)), np.empty((STEPS, n))
    after, ends, fallen = np.empty((STEPS, n, 4)), np.empty((STEPS, n)), np.empty((STEPS, n))
    lengths = []
    for t in range(STEPS):
        states[t] = carts.states
        odds[t] = actor.predict(carts.states)[:, 0]
        actions[t] = rng.uniform(size=n) < probability(odds[t])
        after[t], fell, over, ages = carts.push(actions[t] == 1)
        fallen[t], ends[t] = fell, fell | over
        lengths += list(ages[fell | over])
    values = critic.predict(states.reshape(-1, 4)).reshape(STEPS, n)
    following = critic.predict(after.reshape(-1, 4)).reshape(STEPS, n) * (1 - fallen)
    advantages, ahead = np.empty((STEPS, n)), 0.0
    surprise = 0.1 + DISCOUNT * following - values  # a tenth for each step that it stands
    for t in reversed(range(STEPS)):
        ahead = surprise[t] + DISCOUNT * LAMBDA * (1 - ends[t]) * ahead
        advantages[t] = ahead
    flat = [a.reshape(-1, *a.shape[2:]) for a in (states, actions, odds, values, advantages)]
    return flat, lengths


def learn(actor, critic, optimizers, rows, rng):
    """Some epochs of steps on what has been played."""
    states, actions, odds, values, advantages = rows
    scaled = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    before = np.where(actions == 1, probability(odds), 1 - probability(odds))
    for _ in range(6):
        for some in np.array_split(rng.permutation(len(states)), 4):
            z = actor.predict(states[some])[:, 0]
            right, chosen = probability(z), actions[some]
            ratio = np.where(chosen == 1, right, 1 - right) / before[some]
            free = np.where(scaled[some] > 0, ratio < 1 + CLIP, ratio > 1 - CLIP)
            slope = -(free * ratio * scaled[some] * (chosen - right))
            step(actor, states[some], z - slope, optimizers[0])
            step(critic, states[some], (values + advantages)[some], optimizers[1])


def step(network, rows, targets, optimizer):
    options = {"epochs": 1, "batch_size": len(rows), "shuffle": False, "n_jobs": 1}
    network.fit(rows, targets, optimizer=optimizer, clip_norm=0.5, **options)


def returns(actor, rng, episodes=100):
    """Lengths of episodes in which the likelier action is taken."""
    carts, found = Carts(episodes, rng), np.zeros(episodes, int)
    while (found == 0).any():
        _, fell, over, ages = carts.push(actor.predict(carts.states)[:, 0] > 0)
        found = np.where((fell | over) & (found == 0), ages, found)
    return found


def train(seed, rounds=ROUNDS):
    """An actor, and the mean length of the episodes that ended in each round."""
    rng = np.random.RandomState(seed)
    actor, critic = (
        Network([Dense(32, "tanh"), Dense(1)], n_in=4, random_state=seed + k) for k in (0, 1000)
    )
    optimizers, carts, curve = (Adam(0.01), Adam(0.02)), Carts(CARTS, rng), []
    for _ in range(rounds):
        rows, lengths = play(carts, actor, critic)
        learn(actor, critic, optimizers, rows, rng)
        curve.append(np.mean(lengths) if lengths else float(LONGEST))
    return actor, curve


def main():
    print(f"{ROUNDS} rounds of {CARTS} carts and {STEPS} steps each, seed {SEED}\n")
    actor, curve = train(SEED)
    for number in range(0, ROUNDS, 8):
        print(f"round {number:2d}: episodes of {curve[number]:5.1f} steps")
    found = returns(actor, np.random.RandomState(SEED + 1))
    print(f"\nmean return of 100 episodes: {found.mean():.1f} of {LONGEST}")
    return {"curve": curve, "returns": found}


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    ax.plot(results["curve"], marker=".")
    ax.axhline(LONGEST, color="grey", linewidth=0.8, linestyle="--")
    ax.set(xlabel="round of 2,048 steps", ylabel="steps until the pole falls", ylim=(0, None))
    ax.set_title("actor and critic, while they learn", fontsize="medium")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
