"""Two networks play: one makes points, the other one tells them from those of a ring of clouds.

The generator never sees a point of the ring. It follows the gradient of its opponent, the critic,
by the input (Goodfellow et al., "Generative adversarial nets", NIPS 2014): a squared error whose
residual is that gradient brings it back through the generator.
"""

import numpy as np

from fastnn import Network
from fastnn.layers import Dense
from fastnn.optimizers import Adam

SEED, STEPS, ROWS, UNITS, SPREAD = 0, 1500, 128, 48, 0.1
ANGLES = np.arange(8) * np.pi / 4
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring(n, rng):
    """Points of eight Gaussian clouds on a circle."""
    return CENTRES[rng.randint(8, size=n)] + SPREAD * rng.normal(size=(n, 2))


def quality(points):
    """How many of the clouds have a tenth of their share at least, and the share of the points
    within three standard deviations of one."""
    apart = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    near = apart.min(axis=1) < 3 * SPREAD
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=8)
    return int((counts > len(points) / 80).sum()), float(near.mean())


def step(network, rows, targets, optimizer):
    options = {"epochs": 1, "batch_size": len(rows), "shuffle": False, "n_jobs": 1}
    network.fit(rows, targets, optimizer=optimizer, **options)


def play(seed, steps=STEPS):
    """Points that a generator makes which has played so many steps."""
    rng = np.random.RandomState(seed)
    sizes = {"dtype": "float32", "n_in": 2}
    hidden = [[Dense(UNITS, name), Dense(UNITS, name)] for name in ("relu", "leaky_relu")]
    generator = Network([*hidden[0], Dense(2)], random_state=seed, **sizes)
    critic = Network([*hidden[1], Dense(1)], "log_loss", random_state=seed + 1, **sizes)
    optimizers = [Adam(0.002, beta_1=0.5) for _ in range(2)]
    labels = np.repeat([1, 0], ROWS)
    for _ in range(steps):
        drawn = rng.normal(size=(ROWS, 2))
        made = generator.predict(drawn)
        step(critic, np.concatenate([ring(ROWS, rng), made]), labels, optimizers[0])
        # -log D has the slope -(1 - D) by the critic's raw output.
        slope = -(1 - critic.predict(made)[:, -1:]) * critic.input_gradient(made)
        step(generator, drawn, made - slope, optimizers[1])
    return generator.predict(rng.normal(size=(4000, 2)))


def main(steps=STEPS):
    print(f"{steps} steps of {ROWS} points each, seed {SEED}\n")
    results = {}
    for name, taken in (("after a tenth of the steps", steps // 10), ("after all", steps)):
        points = play(SEED, taken)
        clouds, near = quality(points)
        results[name] = {"points": points, "clouds": clouds, "near": near}
        print(f"{name:28}{clouds} of 8 clouds, {near:.1%} of the points within 3 sigma of one")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    drawn = {"the ring": {"points": ring(4000, np.random.RandomState(1))}, **results}
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    for ax, (name, found) in zip(axes, drawn.items(), strict=True):
        ax.scatter(*found["points"].T, s=1, alpha=0.3, linewidths=0)
        ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal", xticks=[], yticks=[])
        ax.set_title(name, fontsize="medium")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
