"""The front of a model as JSON and arrays, and back."""

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.labels import are
from fastnn.files.values import decode, encode
from fastnn.model.front import Emit, Front, Step
from fastnn.model.steps import STEPS

# So many products, or emits, are written as arrays: descriptions are bounded.
_MANY = 32

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
        "steps": list(_described_steps(front.steps, tensors)),
        "emits": _described_emits(front.emits, tensors),
    }


def _described_steps(steps, tensors):
    """An entry for each step; one for many products that follow each other, as polynomials have."""
    begin = 0
    while begin < len(steps):
        end = begin
        while end < len(steps) and _factors(steps[end]) == _factors(steps[begin]) > 0:
            end += 1
        if end - begin >= _MANY:
            factors = [[s.source, *s.attributes["more"]] for s in steps[begin:end]]
            array = np.array(factors, np.int64)
            yield {"products": encode(array, f"front.{begin}.products", tensors)}
            begin = end
            continue
        step = steps[begin]
        yield {
            "kind": step.kind,
            "source": step.source,
            "attributes": {
                name: encode(value, f"front.{begin}.{name}", tensors)
                for name, value in step.attributes.items()
            },
        }
        begin += 1


def _factors(step):
    """How many numbers a product has; 0 for other steps."""
    return 1 + len(step.attributes["more"]) if step.kind == "product" else 0


def _described_emits(emits, tensors):
    if len(emits) < _MANY:
        return [[emit.step, emit.scale, emit.shift] for emit in emits]
    return {
        "steps": encode(np.array([e.step for e in emits], np.int64), "front.emits.steps", tensors),
        "numbers": encode(
            np.array([[e.scale, e.shift] for e in emits]), "front.emits.numbers", tensors
        ),
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
    if not (names is None or are(names, str)) or not are(steps, dict):
        raise ModelFormatError("the description of the front is not sound")
    emits = _emits_from(emits, tensors)
    if not are(emits, list):
        raise ModelFormatError("the description of the front is not sound")
    if any([type(part) for part in emit] != [int, float, float] for emit in emits):
        raise ModelFormatError("an emit of the front is not sound")
    try:
        return Front(
            description["n_columns"],
            None if names is None else tuple(names),
            tuple(made for n, step in enumerate(steps) for made in _steps_from(step, n, tensors)),
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


def _emits_from(emits, tensors):
    """The list of emits, also where it lies in two arrays."""
    if not isinstance(emits, dict) or set(emits) != {"steps", "numbers"}:
        return emits
    steps, numbers = decode(emits["steps"], tensors), decode(emits["numbers"], tensors)
    sound = _is_array(steps, np.int64, 1) and _is_array(numbers, np.float64, 2)
    if not sound or numbers.shape != (len(steps), 2):
        raise ModelFormatError("the emits of the front are not sound")
    return [[step, *pair] for step, pair in zip(steps.tolist(), numbers.tolist(), strict=True)]


def _is_array(value, dtype, ndim):
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.ndim == ndim


def _steps_from(entry, number, tensors):
    if set(entry) != {"products"}:
        return [_step_from(entry, number, tensors)]
    factors = decode(entry["products"], tensors)
    if not _is_array(factors, np.int64, 2) or not factors.size:
        raise ModelFormatError(f"the products from step {number} of the front on are not sound")
    return [Step("product", first, {"more": more}) for first, *more in factors.tolist()]


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
