"""Two depthwise convolutions of 3 x 3, ReLU, a mean over places and ten classes: ours, PyTorch's
and in NumPy by hand. What `benchmarks.convolution --only depthwise` measures."""

import functools

import numpy as np

from benchmarks.turns import rounds, rows_of
from fastnn import Network, Predictor
from fastnn.layers import Conv2D, Dense, GlobalAveragePool

SHAPES = ((14, 14, 64), (28, 28, 32))
BATCH, BATCHES, CLASSES = 64, 8, 10


def network(shape):
    """Ours."""
    channels = shape[-1]
    first, second = (
        Conv2D(channels, 3, "relu", padding="same", groups=channels, input_shape=given)
        for given in (shape, None)
    )
    layers = [first, second, GlobalAveragePool(), Dense(CLASSES)]
    return Network(layers, "softmax_log_loss", dtype="float32", random_state=0)


class Torch:
    """PyTorch's, channels last."""

    def __init__(self, shape, n_threads):
        import torch

        torch.manual_seed(0)
        nn, n = torch.nn, shape[-1]
        self.torch, self.shape, self.n_threads = torch, shape, n_threads
        self.net = nn.Sequential(
            *(nn.Conv2d(n, n, 3, padding=1, groups=n), nn.ReLU()),
            *(nn.Conv2d(n, n, 3, padding=1, groups=n), nn.ReLU()),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n, CLASSES)),
        ).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), fused=True)
        self.loss = nn.CrossEntropyLoss()

    def images(self, X):
        """Rows as channels-last images, without a copy."""
        return self.torch.from_numpy(X.reshape(-1, *self.shape)).permute(0, 3, 1, 2)

    def epoch(self, X, y):
        self.torch.set_num_threads(self.n_threads)
        images, targets = self.images(X), self.torch.from_numpy(y)
        for rows in self.torch.randperm(len(X)).split(BATCH):
            self.optimizer.zero_grad()
            self.loss(self.net(images[rows]), targets[rows]).backward()
            self.optimizer.step()

    def forward(self, X):
        self.torch.set_num_threads(self.n_threads)
        with self.torch.no_grad():
            for begin in range(0, len(X), BATCH):
                self.net(self.images(X[begin : begin + BATCH])).softmax(1)


class ByHand:
    """In NumPy: a multiplication of whole batches for each cell of the kernels."""

    def __init__(self, shape):
        rng, n = np.random.default_rng(0), shape[-1]
        self.shape = shape
        sizes = ((9, n), (n,), (9, n), (n,), (n, CLASSES), (CLASSES,))
        self.weights = [rng.normal(0, 0.3, size).astype(np.float32) for size in sizes]

    @staticmethod
    def _around(x):
        return np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))

    @staticmethod
    def _views(x):
        height, width = x.shape[1] - 2, x.shape[2] - 2
        return [x[:, i : i + height, j : j + width] for i, j in np.ndindex(3, 3)]

    def _convolved(self, x, K, b):
        x = self._around(x)
        h = b + sum(view * k for view, k in zip(self._views(x), K, strict=True))
        return np.maximum(h, 0, out=h), x

    def outputs(self, X):
        """Probabilities, and what the way back needs."""
        K1, a, K2, b, W, c = self.weights
        h1, x1 = self._convolved(X.reshape(-1, *self.shape), K1, a)
        h2, x2 = self._convolved(h1, K2, b)
        means = h2.mean(axis=(1, 2))
        z = means @ W + c
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True), (x1, h1, x2, h2, means)

    def gradients(self, X, y):
        """Of the mean log loss by all weights."""
        p, (x1, h1, x2, h2, means) = self.outputs(X)
        p[np.arange(len(X)), y] -= 1
        p /= np.float32(len(X))
        d = (p @ self.weights[4].T)[:, None, None] / np.float32(h2[0, ..., 0].size) * (h2 > 0)
        found = [means.T @ p, p.sum(axis=0)]
        for x, h, K in ((x2, h1, self.weights[2]), (x1, None, None)):
            taps = [np.einsum("nijc,nijc->c", view, d) for view in self._views(x)]
            found = [np.array(taps), d.sum(axis=(0, 1, 2)), *found]
            if K is not None:
                back = sum(
                    v * k for v, k in zip(self._views(self._around(d)), K[::-1], strict=True)
                )
                d = back * (h > 0)
        return found

    def epoch(self, X, y):
        moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]
        order = np.random.default_rng(0).permutation(len(X))
        for t, begin in enumerate(range(0, len(X), BATCH), 1):
            rows = order[begin : begin + BATCH]
            found = self.gradients(X[rows], y[rows])
            for w, g, (m, v) in zip(self.weights, found, moments, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                w -= 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    def forward(self, X):
        for begin in range(0, len(X), BATCH):
            self.outputs(X[begin : begin + BATCH])


def depthwise(n, n_threads):
    """Lines of the table: a step of training, and scoring a batch."""
    found = []
    for shape in SHAPES:
        rng = np.random.default_rng(0)
        X = rng.normal(size=(BATCH * BATCHES, int(np.prod(shape)))).astype(np.float32)
        y = rng.integers(CLASSES, size=len(X))
        net = network(shape)

        def epoch(net=net, X=X, y=y):
            net.fit(X, y, epochs=1, batch_size=BATCH, optimizer="adam", n_jobs=n_threads)

        epoch()
        predictor = Predictor(net)

        def score(predictor=predictor, X=X):
            for begin in range(0, len(X), BATCH):
                predictor.predict_proba(X[begin : begin + BATCH], n_jobs=n_threads)

        epochs, scores = {"fastnn": epoch}, {"fastnn": score}
        try:
            for threads in sorted({1, n_threads}):
                peer, name = Torch(shape, threads), f"PyTorch, channels last, threads: {threads}"
                epochs[name] = functools.partial(peer.epoch, X, y)
                scores[name] = functools.partial(peer.forward, X)
        except ImportError:
            print("PyTorch is not installed")
        by_hand = ByHand(shape)
        epochs["NumPy by hand"] = functools.partial(by_hand.epoch, X, y)
        scores["NumPy by hand"] = functools.partial(by_hand.forward, X)
        size = " x ".join(map(str, shape))
        per = BATCHES / 1000
        found += rows_of(f"depthwise, {size}: a step of 64", rounds(epochs, n), "ms", per)
        found += rows_of(f"depthwise, {size}: 64 rows scored", rounds(scores, n), "ms", per)
    return found
