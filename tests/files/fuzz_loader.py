"""Fuzz the loader: whatever the bytes, only ModelFormatError escapes, and little is allocated.

    python tests/files/fuzz_loader.py --executions 1000000
    python tests/files/fuzz_loader.py --atheris -- -max_total_time=600    (needs atheris)

The mutations start from sound files of predictors and estimators. Half of them change bytes; half
change the JSON or the data and set the checksum right again, so as to reach what lies behind it.
"""

import argparse
import inspect
import io
import json
import random
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from bad_files import bad_files, seal, split
from scoring_models import data, fabricated, fit, fitted, network, target, with_blocks

import fastnn
from fastnn import ModelFormatError, Network, Predictor
from fastnn.estimators.mlp import saved
from fastnn.estimators.mlp.saved import build_estimator
from fastnn.files import (
    container,
    description,
    labels,
    model_file,
    networks,
    objects,
    strict_json,
    values,
    versions,
)
from fastnn.files import layers as file_layers
from fastnn.files import nodes as file_nodes
from fastnn.files.model_file import parse_model_file, write_model_file
from fastnn.files.networks import build_network
from fastnn.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)
from fastnn.losses import Quantile
from fastnn.model import blocks, head, model, nodes
from fastnn.model.folding import as_model
from fastnn.model.melting import fold_batch_norms
from fastnn.model.model import Model

ALLOWED_ALLOCATION = 4_000_000
MEASURED = 100  # every so many executions the allocation is measured
NUMBERS = [0, 1, -1, 2, 7, 8, 255, 2**16, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, 2**64, -(2**63)]
TEXTS = ["", "x", "F32", "F64", "I64", "U32", "float32", "<U1", "<U9999999", "object", "softmax"]
TOKENS = [b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"NaN", b"1e999", b"\xff", b"\0" * 8]


#: Of format version 3: layers and a loss.
NETWORKS = [
    ([Dense(2)], "softmax_log_loss"),
    (
        [
            *(Dense(3, "relu"), BatchNorm(), Dropout(0.1), LayerNorm(), GaussianNoise(0.1)),
            *(Residual([Dense(3), Activation("gelu")]), Residual([Dense(2)]), Dense(2)),
        ],
        Quantile((0.2, 0.8)),
    ),
]


