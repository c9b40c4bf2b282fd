"""Self-organizing maps beside others: ``python -m benchmarks.som [--data FILE.npz] [--out FILE]``.

Epochs of the batch rule on a rectangular map, in float32: fastnn; the same in NumPy, with one
product for the distances and the neighbourhood applied to sums per unit; somoclu, where it is
installed; and two that apply the neighbourhood to every row, MiniSom and loops compiled by numba.
The time is that of whole fits from the same first units divided by rows and epochs, the median over
rounds in which all take turns; ratio is the median over the rounds of the ratios within one. The
last three are linear in the number of rows and get fewer, and one epoch; the numba loops have been
compiled before. NumPy's and somoclu's threads are as many as fastnn's. Below that, the errors of
maps after ten epochs from PCA, MiniSom's by its own functions, whose neighbours are the same.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from fastnn import SelfOrganizingMap
from fastnn.threads import effective_n_threads

EPOCHS = 10


class Ours:
    share = 1.0

    def __init__(self, start, side, threads):
        self.som = SelfOrganizingMap(
            *(side, side), init=start, sigma=(2.0, 0.5), n_iter=EPOCHS, n_jobs=threads
        )

    def fit(self, X, epochs):
        self.som.set_params(n_iter=epochs).fit(X)


class ByHand:
    """The batch rule in NumPy as one would write it with care."""

    share = 1.0

    def __init__(self, start, side, threads):
        self.start = start
        place = np.stack(np.divmod(np.arange(side**2), side), axis=1)
        self.squared = np.square(place[:, None] - place).sum(axis=2)

    def fit(self, X, epochs):
        codebook = self.start.copy()
        for sigma in np.geomspace(2.0, 0.5, epochs):
            sums, counts = np.zeros(codebook.shape, np.float32), np.zeros(len(codebook))
            half = np.square(codebook).sum(axis=1) / 2
            for begin in range(0, len(X), 4096):
                rows = X[begin : begin + 4096]
                unit = (rows @ codebook.T - half).argmax(axis=1)
                won = (unit[:, None] == np.arange(len(codebook))).astype(np.float32)
                sums += won.T @ rows
                counts += won.sum(axis=0)
            h = np.exp(-self.squared / (2 * sigma**2))
            codebook = ((h @ sums) / (h @ counts)[:, None]).astype(np.float32)


class Somoclu:
    share = 1 / 20

    def __init__(self, start, side, threads):
        import somoclu

        self.make = lambda: somoclu.Somoclu(
            *(side, side), initialcodebook=start.copy(), compactsupport=False, verbose=0
        )

    def fit(self, X, epochs):
        options = {"radius0": 2.0, "radiusN": 0.5, "scale0": 1.0, "scaleN": 1.0}
        self.make().train(X, epochs=epochs, **options)


class MiniSom:
    share = 1 / 60

    def __init__(self, start, side, threads):
        from minisom import MiniSom

        self.som = MiniSom(side, side, start.shape[1], sigma=2.0)
        self.som._weights = start.reshape(side, side, -1).astype(np.float64)

    def fit(self, X, epochs):
        self.som.train_batch_offline(X, epochs)


class Loops:
    """Row by row, as compiled loops: the winner, then the neighbourhood of it to all sums."""

    share = 1 / 30

    def __init__(self, start, side, threads):
        from numba import njit

        @njit(fastmath=True)
        def epoch(X, codebook, h):
            n_units, d = codebook.shape
            sums, weights = np.zeros((n_units, d), np.float32), np.zeros(n_units)
            for r in range(len(X)):
                winner, least = 0, np.inf
                for u in range(n_units):
                    squares = np.float32(0)
                    for i in range(d):
                        squares += (X[r, i] - codebook[u, i]) ** 2
                    if squares < least:
                        winner, least = u, squares
                for u in range(n_units):
                    strength = h[u, winner]
                    weights[u] += strength
                    for i in range(d):
                        sums[u, i] += strength * X[r, i]
            for u in range(n_units):
                codebook[u] = sums[u] / weights[u]

        self.start, self.epoch = start, epoch
        self.squared = ByHand(start, side, threads).squared
        epoch(start[:1], start.copy(), np.ones((len(start), len(start)), np.float32))

    def fit(self, X, epochs):
        codebook = self.start.copy()
        for sigma in np.geomspace(2.0, 0.5, epochs):
            self.epoch(X, codebook, np.exp(-self.squared / (2 * sigma**2)).astype(np.float32))


CONTENDERS = {
    "fastnn": Ours,
    "NumPy": ByHand,
    "somoclu": Somoclu,
    "loops of numba": Loops,
    "MiniSom": MiniSom,
}


def measure(X, side, threads, rounds):
    """Name -> (rows, median microseconds a row and epoch, median ratio to fastnn)."""
    start = X[np.random.default_rng(0).choice(len(X), side**2, replace=False)].copy()
    known = {}
    for name, make in CONTENDERS.items():
        try:
            known[name] = make(start, side, threads)
        except ImportError:
            print(f"{name} is not installed")
    rows = {name: max(int(one.share * len(X)), side) for name, one in known.items()}
    times = {name: [] for name in known}
    for _ in range(rounds):
        for name, one in known.items():
            begun = time.perf_counter()
            one.fit(X[: rows[name]], EPOCHS if one.share == 1 else 1)
            epochs = EPOCHS if one.share == 1 else 1
            times[name].append((time.perf_counter() - begun) / rows[name] / epochs * 1e6)
    return {
        name: (
            rows[name],
            statistics.median(times[name]),
            statistics.median(t / own for t, own in zip(times[name], times["fastnn"], strict=True)),
        )
        for name in known
    }


def housing(path):
    """The numbers of California housing, scaled; every seventh block, which leaves 2,900."""
    with path.open() as file:
        lines = [line.split(",")[:9] for line in file][1:]
    X = np.array([line for line in lines if all(line)], dtype=float)
    return ((X - X.mean(axis=0)) / X.std(axis=0))[::7]


def quality(table):
    """Quantization and topographic errors beside MiniSom's, a row a map."""
    from minisom import MiniSom
    from sklearn.datasets import load_digits, load_iris

    known = [("iris", load_iris().data, 8), ("digits", load_digits().data, 12)]
    if table is not None:
        known.append(("housing", housing(table), 15))
    for name, X, side in known:
        for topology in ("rectangular", "hexagonal"):
            case = f"{name}, {side} × {side}, {topology}"
            for rule, options in (
                ("batch", {}),
                ("batch, sigma to 0.4", {"sigma": (side / 4, 0.4)}),
                ("batch, sigma to 0.5", {"sigma": (side / 4, 0.5)}),
                ("online", {"algorithm": "online", "random_state": 0}),
            ):
                som = SelfOrganizingMap(side, side, topology=topology, n_iter=EPOCHS, **options)
                som.fit(X)
                yield case, f"fastnn, {rule}", som.quantization_error_, som.topographic_error_
            for rule in ("train_batch_offline", "train"):
                som = MiniSom(side, side, X.shape[1], topology=topology, random_seed=0)
                som.pca_weights_init(X)
                options = {} if "batch" in rule else {"use_epochs": True, "random_order": True}
                getattr(som, rule)(X, EPOCHS, **options)
                yield case, f"MiniSom, {rule}", som.quantization_error(X), som.topographic_error(X)


