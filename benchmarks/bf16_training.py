"""Training in bfloat16: loss curves beside float32's, and steps beside PyTorch and NumPy.

Curves: 784-256-128-10 on the images of MNIST, Adam, batches of 128, five seeds; the mean loss of an
epoch and the accuracy on test images, mean and standard deviation over the seeds, and the largest
difference of the two formats' losses for one seed. Steps: of dense random rows, Adam, the middle
and a large network, on fastnn with compute_dtype None and "bfloat16", PyTorch in float32, under
autocast and with parameters of bfloat16, and NumPy by hand in float32 and with its operands rounded
to bfloat16. All take turns in rounds; times are medians of a step, × is the median over rounds of
fastnn's float32 time over the contender's: above 1 faster.

    python -m benchmarks.bf16_training [--mnist FILE] [--threads N] [--rounds 7] [--out FILE]

PyTorch is left out where it is not installed.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import fastnn
from benchmarks import layout, machine
from benchmarks.data import classification
from benchmarks.numpy_mlp import NumpyMLP
from benchmarks.turns import rounds
from fastnn import MLPClassifier

SEEDS, EPOCHS = 5, 5
#: Sizes, rows of a batch, batches that are timed at a time.
CASES = {
    "784-256-128-10": ((784, 256, 128, 10), 128, 40),
    "1024-1024-1024-10": ((1024, 1024, 1024, 10), 256, 6),
}


def curves(path, n_rows, n_jobs):
    """Lines of the table of losses, one an epoch."""
    data = np.load(path)
    X, test = (
        data[name].reshape(len(data[name]), -1).astype(np.float32) / 255
        for name in ("X_train", "X_test")
    )
    X, y = X[:n_rows], data["y_train"][:n_rows]
    losses, scores = {}, {}
    for compute_dtype in ("float32", "bfloat16"):
        for seed in range(SEEDS):
            model = MLPClassifier(
                (256, 128),
                batch_size=128,
                random_state=seed,
                n_jobs=n_jobs,
                compute_dtype=compute_dtype,
            )
            for _ in range(EPOCHS):
                model.partial_fit(X, y, classes=np.arange(10))
                losses.setdefault(compute_dtype, []).append(model.loss_)
                scores.setdefault(compute_dtype, []).append(model.score(test, data["y_test"]))
    shape = SEEDS, EPOCHS
    losses = {name: np.reshape(found, shape) for name, found in losses.items()}
    scores = {name: np.reshape(found, shape) for name, found in scores.items()}
    differences = np.abs(losses["bfloat16"] - losses["float32"]).max(axis=0)
    rows = []
    for epoch in range(EPOCHS):
        row = [str(epoch + 1)]
        for name in losses:
            loss, score = losses[name][:, epoch], scores[name][:, epoch]
            row.append(f"{loss.mean():.5f} ± {loss.std(ddof=1):.5f}")
            row.append(f"{100 * score.mean():.2f} ± {100 * score.std(ddof=1):.2f} %")
        rows.append([*row, f"{differences[epoch]:.5f}"])
    head = ["epoch", *(f"{name} {what}" for name in losses for what in ("loss", "accuracy"))]
    return layout.markdown([*head, "largest difference"], rows)


def to_bfloat16(A):
    """float32 A rounded to the nearest number of bfloat16, where it lies."""
    bits = A.view(np.uint32)
    bits += 0x7FFF + (bits >> 16 & 1)
    bits &= 0xFFFF0000
    return A


class RoundedNumpyMLP(NumpyMLP):
    """The same by hand, with what each product takes rounded before it."""

    def _step(self, X, y, rows):
        n, kept = len(rows), [W.copy() for W in self.weights]
        for W in self.weights:
            to_bfloat16(W)
        H, last = to_bfloat16(X[rows]), len(self.weights) - 1
        inputs = []
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            inputs.append(H)
            H = H @ W + b
            H = to_bfloat16(np.maximum(H, 0)) if layer < last else H
        delta = self.deltas[-1][:n]
        loss = self._loss(H, y[rows], delta)
        for layer in range(last, -1, -1):
            to_bfloat16(delta)
            np.matmul(inputs[layer].T, delta, out=self.weight_grads[layer])
            np.sum(delta, axis=0, out=self.bias_grads[layer])
            if layer > 0:
                delta = (delta @ self.weights[layer].T) * (inputs[layer] > 0)
        for W, own in zip(self.weights, kept, strict=True):
            W[:] = own
        self._adam()
        return loss


def torch_epochs(sizes, batch, X, y, kind):
    """One epoch of PyTorch in float32, under autocast, or with parameters of bfloat16."""
    import torch

    from benchmarks.peers.torch_peer import network

    torch.manual_seed(0)
    net, rows, labels = network(sizes), torch.from_numpy(X), torch.from_numpy(y)
    if kind == "parameters":
        net, rows = net.bfloat16(), rows.bfloat16()
    optimizer = torch.optim.Adam(net.parameters(), fused=True)

    def epoch():
        for some in torch.randperm(len(rows)).split(batch):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=kind == "autocast"):
                loss = torch.nn.functional.cross_entropy(net(rows[some]), labels[some])
            loss.backward()
            optimizer.step()

    return epoch


def contenders(sizes, batch, X, y, n_jobs):
    """Name: a function that trains one epoch more."""
    found = {}
    for name, compute_dtype in (("fastnn", None), ("fastnn bfloat16", "bfloat16")):
        model = MLPClassifier(sizes[1:-1], batch_size=batch, random_state=0, n_jobs=n_jobs)
        model.set_params(compute_dtype=compute_dtype).partial_fit(
            X, y, classes=np.arange(sizes[-1])
        )
        found[name] = lambda model=model: model.partial_fit(X, y)
    try:
        import torch

        torch.set_num_threads(n_jobs)
        for kind in ("float32", "autocast", "parameters"):
            name = "PyTorch float32" if kind == "float32" else f"PyTorch bfloat16 {kind}"
            found[name] = torch_epochs(sizes, batch, X, y, kind)
    except ImportError:
        print("PyTorch: not installed")
    for name, cls in (("NumPy float32", NumpyMLP), ("NumPy rounded", RoundedNumpyMLP)):
        net = cls(sizes, batch)
        found[name] = lambda net=net: net.epoch(X, y)
    return found


def steps(n_rounds, n_jobs):
    """Lines of the table of times."""
    rows = []
    for case, (sizes, batch, n) in CASES.items():
        X, y = classification(n * batch, sizes[0], sizes[-1])
        seconds = rounds(contenders(sizes, batch, X, y, n_jobs), n_rounds)
        for name, taken in seconds.items():
            gain = layout.ratio(np.median(seconds["fastnn"] / taken))
            rows.append([case, name, f"{layout.significant(np.median(taken) / n * 1e3)} ms", gain])
    return layout.markdown(["network", "by", "a step", "×"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, help="an .npz with X_train, y_train, X_test, y_test")
    parser.add_argument("--rows", type=int, help="images to train on, of all of them")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--note", default="", help="what else there is to say of the machine")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    threadpool_limits(options.threads)  # of NumPy's BLAS
    tables = [steps(options.rounds, options.threads)]
    if options.mnist:
        tables.append(curves(options.mnist, options.rows, options.threads))
    found = fastnn.config()["bfloat16_training"]
    tables.append(f"Products of bfloat16 are computed by: {found}. {options.note}".rstrip())
    machine.publish("bf16_training", __doc__, "\n\n".join(tables), options)


if __name__ == "__main__":
    main()
