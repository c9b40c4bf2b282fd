"""A Model holds only what fits together, and is immutable."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from scoring_models import ACTIVATIONS, BLOCKS, FABRICATED, NODES, data, fabricated, raw_of

from fastnn import Predictor, layers, to_c, to_onnx
from fastnn.files.model_file import read_model_file, write_model_file
from fastnn.layers import CustomActivation
from fastnn.model.blocks import blocks_of, nodes_of
from fastnn.model.head import Head
from fastnn.model.kinds import KINDS
from fastnn.model.melting import fold_batch_norms, has_foldable
from fastnn.model.model import Model
from fastnn.model.nodes import Node

ONE, TWO = np.ones(7), np.ones(5)


def test_the_twin_and_the_kernels_know_the_same():
    assert set(layers.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(KINDS) == set(NODES)


def test_everything_is_frozen():
    model = fabricated(blocks="everything")
    assert len(model.arrays) == 8 + 2 + 4 + 3
    for twin in (model, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert not any(array.flags.writeable for array in (*twin.arrays, twin.classes))
        np.testing.assert_array_equal(raw_of(twin, data()), raw_of(model, data()))
        with pytest.raises(TypeError):
            twin.nodes[0].arrays["weight"] = np.ones((7, 7))
        with pytest.raises(AttributeError):
            twin.nodes[0].kind = "add"


def test_astype_casts_every_array():
    model = fabricated(blocks="everything").astype("float32")
    assert {array.dtype.name for array in model.arrays} == {"float32"} == {model.dtype}
    assert model.nodes[1].attributes["epsilon"] == 1e-3
    large = model.astype("float64")
    first = large.nodes[0].having(weight=np.full((7, 7), 1e60))
    with pytest.raises(ValueError, match="too large for float32"):
        replace(large, nodes=(first, *large.nodes[1:])).astype("float32")


@pytest.mark.parametrize("blocks", BLOCKS)
def test_blocks_are_read_from_nodes_and_written_to_the_same(blocks):
    model = fabricated(blocks=blocks)
    *hidden, last = blocks_of(model.nodes)
    again, ends = nodes_of(hidden, last.weight, last.bias)
    assert [(n.kind, n.sources) for n in again] == [(n.kind, n.sources) for n in model.nodes]
    assert [id(a) for n in again for a in n.arrays.values()] == list(map(id, model.arrays))
    assert len(ends) == 3
    assert model.sizes == (7, 7, 5, 5, 4)


def test_nodes_that_are_no_chain_of_blocks():
    plain = fabricated(blocks="plain", activation="relu").nodes
    for nodes in (
        plain[:-1],  # no output layer
        (plain[0].having(weight=np.eye(7)), Node("activation", (0,), {}, {"name": "relu"})) * 1,
        (Node("activation", (-1,), {}, {"name": "relu"}), *plain),
        (*plain[:2], Node("add", (1, 1)), *plain[2:]),
    ):
        assert blocks_of(nodes) is None


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("kind", FABRICATED)
def test_folding_batch_norms_changes_no_value(kind, blocks):
    model = fabricated(kind, blocks)
    folded = fold_batch_norms(model)
    assert "batch_norm" not in {node.kind for node in folded.nodes}
    assert has_foldable(model.nodes) is (folded is not model)
    np.testing.assert_allclose(raw_of(folded, data()), raw_of(model, data()), atol=1e-13)


def rng_array(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape)


def batch_norm(source, n):
    names = ("gain", "shift", "mean", "variance")
    return Node("batch_norm", (source,), {k: rng_array(n) ** 2 for k in names}, {"epsilon": 1e-3})


def dense(source, n_in, n_out, *, bias=True):
    arrays = {"weight": rng_array(n_in, n_out), "bias": rng_array(n_out)}
    return Node("dense", (source,), arrays if bias else {"weight": arrays["weight"]})


def tanh(source):
    return Node("activation", (source,), {}, {"name": "tanh"})


@pytest.mark.parametrize(
    ("nodes", "left"),
    [
        # behind an activation: into the dense nodes that follow, with and without a bias
        ([dense(-1, 7, 4), tanh(0), batch_norm(1, 4), dense(2, 4, 2)], 0),
        ([dense(-1, 7, 4), tanh(0), batch_norm(1, 4), dense(2, 4, 2, bias=False)], 0),
        # on the input
        ([batch_norm(-1, 7), dense(0, 7, 2)], 0),
        # behind a dense node whose outputs are used again: the next dense one takes it
        (
            [
                dense(-1, 7, 4),
                batch_norm(0, 4),
                dense(1, 4, 4),
                Node("add", (2, 0)),
                dense(3, 4, 2),
            ],
            0,
        ),
        # two in a row
        ([dense(-1, 7, 4, bias=False), batch_norm(0, 4), batch_norm(1, 4), dense(2, 4, 2)], 0),
        # between an activation and another: it stays
        ([dense(-1, 7, 4), tanh(0), batch_norm(1, 4), tanh(2), dense(3, 4, 2)], 1),
        # what takes it is not all dense
        (
            [
                *(dense(-1, 7, 4), tanh(0), batch_norm(1, 4), dense(2, 4, 4)),
                *(Node("add", (3, 2)), dense(4, 4, 2)),
            ],
            1,
        ),
    ],
)
def test_where_a_batch_norm_melts_into(nodes, left):
    model = Model(7, nodes, Head("regressor", "identity", "float64"))
    folded = fold_batch_norms(model)
    assert sum(node.kind == "batch_norm" for node in folded.nodes) == left
    assert not has_foldable(folded.nodes)
    np.testing.assert_allclose(raw_of(folded, data()), raw_of(model, data()), atol=1e-12)


def changed(number, **changes):
    """A model with something of one node replaced, before it is checked."""
    model = fabricated(blocks="everything")
    nodes = list(model.nodes)
    nodes[number] = replace(nodes[number], **changes)
    return lambda: replace(model, nodes=nodes)


#: Nodes 0 and 1 of the model "everything" are a dense one 7-7 and a layer_norm, 3 adds the input.
@pytest.mark.parametrize(
    ("number", "changes", "message"),
    [
        (0, {"kind": "conv"}, "node 0 is of the unknown kind 'conv'; known: dense"),
        (1, {"sources": ()}, "node 1 .layer_norm. takes 1 sources"),
        (3, {"sources": (2,)}, "node 3 .add. takes 2 sources"),
        (1, {"sources": (1,)}, "only take the input and earlier nodes"),
        (1, {"sources": (True,)}, "only take the input and earlier nodes"),
        (1, {"sources": (-2,)}, "only take the input and earlier nodes"),
        (1, {"sources": (-1,)}, "nothing takes the outputs of node 0"),
        (8, {"sources": (6, -1)}, r"sources of one width, got \[5, 7\]"),
        (0, {"arrays": {}}, "has weight, bias as arrays"),
        (0, {"arrays": {"weight": np.eye(7), "gain": ONE}}, "has weight, bias as arrays"),
        (0, {"arrays": {"weight": np.ones(7)}}, "the weight of node 0"),
        (0, {"arrays": {"weight": np.ones((7, 0))}}, "the weight of node 0"),
        (0, {"arrays": {"weight": np.ones((5, 7))}}, r"\(7, 7\), got float64 .*\(5, 7\)"),
        (0, {"arrays": {"weight": np.eye(7), "bias": TWO}}, "the bias of node 0"),
        (
            0,
            {"arrays": {"weight": np.eye(7) * np.nan}},
            "the weight of node 0 .dense. is not finite",
        ),
        (0, {"arrays": {"weight": np.eye(7, dtype="f4")}}, "got float32 array"),
        (1, {"arrays": {"gain": ONE, "shift": TWO}}, "the shift of node 1"),
        (1, {"arrays": {"gain": ONE, "shift": [1.0] * 7}}, "the shift of node 1 .*list"),
        (1, {"arrays": {"gain": ONE, "shift": ONE * np.inf}}, "the shift of node 1 .* not finite"),
        (1, {"attributes": {}}, "has epsilon as attributes"),
        (1, {"attributes": {"epsilon": 0.0}}, "the epsilon of node 1"),
        (1, {"attributes": {"epsilon": 1}}, "the epsilon of node 1"),
        (1, {"attributes": {"epsilon": np.nan}}, "the epsilon of node 1"),
        (2, {"attributes": {"name": "softmax"}}, "the name of node 2 .activation. must be one of"),
        (2, {"kind": "custom", "attributes": {"function": np.tanh}}, "must be a CustomActivation"),
    ],
)
def test_nodes_that_do_not_fit_are_refused(number, changes, message):
    with pytest.raises(ValueError, match=message):
        changed(number, **changes)()


def test_a_negative_variance_is_refused():
    node = batch_norm(0, 7)
    node = node.having(variance=-node.arrays["variance"])
    head = Head("regressor", "identity", "float64")
    with pytest.raises(ValueError, match=r"the variance of node 1 .* is negative"):
        Model(7, (dense(-1, 7, 7), node, dense(1, 7, 1)), head)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output_activation": "exp"}, "a classifier cannot end in 'exp'"),
        ({"kind": "ranker"}, "kind must be one of"),
        ({"dtype": "float16"}, "the weight of node 0 .* must be a float16"),
        ({"classes": np.arange(3)}, "3 classes do not fit"),
        ({"classes": None}, "needs a one-dimensional array"),
        ({"flat": True}, "only a regressor with one output"),
        ({"feature_names": ("a",)}, "1 feature names for 7 features"),
    ],
)
def test_heads_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fabricated().with_head(**changes)


@pytest.mark.parametrize(
    ("n_in", "nodes", "message"),
    [
        (7, (), "there is no node"),
        (0, (dense(-1, 7, 1),), "there must be a feature"),
        (7, (dense(-1, 7, 1), tanh(0)), "the last node must be dense"),
        (7, ("dense",), "unknown kind 'str'"),
    ],
)
def test_what_makes_no_network_is_refused(n_in, nodes, message):
    with pytest.raises(ValueError, match=message):
        Model(n_in, nodes, Head("regressor", "identity", "float64"))


def test_an_epsilon_that_float32_takes_for_zero():
    model = changed(1, attributes={"epsilon": 1e-40})()
    with pytest.raises(ValueError, match=r"epsilon of node 1 .* in float32"):
        model.astype("float32")


def test_a_custom_activation_is_a_node():
    square = CustomActivation(np.square, lambda z: 2 * z)
    nodes = (dense(-1, 7, 4), Node("custom", (0,), {}, {"function": square}), dense(1, 4, 1))
    model = Model(7, nodes, Head("regressor", "identity", "float64"))
    z = data() @ nodes[0].arrays["weight"] + nodes[0].arrays["bias"]
    expected = z**2 @ nodes[2].arrays["weight"] + nodes[2].arrays["bias"]
    np.testing.assert_allclose(raw_of(model, data()), expected)


@pytest.mark.parametrize(
    ("who", "use"),
    [
        ("the scorer", lambda model, path: Predictor(model)),
        ("a C file", lambda model, path: to_c(model, "net")),
        ("an ONNX graph", lambda model, path: to_onnx(model)),
    ],
)
def test_a_kind_that_a_consumer_lacks_is_refused_by_name(who, use, monkeypatch, tmp_path):
    if "ONNX" in who:
        pytest.importorskip("onnx")
    monkeypatch.setitem(KINDS, "twice", KINDS["activation"]._replace(attributes={}))
    nodes = (dense(-1, 7, 4), Node("twice", (0,)), dense(1, 4, 1))
    model = Model(7, nodes, Head("regressor", "identity", "float64"))
    with pytest.raises(TypeError, match=f"{who} cannot take a network with a node of kind 'twice'"):
        use(model, tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_file_holds_any_kind_that_there_is(monkeypatch, tmp_path):
    monkeypatch.setitem(KINDS, "twice", KINDS["layer_norm"])
    arrays = {"gain": np.arange(4.0), "shift": np.ones(4)}
    twice = Node("twice", (0,), arrays, {"epsilon": 0.25})
    nodes = (dense(-1, 7, 4), twice, dense(1, 4, 1))
    model = Model(7, nodes, Head("regressor", "identity", "float64"))
    write_model_file(tmp_path / "model.fnn", model)
    found = read_model_file(tmp_path / "model.fnn")[0].nodes[1]
    assert (found.kind, found.sources, found.attributes) == ("twice", (0,), twice.attributes)
    assert all((found.arrays[name] == arrays[name]).all() for name in arrays)
