"""Show what a model file holds: what it predicts from which columns, its network and its size."""

import json
import os

from fastnn.cli.columns import columns_of

HELP = "show what a model file holds"


def add_arguments(parser):
    parser.add_argument("model", help="a file that fastnn.save or `fastnn train` wrote")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(options):
    facts = describe_file(options.model)
    if options.json:
        print(json.dumps(facts, indent=2, default=str))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        if name == "columns":
            print(f"{name:<{width}}  {len(value)}")
            for column in value:
                print(f"{'':<{width}}    {column['name']}: {column['takes']}")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            print(f"{name:<{width}}  {text}")


def describe_file(path):
    """Facts about a model file, as a dict that JSON can hold."""
    from fastnn.files.container import read_container
    from fastnn.files.sources import describe

    model = describe(path)
    version, description, _ = read_container(path)
    network = f"{'-'.join(map(str, model.sizes))}, {', '.join(_kinds(model)) or 'linear'}"
    facts = {
        "file": str(path),
        "holds": description.get("class", "Predictor"),
        "predicts": _what(model),
        "columns": _columns(model),
        "network": network,
        "parameters": sum(array.size for array in model.arrays),
        "dtype": model.dtype,
        "bytes": os.path.getsize(path),
        "format": version,
        "written by": description["writer"],
    }
    if model.classes is not None:
        facts["classes"] = model.classes.tolist()
    return facts


def _what(model):
    if model.kind == "regressor":
        return f"{model.n_outputs} value{'s' if model.n_outputs > 1 else ''}"
    what = "labels that are there or not" if model.kind == "multilabel" else "classes"
    sure = "with probabilities" if model.has_probabilities else "by decision values"
    return f"{len(model.classes)} {what}, {sure}"


def _kinds(model):
    """The activations, and kinds of nodes that are no dense layers, in order, each once."""
    found = (node.attributes.get("name", node.kind) for node in model.nodes if node.kind != "dense")
    return list(dict.fromkeys(found))


def _columns(model):
    return [
        {"name": str(c) if column.name is None else column.name, "takes": _takes(column)}
        for c, column in enumerate(columns_of(model))
    ]


def _takes(column):
    labels = column.labels
    if not column.used:
        return "not used"
    if not labels:
        return f"a {column.kind}"
    shown = ", ".join(map(repr, labels[:6])) + (", ..." if len(labels) > 6 else "")
    return f"one of {len(labels)} labels: {shown}"
