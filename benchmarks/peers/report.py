"""From the records of a run to a table, docs/benchmarks.md and a plot."""

from statistics import median

from benchmarks import machine, tables
from benchmarks.peers.cases import BY_NAME

LATENCY = ("p50", "p99", "p99.9")
HEADER = (
    "case", "peer", "threads", "median", "best", "other threads",
    "GFLOP/s", "of peak", "of bound", "fastnn is",
)  # fmt: skip
ABOUT = """
Written by `make bench-peers`; do not edit. One process a peer and case, confined to the CPUs of
its threads; warm-up excluded; {rounds} rounds, the peers in turns. A peer shows its best setting of
threads (the medians of the rest are under *other threads*); fastnn chooses its own, auto. Times are
medians, the best beside them. A measurement of training is one fit of as many epochs as fill the
time asked for (two seconds unless told otherwise): it counts every step, with shuffling, Adam and
the loss, and for fastnn and scikit-learn the checks of the data and the first weights as well.

*Of peak*: the arithmetic of the matrix products against the FMA peak measured on all cores. *Of
bound*: the time that they take at that peak plus the optimizer's traffic at the bandwidth measured
for as much memory, divided by the time taken.
""".strip()


def best_runs(result):
    """For each peer its fastest setting of threads, with median and best time, fastest first.

    ``others`` are the medians of its other settings.
    """
    best, medians = {}, {}
    for run in result["runs"]:
        if not run["us"]:
            continue
        # fastnn chooses its threads itself; the other settings only draw its speed-up curve
        if run["peer"] == "fastnn" and run["threads"]:
            continue
        summary = run | {"median": median(run["us"]), "best": min(run["us"])}
        medians.setdefault(run["peer"], {})[run["threads"]] = summary["median"]
        if run["peer"] not in best or summary["median"] < best[run["peer"]]["median"]:
            best[run["peer"]] = summary
    for name, run in best.items():
        run["others"] = {n: us for n, us in medians[name].items() if n != run["threads"]}
    return sorted(best.values(), key=lambda run: run["median"])


def bound(case, roof):
    """Microseconds that the matrix products at peak and the optimizer's traffic must take."""
    if not case.flops:
        return None
    traffic = getattr(case, "optimizer_bytes", 0)
    moving = traffic / roof["gb_per_s"] / 1e3 if traffic else 0.0
    return case.flops / roof["gflops"] / 1e3 + moving


def table(results):
    """All cases and peers as Markdown."""
    rows = []
    for result in results:
        case, roof = BY_NAME[result["case"]], result["roof"]
        runs = best_runs(result)
        own = next((run["median"] for run in runs if run["peer"] == "fastnn"), None)
        lowest = bound(case, roof)
        for i, run in enumerate(runs):
            us = run["median"]
            gflops = case.flops / us / 1e3 if case.flops else None
            rows.append(
                [
                    f"**{case.name}**, {case.unit}" if i == 0 else "",
                    run["peer"],
                    run["threads"] or "auto",
                    tables.significant(us),
                    tables.significant(run["best"]),
                    ", ".join(f"{n}: {tables.significant(us)}" for n, us in run["others"].items()),
                    tables.significant(gflops),
                    tables.percent(gflops and gflops / roof["gflops"]),
                    tables.percent(lowest and lowest / us),
                    f"{tables.ratio(us / own)} faster" if own and run["peer"] != "fastnn" else "",
                ]
            )
    return tables.markdown(HEADER, rows)


def latency_table(results):
    """Percentiles of the time of single calls."""
    rows = [
        [result["case"], run["peer"], *(tables.significant(run[p]) for p in LATENCY)]
        for result in results
        for run in best_runs(result)
        if "p50" in run
    ]
    return tables.markdown(["case", "peer", *(f"{p}, µs" for p in LATENCY)], rows) if rows else ""


def scaling_table(results):
    """fastnn's speed-up by threads over its own single thread."""
    rows = []
    for result in results:
        own = [run for run in result["runs"] if run["peer"] == "fastnn" and run["us"]]
        times = {run["threads"]: median(run["us"]) for run in own}
        if 1 in times:
            rows += [
                [result["case"], threads, tables.significant(us), tables.ratio(times[1] / us)]
                for threads, us in sorted(times.items())
                if threads
            ]
    return tables.markdown(["case", "threads", "median, µs", "speed-up"], rows) if rows else ""


def document(record):
    """The page docs/benchmarks.md."""
    results = record["results"]
    sections = [
        "# Benchmarks",
        ABOUT.format(rounds=record["rounds"]),
        machine.as_lines(record["machine"] | record["versions"]),
        "![times of all peers](benchmarks.png)",
        table(results),
    ]
    if latency := latency_table(results):
        sections += ["## Latency of single calls", "100,000 calls one by one.", latency]
    if scaling := scaling_table(results):
        sections += ["## Threads", scaling]
    if record["skipped"]:
        sections += ["## Not measured", "\n".join(f"- {line}" for line in record["skipped"])]
    return "\n\n".join(sections) + "\n"


def plot(results, path):
    """Bars of every peer's time relative to fastnn's (or, without it, to the fastest)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(run["peer"] for result in results for run in best_runs(result)))
    height = 0.8 / len(names)
    figure, axes = pyplot.subplots(figsize=(9, 0.5 + 0.8 * len(results)))
    for i, name in enumerate(names):
        where, lengths = [], []
        for position, result in enumerate(results):
            runs = {run["peer"]: run["median"] for run in best_runs(result)}
            if name in runs:
                where.append(position + (i - (len(names) - 1) / 2) * height)
                lengths.append(runs[name] / runs.get("fastnn", min(runs.values())))
        axes.barh(where, lengths, height, label=name)
    axes.set_xscale("log")
    axes.set_yticks(range(len(results)), [result["case"] for result in results])
    axes.invert_yaxis()
    axes.set_xlabel("time relative to fastnn (shorter is better)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
