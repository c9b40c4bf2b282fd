"""Pickles of another version are read with a warning, whatever the family."""

import pickle
import warnings

import numpy as np
import pytest

from fastnn import Autoencoder, BernoulliRBM, GaussianRBM, HopfieldNetwork, SelfOrganizingMap
from fastnn.estimators.shared import pickles
from fastnn.exceptions import VersionMismatchWarning

X = np.random.RandomState(0).choice([-1.0, 1.0], (6, 50))


@pytest.mark.parametrize(
    "model",
    [
        Autoencoder(2, max_iter=1),
        BernoulliRBM(2, n_iter=1),
        GaussianRBM(2, n_iter=1),
        HopfieldNetwork(),
        SelfOrganizingMap(1, 3),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_pickle_knows_its_version(model, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X)
    own = pickle.dumps(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pickle.loads(own).n_features_in_ == 50
    monkeypatch.setattr(pickles, "__version__", "99.0")
    with pytest.warns(VersionMismatchWarning, match=f"{type(model).__name__} was pickled by"):
        pickle.loads(own)
