"""What each option of training costs: ``python -m benchmarks.options [--rounds N] [--out FILE]``.

Epochs of 784-256-128-10 with batches of 128 rows, float32, each option in turn with the plain net
(relu, Adam) in every round, so that the drift of a shared machine hits both. A ratio is the median
over the rounds of the ratio of the two times of one round.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from fastnn import optimizers
from fastnn.layers import Activation, BatchNorm, Dense, Dropout, GaussianNoise, LayerNorm, Residual
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import effective_n_threads
from fastnn.training.options import StepOptions
from fastnn.training.trainer import make_trainer

ROWS, BATCH = 6400, 128
PLAIN = [Dense(256, "relu"), Dense(128, "relu")]


def hidden(*between, activation="relu"):
    """Hidden blocks with layers between the weights and the activation."""
    return [layer for n in (256, 128) for layer in (Dense(n), *between, Activation(activation))]


#: Name of an option -> (hidden layers, optimizer, options of a step).
OPTIONS = {
    "dropout=0.5": ([PLAIN[0], Dropout(0.5), PLAIN[1], Dropout(0.5)], None, {}),
    "input_dropout=0.2": ([Dropout(0.2), *PLAIN], None, {}),
    "input_noise=0.1": ([GaussianNoise(0.1), *PLAIN], None, {}),
    "layer_norm": (hidden(LayerNorm()), None, {}),
    "batch_norm": (hidden(BatchNorm()), None, {}),
    "residual": ([Residual([PLAIN[0]]), Residual([PLAIN[1]])], None, {}),
    "clip_norm": (PLAIN, None, {"clip_norm": 1.0}),
    "clip_value": (PLAIN, None, {"clip_value": 0.1}),
    "max_norm": (PLAIN, None, {"max_norm": 3.0}),
    "averaging='ema'": (PLAIN, None, {"average_decay": 0.999}),
    "l1_ratio=1": (PLAIN, optimizers.Adam(l1=1e-4), {}),
    "weight_decay": (PLAIN, optimizers.Adam(weight_decay=0.01), {}),
    **{
        f"solver={name!r}": (PLAIN, cls(), {})
        for name, cls in optimizers.OPTIMIZERS.items()
        if name != "adam"
    },
    **{
        f"activation={name!r}": ([Dense(256, name), Dense(128, name)], None, {})
        for name in ("tanh", "logistic", "gelu", "silu", "mish", "elu")
    },
}


class Training:
    """Epochs of one net."""

    def __init__(self, layers, optimizer, options, X, y, threads):
        net = CompiledNetwork(X.shape[1], [*layers, Dense(10)], "softmax_log_loss", np.float32)
        rng = np.random.default_rng(0)
        for coef in net.coefs:
            coef[...] = rng.normal(scale=(2 / coef.shape[0]) ** 0.5, size=coef.shape)
        options = {"alpha": 1e-4, **options}
        assert set(options) <= set(StepOptions.__dataclass_fields__)
        optimizer = optimizer or optimizers.Adam()
        self.trainer = make_trainer(net, optimizer, batch_size=BATCH, n_threads=threads, **options)
        self.X, self.y, self.order = X, y, rng.permutation(len(X))

    def epoch(self):
        """Seconds of one."""
        begun = time.perf_counter()
        batches = len(self.X) // BATCH
        self.trainer.run(self.X, self.y, self.order, 0, batches, learning_rate=1e-4)
        return time.perf_counter() - begun


def measure(rounds, threads):
    """Name -> (median seconds of an epoch, median ratio to the plain net)."""
    rng = np.random.default_rng(1)
    X = rng.random((ROWS, 784), np.float32) * (rng.random((ROWS, 784)) < 0.2)
    y = rng.integers(0, 10, ROWS)
    data = X, y, threads
    plain = Training(PLAIN, None, {}, *data)
    results = {}
    for name, what in OPTIONS.items():
        option = Training(*what, *data)
        for training in (plain, option):  # caches, page faults, the choice of threads
            training.epoch()
            training.epoch()
        pairs = [(plain.epoch(), option.epoch()) for _ in range(rounds)]
        ratio = statistics.median(own / other for other, own in pairs)
        results[name] = statistics.median(own for _, own in pairs), ratio
    return results


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.options", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    results = measure(options.rounds, options.threads)
    steps = ROWS // BATCH
    rows = [
        [name, layout.significant(seconds / steps * 1e6), f"{ratio:.2f}×"]
        for name, (seconds, ratio) in results.items()
    ]
    text = layout.markdown(["option", "µs a step", "to the plain net"], rows)
    machine.publish("options", __doc__, text, options)


if __name__ == "__main__":
    main()
