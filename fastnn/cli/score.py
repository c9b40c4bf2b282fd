"""Score the rows of a table: a header, then a line for each row, in the order of the rows.

The memory needed does not grow with the number of rows. A file of --out is there when it is
complete; until then, and if anything goes wrong, an older one stays as it was.
"""

import contextlib
import csv
import io
import sys

from fastnn.cli.progress import Progress
from fastnn.cli.rows import Rows
from fastnn.cli.tables import open_table

HELP = "score the rows of a CSV or Parquet file"


def add_arguments(parser):
    parser.add_argument("model", help="a file that fastnn.save or `fastnn train` wrote")
    parser.add_argument("rows", help="a .csv or .parquet file, or - for CSV on stdin")
    parser.add_argument("--out", metavar="FILE", help="where to write (default: stdout)")
    parser.add_argument(
        "--labels-only", action="store_true", help="predictions without their probabilities"
    )
    parser.add_argument("--no-header", action="store_true", help="CSV without a line of names")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--progress", action="store_true", help="show it even off a terminal")


def run(options):
    from fastnn.scoring.predictor import Predictor

    predictor = Predictor(options.model, options.dtype)
    progress = Progress(options.progress or None)
    header, lines_of = _results(predictor, options.labels_only)
    done = 0
    with open_table(options.rows, not options.no_header) as table, _output(options.out) as file:
        rows = Rows(predictor, table, options.rows)
        write = csv.writer(file, lineterminator="\n").writerows
        write([header])
        for piece in table:
            write(lines_of(rows.of(piece, done + 1)))
            done += len(piece[0])
            progress.at(done, table.share())
    progress.end(done)


def _results(predictor, labels_only):
    """The header, and a function from rows to lines."""
    model = predictor._model
    if model.kind == "regressor":
        flat = model.n_outputs == 1
        header = ["prediction"] if flat else [f"prediction_{i}" for i in range(model.n_outputs)]
        return header, lambda rows: predictor.predict(rows).reshape(len(rows), -1).tolist()
    classes = [str(label) for label in predictor.classes_]
    if model.kind == "multilabel":
        return classes, lambda rows: predictor.predict(rows).tolist()
    if labels_only or not model.has_probabilities:
        return ["prediction"], lambda rows: [[label] for label in predictor.predict(rows).tolist()]

    def lines(rows):
        labels, probabilities = predictor.predict(rows), predictor.predict_proba(rows)
        texts = ([f"{p:.7g}" for p in row] for row in probabilities.tolist())
        return ([label, *row] for label, row in zip(labels.tolist(), texts, strict=True))

    return ["prediction", *(f"probability_{label}" for label in classes)], lines


@contextlib.contextmanager
def _output(path):
    if path is None:
        yield sys.stdout
        return
    from fastnn.files.atomic import atomic_write

    with atomic_write(path) as raw:
        buffered = io.BufferedWriter(raw)
        file = io.TextIOWrapper(buffered, "utf-8", newline="")
        yield file
        file.flush()
        file.detach()  # the raw file is atomic_write's to close
        buffered.detach()
