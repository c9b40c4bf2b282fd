"""What users hold around a network: searches, frozen estimators, pipelines of imbalanced-learn."""

import numpy as np
import pytest
from scoring_models import data, fit, network, target
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fastnn import Predictor
from fastnn.export import to_c, to_onnx

GRID = {"mlpclassifier__alpha": [1e-4, 1.0]}
SEARCHES = {
    "grid": lambda pipe: GridSearchCV(pipe, GRID, cv=2),
    "randomized": lambda pipe: RandomizedSearchCV(pipe, GRID, n_iter=1, cv=2, random_state=0),
    "halving": lambda pipe: HalvingGridSearchCV(pipe, GRID, cv=2, random_state=0),
    "halving at random": lambda pipe: HalvingRandomSearchCV(pipe, GRID, cv=2, random_state=0),
}


def small(kind="binary", library="fastnn", **params):
    return network(library, kind, hidden_layer_sizes=(5,), max_iter=5, **params)


def pipeline(library="fastnn"):
    return make_pipeline(StandardScaler(), small(library=library))


def assert_scored_alike(wrapped, same=None):
    """As the wrapper itself scores and, in every consumer, as the estimator `same` within."""
    predictor = Predictor(wrapped, "float64")
    np.testing.assert_allclose(
        predictor.predict_proba(data()), wrapped.predict_proba(data()), atol=1e-12
    )
    assert (predictor.predict(data()) == wrapped.predict(data())).all()
    if same is not None:
        assert to_c(wrapped, "net") == to_c(same, "net")
        assert to_onnx(wrapped).SerializeToString() == to_onnx(same).SerializeToString()


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("library", ["fastnn", "sklearn"])
def test_a_search_scores_with_its_best_estimator(library, search):
    found = fit(SEARCHES[search](pipeline(library)), data(), target("binary"))
    assert_scored_alike(found, found.best_estimator_)


def test_a_subclass_of_a_search():
    class Search(GridSearchCV):
        pass

    found = fit(Search(pipeline(), GRID, cv=2), data(), target("binary"))
    assert_scored_alike(found, found.best_estimator_)


def test_searches_inside_and_around():
    inner = GridSearchCV(small(), {"alpha": [1e-4, 1.0]}, cv=2)
    pipe = fit(make_pipeline(StandardScaler(), inner), data(), target("binary"))
    assert_scored_alike(FrozenEstimator(FrozenEstimator(pipe)), pipe)


def test_a_search_that_kept_nothing_says_what_to_do():
    search = fit(GridSearchCV(pipeline(), GRID, cv=2, refit=False), data(), target("binary"))
    with pytest.raises(TypeError, match="refit=True, or fit its estimator with the best_params_"):
        Predictor(search)
    with pytest.raises(NotFittedError, match="GridSearchCV instance is not fitted"):
        Predictor(GridSearchCV(pipeline(), GRID))


def test_frozen_estimators_as_model_and_as_steps():
    pipe = fit(pipeline(), data(), target("binary"))
    assert_scored_alike(FrozenEstimator(pipe), pipe)
    frozen = Pipeline([("s", FrozenEstimator(pipe[0])), ("m", FrozenEstimator(pipe[1]))])
    assert_scored_alike(fit(frozen, data(), target("binary")), pipe)


class Sampler:
    """Half of imbalanced-learn's contract: what makes a step one of `fit` alone."""

    def fit_resample(self, X, y):
        raise AssertionError("samplers act in fit alone")


def test_samplers_are_left_out():
    """Told by module and name, so that reading a Pipeline imports nothing."""
    cls = type("Pipeline", (Pipeline,), {"__module__": "imblearn.pipeline"})
    pipe = fit(pipeline(), data(), target("binary"))
    steps = [("a", Sampler()), pipe.steps[0], ("b", Sampler()), pipe.steps[1]]
    wrapped = cls(steps)
    assert to_c(wrapped, "net") == to_c(pipe, "net")
    inside = Pipeline([("c", cls(steps[:3])), pipe.steps[1]])
    assert to_c(inside, "net") == to_c(pipe, "net")


@pytest.mark.parametrize("place", [0, 1])
def test_pipelines_of_imbalanced_learn(place):
    imblearn = pytest.importorskip("imblearn")
    samplers = [
        imblearn.over_sampling.SMOTE(random_state=0),
        imblearn.over_sampling.RandomOverSampler(random_state=0),
        imblearn.under_sampling.RandomUnderSampler(random_state=0),
        imblearn.FunctionSampler(),
        "passthrough",
    ]
    for sampler in samplers:
        steps = [StandardScaler(), MinMaxScaler()]
        steps.insert(place, sampler)
        pipe = imblearn.pipeline.make_pipeline(*steps, small("multiclass"))
        assert_scored_alike(fit(pipe, data(), target("multiclass")))


def test_other_pipelines_say_how_to_become_one():
    cls = type("Pipeline", (Pipeline,), {"__module__": "mine"})
    pipe = fit(cls(pipeline().steps), data(), target("binary"))
    with pytest.raises(TypeError, match=r"pass sklearn.pipeline.Pipeline\(model.steps\)"):
        Predictor(pipe)
    assert_scored_alike(Pipeline(pipe.steps))


def test_wrappers_of_several_models_are_refused_with_a_way_out():
    several = VotingClassifier([("a", small()), ("b", small())], voting="soft")
    for model in (several, BaggingClassifier(small(), n_estimators=2)):
        model = fit(model, data(), target("binary"))
        with pytest.raises(TypeError, match=r"each of its .estimators_"):
            Predictor(model)
