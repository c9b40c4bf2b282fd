"""Train and score beside every installed peer: ``python -m benchmarks.peers --help``."""

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from benchmarks import data, machine
from benchmarks.peers import cases, registry, report, runner

DOCS = Path(__file__).parents[2] / "docs"


def main():
    options = parse()
    chosen = [cases.BY_NAME[name] for name in options.cases] or cases.CASES
    skipped = []
    installed = []
    for peer in [registry.BY_NAME[name] for name in options.peers] or registry.PEERS:
        if peer.missing:
            skipped.append(
                f"{peer.name}: not installed (pip install {' '.join(peer.missing)}, "
                "or pip install '.[bench]' for all)"
            )
            log(f"skipping {skipped[-1]}")
        else:
            installed.append(peer)
    results, versions = [], {}
    for case in chosen:
        log(f"{case.name}: {'-'.join(map(str, case.sizes))}, {case.rows:,} rows")
        peers = [peer for peer in installed if case.kind in peer.kinds]
        if not peers:
            continue
        result = runner.run_case(case, peers, options.rounds, options.seconds, log)
        results.append(result)
        for run in result["runs"]:
            if run["error"]:
                skipped.append(f"{run['peer']} on {case.name}: {run['error']}")
            else:
                versions[run["peer"]] = run["version"]
        print(report.table([result]), flush=True)
    versions["MNIST"] = data.mnist()[2]
    record = {
        "machine": machine.facts(),
        "versions": versions,
        "rounds": options.rounds,
        "skipped": list(dict.fromkeys(skipped)),
        "results": results,
    }
    if options.add:
        record = added(record, json.loads((options.out / "benchmarks.json").read_text()))
    write(record, options.out)
    for line in record["skipped"]:
        log(f"not measured: {line}")


def added(record, before):
    """The record with the cases of an earlier run on the same machine that it has not itself."""
    for name in ("cpu", "cores", "fastnn isa"):
        if record["machine"][name] != before["machine"][name]:
            raise SystemExit(f"--add: {name} differs: {before['machine'][name]!r} before")
    own = {result["case"] for result in record["results"]}
    results = record["results"] + [r for r in before["results"] if r["case"] not in own]
    order = list(cases.BY_NAME)
    skipped = [line for line in before["skipped"] if line not in record["skipped"]]
    return record | {
        "versions": before["versions"] | record["versions"],
        "rounds": min(record["rounds"], before["rounds"]),
        "skipped": record["skipped"] + skipped,
        "results": sorted(results, key=lambda result: order.index(result["case"])),
    }


def write(record, folder):
    """The record as benchmarks.json, .md and, with matplotlib, .png in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    if importlib.util.find_spec("matplotlib"):
        report.plot(record["results"], folder / "benchmarks.png")
    else:
        record["skipped"].append("the plot: matplotlib is not installed")
    (folder / "benchmarks.md").write_text(report.document(record))
    log(f"wrote benchmarks.md and benchmarks.json in {folder}")


def parse():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--cases", nargs="+", default=[], choices=list(cases.BY_NAME),
                        metavar="CASE", help=f"of: {', '.join(cases.BY_NAME)}")  # fmt: skip
    parser.add_argument("--peers", nargs="+", default=[], choices=list(registry.BY_NAME),
                        metavar="PEER", help=f"of: {', '.join(registry.BY_NAME)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each (default 7)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one (default 2)")
    parser.add_argument("--add", action="store_true",
                        help="keep the other cases of benchmarks.json in OUT")  # fmt: skip
    parser.add_argument("--out", type=Path, default=DOCS, help="where to write (default docs/)")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error(f"--rounds must be at least 5, got {options.rounds}")
    return options


def log(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
