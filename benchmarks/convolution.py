"""Convolutional networks: what they learn, and how fast, beside PyTorch, onnxruntime and NumPy.

A LeNet of 16 and 32 kernels of 5 x 5, ReLU and max-pooling, and 128 units, float32, batches of 64.
Ratios are medians over rounds in which all take turns; above 1 fastnn is faster. One image is
scored 300 times, after as many times that do not count. PyTorch and onnxruntime run on one thread
and on all: the better one counts. Accuracies are on rows that nothing was chosen by, means of three
seeds; images are moved by a pixel in training where they are large.
Depthwise: two convolutions of 3 x 3, each channel with a kernel of its own, and a mean over places.

    python -m benchmarks.convolution mnist.npz [--rounds 7] [--threads N] [--only WHAT] [--out FILE]

WHAT is one of digits, mnist, speed, depthwise, memory; digits and depthwise need no file. PyTorch
and onnxruntime are left out where they are not installed. The file has X_train, y_train, X_test,
y_test, as rows or images of 0 to 255.
"""

import argparse
import functools
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastnn
from benchmarks import machine
from benchmarks.depthwise import depthwise
from benchmarks.memory import growth
from benchmarks.numpy_convolution import epoch_by_hand
from benchmarks.turns import memory_rows, rounds, rows_of
from fastnn import ConvClassifier, MLPClassifier, Predictor

SEEDS = 3
ROWS = 3200  # of MNIST, that an epoch which is timed has
NEEDS_DATA = {"digits": False, "mnist": True, "speed": True, "depthwise": False, "memory": True}
ASIDE = ((0, 1), (1, 0), (0, -1), (-1, 0))


def mnist(path):
    """X_train, y_train, X_test, y_test: float32 rows in [0, 1]."""
    with np.load(path) as file:
        found = [file[name] for name in ("X_train", "y_train", "X_test", "y_test")]
    for i in (0, 2):
        found[i] = (found[i].reshape(len(found[i]), -1) / 255).astype(np.float32)
    return found


