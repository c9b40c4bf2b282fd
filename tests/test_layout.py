"""The design's rules that a script can hold: who imports whom, how long a file may be."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

PACKAGE = Path(fastnn.__file__).parent
SOURCES = sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyx", ".pxd", ".h"))
TESTS = sorted(Path(__file__).parent.rglob("*.py"))
PYTHON = [p for p in SOURCES if p.suffix == ".py"]

#: Which wing may import which. A wing is a folder or module of the package, or a single file of a
#: folder that stands higher than the rest; everybody may import LEAVES, which import no wing.
WINGS = {
    "_kernels": set(),
    "losses": set(),
    "schedules": set(),
    "optimizers": set(),
    "threads": {"_kernels"},
    "_config": {"_kernels", "threads"},
    "layers": {"_kernels"},
    "network": {"_kernels", "initializers", "layers", "losses", "threads"},
    "training": {"_kernels", "losses", "network", "optimizers", "schedules", "threads"},
    "network/network.py": {"losses", "network", "optimizers", "schedules", "threads", "training"},
    "initializers": set(),
    "model": {"_kernels", "layers", "losses"},
    "files": {
        *("initializers", "layers", "losses", "model", "network", "network/network.py"),
        *("schedules", "tables"),
    },
    "tables": {"layers"},
    "scoring": {"_kernels", "files", "losses", "model", "tables", "threads"},
    "export": {"files", "model", "tables"},
    "estimators": {
        *("_kernels", "files", "initializers", "layers", "losses", "model", "network"),
        *("optimizers", "schedules", "scoring", "tables", "threads", "training"),
    },
    "inspection": {
        *("estimators", "layers", "network", "network/network.py", "optimizers", "training"),
    },
    "persistence": {"estimators", "files", "model", "scoring"},
    "data": {"estimators", "persistence", "scoring"},
    "distributed": {"_config", "data", "estimators", "persistence", "threads", "training"},
    "cli": {
        *("_config", "_kernels", "estimators", "export", "files", "model", "persistence"),
        *("scoring", "tables", "threads"),
    },
    "__main__": {"cli"},
}
LEAVES = {
    "_cpus",
    "_sparse",
    "_types",
    "_names",
    "_numbers",
    "_public",
    "_ranges",
    "_version",
    "_warnings",
    "exceptions",
}


def name_of(path):
    return str(path.relative_to(PACKAGE))


def wing_of(name):
    """The wing of a file, given as its path within the package; of a module, given as a path."""
    return name if name in WINGS else name.split("/")[0].removesuffix(".py")


def module_path(module):
    """`fastnn.network.rows.as_rows` or `fastnn.network.rows` -> network/rows.py."""
    parts = module.split(".")[1:]
    for n in range(len(parts), 0, -1):
        for path in (Path(*parts[:n]).with_suffix(".py"), Path(*parts[:n], "__init__.py")):
            if (PACKAGE / path).exists():
                return str(path)
    return "__init__.py"  # a name that the package itself hands on


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


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_wing_imports_what_the_table_allows(path):
    own = wing_of(name_of(path))
    if own == "__init__":
        return
    found = {wing_of(module_path(m)) for m in imports(path) if m.split(".")[0] == "fastnn"}
    allowed = {own, *WINGS[own]} if own in WINGS else set()
    assert found - {"__init__"} <= {*allowed, *LEAVES}


def test_the_table_names_every_wing_and_no_other():
    found = {name_of(p).split("/")[0].removesuffix(".py") for p in PYTHON} - {"__init__"}
    assert {name for name in WINGS if "/" not in name} | LEAVES == found


def test_no_wing_imports_itself_in_a_circle():
    """The table is a graph without circles: there is an order, top first."""
    placed = set()
    while len(placed) < len(WINGS):
        free = {w for w, below in WINGS.items() if w not in placed and below <= placed}
        assert free, f"a circle among {sorted(set(WINGS) - placed)}"
        placed |= free


def test_kernels_stand_alone():
    """Below the kernels there is only C: they import no other part of the package."""
    for path in SOURCES:
        if name_of(path).startswith("_kernels/"):
            own = imports_any(path, "fastnn")
            assert {m for m in own if not m.startswith("fastnn._kernels")} == set(), path
            assert not imports_any(path, "sklearn", "scipy"), path


def test_nothing_imports_what_is_for_tests_and_benchmarks():
    for path in SOURCES:
        if name_of(path).startswith("_kernels/testing/"):
            continue
        assert not imports_any(
            path, "fastnn._kernels.testing.probe", "fastnn._kernels.testing.bench"
        ), path


def test_the_kind_of_a_stage_is_asked_where_its_kernels_are_called():
    """Everybody else asks the table of traits (_kernels/layers/kinds.pyx)."""
    asks = re.compile(r"stages?(\[\w+\])?\.kind\b(?!\s*=[^=])|spec\.kind (==|!=|in|not) ")
    found = {name_of(p) for p in SOURCES if asks.search(p.read_text())} - {
        "_kernels/layers/plan.pyx"  # it looks the traits up
    }
    assert found == {f"_kernels/layers/{name}.pyx" for name in ("stages", "images", "noise")}


def test_dtypes_are_told_apart_in_few_places():
    """Elsewhere code is written once, for a fused type or for memory of a described Dtype
    (_kernels/native/dtypes.pyx)."""
    found = {name_of(p) for p in SOURCES if re.search(r"\bf64\b", p.read_text())}
    names = ("columns", "norms", "places", "random", "recurrent", "sparse", "table")
    bridges = {f"_kernels/native/{name}.pxd" for name in names}
    assert {name for name in found if not name.startswith("_kernels/testing/")} == {
        *bridges,
        "_kernels/layers/zeros.pxd",  # one more
        "_kernels/native/header.pxd",
        "_kernels/native/table.pyx",
    }


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_short(path):
    allowed = 350 if name_of(path).startswith("estimators/") else 250
    assert len(path.read_text().splitlines()) <= allowed


def test_what_tests_only_ask_they_also_assert():
    """No function that answers yes or no is called as a statement: such a test cannot fail."""
    trees = {path: ast.parse(path.read_text()) for path in TESTS}
    asking = {
        node.name
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and answers(node)
    }
    assert "same_bits" in asking
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                name = ast.unparse(node.value.func).split(".")[-1]
                assert name not in asking, f"{path}:{node.lineno}"


def answers(node):
    """Whether a function ends by returning the outcome of a comparison."""
    value = getattr(node.body[-1], "value", None)
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) in ("all", "any", "bool", "isinstance")
    negated = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    return negated or isinstance(value, ast.Compare | ast.BoolOp)


def test_no_random_numbers_are_shared_by_tests():
    """What a test draws must not depend on which others ran before: it takes the fixture `rng`."""
    for path in TESTS:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                name = ast.unparse(node.value.func).split(".")[-1]
                assert name not in ("RandomState", "default_rng"), f"{path}:{node.lineno}"


ROW = re.compile(r"^\| `([\w/.]+)` \| (.*) \|$")


def the_map():
    """Folder -> the files that docs/design.md names there, and the folder of the table itself."""
    text = (PACKAGE.parent / "docs" / "design.md").read_text()
    named, top = {}, None
    for line in text.split("## Words")[0].splitlines():
        if found := ROW.match(line):
            if found[2] == "what is there":
                top = found[1].removeprefix("fastnn/").rstrip("/")
            else:
                folder = "/".join(part for part in (top, found[1]) if part not in ("", "."))
                named[folder or "."] = set(re.findall(r"`(\w+)`", found[2]))
    return named


@pytest.mark.skipif(not (PACKAGE.parent / "docs").exists(), reason="installed without its docs")
def test_the_map_of_the_design_is_the_tree():
    found = {}
    for path in SOURCES:
        folder = str(path.parent.relative_to(PACKAGE))
        if path.stem != "__init__":
            found.setdefault(folder, set()).add(path.stem)
    known = {path.stem for path in SOURCES} | {"Network", "WINGS", "StageSpec", "Stage"}
    named = the_map()
    assert set(found) == set(named)
    for folder, files in found.items():
        assert files <= named[folder], f"docs/design.md misses {files - named[folder]} of {folder}"
        assert named[folder] - files <= known, f"{folder} has no {named[folder] - files}"


def test_no_flag_of_the_fast_math_family():
    setup = PACKAGE.parent / "setup.py"
    if not setup.exists():
        pytest.skip("installed without its sources")
    flags = re.findall(r'"(-[fO][^"]*)"', setup.read_text())
    assert "-O3" in flags
    forbidden = r"-Ofast|-ffast-math|-funsafe-math|-ffinite-math|-fassociative|-freciprocal"
    assert not [f for f in flags if re.match(forbidden, f)]


def test_public_modules_come_with_the_package():
    names = ["inspection", "layers", "losses", "optimizers", "schedules", "initializers"]
    code = (
        "import sys, fastnn\nassert 'fastnn.inspection' not in sys.modules\n"
        f"for name in {names}:\n"
        "    assert name in dir(fastnn) and name in fastnn.__all__\n"
        "    assert getattr(fastnn, name) is sys.modules[f'fastnn.{name}']\n"
        "fastnn.inspection.diagnose\nfrom fastnn import *\nlayers, inspection\n"
        "assert 'matplotlib' not in sys.modules and not hasattr(fastnn, 'nothing')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
