"""Build of the extension modules: one flag list, OpenMP found or done without.

Every ``.pyx`` under ``fastnn/_kernels`` becomes a module. The C micro-kernels in ``csrc`` are
linked into ``fastnn._kernels.native.table`` alone, which hands out pointers to them; the other
modules cimport it.

A file is compiled when something that it includes has changed since, or the command that compiles
it: the compiler writes down what it has read (``-MMD``), see `is_fresh`. A module is linked when
one of its objects is new. Objects stay in ``build`` for editable installs too.

Environment variables
---------------------
CC, CFLAGS, LDFLAGS
    The usual meaning; ``CFLAGS`` come after the flags of this file. ``CFLAGS=-g`` brings symbols,
    which are left out for their size: with those of debugging a build is six times as large.
FASTNN_OPENMP
    ``auto`` (default) uses OpenMP when a test program compiles, links and runs; ``1`` demands it;
    ``0`` builds without. The results are the same bits in either case.
FASTNN_WERROR
    ``1`` makes warnings in ``csrc`` errors, ``0`` leaves them warnings. Default: ``1`` in a git
    checkout, ``0`` elsewhere, so that a compiler from the future does not fail a release.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

ROOT = Path(__file__).parent.resolve()

CFLAGS = [
    "-O3",
    "-std=gnu11",  # gnu, not c: only then a*b+c on vector types contracts to one FMA
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
    "-g0",  # Python's own flags ask for debug symbols
]
# No flag of the -ffast-math family here or in LDFLAGS: it would switch on flush-to-zero for the
# whole process at load time and delete the checks for NaN. No -march either: csrc/isa/*.c choose
# their target by pragma and the best one is taken at import.
CSRC_CFLAGS = ["-Wall", "-Wextra"]
CYTHON_CFLAGS = ["-Wno-unused-function", "-Wno-unreachable-code"]  # generated code has both
# What computes nothing itself compiles in half the time, to two thirds of the size: what hands
# kernels to tests, and what places memory, describes and calls, once a fit or an epoch.
COLD_CFLAGS = ["-Os"]
COLD = (
    "fastnn._kernels.testing.",
    "fastnn._kernels.families.rbm_machine",
    "fastnn._kernels.layers.custom",
    "fastnn._kernels.layers.kinds",
    "fastnn._kernels.layers.plan",
    "fastnn._kernels.layers.reaches",
    "fastnn._kernels.layers.reduced_weights",
    "fastnn._kernels.layers.windows",
    "fastnn._kernels.native.dtypes",
    "fastnn._kernels.scoring.places",
    "fastnn._kernels.training.engine",
    "fastnn._kernels.training.exchange",
    "fastnn._kernels.training.myelin",
    "fastnn._kernels.training.workspace",
)

LINKED_WITH_CSRC = "fastnn._kernels.native.table"

CYTHON_DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}

OPENMP_CANDIDATES = [  # (compiler flags, linker flags)
    (["-fopenmp"], ["-fopenmp"]),
    (["-Xpreprocessor", "-fopenmp"], ["-lomp"]),  # Apple clang with Homebrew's libomp
]
OPENMP_PROGRAM = """
#include <omp.h>
int main(void) {
    int team = 0;
    #pragma omp parallel num_threads(2)
    {
        #pragma omp barrier
        #pragma omp atomic
        team += 1;
    }
    return team < 1 || omp_get_max_threads() < 1;
}
"""

NO_COMPILER = """
fastnn is compiled from C and found no C compiler: {tried!r} cannot be run.
  Debian, Ubuntu   sudo apt-get install gcc python3-dev
  Fedora, RHEL     sudo dnf install gcc python3-devel
  Alpine           apk add gcc musl-dev python3-dev linux-headers
  macOS            xcode-select --install
Or name one in the environment: CC=clang
"""
NO_HEADERS = """
The C compiler {tried!r} cannot compile a Python extension: Python.h was not found.
  Debian, Ubuntu   sudo apt-get install python3-dev
  Fedora, RHEL     sudo dnf install python3-devel
"""
NO_OPENMP = """
fastnn: building WITHOUT OpenMP ({reason}).
        Everything works and gives the same bits, on one thread. For threads install a compiler
        with OpenMP (GCC has it; for clang: apt-get install libomp-dev, or brew install libomp).
