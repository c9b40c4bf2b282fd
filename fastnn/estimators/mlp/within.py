"""A perceptron within another estimator: one to fit, or one that has been fitted and stays."""

import copy

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.mlp.base import BaseMLP
from fastnn.model.of_estimator import PAIRED

__all__ = ["checked_network", "fitted_network", "network_within", "tags_of_network"]


def network_within(estimator, cls):
    """Return the perceptron that a parameter stands for: in a FrozenEstimator, itself, or by None
    the default one of ``cls``."""
    given = estimator.estimator if isinstance(estimator, FrozenEstimator) else estimator
    return cls() if given is None else given


def tags_of_network(tags, network):
    """Let an estimator take the X and y that its network takes; returns ``tags``.

    Parameters
    ----------
    tags : sklearn.utils.Tags
        Of the estimator; changed.
    network : estimator
        The parameter, out of a FrozenEstimator. One that is no perceptron says nothing: a fit
        refuses it.
    """
    if isinstance(network, BaseMLP):
        of_network = get_tags(network)
        tags.input_tags.sparse = of_network.input_tags.sparse
        tags.target_tags.positive_only = of_network.target_tags.positive_only
        if tags.classifier_tags is not None and of_network.classifier_tags is not None:
            tags.classifier_tags.multi_label = of_network.classifier_tags.multi_label
    return tags


def checked_network(estimator, cls, owner):
    """`network_within` with its type and parameters checked; ``owner`` is who has it.

    Raises
    ------
    ValueError
        If it is no ``cls``, or a parameter is not valid.
    """
    network = network_within(estimator, cls)
    if not isinstance(network, cls):
        raise ValueError(
            f"estimator must be a fastnn.{cls.__name__}, got {network!r}: steps ahead of it "
            f"go in a pipeline around the {type(owner).__name__}."
        )
    network._validate_params()
    return network


def fitted_network(estimator, network, X, y, sample_weight):
    """Return a clone of the network that is fitted to these rows, or a frozen one as it is.

    Parameters
    ----------
    estimator : estimator
        The parameter that `network` has come from.
    network : BaseMLP
    X, y
        Validated.
    sample_weight : array-like or None
    """
    if not isinstance(estimator, FrozenEstimator):
        return clone(network).fit(X, y, sample_weight)
    check_is_fitted(network)
    wanted, found = network.n_outputs_, 1 if y.ndim == 1 else y.shape[1]
    wanted //= 2 if network.loss == PAIRED else 1
    if network._y_numeric and wanted != found:
        raise ValueError(f"the frozen network has {wanted} outputs, and y has {found}")
    network = copy.copy(network)
    network.__dict__.pop("feature_names_in_", None)  # what it is given has been checked
    return network
