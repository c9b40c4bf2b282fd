"""Runs the workers of a case in turns, so that a machine that drifts drifts for all of them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.machine import cpu_count
from fastnn._kernels.testing import bench

ROOT = Path(__file__).parents[2]
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class Worker:
    """One peer on one case with one setting of threads, in its own process."""

    def __init__(self, peer, case, threads):
        self.peer, self.threads, self.error = peer, threads, None
        self.case, self.answers = case, []
        environment = dict(os.environ)
        for name in THREAD_VARIABLES:
            environment.pop(name, None)
            if threads:
                environment[name] = str(threads)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.worker", peer.name, case.name, str(threads)],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, **order):
        """Send an order and wait; None once the worker has failed."""
        if self.error:
            return None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            answer = {"error": f"the process ended with status {self.process.wait()}"}
        self.error = answer.get("error")
        return None if self.error else answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def record(self):
        us, once = self.times()
        return {
            "peer": self.peer.name,
            "threads": self.threads,
            "us": us,
            "once": once,
            "error": self.error,
            **self.facts,
        }

    def times(self):
        """Microseconds of a step or call by round and, of training by epochs, of what a fit does
        once.

        An epoch is what n + 1 take less the median of what the fits of one take: compiling,
        allocating or checking the data counts for nobody.
        """
        if not self.answers:
            return [], None
        n, seconds = self.facts["n"], [answer["seconds"] for answer in self.answers]
        if "first" not in self.answers[0]:
            return [1e6 * s / (n * self.case.steps) for s in seconds], None
        first = median(answer["first"] for answer in self.answers)
        epochs = [(s - first) / n for s in seconds]
        return [1e6 * e / self.case.steps for e in epochs], 1e6 * (first - median(epochs))


def run_case(case, peers, rounds, seconds, log):
    """Measure a case: a dict of the records of every worker and the machine's roof."""
    workers = []
    for peer in peers:
        for threads in peer.thread_counts():
            worker = Worker(peer, case, threads)
            worker.facts = worker.ask(do="prepare", seconds=seconds) or {}
            log(f"  {peer.name}, {threads or 'auto'} threads: {worker.error or 'ready'}")
            workers.append(worker)
    roof = []
    for number in range(rounds):
        first = number % len(workers)
        for worker in workers[first:] + workers[:first]:
            answer = worker.ask(do="time")
            if answer:
                worker.answers.append(answer)
        roof.append(machine_roof(case))
    if case.kind == "score" and case.rows == 1:
        for worker in workers:
            answer = worker.ask(do="latency", calls=100_000)
            worker.facts |= answer or {}
    for worker in workers:
        worker.close()
    runs = [worker.record() for worker in workers]
    return {"case": case.name, "rounds": rounds, "runs": runs, "roof": best_roof(roof)}


def machine_roof(case):
    """What the kernels of this machine could do at most: GFLOP/s and GB/s with all its cores."""
    threads = cpu_count()
    traffic = getattr(case, "optimizer_bytes", 0)
    return {
        "gflops": bench.fma_peak(case.dtype if case.kind != "score" else "float32", threads),
        "gb_per_s": bench.stream_bandwidth(threads, traffic) if traffic else None,
    }


def best_roof(samples):
    """The best of the rounds: a roof is what was reached at least once."""
    return {key: max(s[key] for s in samples) if samples[0][key] else None for key in samples[0]}