"""


def csrc_sources():
    return sorted(str(p.relative_to(ROOT)) for p in (ROOT / "csrc").rglob("*.c"))


def extensions():
    """One Extension a .pyx; the sources stay .pyx until build_ext translates them."""
    modules = []
    for pyx in sorted((ROOT / "fastnn" / "_kernels").rglob("*.pyx")):
        source = pyx.relative_to(ROOT)
        name = ".".join(source.with_suffix("").parts)
        modules.append(
            Extension(
                name,
                sources=[str(source)],
                include_dirs=["csrc", "fastnn/_kernels/native"],
            )
        )
    return modules


def files_read(rule):
    """Return the files that a rule for make names behind its colon: what the compiler has read.

    The compiler escapes spaces and `#` with a backslash and `$` by doubling it.
    """
    behind = rule.replace("\\\n", " ").split(": ", 1)[1]
    words = re.findall(r"(?:\\.|[^\s\\])+", behind)
    return [re.sub(r"\\(.)", r"\1", word).replace("$$", "$") for word in words]


def is_fresh(obj, command):
    """Whether an object was compiled by this command from files that have not changed since.

    Beside the object lie OBJECT.d, which names these files, and OBJECT.command, which is as old as
    the beginning of the compilation: a file that is edited meanwhile counts as changed.
    """
    rule, done = Path(f"{obj}.d"), Path(f"{obj}.command")
    if not (Path(obj).exists() and rule.exists() and done.exists()) or done.read_text() != command:
        return False
    begun = done.stat().st_mtime
    sources = [Path(name) for name in files_read(rule.read_text())]
    return all(source.exists() and source.stat().st_mtime <= begun for source in sources)


def compile_object(compiler, source, obj, folder, flags):
    """Compile a source to FOLDER/SOURCE.o unless that is fresh; returns whether it was compiled."""
    folders = [f"-I{folder}" for folder in compiler.include_dirs]
    command = " ".join([*compiler.compiler_so, *folders, *flags]) + "\n"
    if is_fresh(obj, command):
        return False
    Path(obj).parent.mkdir(parents=True, exist_ok=True)
    done, begun = Path(f"{obj}.command"), Path(f"{obj}.begun")
    done.unlink(missing_ok=True)
    begun.write_text(command)
    dependencies = ["-MMD", "-MF", f"{obj}.d"]
    compiler.compile([source], output_dir=folder, extra_postargs=[*flags, *dependencies])
    begun.rename(done)
    return True


class BuildExt(build_ext):
    """Translates with Cython, probes for OpenMP, and gives csrc stricter warnings."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()
        if self.editable_mode:  # setuptools would have the objects in a folder that it throws away
            self.build_temp = f"build/temp.{self.plat_name}-{sys.implementation.cache_tag}"

    def run(self):
        # Here and not at import of this file, so that asking for metadata translates nothing.
        import numpy
        from Cython import __version__ as cython_version
        from Cython.Build import cythonize

        stamp = f"Cython {cython_version} {CYTHON_DIRECTIVES}\n"
        translated = cythonize(
            self.extensions,
            build_dir="build/cython",
            compiler_directives=CYTHON_DIRECTIVES,
            force=write_if_changed("build/directives.txt", stamp) or None,
            quiet=True,
            # Processes that are forked; elsewhere each would run this file anew.
            nthreads=self.parallel if sys.platform == "linux" else 0,
        )
        by_name = {extension.name: extension for extension in translated}
        for extension in self.extensions:
            extension.sources = by_name[extension.name].sources
            extension.include_dirs.append(numpy.get_include())
            extension.define_macros.append(("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"))
            if extension.name == LINKED_WITH_CSRC:
                extension.sources += csrc_sources()
        super().run()

    def build_extensions(self):
        if self.compiler.compiler_type != "unix":
            raise PlatformError(
                f"fastnn needs GCC or Clang (it uses their vector extensions), but this Python "
                f"builds with {self.compiler.compiler_type!r}. On Windows build inside WSL."
            )
        self._check_compiler()
        openmp_cflags, openmp_ldflags = self._openmp()
        warnings = list(CSRC_CFLAGS)
        if not openmp_cflags:
            warnings.append("-Wno-unknown-pragmas")
        if _werror():
            warnings.append("-Werror")
        self._compile([*CFLAGS, *openmp_cflags], warnings)
        ldflags = [*openmp_ldflags, *strip_flags(os.environ.get("CFLAGS", ""))]
        linker = [*self.compiler.linker_so, *ldflags, os.environ.get("LDFLAGS", "")]
        write_if_changed("build/linker.txt", " ".join(linker) + "\n")
        for extension in self.extensions:
            extension.extra_link_args = ldflags
            extension.depends = [*extension.extra_objects, "build/linker.txt"]
        self.compiler.force = True  # it would look at the objects alone
        super().build_extensions()  # links what is older than `depends`

    def _compile(self, cflags, csrc_warnings):
        """Compile all objects, several at a time, and leave their modules with nothing but them."""
        user_cflags = shlex.split(os.environ.get("CFLAGS", ""))
        jobs = []
        for extension in sorted(self.extensions, key=lambda e: e.name != LINKED_WITH_CSRC):
            options = [f"-D{name}={value}" for name, value in extension.define_macros]
            options += [f"-I{folder}" for folder in extension.include_dirs]
            for source in extension.sources:
                own = csrc_warnings if Path(source).parts[0] == "csrc" else CYTHON_CFLAGS
                if extension.name.startswith(COLD):
                    own = [*own, *COLD_CFLAGS]
                flags = [*options, *cflags, *own, *user_cflags]
                (obj,) = self.compiler.object_filenames([source], output_dir=self.build_temp)
                extension.extra_objects.append(obj)
                jobs.append((self.compiler, source, obj, self.build_temp, flags))
            extension.sources = []
        with ThreadPoolExecutor(self.parallel) as pool:
            list(pool.map(lambda job: compile_object(*job), jobs))

    def _check_compiler(self):
        command = self.compiler.compiler_so[0]
        if shutil.which(command) is None:
            raise SystemExit(NO_COMPILER.format(tried=command))
        includes = [sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
        if not any((Path(folder) / "Python.h").exists() for folder in includes):
            try:
                self._program("#include <Python.h>\nint main(void) { return 0; }", [], None)
            except CompileError:
                raise SystemExit(NO_HEADERS.format(tried=command)) from None

    def _openmp(self):
        """Compiler and linker flags of OpenMP, both empty when it is absent or unwanted."""
        wanted = os.environ.get("FASTNN_OPENMP", "auto")
        if wanted not in ("0", "1", "auto"):
            raise SystemExit(f"FASTNN_OPENMP must be 0, 1 or auto, got {wanted!r}")
        if wanted == "0":
            print(NO_OPENMP.format(reason="FASTNN_OPENMP=0"), file=sys.stderr)
            return [], []
        for cflags, ldflags in OPENMP_CANDIDATES:
            try:
                self._program(OPENMP_PROGRAM, cflags, ldflags)
            except (CompileError, LinkError, subprocess.SubprocessError, OSError):
                continue
            return cflags, ldflags
        if wanted == "1":
            raise SystemExit(
                f"FASTNN_OPENMP=1, but no OpenMP program compiles, links and runs with "
                f"{self.compiler.compiler_so[0]!r}; set FASTNN_OPENMP=0 to build without."
            )
        print(NO_OPENMP.format(reason="no OpenMP program could be built and run"), file=sys.stderr)
        return [], []

    def _program(self, source, cflags, ldflags):
        """Compile a program and, unless ``ldflags`` is None, link and run it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "probe.c")
            path.write_text(source)
            objects = self.compiler.compile([str(path)], folder, extra_postargs=cflags)
            if ldflags is None:
                return
            binary = str(Path(folder, "probe"))
            self.compiler.link_executable(objects, binary, extra_postargs=ldflags)
            subprocess.run([binary], check=True, timeout=60)


def _werror():
    wanted = os.environ.get("FASTNN_WERROR", "1" if (ROOT / ".git").exists() else "0")
    if wanted not in ("0", "1"):
        raise SystemExit(f"FASTNN_WERROR must be 0 or 1, got {wanted!r}")
    return wanted == "1"


def strip_flags(cflags):
    """Linker flags that leave out all symbols, unless the compiler flags ask for some.

    Not on macOS, whose linker has its own ways.
    """
    asks = any(flag.startswith("-g") and flag != "-g0" for flag in shlex.split(cflags))
    return [] if asks or sys.platform == "darwin" else ["-Wl,-s"]


def write_if_changed(path, text):
    """Write a file unless it holds this text already; returns whether it did."""
    path = Path(path)
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


if __name__ == "__main__":
    os.chdir(ROOT)  # setuptools takes source paths relative to the current folder
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt})
