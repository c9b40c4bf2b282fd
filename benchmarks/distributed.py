"""What ranks gain, and say to each other: ``python -m benchmarks.distributed [--out FILE]``.

Two processes of one thread each, by MPI (mpiexec) and as workers of Dask on this machine, train one
net (Adam, float32) as fastnn.distributed does; beside them one process trains it alone with fit, by
turns. A step is the difference of two fits that differ in epochs, over their steps. Gain is the
rows a second of two ranks over those of one process, median over the rounds of the ratio of one
round; the share of communication is the time that a rank spends on the sums, waiting for the other
one among it. The second table is arithmetic with measured times of a step, and measures nothing
else: bytes of a gradient, and the share of its time that a rank would compute if its link were of
so many Gbit/s and a message took 50 µs, for ranks of one such thread each; ranks send and receive
2 (R - 1) / R gradients a step. The third one is a simulation in one process: 8 ranks that average
their weights every H steps.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from benchmarks.data import classification
from benchmarks.peers.cases import BY_NAME

#: Net -> steps of a fit that is timed, for 1,024 rows a rank; four times as many for 256.
STEPS = {"tiny": 1000, "small": 200, "medium, no zeros": 16, "large": 4}
MEASURED = ("medium, no zeros", "large")
ROWS = (1024, 256)
GBITS = (1, 10, 100)
LATENCY = 50e-6


def model(case, rows, epochs):
    from fastnn import MLPClassifier

    options = {"n_jobs": 1, "random_state": 0, "tol": 0.0, "n_iter_no_change": 10**6}
    return MLPClassifier(case.sizes[1:-1], batch_size=rows, max_iter=epochs, **options)


def fitted(fit, case, rows):
    """Seconds of a step, and what ``fit(model)`` returns of the longer of two fits."""
    steps = STEPS[case.name] * 1024 // rows
    short, long = (_timed(fit, model(case, rows, epochs)) for epochs in (1, 1 + steps // 2))
    return (long[0] - short[0]) / (2 * (steps // 2)), long[1]


def _timed(fit, estimator):
    started = time.perf_counter()
    found = fit(estimator)
    return time.perf_counter() - started, found


def shard(case, rows, rank):
    """Two batches."""
    return classification(2 * rows, case.sizes[0], case.sizes[-1], seed=rank)


def by_turns(group, case, rows, rounds):
    """Of each round: seconds of a step alone, on rank 0, and with the others; share of the sums."""
    from fastnn.distributed._ranks import train
    from fastnn.distributed._shards import joined

    X, y = shard(case, rows, group.rank)

    def together(estimator):
        group.waited, started = 0.0, time.perf_counter()
        train(group, estimator, joined([X], [y]), n_threads=1)
        return group.waited / (time.perf_counter() - started)

    found = []
    for _ in range(rounds):
        alone = fitted(lambda m: m.fit(X, y), case, rows)[0] if group.rank == 0 else None
        group.gather(None)  # a wait that leaves the core to the other one
        found.append((case.name, rows, alone, *fitted(together, case, rows)))
    return found


def as_rank(out, rounds):
    """What mpiexec runs; rank 0 writes what it found."""
    from mpi4py import MPI

    from fastnn.distributed._mpi import MPIGroup

    group, found = MPIGroup(MPI.COMM_WORLD), []
    for name in MEASURED:
        for rows in ROWS:
            found += by_turns(group, BY_NAME[name], rows, rounds)
    if group.rank == 0:
        Path(out).write_text(json.dumps(found))


def with_mpi(rounds):
    mpiexec = shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "found")
        command = [mpiexec, "-n", "2", sys.executable, "-W", "ignore", "-m", __spec__.name]
        subprocess.run([*command, "--rank", str(out), "--rounds", str(rounds)], check=True)
        return json.loads(out.read_text())


def with_dask(rounds):
    from distributed import Client, LocalCluster

    from fastnn.distributed._worker import open_listener

    options = {"threads_per_worker": 1, "dashboard_address": None}
    found = []
    with LocalCluster(2, **options) as cluster, Client(cluster) as client:
        workers = sorted(client.nthreads())
        addresses = client.run(open_listener, "benchmark")
        arguments = [addresses[worker] for worker in workers], workers, rounds
        tasks = [
            client.submit(as_task, rank, *arguments, workers=[worker], pure=False)
            for rank, worker in enumerate(workers)
        ]
        found = client.gather(tasks)[0]
    return [list(entry) for entry in found]


def as_task(rank, addresses, workers, rounds):
    """What a worker of Dask runs."""
    from distributed import get_worker

    from fastnn.distributed import _worker

    box = _worker._boxes["benchmark", get_worker().address]
    group, found = _worker.DaskGroup(box, rank, addresses, workers, 30.0), []
    warnings.simplefilter("ignore")
    for name in MEASURED:
        for rows in ROWS:
            found += by_turns(group, BY_NAME[name], rows, rounds)
    return found


def gains(carrier, found):
    rows = []
    for name in MEASURED:
        for batch in ROWS:
            own = [entry[2:] for entry in found if entry[:2] == [name, batch]]
            alone, both, share = zip(*own, strict=True)
            gain = statistics.median(2 * a / b for a, b in zip(alone, both, strict=True))
            times = [layout.significant(statistics.median(t) * 1e3) for t in (alone, both)]
            rows.append(
                [
                    carrier,
                    name,
                    f"{batch:,}",
                    *times,
                    f"{gain:.2f}×",
                    layout.percent(statistics.median(share)),
                ]
            )
    return rows


def step_seconds(name, rows):
    case = BY_NAME[name]
    X, y = shard(case, rows, 0)
    return statistics.median(fitted(lambda m: m.fit(X, y), case, rows)[0] for _ in range(3))


def on_paper(rows=1024):
    """Share of the time that ranks compute, by net and link; and the H of local SGD for 90 %."""
    table = []
    for name in STEPS:
        case, seconds = BY_NAME[name], step_seconds(name, rows)
        size = 4 * case.n_params
        for gbit in GBITS:
            talk = {r: 2 * LATENCY + 2 * (r - 1) / r * size * 8e-9 / gbit for r in (2, 8, 64)}
            shares = [f"{seconds / (seconds + talk[r]):.0%}" for r in (2, 8, 64)]
            every = max(1, int(np.ceil(9 * talk[64] / seconds)))
            gain = f"{64 * seconds / (seconds + talk[64]):.0f}×"
            cells = [name, layout.significant(size / 1e3), layout.significant(seconds * 1e3), gbit]
            table.append([*map(str, cells), *shares, gain, str(every)])
    header = ["net", "gradient, kB", "step, ms", "Gbit/s", "2 ranks", "8", "64"]
    return layout.markdown([*header, "64 ranks gain", "H for 90 %"], table)


def local_steps(n_ranks=8, batch=16, seeds=3):
    """Accuracy on digits kept apart after as many rows, with weights averaged every H steps."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, random_state=0)
    table = []
    for every in (1, 2, 8, 32):
        scores = [
            _averaged(X, y, X_test, y_test, n_ranks, batch, every, seed) for seed in range(seeds)
        ]
        row = [f"{np.mean(found):.3f}" for found in zip(*scores, strict=True)]
        table.append([str(every), *row])
    return layout.markdown(["H", *(f"after {n} steps" for n in (32, 64, 128, 256))], table)


