"""A ScoringModel holds only what fits together, and is immutable."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scoring_models import ACTIVATIONS, BLOCKS, FABRICATED, data, fabricated, raw_of

from fastnn import layers
from fastnn.model.blocks import BatchNormalization, LayerNormalization, Skip
from fastnn.model.folding import fold_batch_norms
from fastnn.model.model import ACTIVATIONS as KNOWN

ONE, TWO = np.ones(7), np.ones(5)


def test_the_twin_and_the_kernels_know_the_same_activations():
    assert set(KNOWN) == set(ACTIVATIONS)
    assert set(layers.ACTIVATIONS) - {"bernoulli"} <= set(KNOWN)


def test_no_norm_at_all_is_none():
    model = fabricated(blocks="plain")
    assert replace(model, norms=(None,) * 3, skips=[None] * 3).norms == ()
    assert model.blocks[0].norm is model.blocks[0].skip is None
    assert len(model.arrays) == 8


def test_everything_is_frozen():
    model = fabricated(blocks="everything")
    assert len(model.arrays) == 8 + 2 + 4 + 3
    assert not any(array.flags.writeable for array in model.arrays)
    twin = pickle.loads(pickle.dumps(model))
    assert not any(array.flags.writeable for array in twin.arrays)
    np.testing.assert_array_equal(raw_of(twin, data()), raw_of(model, data()))


def test_astype_casts_every_array():
    model = fabricated(blocks="everything").astype("float32")
    assert {array.dtype.name for array in model.arrays} == {"float32"}
    assert model.norms[0].epsilon == 1e-3
    large = replace(model.astype("float64"), skips=(None, Skip(np.full((7, 5), 1e60)), None))
    with pytest.raises(ValueError, match="too large for float32"):
        large.astype("float32")


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("kind", FABRICATED)
def test_folding_batch_norms_changes_no_value(kind, blocks):
    model = fabricated(kind, blocks)
    folded = fold_batch_norms(model)
    assert not any(isinstance(norm, BatchNormalization) for norm in folded.norms)
    np.testing.assert_allclose(raw_of(folded, data()), raw_of(model, data()), atol=1e-13)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"norms": (LayerNormalization(ONE, ONE, 0.1),)}, "1 norms for 3 hidden layers"),
        ({"skips": (Skip(),) * 4}, "4 skips for 3 hidden layers"),
        ({"norms": ("layer", None, None)}, "layer 0 has a str as its normalisation"),
        ({"skips": ("identity", None, None)}, "layer 0 has a str as its skip"),
        ({"skips": (None, Skip(), None)}, "layer 1 has 7 inputs and 5 outputs"),
        ({"skips": (Skip(None, ONE), None, None)}, "a bias but no matrix"),
        ({"skips": (Skip(np.ones((7, 5))), None, None)}, r"the skip of layer 0 must be a float64"),
        ({"skips": (Skip(np.eye(7), TWO), None, None)}, "the bias of the skip of layer 0"),
        ({"skips": (Skip(np.eye(7) * np.nan), None, None)}, "the skip of layer 0 is not finite"),
        ({"skips": (Skip(np.eye(7, dtype="f4")), None, None)}, "float32 array"),
        ({"norms": (LayerNormalization(ONE, TWO, 0.1), None, None)}, "the shift of layer 0"),
        ({"norms": (LayerNormalization(ONE * np.inf, ONE, 0.1), None, None)}, "not finite"),
        ({"norms": (LayerNormalization([1.0] * 7, ONE, 0.1), None, None)}, "the gain of layer 0"),
        ({"norms": (LayerNormalization(ONE, ONE, 0.0), None, None)}, "epsilon of layer 0"),
        ({"norms": (LayerNormalization(ONE, ONE, 1), None, None)}, "epsilon of layer 0"),
        ({"norms": (LayerNormalization(ONE, ONE, np.nan), None, None)}, "epsilon of layer 0"),
        ({"norms": (BatchNormalization(ONE, ONE, ONE, -ONE, 0.1), None, None)}, "is negative"),
        ({"norms": (BatchNormalization(ONE, ONE, TWO, ONE, 0.1), None, None)}, "the mean of"),
        ({"activations": ("relu", "exp", "relu")}, "unknown activation 'exp'"),
        ({"output_activation": "exp"}, "a classifier cannot end in 'exp'"),
    ],
)
def test_what_does_not_fit_is_refused(part, message):
    with pytest.raises(ValueError, match=message):
        replace(fabricated(blocks="plain"), **part)


def test_an_epsilon_that_float32_takes_for_zero():
    model = replace(
        fabricated(blocks="plain"), norms=(LayerNormalization(ONE, ONE, 1e-40), None, None)
    )
    with pytest.raises(ValueError, match=r"epsilon of layer 0 .* in float32"):
        model.astype("float32")
