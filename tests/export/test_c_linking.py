"""The C file in a program: called from C++, compiled as C++, beside other models."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from scoring_models import (
    BLOCKS,
    CLASSIFIERS,
    FABRICATED,
    HINGE,
    KINDS,
    data,
    fabricated,
    fit,
    fitted,
    network,
    target,
)

from fastnn import to_c
from fastnn.files.sources import describe

CC = shutil.which("cc") or shutil.which("gcc")
CXX = shutil.which("c++") or shutil.which("g++")
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion"]
pytestmark = pytest.mark.skipif(not (CC and CXX), reason="needs a C and a C++ compiler")


def run(*command, folder):
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def declared(source):
    """What the first comment says a program declares."""
    lines = re.findall(r"^ \*     (.*)$", source, re.MULTILINE)
    return "\n".join(lines) + "\n"


def call(model, name, as_printed):
    """Statements that score a row of zeros and print what comes out."""
    n = 2 if model.binary else model.n_outputs
    x = ", ".join(["0"] * model.n_features_in)
    lines = [f"float x[] = {{{x}}}, y[{n}];", "int i;"]
    if model.kind == "multilabel":
        lines += [f"int labels[{n}];", f"{name}_predict(x, y, labels);"]
    elif model.kind == "classifier":
        lines += [f"i = {name}_predict(x, y);", as_printed.format(f"{name}_classes[i]")]
    else:
        lines += [f"{name}_predict(x, y);"]
    lines += [f'for (i = 0; i < {n}; i++) printf("%.6g\\n", y[i]);']
    return "{\n" + "\n".join(lines) + "\n}\n"


def main(model, name="net"):
    text = model.classes is not None and model.classes.dtype.kind in "UO"
    as_printed = 'printf("%s\\n", {});' if text else 'printf("%g\\n", (double) {});'
    return f"int main(void)\n{{\n{call(model, name, as_printed)}return 0;\n}}\n"


@pytest.mark.parametrize("kind", [*KINDS, *HINGE])
def test_c_and_cpp_call_it_as_the_comment_says(kind, tmp_path):
    model = (
        fabricated(kind, "plain", "relu") if kind in HINGE else describe(fitted("sklearn", kind))
    )
    model = model.astype("float32")
    source = to_c(model, "net")
    program = "#include <stdio.h>\n" + declared(source) + main(model)
    for name in ("net.c", "net.cpp"):
        (tmp_path / name).write_text(source)
    for name in ("main.c", "main.cpp"):
        (tmp_path / name).write_text(program)
    compilers = {"c": [CC, "-std=c99"], "cpp": [CXX, "-std=c++11"]}
    results = set()
    for of_model, of_main in (("c", "c"), ("c", "cpp"), ("cpp", "c"), ("cpp", "cpp")):
        for ending, file in ((of_model, "net"), (of_main, "main")):
            flags = [*compilers[ending], "-O1", *WARNINGS, "-c"]
            run(*flags, f"{file}.{ending}", "-o", f"{file}.o", folder=tmp_path)
        run(CXX, "main.o", "net.o", "-lm", "-o", "program", folder=tmp_path)
        results.add(run(str(tmp_path / "program"), folder=tmp_path))
    assert len(results) == 1
    lines = results.pop().split()
    if kind in CLASSIFIERS and model.kind == "classifier":
        assert len(lines) == 1 + (2 if model.binary else model.n_outputs)


@pytest.mark.parametrize("compiler", [[CC, "-std=c99"], [CXX, "-std=c++11"]])
def test_several_models_are_one_unit(compiler, tmp_path):
    """Of every kind, with all functions that a file may have."""
    models = {f"m{i}": fabricated(kind, "everything", "mish") for i, kind in enumerate(FABRICATED)}
    models["m9"], models["m10"] = (
        fitted("sklearn", "binary"),
        fabricated("regressor", "plain", "elu"),
    )
    source = "".join(to_c(model, name) for name, model in models.items())
    ending = "c" if compiler[0] == CC else "cpp"
    (tmp_path / f"all.{ending}").write_text(source)
    run(*compiler, "-O1", *WARNINGS, "-c", f"all.{ending}", "-o", "all.o", folder=tmp_path)
    symbols = run("nm", "-g", "--defined-only", "all.o", folder=tmp_path).split("\n")
    names = {line.split()[-1] for line in symbols if line}
    assert {re.fullmatch(r"_?(m\d+)_(predict|classes)", name)[1] for name in names} == set(models)


@pytest.mark.parametrize("blocks", BLOCKS)
def test_every_name_of_the_file_begins_with_the_prefix(blocks):
    for activation in ("gelu", "softplus"):
        source = to_c(fabricated("multiclass", blocks, activation), "net")
        plain = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        defined = re.findall(
            r"^(?:static |const |extern )[^=(]*?(\w+)(?=\[|\()", plain, re.MULTILINE
        )
        defined += re.findall(r"^(?:int|void) (\w+)\(", plain, re.MULTILINE)
        assert len(defined) > 5
        assert all(name.startswith("net_") for name in defined)


def test_the_comment_tells_names_and_is_one_comment(tmp_path):
    names = ["a */ b", "/* c", "ü ??/", "\\", 'd"e', "f\ng", "x" * 200]
    X = pd.DataFrame(data(), columns=names)
    y = np.array(["*/ no", "yes\\"])[(target("binary") == "yes").astype(int)]
    source = to_c(fit(network("fastnn", "binary", max_iter=2), X, y), "net")
    (tmp_path / "net.c").write_text(source)
    run(CC, "-std=c99", *WARNINGS, "-c", "net.c", "-o", "net.o", folder=tmp_path)
    comment = source[: source.index("*/")]
    for name in (r'"a *\u002f b"', r'"\u002f* c"', r'"\u00fc ??\u002f"', r'"f\ng"', "x" * 200):
        assert name in comment
    assert r'classes: "*\u002f no" "yes\\"' in comment
    assert "feature_names:" not in to_c(fitted("sklearn", "binary"), "net")
