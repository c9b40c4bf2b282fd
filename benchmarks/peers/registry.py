"""The peers: a module each, the packages it needs, and the kinds of case it can run.

A module defines ``train(case, X, y, threads) -> epochs(n)`` (train n epochs from the initial
weights) or ``score(case, model, threads) -> proba(X)``, or both.
"""

import importlib.util
from dataclasses import dataclass

from benchmarks.machine import cpu_count


@dataclass(frozen=True)
class Peer:
    name: str
    module: str
    packages: tuple
    kinds: tuple

    @property
    def missing(self):
        """The packages it needs that are not installed."""
        return [name for name in self.packages if importlib.util.find_spec(name) is None]

    def thread_counts(self):
        """Settings to try; the best counts. 0 is the library's own choice among all cores."""
        n_cpus = cpu_count()
        if self.name == "fastnn":
            powers = [2**i for i in range(n_cpus.bit_length()) if 2**i < n_cpus]
            return [0, *powers, n_cpus] if n_cpus > 1 else [0]
        return sorted({1, n_cpus})


PEERS = [
    Peer("fastnn", "fastnn_peer", ("fastnn",), ("train", "lbfgs", "sparse", "score")),
    Peer("scikit-learn", "sklearn_peer", ("sklearn",), ("train", "lbfgs", "sparse", "score")),
    Peer("NumPy", "numpy_peer", ("numpy",), ("train", "score")),
    Peer("PyTorch", "torch_peer", ("torch",), ("train", "score")),
    Peer("PyTorch compiled", "torch_compile_peer", ("torch",), ("train",)),
    Peer("JAX", "jax_peer", ("jax",), ("train", "score")),
    Peer("ONNX Runtime", "onnx_peer", ("onnxruntime", "onnx"), ("score",)),
]
BY_NAME = {peer.name: peer for peer in PEERS}
