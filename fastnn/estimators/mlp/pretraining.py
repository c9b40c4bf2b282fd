"""Greedy pre-training: hidden layers learn one after the other to describe rows without labels.

Each layer is an autoencoder or a restricted Boltzmann machine of what the layers below make of the
rows; its weights are then the first weights of that hidden layer (Hinton, Osindero and Teh, "A fast
learning algorithm for deep belief nets", 2006; Bengio et al., "Greedy layer-wise training of deep
networks", 2006).
"""

import copy

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

from fastnn.estimators.shared.missing import located
from fastnn.layers.activations import one_per_layer

__all__ = ["apart_from_unlabelled", "check_pretraining", "pretrain_layers"]


def apart_from_unlabelled(estimator, X, y, sample_weight, X_unlabeled):
    """Split what ``fit`` was given into rows with labels, and a list of rows without.

    With ``pretrain``, -1 as the label of a class stands for none, as in scikit-learn's
    semi-supervised estimators.

    Returns
    -------
    X, y, sample_weight, unlabelled
    """
    if estimator.pretrain is None:
        if X_unlabeled is not None:
            raise ValueError(
                "X_unlabeled is for pre-training: set pretrain='autoencoder' or 'rbm', or leave it "
                "out."
            )
        return X, y, sample_weight, ()
    unlabelled = [] if X_unlabeled is None else [X_unlabeled]
    labels = np.asarray(y)
    if estimator._y_numeric or labels.ndim != 1 or labels.dtype.kind not in "iuf":
        return X, y, sample_weight, unlabelled
    without = np.flatnonzero(labels == -1)
    if len(without) == 0:
        return X, y, sample_weight, unlabelled
    having = np.flatnonzero(labels != -1)
    if len(np.unique(labels[having])) < 2:
        raise ValueError(
            "with pretrain a label of -1 stands for a row without one, and the others are of "
            f"{len(np.unique(labels[having]))} class: name the classes otherwise, such as 0 and 1."
        )
    unlabelled.append(_safe_indexing(X, without))
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)[having]
    return _safe_indexing(X, having), _safe_indexing(y, having), sample_weight, unlabelled


def check_pretraining(estimator, n_hidden):
    """Raise ValueError for hidden layers that cannot be pre-trained as the parameters say."""
    if estimator.pretrain is None:
        return
    for name in ("batch_norm", "layer_norm", "residual"):
        if getattr(estimator, name):
            raise ValueError(
                f"pretrain is for plain hidden layers: set {name}=False, or pretrain=None."
            )
    if estimator.pretrain == "rbm":
        activations = one_per_layer(estimator.activation, n_hidden)
        if any(activation not in ("logistic", "bernoulli") for activation in activations):
            raise ValueError(
                "pretrain='rbm' is for hidden units that are on with a probability: set "
                f"activation='logistic', or pretrain='autoencoder'; got {estimator.activation!r}."
            )


def pretrain_layers(network, estimator, X, unlabelled, rng):
    """Give the hidden layers of a network weights that have been learned from rows.

    Parameters
    ----------
    network : CompiledNetwork
    estimator : BaseMLP
    X : {ndarray, CSR matrix} of shape (n, n_features)
        Rows of training, validated.
    unlabelled : sequence of {array-like, sparse matrix}
        More of them, as the user gave them.
    rng : RandomState
        Left as it is.
    """
    rows = _all_rows(estimator, X, unlabelled)
    n_hidden = len(network.coefs) - 1
    seeds = copy.deepcopy(rng).randint(2**31 - 1, size=n_hidden)
    activations = one_per_layer(estimator.activation, n_hidden)
    for layer in range(n_hidden):
        learner = _learner(estimator, network.coefs[layer].shape[1], activations[layer], rows)
        learner.set_params(random_state=int(seeds[layer]), n_jobs=estimator.n_jobs)
        learner.set_params(**(estimator.pretrain_params or {}))
        learner.fit(rows)
        if estimator.pretrain == "rbm":
            weights, biases = learner.components_.T, learner.intercept_hidden_
        else:
            weights, biases = learner.coefs_[0], learner.intercepts_[0]
        network.coefs[layer][...], network.intercepts[layer][...] = weights, biases
        rows = np.ascontiguousarray(learner.transform(rows))


def _all_rows(estimator, X, unlabelled):
    found = [X]
    for more in unlabelled:
        with located("_unlabeled", X=more):
            more = validate_data(
                estimator, more, accept_sparse="csr", order="C", dtype=X.dtype, reset=False
            )
        found.append(more)
    if len(found) == 1:
        return X
    return vstack(found, format="csr") if any(map(issparse, found)) else np.concatenate(found)


def _learner(estimator, width, activation, rows):
    """What learns one layer, from rows as the layers below give them."""
    from fastnn.estimators.autoencoder.autoencoder import Autoencoder
    from fastnn.estimators.rbm.bernoulli import BernoulliRBM
    from fastnn.estimators.rbm.gaussian import GaussianRBM

    if estimator.pretrain == "autoencoder":
        return Autoencoder(width, activation=activation)
    values = rows.data if issparse(rows) else rows
    bits = values.size == 0 or (values.min() >= 0 and values.max() <= 1)
    return BernoulliRBM(width) if bits else GaussianRBM(width)
