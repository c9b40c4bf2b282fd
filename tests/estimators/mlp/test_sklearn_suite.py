"""scikit-learn's own tests of its perceptrons, run on ours: see sklearn_suite.py."""

import subprocess
import sys
from pathlib import Path

from peer import as_in_1_9


@as_in_1_9
def test_what_fails_of_their_tests_is_known():
    script = Path(__file__).with_name("sklearn_suite.py")
    found = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
