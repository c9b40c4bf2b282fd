"""Estimators made of others in files: the members one after the other, each as it would be alone.

The tensors of member i are named as in a file of its own, with "members.i." in front.
"""

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.description import describe_model, model_from_description
from fastnn.files.labels import are, classes_from, describe_classes
from fastnn.files.parts import EnsembleParts, EstimatorParts
from fastnn.files.values import decode_section, encode_section
from fastnn.model.ensembles import mean_of_models
from fastnn.model.of_estimator import PAIRED, means_of_pairs
from fastnn.model.of_table import TABULAR, with_table
from fastnn.model.probit import probit_model

#: The classes, from version 3 on.
ENSEMBLES = (
    *("DeepEnsembleClassifier", "DeepEnsembleRegressor"),
    *("MonteCarloDropoutClassifier", "MonteCarloDropoutRegressor"),
    *("LaplaceClassifier", "LaplaceRegressor"),
    *TABULAR,
)
# Whose predictions are the mean of the members', and nothing else.
_MEANS = ("DeepEnsembleClassifier", "DeepEnsembleRegressor")
_VERSION = 3
_MEMBER = {"network", "class", "params", "fitted"}
FIELDS = {"class", "params", "fitted", "classes", "feature_names", "members"}


def describe_ensemble(parts, tensors):
    """EnsembleParts as JSON; arrays go to ``tensors``.

    Raises
    ------
    TypeError, ValueError
        If something of it has no place in a file; the message names it.
    """
    described = [
        _describe_member(number, *member, tensors) for number, member in enumerate(parts.members)
    ]
    return {
        "class": parts.name,
        "params": encode_section(parts.params, "params", tensors),
        "fitted": encode_section(parts.fitted, "fitted", tensors),
        "classes": None if parts.classes is None else describe_classes(parts.classes),
        "feature_names": None if parts.feature_names is None else list(parts.feature_names),
        "members": described,
    }


def _describe_member(number, model, parts, tensors):
    own = {}
    described = {
        "network": describe_model(model, own, _VERSION),
        "class": parts.name,
        "params": encode_section(parts.params, "params", own),
        "fitted": encode_section(parts.fitted, "fitted", own),
    }
    tensors.update({f"members.{number}.{name}": array for name, array in own.items()})
    return described


def ensemble_from(description, tensors, activations, known):
    """Build the EnsembleParts; arrays are taken out of ``tensors``.

    ``known`` are the classes that members may be of.

    Raises
    ------
    ModelFormatError
        If the description is not sound.
    """
    members, names = description["members"], description["feature_names"]
    if description["class"] not in ENSEMBLES:
        raise ModelFormatError("the estimator is of an unknown class")
    if not isinstance(members, list) or not members:
        raise ModelFormatError("there are no members")
    if names is not None and not are(names, str):
        raise ModelFormatError("the feature names are not sound")
    classes = description["classes"]
    return EnsembleParts(
        name=description["class"],
        params=decode_section(description["params"], tensors, activations),
        fitted=decode_section(description["fitted"], tensors, activations),
        members=[
            _member_from(member, number, tensors, activations, known)
            for number, member in enumerate(members)
        ],
        classes=None if classes is None else classes_from(classes),
        feature_names=None if names is None else tuple(names),
    )


def _member_from(description, number, tensors, activations, known):
    if not isinstance(description, dict) or set(description) != _MEMBER:
        raise ModelFormatError(f"member {number} has missing or unknown fields")
    if description["class"] not in known:
        raise ModelFormatError(f"member {number} is of an unknown class")
    begin = f"members.{number}."
    own = {name: tensors.pop(name) for name in list(tensors) if name.startswith(begin)}
    own = {name.removeprefix(begin): array for name, array in own.items()}
    model = model_from_description(description["network"], own, _VERSION, activations)
    parts = EstimatorParts(
        name=description["class"],
        params=decode_section(description["params"], own, activations),
        fitted=decode_section(description["fitted"], own, activations),
    )
    if own:
        raise ModelFormatError(f"the tensor {begin + min(own)[:50]!r} is not described")
    return model, parts


