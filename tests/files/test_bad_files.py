"""Whatever is wrong with a file, load raises ModelFormatError and allocates little."""

import io
import json
import random
import tracemalloc

import numpy as np
import pytest
from bad_files import bad_files, replaced, seal, split
from scoring_models import chain, data, fabricated, fit, network, target, with_blocks

import fastnn
from fastnn import ModelFormatError, Predictor
from fastnn.estimators.mlp.saved import build_estimator, take_apart
from fastnn.files.model_file import parse_model_file, write_model_file
from fastnn.model.blocks import Block, Skip, blocks_of, norm_node
from fastnn.model.model import Model
from fastnn.model.nodes import Node
from fastnn.model.of_estimator import network_as_fitted


@pytest.fixture(scope="module", params=[1, 2, 3])
def good(request, tmp_path_factory):
    """The bytes of a sound file with all that a predictor of a format version may have."""
    labels = np.array(["left", "mid", "right"])[np.digitize(data()[:, 0], [-0.5, 0.5])]
    source = fit(network("sklearn", "binary", hidden_layer_sizes=(3,)), data()[:, :2], labels)
    source.feature_names_in_ = np.array(["first", "second"], dtype=object)
    path = tmp_path_factory.mktemp("good") / "model.fnn"
    model = Predictor(source)._model
    write_model_file(path, {1: model, 2: with_two_blocks(model), 3: as_nodes(model)}[request.param])
    return path.read_bytes()


def array(*shape):
    return np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)


def with_two_blocks(model):
    """The model 2-3-3 with a layer of 2 in front: a normalisation and a skip, a projection."""
    first, last = blocks_of(model.nodes)
    norm = norm_node("layer", array(2), array(2), 1e-3)
    new = Block(array(2, 2), array(2), norm, "gelu", Skip())
    first = first._replace(skip=Skip(array(2, 3), array(3)))
    return chain([new, first], last.weight, last.bias, model.head)


def as_nodes(model):
    """Nodes that no chain of blocks has, with the head of the model."""

    def norm(source, n):
        arrays = {"gain": array(n), "shift": array(n)}
        return Node("layer_norm", (source,), arrays, {"epsilon": 1e-3})

    nodes = (
        norm(-1, 2),
        Node("dense", (0,), {"weight": array(2, 4), "bias": array(4)}),
        Node("activation", (1,), {}, {"name": "gelu"}),
        norm(2, 4),
        Node("add", (3, 2)),
        Node("dense", (4,), {"weight": array(4, 3), "bias": array(3)}),
    )
    return Model(2, nodes, model.head)


@pytest.fixture(scope="module")
def bad(good):
    return dict(bad_files(good))


def test_the_good_file_loads_sealed_anew(good):
    header, description, payload = split(good)
    for again in (good, seal(header, payload), seal(header, payload, description)):
        network, _ = parse_model_file(io.BytesIO(again), len(again))
        assert network.feature_names == ("first", "second")


def test_every_bad_file_is_refused(bad):
    assert len(bad) >= 300
    accepted = []
    for name, content in bad.items():
        try:
            parse_model_file(io.BytesIO(content), len(content))
        except ModelFormatError:
            continue
        accepted.append(name)
    assert accepted == []


def test_bad_files_allocate_little(bad):
    worst = 0
    for content in bad.values():
        file = io.BytesIO(content)
        tracemalloc.start()
        try:
            with pytest.raises(ModelFormatError):
                parse_model_file(file, len(content))
            worst = max(worst, tracemalloc.get_traced_memory()[1] - len(content))
        finally:
            tracemalloc.stop()
    assert worst < 4_000_000


