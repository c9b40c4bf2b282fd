"""Train on a table and save the model with all that its rows go through.

Columns in which every value is a number are numbers; all others are categories. The model is that
of TabularClassifier and TabularRegressor, several networks on folds of the rows; or, with --preset
plain, one network after plain preprocessing, which `fastnn export` can write in other languages.
Whether the target is a class or a number is seen by its values, or said by --task. Some rows are
held out to say how good the model is.
"""

import time
from pathlib import Path

from fastnn.cli.errors import CommandError

HELP = "train on a CSV or Parquet file"


def add_arguments(parser):
    parser.add_argument("data", help="a .csv or .parquet file with a line of column names")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="what to predict")
    parser.add_argument("--task", choices=["auto", "classification", "regression"], default="auto")
    parser.add_argument("--out", metavar="FILE", help="default: the data's name with .fastnn")
    parser.add_argument(
        "--ignore", nargs="+", default=[], metavar="COLUMN", help="columns to leave out"
    )
    parser.add_argument(
        "--categories", nargs="+", default=[], metavar="COLUMN", help="numbers that are labels"
    )
    parser.add_argument("--preset", choices=["fast", "default", "best", "plain"], default="default")
    parser.add_argument("--hidden", metavar="N,N", help="units of hidden layers (128,64 if plain)")
    parser.add_argument("--epochs", type=int, help="with --preset plain: most passes (100)")
    parser.add_argument("--held-out", type=float, default=0.2, metavar="SHARE", help="to test on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=None, metavar="N", help="most threads")


def run(options):
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError:
        raise CommandError("training needs scikit-learn: pip install fastnn-cpu") from None
    from fastnn.cli.fitting import evaluate, fit
    from fastnn.cli.training_data import read_training_data
    from fastnn.persistence import save

    hidden = None if options.hidden is None else _sizes(options.hidden)
    if not 0 < options.held_out < 1:
        raise CommandError(f"--held-out {options.held_out} must be between 0 and 1")
    if options.epochs is not None and (options.epochs < 1 or options.preset != "plain"):
        raise CommandError("--epochs must be at least 1, and goes with --preset plain")
    out = Path(options.out or Path(options.data).with_suffix(".fastnn").name)
    if not out.parent.is_dir():
        raise CommandError(f"the folder of {out} does not exist: make it, or choose another --out")
    data = read_training_data(options)
    kind = "classes" if data.classifies else "a number"
    print(
        f"{len(data.y):,} rows, {len(data.numbers)} columns of numbers and {len(data.categories)}"
        f" of categories; {options.target!r} is {kind}"
    )
    begin = time.monotonic()
    predictor, test = fit(data, hidden, options)
    print(f"trained in {time.monotonic() - begin:.1f} s")
    for line in evaluate(predictor, test, data):
        print(line)
    save(predictor, out)
    print(f"wrote {out}: try `fastnn show {out}`, `fastnn score {out} ROWS.csv`")


def _sizes(text):
    parts = [part for part in text.replace("-", ",").split(",") if part]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise CommandError(f"--hidden {text!r} must be numbers of units, such as 128,64")
    return tuple(map(int, parts))
