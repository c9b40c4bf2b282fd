"""What pruning costs and saves: ``python -m benchmarks.pruning [--out FILE]``.

Digits, 60 % of them to train 64-128-64-10 for 40 epochs, the rest to score, over as many random
halves as there are seeds. Then so large a share of the weights, or of the hidden units, goes: at
once, and in five parts with five epochs after each of them; units without any weight on one side
go in the end. Bytes are those of the parameters in float32; times are processor time of
``Predictor.predict`` on one thread, as ratios to the whole network's in turns with it.
"""

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from benchmarks import layout, machine
from fastnn import MLPClassifier, Predictor, prune

NET = MLPClassifier((128, 64), batch_size=50, max_iter=40, n_iter_no_change=40, n_jobs=1)
CASES = [
    *((amount, False, by) for amount in (0.5, 0.8, 0.9) for by in ("magnitude", "use")),
    *((amount, True, by) for amount in (0.5, 0.75) for by in ("magnitude", "use")),
]


def gradually(model, amount, X, y, **how):
    """In five parts, each with five epochs for what is left."""
    units = how["units"]
    for part in range(1, 6):
        share = 1 - (1 - amount) ** (1 / 5) if units else amount * part / 5
        model = prune(model, share, X=X, **how)
        for _ in range(5):
            model.partial_fit(X, y)
    return model


def seconds(predictor, rows, repeats):
    started = time.process_time()
    for _ in range(repeats):
        predictor.predict(rows)
    return (time.process_time() - started) / repeats


def ratio(small, whole, rows, repeats):
    found = [seconds(small, rows, repeats) / seconds(whole, rows, repeats) for _ in range(9)]
    return statistics.median(found)


def size(model):
    return 4 * sum(a.size for a in (*model.coefs_, *model.intercepts_))


def measure(options):
    digits, digit = load_digits(return_X_y=True)
    digits = (digits / 16).astype(np.float32)
    scores, whole_scores, shown = {case: [] for case in CASES}, [], {}
    for seed in range(options.seeds):
        X, X_test, y, y_test = train_test_split(
            digits, digit, test_size=0.4, random_state=seed, stratify=digit
        )
        model = MLPClassifier(**{**NET.get_params(), "random_state": seed}).fit(X, y)
        whole_scores.append(model.score(X_test, y_test))
        for case in CASES:
            amount, units, by = case
            at_once = prune(model, amount, by=by, units=units, X=X).score(X_test, y_test)
            after = gradually(model, amount, X, y, by=by, units=units)
            scores[case].append((at_once, after.score(X_test, y_test)))
            if seed == 0:
                left = prune(after, 0, units=True)
                dense, thin = Predictor(model), Predictor(left)
                shown[case] = (
                    size(left),
                    ratio(thin, dense, X_test[:1], 3000),
                    ratio(thin, dense, X_test, 20),
                )
    lines = [[f"none: {np.mean(whole_scores):.4f}", "", "", f"{size(model):,}", "1", "1"]]
    for case in CASES:
        amount, units, by = case
        at_once, after = np.mean(scores[case], axis=0)
        n_bytes, one, many = shown[case]
        lines.append(
            [
                f"{amount:.0%} of the {'units' if units else 'weights'} by {by}",
                f"{at_once:.4f}",
                f"{after:.4f}",
                f"{n_bytes:,}",
                f"{one:.2f}",
                f"{many:.2f}",
            ]
        )
    head = [
        "what goes",
        "accuracy at once",
        "in five parts",
        "bytes",
        "time of a row",
        "of 719 rows",
    ]
    return layout.markdown(head, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="page to write")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    options.threads = 1
    warnings.simplefilter("ignore")
    machine.publish("pruning", __doc__, measure(options), options)


if __name__ == "__main__":
    main()
