"""What is measured: every case is one row of these tables."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks import data


@dataclass(frozen=True)
class Training:
    """Training a classifier with ReLU layers; Adam unless ``kind`` says L-BFGS.

    Two classes are one logistic output, in every peer.
    """

    name: str
    sizes: tuple
    rows: int
    batch: int = 0  # 0: all rows
    dtype: str = "float32"
    kind: str = "train"  # or "sparse", "lbfgs"
    images: bool = False  # MNIST, four fifths of which is zero; else rows without a zero
    unit: str = "µs a step"

    @property
    def steps(self):
        """Weight updates of an epoch; for L-BFGS the iterations of a fit."""
        return -(-self.rows // self.batch) if self.batch else 30

    @property
    def layer_sizes(self):
        """Units of each layer, with one logistic output for two classes."""
        *hidden, n_classes = self.sizes
        return (*hidden, 1 if n_classes == 2 else n_classes)

    @property
    def n_params(self):
        sizes = self.layer_sizes
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))

    @property
    def flops(self):
        """Arithmetic of the matrix products of a step: forward, dW and, after layer 1, dX."""
        if self.kind != "train":
            return None
        sizes = self.layer_sizes
        products = [n_in * n_out for n_in, n_out in pairwise(sizes)]
        return 2 * (self.rows / self.steps) * (2 * products[0] + 3 * sum(products[1:]))

    @property
    def optimizer_bytes(self):
        """Traffic of Adam: weights and two moments are read and written."""
        return 6 * self.n_params * np.dtype(self.dtype).itemsize

    def data(self):
        n_features, n_classes = self.sizes[0], self.sizes[-1]
        if self.kind == "sparse":
            return data.sparse_classification(self.rows, n_features, n_classes, 0.005, self.dtype)
        if self.kind == "lbfgs":
            from sklearn.datasets import load_digits

            X, y = load_digits(return_X_y=True)
            return (X / 16).astype(self.dtype), y
        if self.images:
            return data.mnist(self.dtype)[:2]
        return data.classification(self.rows, n_features, n_classes, self.dtype)


@dataclass(frozen=True)
class Scoring:
    """Class probabilities of a trained net, which computes in float32."""

    name: str
    sizes: tuple
    rows: int
    dtype: str = "float32"  # of the input
    kind: str = "score"
    images: bool = False  # rows of MNIST; else without a zero
    unit: str = "µs a call"
    steps: int = 1

    layer_sizes = Training.layer_sizes

    @property
    def flops(self):
        sizes = self.layer_sizes
        return 2 * self.rows * sum(a * b for a, b in pairwise(sizes))

    def data(self):
        if self.images:
            return data.mnist(self.dtype)[0][: self.rows]
        rng = np.random.default_rng(1)
        return rng.standard_normal((self.rows, self.sizes[0]), dtype=np.float32).astype(self.dtype)

    def model(self):
        """A fitted scikit-learn classifier of this architecture; the same in every process."""
        from sklearn.neural_network import MLPClassifier

        X, y = data.classification(512, self.sizes[0], self.sizes[-1])
        model = MLPClassifier(self.sizes[1:-1], random_state=0)
        return model.partial_fit(X, y, classes=np.arange(self.sizes[-1]))


MEDIUM = (784, 256, 128, 10)
LARGE = (1024, 1024, 1024, 10)
CASES = [
    Training("tiny", (30, 64, 64, 2), rows=20_000, batch=32),
    Training("small", (30, 100, 2), rows=20_000, batch=200),
    Training("medium", MEDIUM, rows=60_000, batch=128, images=True),
    Training("medium, no zeros", MEDIUM, rows=60_000, batch=128),
    Training("large", LARGE, rows=16_384, batch=256),
    Training("full batch", (64, 100, 10), rows=1797, kind="lbfgs", unit="µs an iteration"),
    Training("sparse", (20_000, 64, 10), rows=10_000, batch=128, kind="sparse"),
    Training("float64", MEDIUM, rows=60_000, batch=128, dtype="float64", images=True),
    Scoring("one row, small", (30, 100, 2), rows=1),
    Scoring("one row, medium", MEDIUM, rows=1),
    Scoring("one image, medium", MEDIUM, rows=1, images=True),
    Scoring("16 rows, medium", MEDIUM, rows=16),
    Scoring("100,000 rows, small", (30, 100, 2), rows=100_000),
    Scoring("100,000 rows, medium", MEDIUM, rows=100_000),
    Scoring("100,000 float64 rows, medium", MEDIUM, rows=100_000, dtype="float64"),
    Scoring("20,000 rows, large", LARGE, rows=20_000),
]
BY_NAME = {case.name: case for case in CASES}
