"""Products for VNNI, AVX512-BF16 and AMX on machines without: the instructions are emulated, with
the vectors of AVX-512."""

import subprocess
from pathlib import Path

import pytest
from exported_c import COMPILER

from fastnn._kernels.native import table

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
@pytest.mark.skipif("avx2" not in table.isas_available(), reason="its vectors need AVX2")
@pytest.mark.skipif(not (ROOT / "csrc").exists(), reason="installed without its sources")
def test_codes_layout_and_sums(tmp_path):
    source = ROOT / "tests/kernels/cross/vnni_test.c"
    flags = ["-std=gnu11", "-O0", "-mavx2", "-mfma", "-ffp-contract=fast", f"-I{ROOT / 'csrc'}"]
    sources = [str(source), *map(str, (ROOT / "csrc/amx").glob("*.c"))]
    flags += ["-DBYTES=64", "-Wno-psabi"]
    command = [COMPILER, *flags, *sources, "-o", str(tmp_path / "vnni"), "-lm"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    found = subprocess.run([tmp_path / "vnni"], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
