"""Pictures of maps show the numbers they say they show."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, SelfOrganizingMap
from fastnn.estimators.som.views import hits, majority, u_matrix
from fastnn.inspection import MapDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_the_u_matrix_is_large_between_clusters():
    rng = np.random.default_rng(0)
    two = rng.normal(size=(200, 2))
    two[100:, 0] += 40
    som = SelfOrganizingMap(1, 6).fit(two)
    steps = np.linalg.norm(np.diff(som.codebook_, axis=0), axis=1)
    expected = [steps[0], *(steps[:-1] + steps[1:]) / 2, steps[-1]]
    np.testing.assert_allclose(u_matrix(som), expected)
    assert np.ptp(hits(som, two)) < 200 == hits(som, two).sum()
    assert u_matrix(som)[[0, 5]].max() < u_matrix(som)[2:4].min()


def test_majorities():
    som = SelfOrganizingMap(4, 4).fit(X)
    names = np.array(["a", "b", "c"])[y]
    classes, winners, shares = majority(som, X, names)
    assert list(classes) == ["a", "b", "c"]
    for unit in range(16):
        own = y[som.labels_ == unit]
        assert winners[unit] == (np.bincount(own).argmax() if len(own) else -1)
        assert shares[unit] == pytest.approx((own == winners[unit]).mean() if len(own) else 0)
    with pytest.raises(ValueError, match="each of the 150 rows"):
        majority(som, X, y[:5])


@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_pictures(topology):
    som = SelfOrganizingMap(4, 5, topology=topology)
    model = make_pipeline(StandardScaler(), som).fit(X)
    scaled = StandardScaler().fit_transform(X)
    shown = {
        kind: MapDisplay.from_estimator(model, kind, X=X, y=y, feature=2, cmap="magma")
        for kind in ("u_matrix", "component", "hits")
    }
    np.testing.assert_array_equal(shown["u_matrix"].units_.get_array(), u_matrix(som))
    np.testing.assert_array_equal(shown["component"].units_.get_array(), som.codebook_[:, 2])
    np.testing.assert_array_equal(shown["hits"].units_.get_array(), hits(som, scaled))
    display = MapDisplay.from_estimator(model, "classes", X=X, y=y)
    assert [text.get_text() for text in display.legend_.get_texts()] == ["0", "1", "2"]
    _, winners, shares = majority(som, scaled, y)
    colors = display.units_.get_facecolor()
    pure = np.flatnonzero((winners == 0) & (shares == 1))
    assert (colors[pure] == colors[pure[0]]).all()
    paths = display.units_.get_paths()
    assert len(paths) == 20
    assert len(paths[0].vertices) == (7 if topology == "hexagonal" else 5)
    centres = np.array([path.vertices[:-1].mean(axis=0) for path in paths])
    np.testing.assert_allclose(centres[:, ::-1], display.positions, atol=1e-12)
    figure, ax = plt.subplots()
    assert MapDisplay.from_estimator(som, ax=ax).figure_ is figure


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "umatrix"}, ValueError, "did you mean 'u_matrix'"),
        ({"kind": "hits"}, ValueError, "needs X"),
        ({"kind": "classes", "X": X}, ValueError, "needs X and y"),
        ({"kind": "component", "feature": 4}, ValueError, "below 4"),
        ({"kind": "component", "feature": "length"}, ValueError, "no feature 'length'"),
        ({"estimator": MLPClassifier()}, TypeError, "got a MLPClassifier"),
    ],
)
def test_bad_arguments(arguments, error, message):
    som = SelfOrganizingMap(2, 2).fit(X)
    with pytest.raises(error, match=message):
        MapDisplay.from_estimator(**{"estimator": som, **arguments})
