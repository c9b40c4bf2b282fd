"""Results of `benchmarks.tables`: kept line by line in a file as they come, and told as a table."""

import json
from typing import NamedTuple

import numpy as np

from benchmarks.layout import markdown, percent, ratio, significant

__all__ = ["Results", "gain", "standard_error", "summary"]


class Results:
    """Of each table, contender and split a dict: ``error``, ``score``, ``loss`` (or None),
    ``seconds``, and ``busy`` if the machine had other work, so that the seconds say nothing.

    Parameters
    ----------
    keep : Path or None
        File that has results, which are not measured again, and that further ones are added to.
    read : list of Path
        Files of further results.
    """

    def __init__(self, keep=None, read=()):
        self._keep, self._found, self.kept = keep, {}, set()
        for path in read:
            self._take(path)
        if keep is not None and keep.exists():
            self.kept = set(self._take(keep))

    def _take(self, path):
        keys = []
        for text in path.read_text().splitlines():
            found = json.loads(text)
            keys.append((found.pop("table"), found.pop("contender"), found.pop("seed")))
            self._put(keys[-1], found)
        return keys

    def _put(self, key, found):
        known = self._found.get(key)
        if known is None or known.get("busy"):  # a time that counts is worth more
            self._found[key] = found

    def add(self, table, contender, seed, result, busy):
        """Keep what was measured."""
        names = "error", "score", "loss", "seconds"
        found = {**dict(zip(names, result, strict=True)), "busy": busy}
        self._put((table, contender, seed), found)
        if self._keep is not None:
            with self._keep.open("a") as lines:
                key = {"table": table, "contender": contender, "seed": seed}
                lines.write(json.dumps({**key, **found}) + "\n")

    def has(self, table, contender, seed):
        """Whether the file that is kept has it already."""
        return (table, contender, seed) in self.kept

    def of(self, table, contender):
        """Seed -> result."""
        return {
            seed: found
            for (name, other, seed), found in sorted(self._found.items())
            if (name, other) == (table, contender)
        }

    def tables(self):
        """Names, in the order in which they came."""
        return list(dict.fromkeys(table for table, _, _ in self._found))

    def together(self, table, one, other, name):
        """What ``name`` is of both in the splits that both have: two arrays."""
        ours, theirs = self.of(table, one), self.of(table, other)
        seeds = [seed for seed in ours if seed in theirs]
        return [np.array([found[s][name] for s in seeds], float) for found in (ours, theirs)]

    def seconds(self, table, contender):
        """The median of the times that count; None without any."""
        found = [r["seconds"] for r in self.of(table, contender).values() if not r.get("busy")]
        return float(np.median(found)) if found else None


def gain(errors, others):
    """How much less is erred, relatively, and its standard error: of the sums over the splits,
    since in a split of a small table there may be an error or none."""
    ratio = errors.sum() / others.sum() if others.sum() else 1.0 + bool(errors.sum())
    away = errors - ratio * others
    spread = standard_error(away) / others.mean() if others.sum() else 0.0
    return 1 - ratio, spread


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0


class Line(NamedTuple):
    """A table's: cells, the mean gain and that of the log loss (or None), whether more is erred
    than by boosting beyond two standard errors of the difference, the ratio of times, the gain
    over CatBoost; None for what was not measured."""

    cells: list
    gain: float
    of_loss: float | None
    worse: bool
    times: float | None
    over_catboost: float | None


def line(table, results, preset, others):
    ours, theirs = results.together(table, preset, "boosting", "error")
    (better, spread), difference = gain(ours, theirs), ours - theirs
    losses = results.together(table, preset, "boosting", "loss")
    of_loss = None if np.isnan(losses[0]).any() else 1 - losses[0].mean() / losses[1].mean()
    seconds = [results.seconds(table, name) for name in (preset, "boosting")]
    times = None if None in seconds else seconds[0] / seconds[1]
    over = None
    if "catboost" in others:
        pair = results.together(table, preset, "catboost", "error")
        over = gain(*pair)[0] if len(pair[0]) else None
    # In the splits that boosting has, too.
    found = [results.together(table, name, "boosting", "score")[0] for name in (preset, *others)]
    scores = [each.mean() if len(each) else np.nan for each in found]
    cells = [
        *(table, len(ours), *("–" if np.isnan(score) else f"{score:.4f}" for score in scores)),
        f"{100 * better:+.1f} ± {100 * spread:.1f} %",
        *(("–", "–") if of_loss is None else [f"{each.mean():.3f}" for each in losses]),
        *(significant(seconds[0]), ratio(times)),
    ]
    worse = difference.mean() > 2 * standard_error(difference) > 0
    return Line(cells, better, of_loss, worse, times, over)


def header(others):
    names = {"boosting": "boosting", "by hand": "by hand", "catboost": "CatBoost"}
    return (
        *("table", "splits", "score", *(names[name] for name in others)),
        *("error", "log loss", "boosting's", "s a fit", "times boosting's"),
    )


def summary(preset, results, others):
    """A preset's table, with what there is to say of all of it."""
    both = {name: results.together(name, preset, "boosting", "error") for name in results.tables()}
    tables = [name for name, (errors, _) in both.items() if len(errors)]
    lines = [line(name, results, preset, others) for name in tables]
    gains = [each.gain for each in lines]
    worse = [each.cells[0] for each in lines if each.worse]
    of_loss = [each.of_loss for each in lines if each.of_loss is not None]
    times = [each.times for each in lines if each.times is not None]
    over = np.array([each.over_catboost for each in lines if each.over_catboost is not None])
    says = [
        f"mean error {100 * np.mean(gains):+.1f} %, median {100 * np.median(gains):+.1f} %",
        f"better on {percent(np.mean(np.array(gains) > 0))} of the tables",
        f"worse beyond two standard errors: {', '.join(worse) or 'none'}",
    ]
    if of_loss:
        mean, median = 100 * np.mean(of_loss), 100 * np.median(of_loss)
        says.append(f"log loss less by {mean:+.1f} % in the mean and {median:+.1f} % in the median")
    if times:
        says.append(f"the median of times is {ratio(np.median(times))} boosting's")
    if len(over):
        better = percent((over > 0).mean())
        says.append(f"of CatBoost's errors {100 * over.mean():+.1f} %, better on {better}")
    cells = [each.cells for each in lines]
    return f"preset={preset!r}: {'; '.join(says)}\n\n" + markdown(header(others), cells)
