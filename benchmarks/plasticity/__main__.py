"""What stiff weights keep: ``python -m benchmarks.plasticity [--seeds N] [--ten] [--only E1 ...]
[--out FILE]``.

Experiments with weights that use makes hard to change (`plasticity`) and with trained gains
(`gain`), each with its controls and with what was to be shown fixed in advance; the page has those
that fail as well. Networks are 64-100-100-10 on digits, by SGD in batches of 32 unless a name says
otherwise, with neither replay nor, but for "ewc", a word about which task it is. Rates, strengths
and decays of E1, E5 and E6 are chosen by this script on seeds 0 to 2, by the same measure and for
controls as well, among what learns its tasks to 0.85; tables have other seeds, as mean and standard
deviation. E1: tasks one after the other, each a permutation of the pixels, ten epochs each; ACC is
the mean accuracy over all tasks at the end, LEARN that of each right after it. "equal decay" lowers
the rate of all weights alike, "shuffled" hands the use of each unit to another one of its layer.
E2: steps until nine of ten are right again after the labels turn round, by epochs of practice. E3:
a trained gain of each feature and unit, with and without a price. E4: CPU time of training. E5: two
tasks take turns, 600 rows and five epochs each; accuracy on the first 100 rows after each return to
the first one. E6: digits that come sorted by class, ten epochs each.
"""

import argparse
import time
import warnings
from pathlib import Path

from benchmarks import machine
from benchmarks.plasticity import cost, forgetting, gains, habit, streams
from fastnn.threads import effective_n_threads


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--ten", action="store_true", help="ten tasks as well")
    parser.add_argument("--only", nargs="*", help="some of E1, E2, E3, E4 and E5, which has E6")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    warnings.simplefilter("ignore")
    seeds = range(100, 100 + options.seeds)
    experiments = {
        "E1": lambda: forgetting.run(seeds, options.ten),
        "E2": lambda: habit.run(seeds),
        "E3": lambda: gains.run(seeds),
        "E4": cost.run,
        "E5": lambda: streams.run(seeds),
    }
    parts = []
    for name in options.only or experiments:
        started = time.process_time()
        found = experiments[name]()
        seconds = time.process_time() - started
        parts += [f"## {title}\n\n{text}" for title, text in found]
        parts[-1] += f"\n\n({seconds:.0f} seconds of one core for {name}.)"
        print(f"{name}: {seconds:.0f} s", *parts[-len(found) :], sep="\n\n", flush=True)
    machine.publish("plasticity", __doc__, "\n\n".join(parts), options)


if __name__ == "__main__":
    main()
