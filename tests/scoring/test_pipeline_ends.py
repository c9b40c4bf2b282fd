"""What stands around a pipeline with steps: searches, thresholds, calibration, targets."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

import fastnn
from fastnn import MLPClassifier, MLPRegressor, Predictor

pytestmark = pytest.mark.filterwarnings("ignore")


def a_table():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"age": rng.randn(120), "job": rng.choice(["cook", "smith", "clerk"], 120)})
    X["age"] = X["age"].mask(rng.rand(120) < 0.1)
    return X, (X["age"].fillna(0) + (X["job"] == "cook") > 0.5).to_numpy()


def behind_columns(network):
    numbers = make_pipeline(SimpleImputer(), SplineTransformer(3), PolynomialFeatures(2))
    columns = make_column_transformer((numbers, ["age"]), (OneHotEncoder(), ["job"]))
    return make_pipeline(
        columns,
        StandardScaler(with_mean=False),
        network(hidden_layer_sizes=(5,), max_iter=20, random_state=0),
    )


CLASSIFIERS = {
    "calibrated": lambda pipe: CalibratedClassifierCV(pipe, ensemble=False, cv=2),
    "tuned": lambda pipe: TunedThresholdClassifierCV(pipe, cv=2, thresholds=9),
    "fixed": lambda pipe: FixedThresholdClassifier(pipe, threshold=0.3),
    "grid": lambda pipe: GridSearchCV(pipe, {"mlpclassifier__alpha": [1e-3]}, cv=2),
    "grid of fixed": lambda pipe: GridSearchCV(
        FixedThresholdClassifier(pipe), {"threshold": [0.3, 0.4]}, cv=2
    ),
    "fixed of grid": lambda pipe: FixedThresholdClassifier(
        RandomizedSearchCV(pipe, {"mlpclassifier__alpha": [1e-3]}, n_iter=1, cv=2), threshold=0.4
    ),
}


def check(model, X, method):
    expected = getattr(model, method)(X)
    for dtype, bound in (("float64", 1e-12), ("float32", 1e-6)):
        predictor = Predictor(model, dtype)
        file = io.BytesIO()
        fastnn.save(predictor, file)
        for scored in (predictor, fastnn.load(file.getvalue())):
            found = getattr(scored, method)(X)
            scale = max(1, np.abs(expected).max())
            np.testing.assert_allclose(found, expected, rtol=0, atol=bound * scale)
            assert (getattr(scored, method)(X.iloc[3].to_dict()) == found[3]).all()
            if method == "predict_proba":
                assert (scored.predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_around_classifiers(name):
    X, y = a_table()
    check(CLASSIFIERS[name](behind_columns(MLPClassifier)).fit(X, y), X, "predict_proba")


@pytest.mark.parametrize("searched", [False, True])
def test_around_regressors(searched):
    X, y = a_table()
    model = TransformedTargetRegressor(behind_columns(MLPRegressor), transformer=MinMaxScaler())
    if searched:
        model = GridSearchCV(model, {"regressor__mlpregressor__alpha": [1e-3]}, cv=2)
    check(model.fit(X, 20 + 3.0 * y), X, "predict")


def test_text_is_refused_with_the_remedy():
    texts = pd.Series(["a good cook", "a bad smith", "no clerk"] * 9)
    words = CountVectorizer()
    pipeline = make_pipeline(words, MLPClassifier((3,), max_iter=2)).fit(texts, texts == "no clerk")
    with pytest.raises(TypeError, match=r"a CountVectorizer: .*transform\(texts\)"):
        Predictor(pipeline)
    # What the message says to do.
    expected, predictor = pipeline.predict_proba(texts), Predictor(pipeline[-1], "float64")
    np.testing.assert_allclose(
        predictor.predict_proba(words.transform(texts)), expected, atol=1e-12
    )