def shifted(X, down, right):
    """Square images moved by so many pixels, zeros behind them."""
    side = int(np.sqrt(X.shape[1]))
    wide = np.pad(X.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    return np.roll(wide, (down, right), (1, 2))[:, 1:-1, 1:-1].reshape(X.shape)


def digits():
    """Test accuracy on scikit-learn's digits, where they stand and one pixel aside."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    found = {ConvClassifier: [], MLPClassifier: []}
    for seed in range(SEEDS):
        split = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
        for cls, scores in found.items():
            model = cls(max_iter=60, batch_size=64, random_state=seed).fit(split[0], split[2])
            aside = [model.score(shifted(split[1], *by), split[3]) for by in ASIDE]
            scores.append((model.score(split[1], split[3]), np.mean(aside)))
    rows = []
    for cls, scores in found.items():
        still, moved = 100 * np.mean(scores, axis=0)
        rows.append(f"| digits, mean of {SEEDS} | {cls.__name__} | {still:.2f} % | {moved:.2f} % |")
    return rows


def accuracy(path):
    """Of the default network after eight epochs on MNIST."""
    X, y, X_test, y_test = mnist(path)
    scores = []
    for seed in range(SEEDS):
        model = ConvClassifier(max_iter=8, random_state=seed).fit(X, y)
        scores.append(100 * model.score(X_test, y_test))
        print(f"seed {seed}: {scores[-1]:.2f} %", flush=True)
    text = ", ".join(f"{score:.2f}" for score in scores)
    return [f"| MNIST, 8 epochs | ConvClassifier | {np.mean(scores):.2f} % ({text}) | |"]


class Torch:
    """The same network in PyTorch, channels last."""

    def __init__(self, n_threads):
        import torch

        torch.manual_seed(0)
        nn = torch.nn
        self.torch, self.n_threads = torch, n_threads
        self.net = nn.Sequential(
            *(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)),
        ).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), fused=True)
        self.loss = nn.CrossEntropyLoss()

    def images(self, X):
        images = self.torch.from_numpy(X.reshape(-1, 1, 28, 28))
        return images.contiguous(memory_format=self.torch.channels_last)

    def epoch(self, X, y):
        self.torch.set_num_threads(self.n_threads)
        images, targets = self.images(X), self.torch.from_numpy(y)
        for rows in self.torch.randperm(len(X)).split(64):
            self.optimizer.zero_grad()
            self.loss(self.net(images[rows]), targets[rows]).backward()
            self.optimizer.step()


def fastnn_epochs(X, y, n_threads):
    """A function that trains another epoch."""
    model = ConvClassifier(batch_size=64, shift=0, random_state=0, n_jobs=n_threads)
    return lambda: model.partial_fit(X, y, classes=np.arange(10)), model


def speed(path, n, n_threads):
    """An epoch, one image, and many."""
    X, y, X_test, _ = mnist(path)
    X, y = X[:ROWS], y[:ROWS].astype(np.int64)
    epoch, model = fastnn_epochs(X, y, n_threads)
    work = {"fastnn": epoch}
    choices = sorted({1, n_threads})
    try:
        for threads in choices:
            peer = Torch(threads)
            name = f"PyTorch, channels last, threads: {threads}"
            work[name] = functools.partial(peer.epoch, X, y)
    except ImportError:
        print("PyTorch is not installed")
    work["NumPy by hand"] = lambda: epoch_by_hand(X, y)
    found = rows_of("a step of 64", rounds(work, n), "ms", len(X) / 64 / 1000)
    try:
        import onnxruntime
    except ImportError:
        print("onnxruntime is not installed")
        return found
    content = fastnn.to_onnx(model, dtype="float32").SerializeToString()
    predictor, one, many = Predictor(model), X_test[:1], X_test
    works = {1: {}, len(many): {}}
    for rows, work in zip((one, many), works.values(), strict=True):
        times = 300 if len(rows) == 1 else 1
        predict = functools.partial(predictor.predict_proba, rows, n_jobs=n_threads)
        work["fastnn"] = functools.partial(repeated, times, predict)
        for threads in choices:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
            run = functools.partial(
                session.run, [session.get_outputs()[1].name], {session.get_inputs()[0].name: rows}
            )
            assert np.abs(run()[0] - predict()).max() < 1e-4
            work[f"onnxruntime, threads: {threads}"] = functools.partial(repeated, times, run)
    found += rows_of("one image", rounds(works[1], n, warm=True), "µs", 300 / 1e6)
    return found + rows_of(f"{len(many):,} images", rounds(works[len(many)], n), "ms", 1 / 1000)


def repeated(times, work):
    """Do the work so often."""
    for _ in range(times):
        work()


def peak(path, who, n_threads):
    """Print by how many MB the process grows in an epoch, the data being there."""
    X, y, *_ = mnist(path)
    y = y.astype(np.int64)
    if who == "PyTorch":
        import torch  # noqa: F401

    def work():
        if who == "PyTorch":
            Torch(n_threads).epoch(X, y)
        else:
            fastnn_epochs(X, y, n_threads)[0]()

    print(growth(work) / 1e6)


def memory(path, n_threads):
    """Of a fit on all of MNIST, each in a process of its own."""
    command = ["benchmarks.convolution", str(path), "--threads", str(n_threads)]
    return memory_rows("memory of an epoch of MNIST", command)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, nargs="?", help="an .npz with MNIST")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=machine.cpu_count())
    parser.add_argument("--only", choices=list(NEEDS_DATA))
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.data is None and NEEDS_DATA.get(options.only, True):
        parser.error("it takes the file of MNIST, or --only digits or depthwise")
    if options.peak:
        peak(options.data, options.peak, options.threads)
        return
    parts = {
        "digits": digits,
        "mnist": lambda: accuracy(options.data),
        "speed": lambda: speed(options.data, options.rounds, options.threads),
        "depthwise": lambda: depthwise(options.rounds, options.threads),
        "memory": lambda: memory(options.data, options.threads),
    }
    table = ["| | | | moved by a pixel, or beside fastnn |", "| --- | --- | ---: | ---: |"]
    for name, part in parts.items():
        if options.only in (None, name):
            table += part()
    machine.publish("convolution", __doc__, "\n".join(table), options)


if __name__ == "__main__":
    main()
