"""Scoring in reduced precision: against twins in NumPy, with the same bits everywhere."""

import pickle

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from reference_precision import nearest_bfloat16, network, raw_in, rows_of
from scipy import sparse
from scoring_models import chain, data, fabricated, fitted

from fastnn import Predictor
from fastnn._kernels.native import table
from fastnn.model.blocks import Block
from fastnn.model.head import Head
from fastnn.model.precision import round_bfloat16
from fastnn.scoring.scorer import scorer_of

REDUCED = ("bfloat16", "int8")
both = pytest.mark.parametrize("dtype", REDUCED)


SIZES = [(7, 17, 4), (33, 40, 5, 3), (64, 48, 10), (150, 131, 66, 2)]


@pytest.mark.parametrize("isa", table.isas_available())
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_int8_is_the_same_integers_on_every_instruction_set(rng, sizes, isa):
    model = network(rng, *sizes).astype("int8")
    X = rows_of(rng, 61, sizes[0], zeros=0.7)
    X[5] = 0
    scorer = scorer_of(
        sizes[0], model.nodes, model.widths, "softmax", "float32", isa=isa, precision="int8"
    )
    assert_same_bits(scorer.raw(X), raw_in(model, X))
    for n in (1, 2, 5, 12, 47):
        assert_same_bits(scorer.raw(X[:n].copy()), raw_in(model, X[:n]))


@pytest.mark.parametrize("isa", table.isas_available())
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_bfloat16_is_rounded_operands_and_float32_sums(rng, sizes, isa):
    model = network(rng, *sizes[:2], sizes[-1]).astype("bfloat16")
    X = rows_of(rng, 31, sizes[0], zeros=0.7)
    scorer = scorer_of(
        sizes[0], model.nodes, model.widths, "softmax", "float32", isa=isa, precision="bfloat16"
    )
    found = scorer.raw(X)
    # a hidden unit next to the middle of two may be rounded to the other one
    np.testing.assert_allclose(found, raw_in(model, X), rtol=0, atol=0.02)
    assert np.mean(np.abs(found - raw_in(model, X)) > 1e-5) < 0.05
    for n in (1, 2, 5, 12):
        assert_same_bits(scorer.raw(X[:n].copy()), found[:n])


@both
@pytest.mark.parametrize("zeros", [0.0, 0.85])
def test_bits_depend_neither_on_threads_nor_on_other_rows(rng, dtype, zeros):
    X = rows_of(rng, 130, 300, zeros)
    predictor = Predictor(network(rng, 300, 500, 100, 10, activation="tanh"), dtype)
    expected = predictor.predict_proba(X, n_jobs=1)
    assert_same_bits(predictor.predict_proba(X.astype(np.float64), n_jobs=2), expected)
    assert_same_bits(predictor.predict_proba(sparse.csr_matrix(X), n_jobs=2), expected)
    for n, n_jobs in ((1, 1), (1, 2), (1, 4), (9, 2), (48, 4), (61, 2), (130, 4)):
        found = predictor.predict_proba(X[-n:].copy(), n_jobs=n_jobs)
        assert_same_bits(found, expected[-n:])


@both
@pytest.mark.parametrize("kind", ["multiclass", "binary", "regressor"])
@pytest.mark.parametrize("activation", ["gelu", "logistic"])
def test_other_nodes_stay_float32_between_the_products(dtype, kind, activation):
    """Norms, sums and activations; a last bit of theirs may move a code by one."""
    predictor = Predictor(fabricated(kind, "everything", activation), dtype)
    found, expected = predictor.decision_function(data()), raw_in(predictor._model, data())
    if kind != "multiclass":
        expected = expected[:, 0]
    difference = np.abs(found - expected) / np.abs(expected).max()
    assert difference.max() < 0.02
    assert np.mean(difference > 1e-5) < 0.02
    held = {node["weights"] for node in predictor.config()["nodes"]}
    assert held == {dtype}


@both
def test_a_file_holds_the_bits_and_gives_them_back(rng, dtype, tmp_path):
    import fastnn

    model, X = network(rng, 60, 50, 10), rows_of(rng, 20, 60)
    sizes = {}
    for name in ("float32", dtype):
        fastnn.save(Predictor(model, name), tmp_path / name)
        sizes[name] = (tmp_path / name).stat().st_size
    assert sizes[dtype] < sizes["float32"] / (1.5 if dtype == "bfloat16" else 2)  # with biases
    predictor, loaded = Predictor(model, dtype), fastnn.load(tmp_path / dtype)
    for again in (loaded, pickle.loads(pickle.dumps(predictor)), Predictor(loaded, dtype)):
        assert (again.dtype, repr(again)) == (dtype, repr(predictor))
        assert_same_bits(again.predict_proba(X), predictor.predict_proba(X))
    fastnn.save(loaded, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / dtype).read_bytes()
    with pytest.raises(ValueError, match="reference="):
        loaded.quantize_report(X)
    assert loaded.quantize_report(X, reference=model) == predictor.quantize_report(X)


