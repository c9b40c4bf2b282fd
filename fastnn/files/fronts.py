"""The front of a model as JSON and arrays, and back."""

from fastnn.exceptions import ModelFormatError
from fastnn.files.labels import are
from fastnn.files.values import decode, encode
from fastnn.model.front import Emit, Front, Step
from fastnn.model.steps import STEPS

_FIELDS = {"n_columns", "names", "steps", "emits"}


def describe_front(front, tensors):
    """Turn a Front, or a Table, into JSON; long lists of numbers go to ``tensors``."""
    if not isinstance(front, Front):
        from fastnn.tables.described import table_apart  # what only scores plain rows does without

        names = None if front.names is None else list(front.names)
        return {"names": names, "table": encode(table_apart(front), "front.table", tensors)}
    return {
        "n_columns": front.n_columns,
        "names": None if front.names is None else list(front.names),
        "steps": [
            {
                "kind": step.kind,
                "source": step.source,
                "attributes": {
                    name: encode(value, f"front.{number}.{name}", tensors)
                    for name, value in step.attributes.items()
                },
            }
            for number, step in enumerate(front.steps)
        ],
        "emits": [[emit.step, emit.scale, emit.shift] for emit in front.emits],
    }


def front_from(description, tensors):
    """Build the Front or Table; its arrays are taken out of ``tensors``.

    Raises
    ------
    ModelFormatError
        If the description is not sound, or has a kind of step that this fastnn does not know.
    """
    if isinstance(description, dict) and set(description) == {"names", "table"}:
        return _table_from(description["names"], description["table"], tensors)
    if not isinstance(description, dict) or set(description) != _FIELDS:
        raise ModelFormatError("the description of the front has missing or unknown fields")
    names, steps, emits = (description[name] for name in ("names", "steps", "emits"))
    if not (names is None or are(names, str)) or not are(steps, dict) or not are(emits, list):
        raise ModelFormatError("the description of the front is not sound")
    if any([type(part) for part in emit] != [int, float, float] for emit in emits):
        raise ModelFormatError("an emit of the front is not sound")
    try:
        return Front(
            description["n_columns"],
            None if names is None else tuple(names),
            tuple(_step_from(step, number, tensors) for number, step in enumerate(steps)),
            tuple(Emit(*emit) for emit in emits),
        )
    except ModelFormatError:
        raise
    except ValueError as error:
        raise ModelFormatError(str(error)) from None


def _table_from(names, described, tensors):
    try:
        from fastnn.tables.described import table_from

        table = table_from(decode(described, tensors))
    except ModelFormatError:
        raise
    except ValueError as error:
        raise ModelFormatError(str(error)) from None
    if names is not None and not (are(names, str) and len(names) == table.n_columns):
        raise ModelFormatError("the names of the columns are not sound")
    return table.named(None if names is None else tuple(names))


def _step_from(entry, number, tensors):
    if set(entry) != {"kind", "source", "attributes"}:
        raise ModelFormatError(f"step {number} of the front has missing or unknown fields")
    kind, attributes = entry["kind"], entry["attributes"]
    if not isinstance(kind, str) or kind not in STEPS:
        raise ModelFormatError(
            f"step {number} of the front is of the kind {str(kind)[:50]!r}, which this fastnn does"
            " not know"
        )
    if not isinstance(attributes, dict):
        raise ModelFormatError(f"the attributes of step {number} of the front are not sound")
    return Step(kind, entry["source"], {name: decode(v, tensors) for name, v in attributes.items()})