def _predicted(model, parts):
    """The Model of a network in a file, without what it does not predict."""
    if parts.params.get("non_crossing") and isinstance(parts.params.get("quantile"), list | tuple):
        raise TypeError(
            "a file of a regressor with non_crossing=True is scored by what fastnn.load makes of it"
        )
    paired = parts.name == "MLPRegressor" and parts.params.get("loss") == PAIRED
    if paired and model.n_outputs % 2:
        raise ModelFormatError("the outputs are not pairs of mean and log-variance")
    return means_of_pairs(model) if paired else model


def check_members(parts):
    """Refuse with a ModelFormatError members that are no ensemble of that kind."""
    models = [model for model, _ in parts.members]
    classifies = parts.name.endswith("Classifier")
    wanted = "MLPClassifier" if classifies else "MLPRegressor"
    alike = {(m.kind, m.dtype, m.n_features_in, m.feature_names) for m, _ in parts.members}
    if {member.name for _, member in parts.members} != {wanted} or len(alike) != 1:
        raise ModelFormatError(f"the members are not those of a {parts.name}")
    if parts.name not in TABULAR and models[0].feature_names != parts.feature_names:
        raise ModelFormatError("the members have other feature names")
    if not classifies:
        if parts.classes is not None or len({model.n_outputs for model in models}) != 1:
            raise ModelFormatError("the members have unlike outputs, or a regressor has classes")
        return
    if parts.classes is None or not all(model.has_probabilities for model in models):
        raise ModelFormatError("the classes or probabilities are missing")
    known = parts.classes.tolist()
    if parts.name in TABULAR:  # whose members know classes by their numbers
        if any(len(model.classes) != len(known) for model in models):
            raise ModelFormatError("a member has another number of classes")
        return
    for model in models:
        labels = model.classes.tolist()
        of_all = labels == known if model.kind == "multilabel" else set(labels) <= set(known)
        if not of_all or model.classes.dtype.kind != parts.classes.dtype.kind:
            raise ModelFormatError("a member has a class that the ensemble does not know")


def check_factors(fitted, model):
    """The centre and the factors of a posterior of the last layer's weights of this model.

    Raises
    ------
    ModelFormatError
        If they do not fit it.
    """
    last = model.nodes[-1]
    width, n_outputs = last.arrays["weight"].shape
    center, factors = fitted.get("_center"), fitted.get("_factors")
    sound = isinstance(factors, list) and len(factors) == n_outputs
    sound = sound and all(isinstance(a, np.ndarray) for a in (center, *factors))
    sound = sound and center.shape == (width,)
    sound = sound and all(a.ndim == 2 and a.shape[0] == width and a.shape[1] for a in factors)
    if not sound or not all(
        a.dtype == np.float64 and np.isfinite(a).all() for a in (center, *factors)
    ):
        raise ModelFormatError("the posterior of the weights is not sound")
    return center, factors


def model_of(network, parts):
    """The Model that scores what is in a file; TypeError if that is more than networks compute."""
    if parts is None or network is not None:
        return network if parts is None else _predicted(network, parts)
    check_members(parts)
    models = [_predicted(*member) for member in parts.members]
    if parts.name == "LaplaceRegressor":
        return models[0].with_head(feature_names=parts.feature_names)
    if parts.name == "LaplaceClassifier" and "_factors" in parts.fitted:
        model = models[0].with_head(feature_names=parts.feature_names)
        if len(parts.classes) == 1:
            return model
        center, factors = check_factors(parts.fitted, model)
        return probit_model(model, center, factors)
    if parts.name in TABULAR:
        try:
            from fastnn.tables.described import table_from  # only where there is one

            table = table_from(parts.fitted["table"])
        except (KeyError, ValueError) as error:
            raise ModelFormatError(str(error)) from None
        return with_table(models, parts.classes, parts.feature_names, table)
    if parts.name not in _MEANS:
        raise TypeError(
            f"a file of a {parts.name} has one network, and its predictions take more: pass"
            " fastnn.load(path) instead"
        )
    return mean_of_models(models, parts.classes, parts.feature_names)