@both
def test_the_report_tells_what_it_costs(dtype):
    source, X = fitted("fastnn", "multiclass"), data()
    full, predictor = Predictor(source), Predictor(source, dtype)
    report = predictor.quantize_report(X, source.predict(X))
    difference = np.abs(full.predict_proba(X) - predictor.predict_proba(X))
    assert report["rows"] == len(X)
    assert report["metric"] == "accuracy"
    assert report["max_difference"] == pytest.approx(difference.max())
    assert 0 < report["max_difference"] < 0.05
    assert report["label_agreement"] == np.mean(full.predict(X) == predictor.predict(X)) > 0.97
    assert report["reference"] == 1
    assert report["change"] == report["label_agreement"] - 1
    source = fitted("fastnn", "multioutput")
    report = Predictor(source, dtype).quantize_report(X, source.predict(X))
    assert report["metric"] == "r2"
    assert -0.01 < report["change"] < 0
    with pytest.raises(ValueError, match="shape"):
        Predictor(source, dtype).quantize_report(X, X[:, 0])


@both
def test_config_and_repr_name_the_path(rng, dtype):
    predictor = Predictor(network(rng, 30, 20, 3), dtype)
    facts = predictor.config()
    assert facts["dtype"] == predictor.dtype == dtype
    assert dtype in repr(predictor)
    assert facts["products"] in repr(predictor)
    assert dtype in facts["products"]
    assert facts["weight_bytes"] == (30 * 20 + 20 * 3) * (2 if dtype == "bfloat16" else 1)
    assert [node["shape"] for node in facts["nodes"]] == [(30, 20), (20, 3)]


def test_an_unknown_dtype_is_refused_by_name(rng):
    with pytest.raises(ValueError, match=r"bfloat16.*int8.*got 'float16'"):
        Predictor(network(rng, 3, 4, 2), "float16")
    with pytest.raises(ValueError, match="dtype must be one of"):
        Predictor(network(rng, 3, 4, 2), np.dtype("int16"))


def test_rounding_to_bfloat16_is_to_the_nearest_even(rng):
    x = np.concatenate([rng.normal(size=1000), 10.0 ** rng.uniform(-37, 38, 1000)])
    x = np.concatenate([x, [1 + 2**-8, 1 + 3 * 2**-8, 0.0, -0.0]]).astype(np.float32)
    np.testing.assert_array_equal(round_bfloat16(x), nearest_bfloat16(x))
    largest = np.finfo(np.float32).max
    odd = round_bfloat16(np.float32([largest, -largest, np.inf, -np.inf, np.nan]))
    assert np.isfinite(odd[:2]).all()
    assert odd[0] == -odd[1] > 3.38e38
    assert odd[2] == np.inf
    assert odd[3] == -np.inf
    assert np.isnan(odd[4])
    hidden = np.uint32([0x7F800001, 0xFF800001]).view(np.float32)  # the upper half says infinity
    assert np.isnan(round_bfloat16(hidden)).all()


def identity_network(weight):
    """A regressor of one hidden layer of identity between two like this."""
    zero = np.zeros(weight.shape[1], np.float32)
    head = Head("regressor", "identity", "float32")
    return chain([Block(weight, zero, None, "identity")], weight, zero, head)


@both
def test_what_overflows_is_no_number_and_what_is_too_large_an_error(dtype):
    large = np.diag(np.float32([3e38, 1]) if dtype == "bfloat16" else np.float32([1e30, 1]))
    predictor = Predictor(identity_network(large), dtype)
    found = predictor.predict(np.float32([[1e10, 1], [0, 1]]))
    full = Predictor(identity_network(large)).predict(np.float32([[1e10, 1], [0, 1]]))
    assert np.isinf(full[0, 0])
    assert not np.isfinite(found[0, 0])
    np.testing.assert_allclose(found[1], full[1], rtol=0.01)
    assert np.isfinite(predictor.predict(np.float32([[3.4e38, 0]]) * 0)).all()
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="NaN, infinity"):
            predictor.predict(np.float32([[bad, 1]]))


def test_int8_refuses_what_it_cannot_hold(rng):
    with pytest.raises(ValueError, match=r"node 0 \(dense\) has weights.*float32"):
        Predictor(identity_network(np.diag(np.float32([1e31, 1]))), "int8")
    wide = chain(
        [],
        np.ones((65537, 1), np.float32),
        np.zeros(1, np.float32),
        Head("regressor", "identity", "float32"),
    )
    with pytest.raises(ValueError, match=r"node 0 \(dense\) has 65537 inputs.*bfloat16"):
        Predictor(wide, "int8")


def test_codes_that_are_not_those_of_the_scale_are_no_file(rng, tmp_path):
    import fastnn
    from fastnn.files.container import read_container, write_container

    fastnn.save(Predictor(network(rng, 6, 5, 3), "int8"), tmp_path / "m.fnn")
    version, description, tensors = read_container(tmp_path / "m.fnn")
    name = "nodes.0.weight"
    for wrong in (
        {name: tensors[name].astype(np.float32)},
        {name: np.full_like(tensors[name], -128)},
        {f"{name}.scale": -tensors[f"{name}.scale"]},
        {f"{name}.scale": tensors[f"{name}.scale"] * np.float32(1 + 2**-20)},
        {f"{name}.scale": tensors[f"{name}.scale"][:1]},
    ):
        write_container(tmp_path / "bad.fnn", version, description, {**tensors, **wrong})
        with pytest.raises(fastnn.ModelFormatError):
            fastnn.load(tmp_path / "bad.fnn")
    for wrong in ("int4", None, 3):
        network_ = {**description["network"], "precision": wrong}
        write_container(
            tmp_path / "bad.fnn", version, {**description, "network": network_}, tensors
        )
        with pytest.raises(fastnn.ModelFormatError, match="precision"):
            fastnn.load(tmp_path / "bad.fnn")
