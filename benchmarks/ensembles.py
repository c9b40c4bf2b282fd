"""What members side by side gain: ``python -m benchmarks.ensembles [--out FILE]``.

Training of an ensemble (Adam, float32, batches of 200, the same steps for all) by
``DeepEnsembleClassifier`` on all threads, on one, and by others: fits one after the other, each on
as many threads as serve it best; scikit-learn's ``BaggingClassifier`` around its own perceptron,
with processes; JAX with vmap, compiled before it is timed. The contenders take turns. A time is the
median over the rounds, a ratio the median over the rounds of that to ``DeepEnsembleClassifier`` on
all threads. Scoring: the time of an ensemble's ``predict_proba`` over that of one member's,
alternating. Beside a time stands the processor's clock of the busiest thread of this process: what
the work would take on idle cores, but for waiting. Memory: the peak of the resident memory of all
processes beyond that of a process with the library and the data, which needs Linux.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from benchmarks.memory import resident
from fastnn import DeepEnsembleClassifier, MLPClassifier
from fastnn.threads import effective_n_threads

BATCH = 200


class Case:
    """An ensemble to train.

    Parameters
    ----------
    sizes : tuple of int
        Features, hidden layers and classes.
    members, rows, epochs : int
    """

    def __init__(self, sizes, members, rows, epochs):
        self.sizes, self.members, self.epochs = sizes, members, epochs
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(rows, sizes[0])).astype(np.float32)
        self.y = (self.X @ rng.normal(size=(sizes[0], sizes[-1]))).argmax(axis=1)

    @property
    def name(self):
        return f"{self.members} × {'-'.join(map(str, self.sizes))}, {len(self.X):,} rows"

    def options(self):
        """Of a perceptron: so many epochs, whatever comes."""
        hidden = {"hidden_layer_sizes": self.sizes[1:-1], "batch_size": BATCH}
        return {**hidden, "max_iter": self.epochs, "tol": 0.0, "n_iter_no_change": self.epochs + 1}

    def ensemble(self, n_jobs):
        """Train all members together."""
        net = MLPClassifier(**self.options())
        model = DeepEnsembleClassifier(net, self.members, random_state=0, n_jobs=n_jobs)
        return model.fit(self.X, self.y)

    def one_by_one(self):
        """Train each member alone, on the threads that it finds best."""
        for seed in range(self.members):
            MLPClassifier(**self.options(), random_state=seed).fit(self.X, self.y)

    def by_processes(self, n_jobs):
        """Train each member alone, on one thread of a process of joblib's."""
        import joblib

        fit = joblib.delayed(fit_one)
        with joblib.parallel_config("loky", n_jobs=n_jobs):
            joblib.Parallel()(
                fit(self.options(), seed, self.X, self.y) for seed in range(self.members)
            )

    def bagging(self, n_jobs):
        """Train by scikit-learn; without resampling, so that the steps are the same."""
        from sklearn.ensemble import BaggingClassifier
        from sklearn.neural_network import MLPClassifier as Theirs

        net = Theirs(**self.options())
        BaggingClassifier(net, self.members, bootstrap=False, n_jobs=n_jobs).fit(self.X, self.y)


def fit_one(options, seed, X, y):
    """In a process of its own."""
    warnings.simplefilter("ignore")
    return MLPClassifier(**options, random_state=seed, n_jobs=1).fit(X, y)


