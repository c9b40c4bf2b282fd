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
        return fold_batch_norms(network or model_of(parts))
    return as_model(source)


def describe_network(source, format):
    """The same for a format that has no place for a front.

    Raises
    ------
    TypeError
        For a model that takes tables through steps which do not melt into its weights.
    """
    model = describe(source)
    if model.front is not None:
        kinds = sorted({step.kind for step in model.front.steps})
        raise TypeError(
            f"cannot write this pipeline as {format}: steps before its network do not melt into the"
            f" weights ({', '.join(kinds)}). Pass the network at its end, pipeline[-1], and prepare"
            " the rows; or, for ONNX, convert the pipeline with skl2onnx after"
            " fastnn.register_with_skl2onnx()"
        )
    return model