def hungry_json(size):
    """JSON of at most that size of which the parser makes as much as the limits allow."""
    for item in ("[]", "{}", '"ab"', "0.5", "1234567", '{"a":[]}'):
        elements = (1 << 15) // (1 + item.count("[") + item.count("{")) - 150
        n = min(size // (len(item) + 2 * item.count('"') + 1), elements)
        yield '{"x":[' + ",".join([item] * n) + "]}"
    yield '{"x":"' + "y" * size + '"}'
    yield '{"x":"' + "\\ud83d\\ude00" + "y" * size + '"}'
    yield '{"x":"' + "\\u00e9" * (size // 8) + '"}'


@pytest.mark.parametrize("where", ["header", "description"])
def test_hungry_headers_allocate_little(good, where):
    outer, _, payload = split(good)
    for text in hungry_json((1 << 19) - 3000):
        if where == "header":
            content = seal(text.encode(), b"")
            reason = "lacks the metadata"
        else:
            content = seal(replaced(outer, ("__metadata__", "description"), text), payload)
            reason = "the content is neither"
        file = io.BytesIO(content)
        tracemalloc.start()
        try:
            with pytest.raises(ModelFormatError, match=reason):
                parse_model_file(file, len(content))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < len(content) + 4_000_000


def test_every_bit_counts(good):
    """Each single bit flip of the first 100 bytes, and 300 anywhere."""
    rng = random.Random(0)
    bits = {*range(800), *(rng.randrange(8 * len(good)) for _ in range(300))}
    for bit in bits:
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ModelFormatError):
            parse_model_file(io.BytesIO(bytes(flipped)), len(flipped))


def test_every_truncation_is_found(good):
    for size in range(0, len(good), 7):
        with pytest.raises(ModelFormatError):
            parse_model_file(io.BytesIO(good[:size]), size)


def test_a_file_that_shrinks_while_it_is_read(good):
    with pytest.raises(ModelFormatError, match="truncated"):
        parse_model_file(io.BytesIO(good[:-10]), len(good))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda good: good[:-1], "truncated"),
        (lambda good: good[:100], "truncated"),
        (lambda good: good[:-1] + b"\0", "damaged or was changed"),
        (lambda good: b"PK\3\4" + good[4:], "not a fastnn file"),
        (lambda good: b"", "truncated"),
    ],
    ids=["cut", "cut_early", "changed", "zip", "empty"],
)
def test_load_says_which_file_and_what_is_wrong(good, tmp_path, change, message):
    path = tmp_path / "model.fnn"
    path.write_bytes(change(good))
    for read in (fastnn.load, Predictor):
        with pytest.raises(ModelFormatError, match=rf"model\.fnn: .*{message}"):
            read(path)


def test_a_newer_format_is_named(good, tmp_path):
    header, _, payload = split(good)
    path = tmp_path / "model.fnn"
    path.write_bytes(seal(replaced(header, ("__metadata__", "format_version"), "4"), payload))
    with pytest.raises(ModelFormatError, match="format version 4, this fastnn reads up to 3"):
        fastnn.load(path)


