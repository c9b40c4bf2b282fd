"""Build of the extension modules: one flag list, OpenMP found or done without.

Every ``.pyx`` under ``fastnn/_kernels`` becomes a module. The C micro-kernels in ``csrc`` are
linked into ``fastnn._kernels.native.table`` alone, which hands out pointers to them; the other
modules cimport it.

Environment variables
---------------------
CC, CFLAGS, LDFLAGS
    The usual meaning; ``CFLAGS`` come after the flags of this file.
FASTNN_OPENMP
    ``auto`` (default) uses OpenMP when a test program compiles, links and runs; ``1`` demands it;
    ``0`` builds without. The results are the same bits in either case.
FASTNN_WERROR
    ``1`` makes warnings in ``csrc`` errors, ``0`` leaves them warnings. Default: ``1`` in a git
    checkout, ``0`` elsewhere, so that a compiler from the future does not fail a release.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

ROOT = Path(__file__).parent.resolve()
os.chdir(ROOT)  # setuptools takes source paths relative to the current folder

CFLAGS = [
    "-O3",
    "-std=gnu11",  # gnu, not c: only then a*b+c on vector types contracts to one FMA
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
]
# No flag of the -ffast-math family here or in LDFLAGS: it would switch on flush-to-zero for the
# whole process at load time and delete the checks for NaN. No -march either: csrc/isa/*.c choose
# their target by pragma and the best one is taken at import.
CSRC_CFLAGS = ["-Wall", "-Wextra"]
CYTHON_CFLAGS = ["-Wno-unused-function", "-Wno-unreachable-code"]  # generated code has both

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


def headers():
    found = [p for pattern in ("*.h", "*.inc", "*.def") for p in (ROOT / "csrc").rglob(pattern)]
    found += (ROOT / "fastnn" / "_kernels").rglob("*.h")
    return sorted(str(p.relative_to(ROOT)) for p in found)


def extensions():
    """One Extension a .pyx; the sources stay .pyx until build_ext translates them."""
    modules = []
    for pyx in sorted((ROOT / "fastnn" / "_kernels").rglob("*.pyx")):
        source = pyx.relative_to(ROOT)
        name = ".".join(source.with_suffix("").parts)
        modules.append(
            Extension(
                name,
                sources=[str(source), *(csrc_sources() if name == LINKED_WITH_CSRC else [])],
                depends=[*headers(), "setup.py"],
                include_dirs=["csrc", "fastnn/_kernels/native"],
            )
        )
    return modules


class BuildExt(build_ext):
    """Translates with Cython, probes for OpenMP, and gives csrc stricter warnings."""

    def finalize_options(self):
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()

    def run(self):
        # Here and not at import of this file, so that asking for metadata translates nothing.
        import numpy
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            build_dir="build/cython",
            compiler_directives=CYTHON_DIRECTIVES,
            quiet=True,
        )
        by_name = {extension.name: extension for extension in translated}
        for extension in self.extensions:
            extension.sources = by_name[extension.name].sources
            extension.depends = by_name[extension.name].depends
            extension.include_dirs.append(numpy.get_include())
            extension.define_macros.append(("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"))
        super().run()

    def build_extensions(self):
        if self.compiler.compiler_type != "unix":
            raise PlatformError(
                f"fastnn needs GCC or Clang (it uses their vector extensions), but this Python "
                f"builds with {self.compiler.compiler_type!r}. On Windows build inside WSL."
            )
        self._check_compiler()
        openmp_cflags, openmp_ldflags = self._openmp()
        cflags = [*CFLAGS, *openmp_cflags]
        warnings = list(CSRC_CFLAGS)
        if not openmp_cflags:
            warnings.append("-Wno-unknown-pragmas")
        if _werror():
            warnings.append("-Werror")
        stamp = _flags_stamp([*cflags, *warnings, *openmp_ldflags, *self.compiler.compiler_so])
        for extension in self.extensions:
            extension.extra_link_args = openmp_ldflags
            extension.depends = [*extension.depends, stamp]
        self._compile_with(cflags, warnings)
        super().build_extensions()

    def _compile_with(self, cflags, csrc_warnings):
        compile_one = self.compiler._compile
        user_cflags = shlex.split(os.environ.get("CFLAGS", ""))

        def compile_source(obj, src, ext, cc_args, extra_postargs, pp_opts):
            own = csrc_warnings if Path(src).parts[0] == "csrc" else CYTHON_CFLAGS
            flags = [*extra_postargs, *cflags, *own, *user_cflags]
            compile_one(obj, src, ext, cc_args, flags, pp_opts)

        self.compiler._compile = compile_source

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


def _flags_stamp(flags):
    """A file that changes with the flags: as a dependency it makes new flags rebuild everything."""
    stamp = Path("build") / "flags.txt"
    text = " ".join([*flags, os.environ.get("CFLAGS", ""), os.environ.get("LDFLAGS", "")]) + "\n"
    stamp.parent.mkdir(exist_ok=True)
    if not stamp.exists() or stamp.read_text() != text:
        stamp.write_text(text)
    return str(stamp)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt})
