"""Models in files: ``save`` and ``load``. The format is described in ``docs/format.md``."""

import os
from typing import Any

from fastnn.exceptions import ModelFormatError
from fastnn.files.ensembles import ENSEMBLES, model_of
from fastnn.files.model_file import (
    ESTIMATORS,
    read_model_file,
    write_ensemble_file,
    write_model_file,
)
from fastnn.files.streams import name_of
from fastnn.model.of_estimator import CONVOLUTIONS, network_as_fitted
from fastnn.model.of_map import map_model
from fastnn.model.of_net import net_model
from fastnn.model.of_network import network_model
from fastnn.model.of_recurrent import RECURRENT, needs_estimator, recurrent_as_fitted
from fastnn.model.of_table import TABULAR
from fastnn.model.of_transformer import AUTOENCODERS, MACHINES, autoencoder_model, machine_model
from fastnn.scoring.predictor import Predictor


def save(model: Any, path: str | os.PathLike | None) -> None:
    """Write a model to a file; one given by its path is the old file or the new one, whole.

    Parameters
    ----------
    model : fastnn estimator, Network or Predictor
        A fitted estimator is saved with all that it has learned, the state of its optimizer
        included, so that ``partial_fit`` goes on as if it had never been saved. So is a fitted
        ``Network``, but for the optimizer, which is not its own. Of a ``CustomActivation`` the file
        has the name alone. For a model of scikit-learn, or a pipeline, save ``Predictor(model)``.
    path : str, path-like or binary file
        The folder must exist; a file of that name is replaced, with the mode and owner it has. An
        open file is written to where it is, and neither flushed nor closed.

    Raises
    ------
    TypeError
        If the model, or one of its parameters, cannot be saved; the message names it.
    ValueError
        If its labels and names are larger than a file's header may be, or two custom activations
        have one name.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written, or not be replaced: a mount point, a device. The old file is
        then as it was.
    """
    if isinstance(model, Predictor):
        write_model_file(path, model._model)
    elif _name_of_class(model) == "Network":
        from fastnn.files.networks import network_apart

        write_model_file(path, network_model(model), network_apart(model))
    elif _name_of_class(model) in MACHINES:
        from fastnn.estimators.rbm.saved import machine_apart

        write_model_file(path, machine_model(model), machine_apart(model))
    elif _name_of_class(model) == "SelfOrganizingMap":
        from fastnn.estimators.som.saved import map_apart

        write_model_file(path, map_model(model), map_apart(model))
    elif _name_of_class(model) == "HopfieldNetwork":
        from fastnn.estimators.hopfield.saved import net_apart

        write_model_file(path, net_model(model), net_apart(model))
    elif _name_of_class(model) in RECURRENT:
        from fastnn.estimators.recurrent.saved import recurrent_apart

        write_model_file(path, recurrent_as_fitted(model), recurrent_apart(model))
    elif _name_of_class(model) in ESTIMATORS:
        from fastnn.estimators.mlp.saved import take_apart

        of = autoencoder_model if _name_of_class(model) in AUTOENCODERS else network_as_fitted
        write_model_file(path, of(model), take_apart(model))
    elif _name_of_class(model) in TABULAR:
        from fastnn.estimators.tabular.saved import tabular_apart

        write_ensemble_file(path, tabular_apart(model))
    elif _name_of_class(model) in ENSEMBLES:
        from fastnn.estimators.ensembles.saved import ensemble_apart

        write_ensemble_file(path, ensemble_apart(model))
    else:
        raise TypeError(
            f"cannot save a {type(model).__name__}: save takes a fastnn estimator, Network or"
            " Predictor; for models and pipelines of scikit-learn save Predictor(model)"
        )


def load(path: str | os.PathLike | None, activations: Any = None) -> Any:
    """Read a model that `save` wrote. Nothing in the file is executed or unpickled.

    Parameters
    ----------
    path : str, path-like, bytes-like or binary file
        Where the file is, its content, or the file itself, which is read to its end.
    activations : dict of str to CustomActivation, optional
        The functions of one's own that the model was made with, by the names that the file has for
        them.

    Returns
    -------
    fastnn estimator, Network or Predictor
        As it was saved, to the bit. Estimators and Networks need scikit-learn; where it is not
        installed, the result is a Predictor of them, which scores the same and cannot be trained.

    Raises
    ------
    fastnn.ModelFormatError
        If the file is foreign, newer than this fastnn, truncated, damaged or tampered with, or
        names an activation that is not given.
    OSError
        If the file cannot be read.
    """
    network, parts = read_model_file(path, activations)
    build = parts and _builder(parts.name)
    try:
        if build is None and parts and (parts.name == "HopfieldNetwork" or needs_estimator(parts)):
            raise TypeError(f"a {parts.name} needs scikit-learn to be loaded: install it")
        if build is None:
            network = model_of(network, parts)
            return Predictor(network, dtype=network.scored_in)
        return build(network, parts)
    except ModelFormatError as error:
        raise ModelFormatError(f"{name_of(path)}: {error}") from None


def _builder(name: str) -> Any:
    """What makes an object of that class again; None where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError:
        return None
    if name == "Network":
        from fastnn.files.networks import build_network

        return build_network
    if name in MACHINES:
        from fastnn.estimators.rbm.saved import build_machine

        return build_machine
    if name == "SelfOrganizingMap":
        from fastnn.estimators.som.saved import build_map

        return build_map
    if name == "HopfieldNetwork":
        from fastnn.estimators.hopfield.saved import build_net

        return build_net
    if name in TABULAR:
        from fastnn.estimators.tabular.saved import build_tabular

        return lambda network, parts: build_tabular(parts)
    if name in ENSEMBLES:
        from fastnn.estimators.ensembles.saved import build_ensemble

        return lambda network, parts: build_ensemble(parts)
    if name in RECURRENT:
        from fastnn.estimators.recurrent.saved import build_recurrent

        return build_recurrent
    if name in CONVOLUTIONS:
        from fastnn.estimators.convolution.saved import build_convolution

        return build_convolution
    from fastnn.estimators.mlp.saved import build_estimator

    return build_estimator


def _name_of_class(model: Any) -> str | None:
    """The name of its class if that is one of fastnn, else None."""
    cls = type(model)
    return cls.__name__ if cls.__module__.split(".")[0] == "fastnn" else None
