"""The process of one peer on one case: ``python -m benchmarks.peers.worker PEER CASE THREADS``.

It obeys JSON lines on standard input and answers each with one: ``{"do": "prepare", "seconds": s}``
warms up and finds how often to repeat, ``{"do": "time"}`` measures once, ``{"do": "latency",
"calls": n}`` times single calls.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import time


class Subject:
    """What is timed: ``repeat(n)`` runs n epochs or n calls."""

    def __init__(self, peer, case, threads):
        self.case = case
        module = importlib.import_module(f"benchmarks.peers.{peer.module}")
        if case.kind == "score":
            model, X = case.model(), case.data()
            proba = module.score(case, model, threads)
            check_probabilities(proba(X), model, X)
            self.call = lambda: proba(X)
            self.repeat = self._calls
        else:
            self.repeat = module.train(case, *case.data(), threads)
        self.version = version(peer.packages[0])

    def prepare(self, seconds):
        """Warm up, then choose the repetitions that fill ``seconds``."""
        self.repeat(1)
        self.n, taken = 1, 0.0
        while taken < seconds / 2:
            self.n *= 2 if taken else 1
            taken = self._seconds(self.n)
        self.n = max(1, round(self.n * seconds / taken))
        return {"version": self.version, "n": self.n}

    def time(self):
        """Seconds of n calls or fits or, of training by epochs, of a fit of one and of n + 1."""
        if self.case.kind not in ("train", "sparse"):
            return {"seconds": self._seconds(self.n)}
        return {"first": self._seconds(1), "seconds": self._seconds(self.n + 1)}

    def latency(self, calls):
        """Microseconds of single calls, by percentile."""
        import numpy as np

        times, now = np.empty(calls), time.perf_counter_ns
        for i in range(calls):
            start = now()
            self.call()
            times[i] = now() - start
        return {f"p{p}": np.percentile(times, p) / 1e3 for p in (50, 99, 99.9)}

    def _seconds(self, n):
        start = time.perf_counter()
        self.repeat(n)
        return time.perf_counter() - start

    def _calls(self, n):
        call = self.call
        for _ in range(n):
            call()


def version(package):
    """Of the distribution that has the package; fastnn states its own, being perhaps in place."""
    if package == "fastnn":
        return importlib.import_module("fastnn").__version__
    return importlib.metadata.version({"sklearn": "scikit-learn"}.get(package, package))


def check_probabilities(P, model, X, n_rows=100):
    """A peer that computes something else is no peer."""
    import numpy as np

    expected = model.predict_proba(X[:n_rows])
    if not np.allclose(P[:n_rows], expected, rtol=1e-3, atol=1e-5):
        worst = np.abs(P[:n_rows] - expected).max()
        raise RuntimeError(f"probabilities differ from scikit-learn's by up to {worst:.2g}")


def pin(threads):
    """Confine this process to ``threads`` CPUs (0: leave it all)."""
    if threads and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def main(peer, case, threads):
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    pin(int(threads))
    from benchmarks.peers import cases, registry

    subject = None
    for line in sys.stdin:
        order = json.loads(line)
        action = order.pop("do")
        try:
            if action == "prepare":
                subject = Subject(registry.BY_NAME[peer], cases.BY_NAME[case], int(threads))
            answer = getattr(subject, action)(**order)
        except Exception as error:  # whatever a peer fails of is reported; the others go on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
