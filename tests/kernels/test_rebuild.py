"""What setup.py compiles again: what an edit has changed, and nothing else."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "setup.py"


@pytest.fixture(scope="module")
def build():
    if not SETUP.exists():
        pytest.skip("installed without its sources")
    pytest.importorskip("setuptools")
    spec = importlib.util.spec_from_file_location("fastnn_setup", SETUP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Compiler:
    """As much of a setuptools compiler as a compilation needs."""

    compiler_so = ("cc", "-O0")
    include_dirs = ()

    def compile(self, sources, output_dir, extra_postargs):
        (source,) = sources
        obj = f"{output_dir}/{source[:-2]}.o"
        subprocess.run([*self.compiler_so, *extra_postargs, "-c", source, "-o", obj], check=True)


@pytest.fixture
def compile_all(build, tmp_path, monkeypatch):
    """A function that compiles a.c, which includes `x y.inc`, and b.c; it returns which it has."""
    monkeypatch.chdir(tmp_path)
    Path("x y.inc").write_text("int x;\n")
    Path("a.c").write_text('#include "x y.inc"\n')
    Path("b.c").write_text("int b;\n")

    def run(flags=(), compiler=None):
        compiler = compiler or Compiler()
        return [
            name
            for name in "ab"
            if build.compile_object(compiler, f"{name}.c", f"o/{name}.o", "o", list(flags))
        ]

    try:
        assert run() == ["a", "b"]
    except FileNotFoundError:
        pytest.skip("no C compiler")
    return run


def later(path):
    """Give a file a time behind everything that has been written by now."""
    when = path.stat().st_mtime + 5
    os.utime(path, (when, when))


def test_nothing_is_compiled_twice(compile_all):
    assert compile_all() == []


def test_a_changed_include_compiles_what_contains_it(compile_all):
    later(Path("x y.inc"))
    assert compile_all() == ["a"]


def test_a_changed_source_is_compiled(compile_all):
    later(Path("b.c"))
    assert compile_all() == ["b"]


def test_changed_flags_compile_everything(compile_all):
    assert compile_all(["-O1"]) == ["a", "b"]
    assert compile_all(["-O1"]) == []
    assert compile_all() == ["a", "b"]


@pytest.mark.parametrize("lost", ["o/b.o", "o/b.o.d", "o/b.o.command"])
def test_what_has_been_lost_is_compiled(compile_all, lost):
    Path(lost).unlink()
    assert compile_all() == ["b"]


def test_an_include_that_is_gone_is_missed(compile_all):
    Path("x y.inc").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        compile_all()


def test_a_failed_compilation_is_tried_again(compile_all):
    good = Path("b.c").read_text()
    Path("b.c").write_text("no C\n")
    later(Path("b.c"))
    with pytest.raises(subprocess.CalledProcessError):
        compile_all()
    Path("b.c").write_text(good)
    assert compile_all() == ["b"]


def test_an_edit_while_the_compiler_runs_is_not_lost(compile_all):
    class Slow(Compiler):
        def compile(self, sources, output_dir, extra_postargs):
            super().compile(sources, output_dir, extra_postargs)
            later(Path("x y.inc"))

    later(Path("x y.inc"))
    begun = Path("x y.inc").stat().st_mtime - 7
    os.utime("x y.inc", (begun, begun))
    Path("o/a.o").unlink()
    assert compile_all(compiler=Slow()) == ["a"]
    assert compile_all() == ["a"]


def test_files_read_by_a_rule(build):
    rule = "o/a.o: a.c \\\n /usr/x\\ y.h \\\n d$$/e\\#f.inc\n"
    assert build.files_read(rule) == ["a.c", "/usr/x y.h", "d$/e#f.inc"]


@pytest.mark.parametrize(("cflags", "kept"), [("", False), ("-g0 -O1", False), ("-O1 -g", True)])
def test_symbols_are_kept_on_request(build, monkeypatch, cflags, kept):
    monkeypatch.setattr("sys.platform", "linux")
    assert build.strip_flags(cflags) == ([] if kept else ["-Wl,-s"])


def test_every_kernel_module_is_built(build):
    names = [extension.name for extension in build.extensions()]
    assert build.LINKED_WITH_CSRC in names
    found = {str(p.relative_to(SETUP.parent)) for p in SETUP.parent.glob("fastnn/**/*.pyx")}
    assert {source for extension in build.extensions() for source in extension.sources} == found


def test_a_new_formula_compiles_few_files(build):
    """The header that all kernels' callers include does not read the lists of formulas."""
    csrc = SETUP.parent / "csrc"
    headers = {}
    for name in ("fastnn.h", "families/shuffle.h", "formulas.h"):
        command = ["cc", "-MM", f"-I{csrc}", str(csrc / name)]
        try:
            rule = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            pytest.skip("no C compiler")
        headers[name] = {Path(path).name for path in build.files_read(rule)}
    assert not {name for name in headers["fastnn.h"] if name.endswith(".def")}
    own = headers["families/shuffle.h"] - headers["fastnn.h"]
    assert own == {"families.h", "families.def", "shuffle.h"}
    assert {"activations.def", "losses.def", "updates.def"} < headers["formulas.h"]
