"""Run the pytest-benchmark files and tabulate their ratios: ``python -m benchmarks [NAME ...]``.

Every benchmark names its contender and its group in ``extra_info``; a table has one row a group, a
column of times for each contender, and the ratio of the last to the first.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import layout, machine

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


def main():
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = ", ".join(names)
    parser.add_argument("names", nargs="*", default=[], metavar="NAME", help=f"of: {known}")
    parser.add_argument("-k", default="", help="pytest's expression to choose benchmarks")
    parser.add_argument("--out", type=Path, default=DOCS, help="where to write (default docs/)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {known}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or names:
        records = run(HERE / f"bench_{name}.py", options.k)
        text = table(records)
        print(f"\n{text}\n")
        page = options.out / f"benchmarks-{name}.md"
        page.write_text(machine.page("Written by `make bench`; do not edit.", text))
        print(f"wrote {page}")


def run(path, expression):
    """The benchmarks that pytest-benchmark recorded for one file."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            sys.executable, "-m", "pytest", str(path), "-q", "-k", expression,
            "-p", "no:cacheprovider", "-o", "python_files=bench_*.py",
            "-o", "python_functions=bench_*", "-o", "addopts=", "-o", "timeout=0",
            "--benchmark-disable-gc", "--benchmark-quiet", "--benchmark-max-time=0.1",
            f"--benchmark-json={report}",
        ]  # fmt: skip
        if subprocess.run(command, cwd=HERE.parent).returncode:
            raise SystemExit(f"{path.name} failed")
        return json.loads(report.read_text())["benchmarks"]


def table(records):
    """A row a group: every contender's median and the ratios to fastnn, plus what the file adds."""
    groups = {}
    for record in records:
        groups.setdefault(record["group"], {})[record["extra_info"]["contender"]] = record
    contenders = list(dict.fromkeys(r["extra_info"]["contender"] for r in records))
    others = [name for name in contenders if name != "fastnn"]
    shares = any("share" in r["extra_info"] for r in records)
    header = ["", *(f"{name}, µs" for name in contenders), *(f"to {name}" for name in others)]
    header += ["of FMA peak"] if shares else []
    rows = []
    for group, found in groups.items():
        us = {name: microseconds(record) for name, record in found.items()}
        row = [group, *(layout.significant(us.get(name)) for name in contenders)]
        row += [layout.ratio(us[name] / us["fastnn"] if name in us else None) for name in others]
        row += [layout.percent(found["fastnn"]["extra_info"].get("share"))] if shares else []
        rows.append(row)
    return layout.markdown(header, rows)


def microseconds(record):
    """Median time of one run; some benchmarks repeat inside what is timed."""
    return record["stats"]["median"] * 1e6 / record["extra_info"].get("repeat", 1)


if __name__ == "__main__":
    main()
