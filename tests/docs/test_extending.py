"""Every path that docs/extending.md names is there, and every name that it says a path has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/extending.md").read_text()
PATHS = sorted(set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+)`", TEXT)))
LINKS = sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link):
    assert (ROOT / "docs" / link).exists()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("csrc/formulas/activations.def", ["(softsign,"]),
        ("csrc/formulas/losses.def", ["(log_cosh,"]),
        ("csrc/formulas/updates.def", ["(adagrad,"]),
        ("csrc/vectors/vspecial.inc", ["vsoftsign"]),
        ("csrc/training/loss.inc", ["vlog_cosh"]),
        ("csrc/dispatch.c", ["ROW(neon)"]),
        ("csrc/kernels.inc", ["vsoftsign", "vlog_cosh", ".gaussian_noise", ".layer_norm_forward"]),
        ("csrc/fastnn.h", ["gaussian_noise", "layer_norm_forward"]),
        ("fastnn/_kernels/native/header.pxd", ["gaussian_noise"]),
        ("fastnn/_kernels/native/random.pxd", ["gaussian_noise"]),
        ("fastnn/_kernels/layers/noise.pyx", ["gaussian_noise"]),
        ("fastnn/_kernels/layers/norms.pyx", ["layer_norm_stage", "layer_norm_stage_backward"]),
        ("fastnn/_kernels/layers/stages.pyx", ['number_of("layer_norm")']),
        ("fastnn/_kernels/layers/kinds.pyx", ['"noise": Traits(', '"layer_norm": Traits(']),
        ("fastnn/layers/__init__.py", ["GaussianNoise", "LayerNorm"]),
        ("fastnn/losses/__init__.py", ["LOSSES", "LogCosh"]),
        ("fastnn/losses/_regression.py", ["class LogCosh"]),
        ("fastnn/optimizers/__init__.py", ["OPTIMIZERS", "Adagrad"]),
        ("fastnn/optimizers/_adaptive.py", ["class Adagrad", "_formula"]),
        ("fastnn/model/kinds.py", ['"layer_norm": Kind(', 'value="epsilon"']),
        ("fastnn/estimators/mlp/toolbox.py", ['"log_cosh"', "layer_norm"]),
        ("fastnn/export/_c_functions.py", ['"softsign"', '"layer_norm"']),
        ("fastnn/export/_onnx_activations.py", ["_softsign"]),
        ("fastnn/export/_onnx_nodes.py", ["_layer_norm"]),
        (
            "tests/kernels/cross/kernels_test.c",
            ["plain_activations", "plain_losses", "plain_updates"],
        ),
    ],
)
def test_the_examples_are_where_the_page_says(path, names):
    assert f"`{path}`" in TEXT
    source = (ROOT / path).read_text()
    assert [name for name in names if name not in source] == []
