"""What is done with the members' outputs: one temperature for all."""

from fastnn.estimators.mlp.temperature import best_temperature

__all__ = ["divide_by_temperature", "temperature_of"]


def temperature_of(raw, y, weight):
    """The temperature of the lowest log loss of outputs of rows that were not trained on."""
    return best_temperature(raw, y, weight)


def divide_by_temperature(member, temperature):
    """Fold a temperature into the last layer of a member."""
    for array in (member.coefs_[-1], member.intercepts_[-1]):
        array /= array.dtype.type(temperature)