def data(path, rows):
    """Images from a file of MNIST, or scikit-learn's digits over and over."""
    if path is None:
        from sklearn.datasets import load_digits

        return np.resize(load_digits().data / 16, (rows or 20_000, 64)).astype(np.float32)
    X = np.load(path)["X_train"].reshape(-1, 784)[:rows]
    return (X / 255).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.som", description=__doc__)
    parser.add_argument("--data", type=Path, help="MNIST: an .npz with X_train; else digits")
    parser.add_argument("--housing", type=Path, help="California housing, a .csv, for its errors")
    parser.add_argument("--rows", type=int, help="the first so many")
    parser.add_argument("--side", type=int, default=20, help="of the square grid")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    X = data(options.data, options.rows)
    found = measure(X, options.side, options.threads, options.rounds)
    rows = [
        [name, f"{n:,}", layout.significant(time), layout.ratio(ratio)]
        for name, (n, time, ratio) in found.items()
    ]
    header = ["", "rows", "µs a row and epoch", "to fastnn"]
    text = f"{len(X):,} rows of {X.shape[1]} features, {options.side} × {options.side} units:\n\n"
    text += layout.markdown(header, rows)
    if "MiniSom" in found:
        errors = [[*names, f"{q:.4g}", f"{t:.3f}"] for *names, q, t in quality(options.housing)]
        header = ["map", "rule", "quantization error", "topographic error"]
        text += f"\n\nErrors after {EPOCHS} epochs:\n\n" + layout.markdown(header, errors)
    machine.publish("som", __doc__, text, options)


if __name__ == "__main__":
    main()