def corpus():
    """Sound files to start from."""
    models = [Predictor(fitted("sklearn", kind)) for kind in ("binary", "multioutput")]
    small = {"hidden_layer_sizes": (2,), "max_iter": 2}
    for kind in ("multiclass", "multilabel", "poisson"):
        models.append(fit(network("fastnn", kind, **small), data(), target(kind)))
    kinds = ("multiclass", "hinge_binary", "poisson")
    models += [fold_batch_norms(fabricated(kind)).astype("float32") for kind in kinds]
    early = network("fastnn", "binary", early_stopping=True, **small)
    early.set_params(random_state=np.random.RandomState(0))
    models.append(fit(early, data(), target("binary")))
    models.append(with_blocks())
    models += (Network(layers, loss, random_state=3, n_in=7) for layers, loss in NETWORKS)
    models.append(as_model(models[-1]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.fnn"
        for model in models:
            if isinstance(model, Model):
                write_model_file(path, model)
            else:
                fastnn.save(model, path)
            yield path.read_bytes()


def execute(content):
    """Load bytes as `fastnn.load` does; return whether they were accepted."""
    try:
        network_, parts = parse_model_file(io.BytesIO(content), len(content))
        if parts is None:
            Predictor(network_, network_.dtype)
        elif parts.name == "Network":
            build_network(network_, parts)
        else:
            build_estimator(network_, parts)
    except ModelFormatError:
        return False
    return True


def mutate(good, rng):
    """Sound bytes with one to four changes."""
    if rng.random() < 0.5:
        content = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            _change_bytes(content, rng)
        return bytes(content)
    header, description, payload = split(good)
    for _ in range(rng.randint(1, 3)):
        part = rng.choice(["header", "description", "payload"])
        if part == "payload":
            payload = bytearray(payload)
            _change_bytes(payload, rng)
            payload = bytes(payload)
        else:
            _change_tree(header if part == "header" else description, rng)
    metadata = header.get("__metadata__")
    if isinstance(metadata, dict):
        metadata["description"] = json.dumps(description)
    return seal(json.dumps(header).encode(), payload)


def _change_bytes(content, rng):
    at = rng.randrange(len(content) + 1)
    length = rng.choice([1, 1, 2, 4, 8, 64, 500])
    kind = rng.randrange(5)
    if kind == 0 and at < len(content):
        content[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del content[at : at + length]
    elif kind == 2:
        content[at:at] = content[at : at + length]
    elif kind == 3:
        content[at:at] = rng.choice(TOKENS)
    else:
        content[at : at + length] = rng.randbytes(length)


def _change_tree(tree, rng):
    """Change, remove, add or swap one node of a JSON tree in place."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = rng.choice(keys)
        child = tree[key]
        if not (isinstance(child, dict | list) and rng.random() < 0.8):
            break
        tree = child
    kind = rng.randrange(4)
    if kind == 0:
        del tree[key]
    elif kind == 1:
        tree[key] = tree[rng.choice(keys)]
    elif kind == 2 and isinstance(tree, dict):
        tree[rng.choice(TEXTS)] = child
    else:
        tree[key] = rng.choice(
            [
                rng.choice(NUMBERS),
                rng.choice(TEXTS),
                rng.choice([None, True, False, 0.5, -0.0, [], {}, [[]], [child], {"x": child}]),
                {rng.choice(["float", "tuple", "dict", "array", "floats"]): child},
            ]
        )


def measured(content):
    """Bytes that loading allocates beyond the size of the file."""
    tracemalloc.start()
    try:
        execute(content)
        return tracemalloc.get_traced_memory()[1] - len(content)
    finally:
        tracemalloc.stop()


def fuzz(executions, seed=0, report=lambda text: None):
    """Execute mutations.

    Returns
    -------
    dict
        Counts, and the largest allocation beyond the size of the file.

    Raises
    ------
    RuntimeError
        With the seed of the execution at which another error escaped, or too much was allocated.
    """
    seeds = list(corpus())
    accepted = worst = 0
    for content in [*seeds, *dict(bad_files(seeds[0])).values()]:
        worst = max(worst, measured(content))
    for number in range(executions):
        rng = random.Random(f"{seed}/{number}")
        content = mutate(rng.choice(seeds), rng)
        try:
            accepted += execute(content)
            if number % MEASURED == 0:
                worst = max(worst, measured(content))
        except Exception as error:
            raise RuntimeError(f"execution {seed}/{number}: {error!r}") from error
        if worst > ALLOWED_ALLOCATION:
            raise RuntimeError(f"execution {seed}/{number} allocated {worst} bytes")
        if number % 100_000 == 99_999:
            report(f"{number + 1} executions, {accepted} accepted")
    return {"executions": executions, "accepted": accepted, "largest_allocation": worst}


def fuzz_with_atheris(arguments):
    """Coverage-guided: bytes as they are, and as a description with a right checksum."""
    import atheris

    for module in (
        *(blocks, container, description, file_layers, file_nodes, head, labels, model, model_file),
        *(networks, nodes, objects, saved, strict_json, values, versions),
    ):
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                atheris.instrument_func(function)
    header, _, payload = split(next(corpus()))

    def test_one_input(content):
        execute(content)
        text = content.decode("latin-1")
        header["__metadata__"]["description"] = text
        execute(seal(json.dumps(header).encode(), payload))

    folder = tempfile.mkdtemp(prefix="fuzz_loader_")
    for number, content in enumerate(corpus()):
        Path(folder, f"file{number}").write_bytes(content)
        text = split(content)[0]["__metadata__"]["description"]
        Path(folder, f"description{number}").write_bytes(text.encode())
    atheris.Setup([sys.argv[0], *arguments, folder], test_one_input)
    atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true", help="arguments after -- go to libFuzzer")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.atheris:
        fuzz_with_atheris(options.arguments)
        return
    started = time.perf_counter()
    result = fuzz(options.executions, options.seed, lambda text: print(text, flush=True))
    print(result, f"in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
