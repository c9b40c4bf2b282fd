"""What users hand to `Predictor` and to the exports, as a Model."""

from fastnn.files.ensembles import model_of
from fastnn.files.model_file import read_model_file
from fastnn.files.streams import is_readable
from fastnn.model.folding import as_model
from fastnn.model.front import Front
from fastnn.model.melting import fold_batch_norms


def describe(source):
    """The Model of whatever `Predictor` accepts: of a file, or see `as_model`."""
    if is_readable(source):
        network, parts = read_model_file(source)
        return fold_batch_norms(model_of(network, parts))
    return as_model(source)


def describe_for(source, format):
    """The same for an export.

    Raises
    ------
    TypeError
        For a model of raw tables.
    """
    model = describe(source)
    if not isinstance(model.front, Front | None):
        raise TypeError(
            f"cannot write a model of raw tables as {format}: its columns become numbers in steps"
            f" that the format has no place for. A {format} file can have a network alone, of rows"
            " encoded beforehand: pass model.estimators_[i], or score with fastnn.Predictor, which"
            " needs NumPy alone"
        )
    return model
