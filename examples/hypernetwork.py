"""A network as the output of a network: told which sine is meant, one makes the weights of another.

The hypernetwork takes the amplitude and the phase of a sine and returns 49 numbers, which are the
parameters of a 1-16-1 network that draws it (Ha, Dai and Le, "HyperNetworks", ICLR 2017). Its error
is what that network's loss says of them: the gradient by the parameters comes back as the residual
of a squared error, whose target lies one gradient away.
"""

import numpy as np

from fastnn import Network
from fastnn.layers import Dense
from fastnn.optimizers import Adam

SEED, STEPS, TASKS, POINTS = 0, 400, 8, 20


def drawn(n, rng):
    """Of n sines what the hypernetwork is told, their amplitudes and their phases."""
    amplitude, phase = rng.uniform(0.5, 2, n), rng.uniform(-np.pi, np.pi, n)
    return np.stack([amplitude, np.sin(phase), np.cos(phase)], axis=1), amplitude, phase


def sine(x, amplitude, phase):
    return amplitude * np.sin(x + phase)


def play(seed, steps=STEPS):
    """Both networks, once the one has learned to make the other."""
    rng = np.random.RandomState(seed)
    target = Network([Dense(16, "tanh"), Dense(1)], n_in=1, random_state=seed)
    target.predict([[0.0]])
    n = len(target.parameters)
    maker = Network([Dense(48, "tanh"), Dense(n)], n_in=3, random_state=seed)
    optimizers = Adam(0.005), Adam(0.0005)  # the second for the last third
    for step in range(steps):
        told, amplitude, phase = drawn(TASKS, rng)
        made = maker.predict(told)
        slopes = np.empty_like(made)
        for task in range(TASKS):
            x = rng.uniform(-3, 3, (POINTS, 1))
            target.parameters = made[task]
            slopes[task] = target.loss_and_grad(x, sine(x, amplitude[task], phase[task]))[1]
        options = {"epochs": 1, "batch_size": TASKS, "shuffle": False, "n_jobs": 1}
        optimizer = optimizers[3 * step > 2 * steps]
        maker.fit(told, made - slopes, optimizer=optimizer, **options)
    return maker, target


def errors(maker, target, rng, n=200):
    """Mean squared errors of networks made for sines that are new, and of zero."""
    x, found = np.linspace(-3, 3, 61)[:, None], []
    told, amplitude, phase = drawn(n, rng)
    for theta, a, p in zip(maker.predict(told), amplitude, phase, strict=True):
        target.parameters = theta
        y = sine(x, a, p)
        found.append((np.mean((target.predict(x) - y) ** 2), np.mean(y**2)))
    return np.mean(found, axis=0)


def main():
    maker, target = play(SEED)
    error, of_zero = errors(maker, target, np.random.RandomState(SEED + 1))
    print(f"{len(target.parameters)} parameters are the output of {len(maker.parameters)} others,")
    print(f"after {STEPS} steps of {TASKS} sines, {POINTS} points of each.")
    print(f"200 new sines: mean squared error {error:.4f} of the networks made,")
    print(f"and {of_zero:.4f} of the constant zero")
    return {"error": error, "of_zero": of_zero, "maker": maker, "target": target}


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    x = np.linspace(-3, 3, 121)[:, None]
    told, amplitude, phase = drawn(5, np.random.RandomState(5))
    for theta, a, p in zip(results["maker"].predict(told), amplitude, phase, strict=True):
        results["target"].parameters = theta
        (line,) = ax.plot(x, results["target"].predict(x))
        ax.plot(x[::6], sine(x, a, p)[::6], ".", color=line.get_color())
    ax.set(xlabel="x", ylabel="sines (dots) and the networks made for them")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
