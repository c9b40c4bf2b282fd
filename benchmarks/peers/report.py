"""From the records of a run to a table, docs/benchmarks.md and a plot."""

from statistics import median

from benchmarks import layout, machine
from benchmarks.peers.cases import BY_NAME

LATENCY = ("p50", "p99", "p99.9")
HEADER = (
    "case", "peer", "threads", "median", "best", "other threads",
    "GFLOP/s", "of peak", "of bound", "fastnn is",
)  # fmt: skip
ABOUT = """
Written by `make bench-peers` from the results in benchmarks.json; do not edit. One process a peer
and case, confined to the CPUs of its threads; warm-up excluded; {rounds} rounds, the peers in
turns. A peer shows its best setting of threads (the medians of the rest are under *other threads*);
fastnn chooses its own, auto. Times are medians, the best beside them.

Training counts every step of an epoch, with shuffling, Adam and the loss, as it runs on: the time
of n + 1 epochs less the median of those of one, so that nobody's compiling, allocating or checking
of the data is in it (*Setting up* has what that costs a `fit`, where the noise of an epoch does not
drown it). Full batch is the exception: whole fits of 30 iterations.

*Of peak*: the arithmetic of the matrix products against the FMA peak measured on all cores. *Of
bound*: the time that they take at that peak plus the optimizer's traffic at the bandwidth measured
for as much memory, divided by the time taken. Both count every product. Of MNIST's images, four
fifths of which are zero, fastnn leaves half the products of the first layer out; *no zeros* is the
same net on rows where there is nothing to leave out.
""".strip()


def in_order(record):
    """The results of a record in the order of the cases."""
    return [record["cases"][name] for name in BY_NAME if name in record["cases"]]


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
                    layout.significant(us),
                    layout.significant(run["best"]),
                    ", ".join(f"{n}: {layout.significant(us)}" for n, us in run["others"].items()),
                    layout.significant(gflops),
                    layout.percent(gflops and gflops / roof["gflops"]),
                    layout.percent(lowest and lowest / us),
                    f"{layout.ratio(us / own)} faster" if own and run["peer"] != "fastnn" else "",
                ]
            )
    return layout.markdown(HEADER, rows)


def latency_table(results):
    """Percentiles of the time of single calls."""
    rows = [
        [result["case"], run["peer"], *(layout.significant(run[p]) for p in LATENCY)]
        for result in results
        for run in best_runs(result)
        if "p50" in run
    ]
    return layout.markdown(["case", "peer", *(f"{p}, µs" for p in LATENCY)], rows) if rows else ""


def scaling_table(results):
    """fastnn's speed-up by threads over its own single thread."""
    rows = []
    for result in results:
        own = [run for run in result["runs"] if run["peer"] == "fastnn" and run["us"]]
        times = {run["threads"]: median(run["us"]) for run in own}
        if 1 in times:
            rows += [
                [result["case"], threads, layout.significant(us), layout.ratio(times[1] / us)]
                for threads, us in sorted(times.items())
                if threads
            ]
    return layout.markdown(["case", "threads", "median, µs", "speed-up"], rows) if rows else ""


def once_table(results):
    """What a fit takes beyond its epochs; a dash where that is lost in the noise of an epoch."""

    def milliseconds(result, run):
        epoch = run["median"] * BY_NAME[result["case"]].steps
        return layout.significant(run["once"] / 1e3) if run["once"] > 0.1 * epoch else "–"

    rows = [
        [result["case"], run["peer"], milliseconds(result, run)]
        for result in results
        for run in best_runs(result)
        if run["peer"] in ("fastnn", "scikit-learn") and run["once"] is not None
    ]
    return layout.markdown(["case", "peer", "ms a fit"], rows) if rows else ""


def document(record):
    """The page docs/benchmarks.md."""
    results = in_order(record)
    rounds = sorted({result["rounds"] for result in results})
    dates = sorted({result["date"] for result in results})
    facts = {**record["machine"], "date": " to ".join(dict.fromkeys([dates[0], dates[-1]]))}
    training = [result for result in results if BY_NAME[result["case"]].kind != "score"]
    scoring = [result for result in results if BY_NAME[result["case"]].kind == "score"]
    sections = [
        "# Benchmarks",
        ABOUT.format(rounds=" or ".join(map(str, rounds))),
        machine.as_lines(facts | record["versions"]),
        "![times of all peers](benchmarks.png)",
    ]
    for title, part in (("Training", training), ("Scoring: `Predictor.predict_proba`", scoring)):
        sections += [f"## {title}"] * bool(part) + [table([result]) for result in part]
    if once := once_table(training):
        sections += ["## Setting up", once]
    if latency := latency_table(scoring):
        sections += ["## Latency of single calls", "100,000 calls one by one.", latency]
    if scaling := scaling_table(results):
        sections += ["## Threads", scaling]
    if skipped := list(dict.fromkeys(line for result in results for line in result["skipped"])):
        sections += ["## Not measured", "\n".join(f"- {line}" for line in skipped)]
    return "\n\n".join(sections) + "\n"


def plot(results, path):
    """Two panels, training and scoring: every peer's time over fastnn's."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(run["peer"] for result in results for run in best_runs(result)))
    names.sort(key=lambda name: name != "fastnn")
    parts = [
        [r for r in results if (BY_NAME[r["case"]].kind == "score") == scored]
        for scored in (False, True)
    ]
    heights = [max(1, len(part)) for part in parts]
    figure, panels = pyplot.subplots(
        2, 1, figsize=(9, 1.5 + 0.9 * sum(heights)), height_ratios=heights, layout="constrained"
    )
    for axes, part, title in zip(panels, parts, ("training", "scoring"), strict=True):
        _bars(axes, part, names)
        axes.set_title(title, loc="left")
    panels[-1].set_xlabel("time, fastnn = 1 (shorter is better)")
    handles = {h.get_label(): h for axes in panels for h in axes.containers}
    figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=4)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _bars(axes, results, names):
    """A group of bars for every case, a color for every peer."""
    for position, result in enumerate(results):
        runs = {run["peer"]: run["median"] for run in best_runs(result)}
        own = runs.get("fastnn", min(runs.values()))
        height = 0.85 / len(runs)
        for i, (name, us) in enumerate(runs.items()):
            where = position + (i - (len(runs) - 1) / 2) * height
            color = f"C{names.index(name)}"
            bar = axes.barh(where, us / own, height, color=color, label=name)
            axes.bar_label(bar, [f" {us / own:.3g}"], fontsize=7)
    axes.set_xscale("log")
    axes.set_xlim(left=0.5)
    axes.margins(x=0.1)
    axes.axvline(1, color="gray", linewidth=0.5)
    axes.set_yticks(range(len(results)), [result["case"] for result in results])
    axes.invert_yaxis()
