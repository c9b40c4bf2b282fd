"""Objects of the library's own in files: those of a closed set of classes, by their fields.

In JSON one is ``{"schedule": {"class", "fields": {...}}}``, or the same under "layer" or "loss". A
schedule that is added to the library is added here too; layers and losses are all that there are.
"""

from dataclasses import fields

from fastnn import layers, losses, schedules
from fastnn.exceptions import ModelFormatError

_FAMILIES = {
    "schedule": (
        schedules,
        (
            *("Constant", "InverseScaling", "ReduceOnPlateau", "StepDecay", "Exponential"),
            *("Polynomial", "Cosine", "CosineRestarts", "OneCycle", "Warmup"),
        ),
    ),
    "layer": (
        layers,
        (
            *(n for n in layers.__all__ if hasattr(getattr(layers, n), "add_to")),
            *("Number", "Category"),
        ),
    ),
    "loss": (losses, tuple(type(loss).__name__ for loss in losses.LOSSES.values())),
}


def family_of(value):
    """The name of the family that the object is of, or None."""
    for family, (module, names) in _FAMILIES.items():
        name = type(value).__name__
        if name in names and type(value) is getattr(module, name):
            return family
    return None


def names_and_values(value):
    """The fields of such an object: what its class is called with to make it again."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def make_object(family, content, decode):
    """Make an object from its JSON; ``decode`` gives the values of its fields.

    Raises
    ------
    ModelFormatError
        If there is no such family or class, or the class refuses the fields.
    """
    if family not in _FAMILIES or not isinstance(content, dict):
        raise ModelFormatError(f"a value has the unknown or unsound type {family[:50]!r}")
    if set(content) != {"class", "fields"} or not isinstance(content["fields"], dict):
        raise ModelFormatError(f"a {family} has missing or unknown fields")
    module, names = _FAMILIES[family]
    if not isinstance(content["class"], str) or content["class"] not in names:
        raise ModelFormatError(f"a {family} is of an unknown class")
    cls = getattr(module, content["class"])
    values = {name: decode(value) for name, value in content["fields"].items()}
    if not set(values) <= {field.name for field in fields(cls)}:
        raise ModelFormatError(f"a field of a {family} is not sound")
    if not all(_is_field(value) for value in values.values()):
        raise ModelFormatError(f"a field of a {family} is not sound")
    try:
        return cls(**values)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelFormatError(f"a {family} is not sound: {error}") from None


def _is_field(value):
    if isinstance(value, tuple | list):
        return all(map(_is_field, value))
    plain = value is None or isinstance(value, bool | int | float | str)
    return plain or isinstance(value, layers.CustomActivation) or family_of(value) is not None
