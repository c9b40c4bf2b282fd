"""Scoring in reduced precision beside others: ``python -m benchmarks.precision [--mnist FILE]``.

Probabilities of 784-256-128-10, fitted to the images of MNIST for some epochs, and of
1024-1024-1024-10 with random weights and random rows: one row, and many rows in one call. float32
rows go in. fastnn and onnxruntime in float32, fastnn in bfloat16 and int8, onnxruntime's dynamic
int8 (`quantize_dynamic`), NumPy in float32, PyTorch in float32 and bfloat16 where it is installed;
where the processor has AMX, fastnn without it as well (`FASTNN_AMX=0`). All take turns in rounds,
an untimed call before each timed one; on one thread the time is the processor's. Times are medians
of a row, × is the median over rounds of float32's time by fastnn, without AMX, over the
contender's. |Δp| is the largest difference of a probability to that float32's, and labels those
that it changes, of the many rows.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import layout, machine
from fastnn import MLPClassifier, Predictor, config, to_onnx
from fastnn.model.folding import as_model

WIDE = (1024, 1024, 1024, 10)
ONE, CALLS = "one row", 200  # calls a timing


class Fastnn:
    def __init__(self, model, threads, dtype):
        self.predictor, self.threads = Predictor(model, dtype), threads

    def __call__(self, X):
        return self.predictor.predict_proba(X, n_jobs=self.threads)


class WithoutAmx(Fastnn):
    def __init__(self, model, threads, dtype):
        before = os.environ.get("FASTNN_AMX", "")
        os.environ["FASTNN_AMX"] = "0"  # asked when a Predictor is made
        try:
            super().__init__(model, threads, dtype)
        finally:
            os.environ["FASTNN_AMX"] = before


class OnnxRuntime:
    def __init__(self, model, threads, dtype):
        import onnx
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.log_severity_level = threads, 3
        proto = to_onnx(model)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            onnx.save(proto, path)
            if dtype == "int8":
                from onnxruntime.quantization import QuantType, quantize_dynamic

                quantize_dynamic(path, path + "8", weight_type=QuantType.QInt8)
                path += "8"
            self.session = onnxruntime.InferenceSession(path, settings)

    def __call__(self, X):
        return self.session.run(["probabilities"], {"X": X})[0]


class NumPy:
    def __init__(self, model, threads, dtype):
        dense = [node.arrays for node in as_model(model).astype(dtype).nodes if node.arrays]
        self.layers = [(arrays["weight"], arrays["bias"]) for arrays in dense]

    def __call__(self, X):
        for weight, bias in self.layers[:-1]:
            X = np.maximum(X @ weight + bias, 0)
        weight, bias = self.layers[-1]
        z = X @ weight + bias
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)


class PyTorch:
    def __init__(self, model, threads, dtype):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.dtype = torch, getattr(torch, dtype)
        self.layers = [
            tuple(torch.from_numpy(a.copy()).to(self.dtype) for a in (weight.T, bias))
            for weight, bias in NumPy(model, threads, "float32").layers
        ]

    def __call__(self, X):
        torch = self.torch
        with torch.inference_mode():
            h = torch.from_numpy(X).to(self.dtype)
            for weight, bias in self.layers[:-1]:
                h = torch.relu_(torch.nn.functional.linear(h, weight, bias))
            z = torch.nn.functional.linear(h, *self.layers[-1])
            return torch.softmax(z.float(), dim=1).numpy()


BASE = "fastnn float32"
if "in use" not in config()["amx"]:
    WITHOUT = {}
else:
    BASE += ", FASTNN_AMX=0"
    WITHOUT = {
        f"fastnn {dtype}, FASTNN_AMX=0": (WithoutAmx, dtype)
        for dtype in ("float32", "bfloat16", "int8")
    }
CONTENDERS = {
    **WITHOUT,
    "fastnn float32": (Fastnn, "float32"),
    "fastnn bfloat16": (Fastnn, "bfloat16"),
    "fastnn int8": (Fastnn, "int8"),
    "onnxruntime float32": (OnnxRuntime, "float32"),
    "onnxruntime dynamic int8": (OnnxRuntime, "int8"),
    "NumPy float32": (NumPy, "float32"),
    "PyTorch float32": (PyTorch, "float32"),
    "PyTorch bfloat16": (PyTorch, "bfloat16"),
}


def digits(path, epochs=4):
    """A classifier of MNIST's images in an .npz file and all its images, as float32 of 0 to 1."""
    data = np.load(path)
    X, test = (
        data[name].reshape(len(data[name]), -1).astype(np.float32) / 255
        for name in ("X_train", "X_test")
    )
    model = MLPClassifier((256, 128), random_state=0, batch_size=128)
    for _ in range(epochs):
        model.partial_fit(X, data["y_train"], classes=np.arange(10))
    return model, np.vstack([test, X])


def wide(rng, n_rows):
    """A classifier of random weights, and rows."""
    X = rng.normal(size=(n_rows, WIDE[0])).astype(np.float32)
    model = MLPClassifier(WIDE[1:-1], random_state=0, batch_size=64)
    model.partial_fit(X[:64], np.arange(64) % WIDE[-1], classes=np.arange(WIDE[-1]))
    return model, X


def measure(makers, X, threads, rounds):
    """Seconds of a row by contender, a list over rounds, of one row and of many."""
    clock = time.process_time if threads == 1 else time.perf_counter
    times = {}
    for _ in range(rounds):
        for rows, calls in ((X[:1].copy(), CALLS), (X, 1)):
            for name, score in makers.items():
                score(rows)
                begun = clock()
                for _ in range(calls):
                    score(rows)
                spent = (clock() - begun) / calls / len(rows)
                times.setdefault((ONE if calls > 1 else f"{len(X):,} rows", name), []).append(spent)
    return times


def table(case, model, X, options):
    makers = {}
    for name, (make, dtype) in CONTENDERS.items():
        try:
            makers[name] = make(model, options.threads, dtype)
        except ImportError:
            print(f"{name}: not installed")
    times = measure(makers, X, options.threads, options.rounds)
    expected = makers[BASE](X)
    rows = []
    for (batch, name), spent in times.items():
        found, own = makers[name](X), times[batch, BASE]
        gain = statistics.median(a / b for a, b in zip(own, spent, strict=True))
        changed = np.mean(found.argmax(axis=1) != expected.argmax(axis=1))
        rows.append(
            [
                *(case, batch, name, layout.significant(statistics.median(spent) * 1e6)),
                layout.ratio(gain),
                *(f"{np.abs(found - expected).max():.1e}", f"{100 * changed:.3f} %"),
            ]
        )
    return rows


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--mnist", type=Path, help="an .npz with X_train, y_train and X_test")
    parser.add_argument("--rows", type=int, default=2000, help="of the wide net")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    threadpool_limits(options.threads)  # of NumPy's BLAS
    rows = []
    if options.mnist:
        rows += table("784-256-128-10", *digits(options.mnist), options)
    rows += table("1024-1024-1024-10", *wide(np.random.default_rng(0), options.rows), options)
    head = ["network", "in a call", "by", "µs a row", "×", "|Δp|", "labels"]
    machine.publish("precision", __doc__, layout.markdown(head, rows), options)


if __name__ == "__main__":
    main()
