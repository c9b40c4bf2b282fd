"""Train and score beside every installed peer: ``python -m benchmarks.peers --help``.

Every case measured replaces the same case of an earlier run in benchmarks.json, and the page is
written from all of them: a long benchmark can be run in parts.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

from benchmarks import data
from benchmarks.peers import cases, registry, report, runner
from benchmarks.peers.store import OtherMachineError, Store

DOCS = Path(__file__).parents[2] / "docs"


def main():
    options = parse()
    try:
        store = Store(options.out, options.fresh)
    except OtherMachineError as error:
        sys.exit(str(error))
    if not options.report_only:
        measure(options, store)
    write(store.record, options.out)


def measure(options, store):
    """Run the cases and peers that the options name, saving each case as it is done."""
    missing, installed = [], []
    for peer in [registry.BY_NAME[name] for name in options.peers] or registry.PEERS:
        if peer.missing:
            missing.append(peer)
            log(f"skipping {not_installed(peer)}")
        else:
            installed.append(peer)
    for case in [cases.BY_NAME[name] for name in options.cases] or cases.CASES:
        log(f"{case.name}: {'-'.join(map(str, case.sizes))}, {case.rows:,} rows")
        peers = [peer for peer in installed if case.kind in peer.kinds]
        if not peers:
            continue
        result = runner.run_case(case, peers, options.rounds, options.seconds, log)
        runs = result["runs"]
        versions = {run["peer"]: run["version"] for run in runs if not run["error"]}
        if case.kind == "train" and case.sizes[0] == 784:
            versions["MNIST"] = data.mnist()[2]
        skipped = [not_installed(peer) for peer in missing if case.kind in peer.kinds]
        skipped += [f"{run['peer']} on {case.name}: {run['error']}" for run in runs if run["error"]]
        store.add(result, versions, skipped)
        print(report.table([result]), flush=True)
        for line in skipped:
            log(f"not measured: {line}")


def not_installed(peer):
    return (
        f"{peer.name}: not installed (pip install {' '.join(peer.missing)}, "
        "or pip install '.[bench]' for all)"
    )


def write(record, folder):
    """The record as benchmarks.md and, with matplotlib, benchmarks.png in ``folder``."""
    if importlib.util.find_spec("matplotlib"):
        report.plot(report.in_order(record), folder / "benchmarks.png")
    else:
        log("no plot: matplotlib is not installed (pip install '.[bench]')")
    (folder / "benchmarks.md").write_text(report.document(record))
    log(f"wrote benchmarks.md from benchmarks.json in {folder}")


def parse():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--cases", nargs="+", default=[], choices=list(cases.BY_NAME),
                        metavar="CASE", help=f"of: {', '.join(cases.BY_NAME)}")  # fmt: skip
    parser.add_argument("--peers", nargs="+", default=[], choices=list(registry.BY_NAME),
                        metavar="PEER", help=f"of: {', '.join(registry.BY_NAME)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each (default 7)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one (default 0.5)")
    parser.add_argument("--out", type=Path, default=DOCS, help="where to write (default docs/)")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs")
    parser.add_argument(
        "--report-only", action="store_true", help="write the page, measure nothing"
    )
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error(f"--rounds must be at least 5, got {options.rounds}")
    return options


def log(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