def jax_epochs(case):
    """A function that trains the members by JAX, or None if it is not installed."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None
    from benchmarks.peers.jax_peer import BETA_1, BETA_2, EPSILON, RATE, forward

    rng = np.random.default_rng(0)
    sizes, members = case.sizes, case.members
    initial = [
        (
            rng.normal(size=(members, n_in, n_out)).astype(np.float32) * n_in**-0.5,
            np.zeros((members, n_out), np.float32),
        )
        for n_in, n_out in pairwise(sizes)
    ]
    X, y = jnp.asarray(case.X), jnp.asarray(case.y, jnp.int32)
    n = len(X) // BATCH

    def loss(params, rows):
        return -jnp.mean(jax.nn.log_softmax(forward(params, X[rows]))[jnp.arange(BATCH), y[rows]])

    def step(state, rows):
        params, m, v, t = state
        grad, t = jax.grad(loss)(params, rows), t + 1
        rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, grad)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, grad)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), params, m, v)
        return (params, m, v, t), 0.0

    def epoch(state, order):
        return jax.lax.scan(step, state, order[: n * BATCH].reshape(n, BATCH))[0]

    epochs = jax.jit(jax.vmap(epoch))

    def train(n_epochs=case.epochs):
        params = jax.tree.map(jnp.asarray, initial)
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        state = (params, *zeros, jnp.zeros(members))
        for _ in range(n_epochs):
            orders = rng.permuted(np.tile(np.arange(len(X), dtype=np.int32), (members, 1)), axis=1)
            state = epochs(state, orders)
        jax.block_until_ready(state)

    train(1)  # compiles
    return train


def seconds(function, *arguments):
    """Time of one call, and what the busiest thread of this process was at work (Linux alone)."""
    before, begun = at_work(), time.perf_counter()
    function(*arguments)
    taken, after = time.perf_counter() - begun, at_work()
    return taken, max((after[t] - before.get(t, 0.0) for t in after), default=float("nan"))


def at_work():
    """Seconds that each thread of this process has had of a processor."""
    found = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        found[path.parent.name] = int(path.read_text().split()[0]) / 1e9
    return found


def training(case, rounds, threads, others):
    """Rows of the table: a contender's median time, and its ratio to the first."""
    contenders = {
        f"DeepEnsembleClassifier, {threads} threads": lambda: case.ensemble(threads),
        "DeepEnsembleClassifier, one thread": lambda: case.ensemble(1),
        "fits one after the other": case.one_by_one,
    }
    if others:
        contenders["fits by joblib, a thread each"] = lambda: case.by_processes(threads)
        contenders["scikit-learn's BaggingClassifier"] = lambda: case.bagging(threads)
        if (with_jax := jax_epochs(case)) is not None:
            contenders["JAX with vmap"] = with_jax
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, train in contenders.items():
            times[name].append(seconds(train))
    first = next(iter(times.values()))
    return [
        [
            case.name,
            name,
            *of_both(column, first),
        ]
        for name, column in times.items()
    ]


def of_both(column, first):
    """Median and median ratio to the first contender, of the time and of the busiest thread."""
    found = []
    for times, others in zip(zip(*column, strict=True), zip(*first, strict=True), strict=True):
        found.append(layout.significant(statistics.median(times)))
        ratios = [a / b for a, b in zip(times, others, strict=True)]
        found.append(layout.ratio(statistics.median(ratios)))
    return found


def scoring(rounds):
    """Rows of the table: an ensemble of eight beside one of its members, 30-100-2."""
    case = Case((30, 100, 2), 8, 100_000, 1)
    model, rows = case.ensemble(None), []
    for n in (1, 100, 10_000, 100_000):
        X, calls = case.X[:n].copy(), max(1, 2000 // n)
        pairs = []
        for _ in range(10 * rounds):
            times = []
            for estimator in (model.estimators_[0], model):
                begun = time.perf_counter()
                for _ in range(calls):
                    estimator.predict_proba(X)
                times.append((time.perf_counter() - begun) / calls * 1e6)
            pairs.append(times)
        medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
        gain = statistics.median(all_of / one for one, all_of in pairs)
        rows.append([f"{n:,}", *map(layout.significant, medians), layout.ratio(gain)])
    return rows


def peak(way, threads):
    """MB beyond a process with the library and the data, here and in the processes made."""
    case = Case((30, 64, 64, 2), 8, 200_000, 1)
    before, most, done = resident("VmRSS"), [0], threading.Event()

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], resident("VmRSS") - before + sum(map(private, children())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        case.ensemble(threads) if way == "ensemble" else case.by_processes(threads)
    finally:
        done.set()
        watcher.join()
    return most[0] / 1e6


def children():
    """Processes that this one has made."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True)
    return found.stdout.split()


def private(pid):
    """Bytes that a process shares with no other."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ensembles", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--scale", type=float, default=1.0, help="of rows, for a trial")
    parser.add_argument("--ours", action="store_true", help="leave out what takes long")
    parser.add_argument("--memory", choices=["ensemble", "processes"], help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # so few epochs do not converge
    if options.memory:
        print(peak(options.memory, options.threads))
        return
    small = Case((30, 64, 64, 2), 8, int(20_000 * options.scale), 20)
    large = Case((784, 256, 128, 10), 16, int(6_000 * options.scale), 3)
    rows = training(small, options.rounds, options.threads, others=not options.ours)
    rows += training(large, options.rounds, options.threads, others=False)
    text = layout.markdown(
        ["ensemble", "trained by", "seconds", "ratio", "busiest thread, s", "ratio"], rows
    )
    header = ["rows", "one member, µs", "eight, µs", "ratio"]
    text += "\n\n" + layout.markdown(header, scoring(options.rounds))
    found = []
    for way, name in (("ensemble", "DeepEnsembleClassifier"), ("processes", "joblib's processes")):
        command = [sys.executable, "-m", "benchmarks.ensembles", "--memory", way]
        command += ["--threads", str(options.threads)]
        found.append([name, layout.significant(float(subprocess.check_output(command)))])
    text += "\n\n" + layout.markdown(["8 × 30-64-64-2, 200,000 rows", "MB at the peak"], found)
    machine.publish("ensembles", __doc__, text, options)


if __name__ == "__main__":
    main()
