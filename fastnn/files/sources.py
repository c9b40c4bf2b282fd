"""What users hand to `Predictor` and to the exports, as a Model."""

from fastnn.files.ensembles import model_of
from fastnn.files.model_file import read_model_file
from fastnn.files.streams import is_readable
from fastnn.model.folding import as_model
from fastnn.model.melting import fold_batch_norms


def describe(source):
    """The Model of whatever `Predictor` accepts: of a file, or see `as_model`."""
    if is_readable(source):
        network, parts = read_model_file(source)
        return fold_batch_norms(model_of(network, parts))
    return as_model(source)
