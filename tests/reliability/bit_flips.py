"""Random single bit flips in model files: load detects every one.

python tests/reliability/bit_flips.py --flips 2000
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scoring_models import data, fit, network, target

import fastnn


def run(flips, folder, seed=0):
    """Flip one bit at a time, in the file of an estimator with the state of its optimizer.

    Returns
    -------
    dict
        ``flips``, the bytes of the file, and how many flips went ``undetected``.
    """
    path, rng = Path(folder) / "model.fnn", random.Random(seed)
    fastnn.save(fit(network("fastnn", "multiclass"), data(), target("multiclass")), path)
    good, undetected = path.read_bytes(), 0
    for _ in range(flips):
        content, bit = bytearray(good), rng.randrange(8 * len(good))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            fastnn.load(path)
        except fastnn.ModelFormatError:
            continue
        undetected += 1
    return {"flips": flips, "bytes": len(good), "undetected": undetected}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(options.flips, folder, options.seed)
    print(result)
    sys.exit(result["undetected"] > 0)


if __name__ == "__main__":
    main()