def _averaged(X, y, X_test, y_test, n_ranks, batch, every, seed):
    from fastnn import MLPClassifier

    options = {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0}
    options |= {"batch_size": batch, "random_state": seed, "n_jobs": 1}
    shards = np.array_split(np.random.default_rng(seed).permutation(len(X)), n_ranks)
    ranks = [MLPClassifier((64,), **options) for _ in shards]
    rng, scores = np.random.default_rng(seed), []
    for step in range(0, 256, every):
        for rank, rows in zip(ranks, shards, strict=True):
            chosen = rng.choice(rows, every * batch)
            rank.partial_fit(X[chosen], y[chosen], classes=np.arange(10) if not step else None)
        for name in ("coefs_", "intercepts_"):
            for arrays in zip(*(getattr(rank, name) for rank in ranks), strict=True):
                mean = np.mean(arrays, axis=0)
                for array in arrays:
                    array[...] = mean
        if step + every in (32, 64, 128, 256):
            scores.append(ranks[0].score(X_test, y_test))
    return scores


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--rank", help=argparse.SUPPRESS)  # what mpiexec runs
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.rank:
        as_rank(options.rank, options.rounds)
        return
    measured = gains("MPI", with_mpi(options.rounds))
    measured += gains("Dask", with_dask(min(3, options.rounds)))
    header = ["over", "net", "rows a rank", "one, ms a step", "two, ms", "gain", "communication"]
    text = "\n\n".join(
        [
            layout.markdown(header, measured),
            "On paper, with 1,024 rows a rank and step:",
            on_paper(),
            "Simulated, local SGD on the digits of scikit-learn, 8 ranks of 16 rows a step, "
            "accuracy on rows kept apart, mean of three seeds; H = 1 averages after every step:",
            local_steps(),
        ]
    )
    machine.publish("distributed", __doc__, text, options)


if __name__ == "__main__":
    main()