def test_a_foreign_safetensors_file(tmp_path):
    numpy_files = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "foreign.safetensors"
    numpy_files.save_file({"layers.0.weight": np.ones((2, 2))}, path, {"format": "pt"})
    with pytest.raises(ModelFormatError, match="not a fastnn file"):
        fastnn.load(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        fastnn.load(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        fastnn.load(tmp_path)
    with pytest.raises(ModelFormatError, match="not a regular file"):
        fastnn.load("/dev/null")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("class",), "Perceptron", "unknown class"),
        (("class",), "MLPRegressor", "the parameter .* is unknown|cannot be a"),
        (("params", "hidden_layer_size"), 3, "unknown"),
        (("params", "activation"), "tanh", "not that of the network"),
        (("params", "activation"), 0.5, "not that of the network"),
        (("params", "alpha"), {"float": "1"}, "unsound type"),
        (("params", "alpha"), {"pickle": "cos\nsystem"}, "unsound type"),
        (("params", "alpha"), {"array": "layers.0.weight"}, "lacks the tensor"),
        (("params", "alpha"), {"tuple": [[[[[[[[[[1]]]]]]]]]]}, "nested too deeply"),
        (("params", "alpha"), {"dict": {}, "tuple": []}, "exactly one type"),
        (("params", "alpha"), {"items": [[1, 2], [1, 3]]}, "a key twice"),
        (("params", "alpha"), {"items": [[1, 2, 3]]}, "not a list of pairs"),
        (("params", "alpha"), {"items": [[[1], 2]]}, "a key of a dictionary"),
        (("params", "alpha"), {"items": {"1": 2}}, "unsound type"),
        (("params",), [], "not an object"),
        (("fitted", "n_iter_"), True, "wrong type"),
        (("fitted", "n_iter_"), "3", "wrong type"),
        (("fitted", "__class__"), 3, "unknown"),
        (("fitted", "validation_scores_"), ["a"], "not a list of floats"),
        (("fitted", "_solver_state", "dict", "more"), 1, "missing or unknown"),
        (("fitted", "_solver_state", "dict", "stale"), None, "wrong type"),
        (("fitted", "_solver_state", "dict", "moments", "dict", "t"), "x", "number of steps"),
        (("fitted", "_solver_state", "dict", "moments", "dict", "n"), "x", "'n' is not sound"),
        (("network", "classes", "values"), ["yes", "no"], "not sorted"),
        (("network", "classes", "values"), ["no", "no"], "not sorted"),
    ],
)
def test_an_estimator_that_contradicts_itself(tmp_path, path, value, message):
    estimator = network("fastnn", "binary", hidden_layer_sizes=(3,))
    fit(estimator, data(), target("binary"))
    file = tmp_path / "model.fnn"
    fastnn.save(estimator, file)
    header, description, payload = split(file.read_bytes())
    file.write_bytes(seal(header, payload, replaced(description, path, value)))
    with pytest.raises(ModelFormatError, match=message):
        fastnn.load(file)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("network", "layers", 1, "skip"), "affine", "lacks the tensor"),
        (("network", "layers", 0, "norm", "kind"), "layer", "is not described"),
        (("network", "layers", 0, "norm", "epsilon"), 1e-310, "the epsilon of node 1"),
        (("network", "layers", 0, "skip"), None, None),
        (("fitted", "norms_"), [], "fitted attribute 'norms_' is unknown"),
        (("fitted", "projections_"), [], "fitted attribute 'projections_' is unknown"),
    ],
)
def test_an_estimator_with_blocks_that_contradicts_itself(tmp_path, path, value, message):
    file = tmp_path / "model.fnn"
    fastnn.save(with_blocks(), file)
    header, description, payload = split(file.read_bytes())
    file.write_bytes(seal(header, payload, replaced(description, path, value)))
    if message is None:
        assert fastnn.load(file).projections_[0] is None
        return
    with pytest.raises(ModelFormatError, match=message):
        fastnn.load(file)


def test_batch_norms_are_none_of_a_predictor(tmp_path):
    """They would be folded when it is loaded: then it is not what was saved."""
    write_model_file(tmp_path / "model.fnn", fabricated(blocks="batch_norm"))
    with pytest.raises(ModelFormatError, match="a predictor has batch normalisations"):
        fastnn.load(tmp_path / "model.fnn")


def test_a_skip_with_a_bias_is_none_of_an_estimator():
    """Only folding makes one."""
    estimator = with_blocks()
    del estimator._solver_state
    network = network_as_fitted(estimator)
    *hidden, last = blocks_of(network.nodes)
    hidden[1] = hidden[1]._replace(skip=Skip(hidden[1].skip.matrix, np.ones(5)))
    network = chain(hidden, last.weight, last.bias, network.head)
    with pytest.raises(ModelFormatError, match="skip of an estimator has a bias"):
        build_estimator(network, take_apart(estimator))


@pytest.mark.parametrize("wrong", ["shape", "nan"])
def test_moments_that_do_not_fit(tmp_path, wrong):
    estimator = network("fastnn", "binary", hidden_layer_sizes=(3,))
    fit(estimator, data(), target("binary"))
    moments = estimator._solver_state["moments"]
    moments["m"] = moments["m"][:-1] if wrong == "shape" else moments["m"] * np.nan
    fastnn.save(estimator, tmp_path / "model.fnn")
    with pytest.raises(ModelFormatError, match="optimizer's 'm' is not sound"):
        fastnn.load(tmp_path / "model.fnn")


def test_description_is_json_inside_json(good):
    header, description, _ = split(good)
    assert json.loads(header["__metadata__"]["description"]) == description
    assert set(header["__metadata__"]) == {"format", "format_version", "sha256", "description"}
