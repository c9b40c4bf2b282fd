"""Models in files: ``save`` and ``load``. The format is described in ``docs/format.md``."""

import os

from fastnn.estimators.mlp.saved import build_estimator, saved_name, take_apart
from fastnn.exceptions import ModelFormatError
from fastnn.files.model_file import ESTIMATORS, read_model_file, write_model_file
from fastnn.model.folding import network_as_fitted
from fastnn.scoring.predictor import Predictor


def save(model, path):
    """Write a model to a file, atomically: ``path`` is the old file or the new one, whole.

    Parameters
    ----------
    model : fastnn estimator or Predictor
        A fitted estimator is saved with all that it has learned, the state of its optimizer
        included, so that ``partial_fit`` goes on as if it had never been saved. For a model of
        scikit-learn, or a pipeline, save ``Predictor(model)``.
    path : str or path-like
        The folder must exist; a file of that name is replaced.

    Raises
    ------
    TypeError
        If the model, or one of its parameters, cannot be saved; the message names it.
    ValueError
        If its labels and names are larger than a file's header may be.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written. The old file is then as it was.
    """
    if isinstance(model, Predictor):
        write_model_file(path, model._model)
    elif saved_name(model) in ESTIMATORS:
        write_model_file(path, network_as_fitted(model), take_apart(model))
    else:
        raise TypeError(
            f"cannot save a {type(model).__name__}: save takes a fastnn estimator or a"
            " fastnn.Predictor; for models and pipelines of scikit-learn save Predictor(model)"
        )


def load(path):
    """Read a model that `save` wrote. Nothing in the file is executed or unpickled.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    fastnn estimator or Predictor
        As it was saved, to the bit.

    Raises
    ------
    fastnn.ModelFormatError
        If the file is foreign, newer than this fastnn, truncated, damaged or tampered with.
    OSError
        If the file cannot be read.
    """
    network, parts = read_model_file(path)
    if parts is None:
        return Predictor(network, dtype=network.dtype)
    try:
        return build_estimator(network, parts)
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from None
