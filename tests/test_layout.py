"""The design's rules that a script can hold: who imports whom, how long a file may be."""

import ast
import re
from pathlib import Path

import pytest

import fastnn

PACKAGE = Path(fastnn.__file__).parent
SOURCES = sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyx", ".pxd", ".h"))
PYTHON = [p for p in SOURCES if p.suffix == ".py"]

#: Outside estimators/, who may import the kernels: the network and L-BFGS, what scores alone, and
#: what asks the C tables for names and facts.
USES_KERNELS = {
    *("network.py", "layout.py", "_batches.py", "lbfgs.py"),
    *("arrays.py", "_scorer.py", "shuffling.py"),
    *("_config.py", "threads.py", "layers.py", "activations.py", "_stages.py"),
}

#: Layers of training, top first: a module imports only from below itself.
ORDER = [
    "inspection",
    "estimators",
    "composition",
    "training",
    "network",
    "objective",
    "layout",
    "trainer",
    "losses",
    "layers",
]


def name_of(path):
    return str(path.relative_to(PACKAGE))


def imports(path):
    """Names of all modules that a file imports, `from a import b` giving a and a.b."""
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"relative import in {path}"
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
    else:
        for line in path.read_text().splitlines():
            if found := re.match(r"\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+))", line):
                yield found[1] or found[2]


def imports_any(path, *modules):
    return {m for m in imports(path) for top in modules if m == top or m.startswith(top + ".")}


def test_only_estimators_import_base_classes_of_scikit_learn():
    assert any(imports_any(p, "sklearn.base") for p in SOURCES)
    found = {name_of(p) for p in SOURCES if imports_any(p, "sklearn.base")}
    assert {name for name in found if not name.startswith("estimators/")} == set()


def test_the_kernels_have_few_users():
    found = {name_of(p) for p in PYTHON if imports_any(p, "fastnn._kernels")}
    assert "network.py" in found
    assert {name for name in found if not name.startswith("_kernels/")} <= USES_KERNELS


@pytest.mark.parametrize("layer", ORDER)
def test_data_flows_one_way(layer):
    above = [f"fastnn.{name}" for name in ORDER[: ORDER.index(layer)]]
    files = [p for p in PYTHON if name_of(p).split("/")[0].removesuffix(".py") == layer]
    assert files
    for path in files:
        assert not imports_any(path, *above), path


def test_kernels_stand_alone():
    """Below the kernels there is only C: they import no other part of the package."""
    for path in SOURCES:
        if name_of(path).startswith("_kernels/"):
            own = imports_any(path, "fastnn")
            assert {m for m in own if not m.startswith("fastnn._kernels")} == set(), path
            assert not imports_any(path, "sklearn", "scipy"), path


def test_nothing_imports_what_is_for_tests_and_benchmarks():
    for path in SOURCES:
        assert not imports_any(path, "fastnn._kernels.probe", "fastnn._kernels.bench"), path


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_short(path):
    allowed = 350 if name_of(path).startswith("estimators/") else 250
    assert len(path.read_text().splitlines()) <= allowed


def test_no_flag_of_the_fast_math_family():
    setup = PACKAGE.parent / "setup.py"
    if not setup.exists():
        pytest.skip("installed without its sources")
    flags = re.findall(r'"(-[fO][^"]*)"', setup.read_text())
    assert "-O3" in flags
    forbidden = r"-Ofast|-ffast-math|-funsafe-math|-ffinite-math|-fassociative|-freciprocal"
    assert not [f for f in flags if re.match(forbidden, f)]
