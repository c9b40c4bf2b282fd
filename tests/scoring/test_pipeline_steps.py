"""Steps of pipelines in orders that hypothesis draws: what a Predictor makes of them, and files.

Some steps jump: a threshold, bins, the quantiles of values that repeat. Where what they take has
been rounded otherwise than scikit-learn does, as matrix products and powers are, the last bit
decides; so these stand behind steps that give the same bits alone.
"""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

import fastnn
from fastnn import MLPClassifier, Predictor

pytestmark = pytest.mark.filterwarnings("ignore")


def spread(X, y):
    """What SelectKBest keeps the columns by."""
    return np.asarray(X.std(axis=0)).ravel()


def curves():
    return st.one_of(
        st.builds(
            QuantileTransformer,
            n_quantiles=st.integers(2, 70),
            output_distribution=st.sampled_from(["uniform", "normal"]),
        ),
        st.builds(
            SplineTransformer,
            n_knots=st.integers(2, 6),
            degree=st.integers(1, 4),
            knots=st.sampled_from(["uniform", "quantile"]),
            extrapolation=st.sampled_from(["constant", "linear", "continue"]),
            include_bias=st.booleans(),
        ),
        st.builds(SplineTransformer, extrapolation=st.just("periodic"), n_knots=st.integers(4, 6)),
    )


EXACT = st.sampled_from(
    [
        *(StandardScaler(), RobustScaler(), MinMaxScaler((-1, 2)), MaxAbsScaler()),
        *(MinMaxScaler(clip=True), VarianceThreshold(), SelectKBest(spread, k=2), "passthrough"),
    ]
)
JUMPS = st.one_of(
    st.just(Binarizer(threshold=0.5)),
    st.builds(
        KBinsDiscretizer,
        st.just(3),
        encode=st.sampled_from(["ordinal", "onehot-dense"]),
        strategy=st.sampled_from(["quantile", "uniform"]),
        quantile_method=st.just("averaged_inverted_cdf"),
    ),
)
SMOOTH = st.one_of(
    st.builds(Normalizer, st.sampled_from(["l1", "l2", "max"])),
    st.builds(
        PolynomialFeatures,
        st.integers(1, 2),
        interaction_only=st.booleans(),
        include_bias=st.booleans(),
    ),
    st.sampled_from(
        [
            *(PCA(2), TruncatedSVD(1), make_pipeline(StandardScaler(), PowerTransformer())),
            FeatureUnion([("a", PCA(1)), ("b", MinMaxScaler())], transformer_weights={"b": 3.0}),
        ]
    ),
)
# Of what has been rounded: splines that join, whose knots do not repeat.
JOINED = st.builds(
    SplineTransformer,
    degree=st.integers(2, 4),
    extrapolation=st.sampled_from(["constant", "continue"]),
)
ENCODERS = st.sampled_from(
    [
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=9, drop="first", sparse_output=False
        ),
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        TargetEncoder(random_state=0),
    ]
)


@st.composite
def pipelines(draw):
    exact = draw(st.lists(EXACT, max_size=2)) + draw(
        st.lists(st.one_of(JUMPS, curves()), max_size=1)
    )
    smooth = draw(st.lists(st.one_of(SMOOTH, SMOOTH, JOINED), max_size=1))
    behind = draw(st.sampled_from([[], [Normalizer()], [PCA(3)], [TruncatedSVD(2), Normalizer()]]))
    numbers = make_pipeline(
        SimpleImputer(add_indicator=draw(st.booleans())),
        StandardScaler(),
        *exact,
        *smooth,
        StandardScaler(),
    )
    columns = ColumnTransformer(
        [
            ("labels", draw(ENCODERS), ["job", "city"]),
            ("numbers", numbers, draw(st.permutations(["age", "pay", "hours"]))),
        ],
        sparse_threshold=0,
    )
    return make_pipeline(columns, *behind, StandardScaler(), MLPClassifier((5,), max_iter=2))


def a_table(rng, n):
    X = pd.DataFrame(
        {
            "age": rng.randint(17, 40, n).astype(float),
            "job": rng.choice(["clerk", "cook", "smith", ""], n),
            "pay": rng.lognormal(3, 1, n).round(1),
            "city": rng.choice(["Ulm", "Bonn", "Köln"], n).astype(object),
            "hours": rng.normal(40, 3, n),
        }
    )
    for name in ("age", "pay", "job", "city"):
        X[name] = X[name].mask(rng.rand(n) < 0.1)
    X.loc[0, "city"] = None
    return X


def gaps_between_knots(pipeline):
    """Least gap of each column of splines: rounding, of one that is constant but for rounding."""
    for _, step in pipeline[0].named_transformers_["numbers"].steps:
        if isinstance(step, SplineTransformer):
            yield from (np.diff(np.unique(spline.t)).min(initial=1.0) for spline in step.bsplines_)


@settings(
    max_examples=20,
    phases=[Phase.generate],  # to shrink would take minutes
    report_multiple_bugs=False,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(pipelines(), st.integers(0, 999))
def test_any_order_of_steps_gives_what_scikit_learn_gives(pipeline, seed):
    rng = np.random.RandomState(seed)
    X, new = a_table(rng, 90), a_table(rng, 30)
    new.loc[:3, "job"], new.loc[3:5, "city"] = "diver", "Rome"
    new.loc[6:9, "pay"], new.loc[8:12, "age"] = 60.0, 15.0
    pipeline.fit(X, rng.choice(["a", "b", "c"], len(X)))
    scalers = pipeline[0].named_transformers_["numbers"][-1], pipeline[-2]
    assume(all(scaler.scale_.min() > 1e-9 for scaler in scalers))  # else it is rounding, enlarged
    assume(all(gap > 1e-9 for gap in gaps_between_knots(pipeline)))
    expected = pipeline.predict_proba(new)
    for dtype, bound in (("float64", 1e-12), ("float32", 1e-6)):
        try:
            predictor = Predictor(pipeline, dtype)
        except TypeError as error:
            assume("the knots of a column leave no interval" not in str(error))
            raise
        found = predictor.predict_proba(new)
        np.testing.assert_allclose(found, expected, atol=bound, rtol=0)
        assert (predictor.predict(new) == pipeline.predict(new)).all()
        assert (predictor.predict_proba(new.iloc[7].to_dict()) == found[7]).all()
    file = io.BytesIO()
    fastnn.save(predictor, file)
    assert (fastnn.load(file.getvalue()).predict_proba(new) == found).all()


def every_curve():
    """A transformer with each kind of curve, product and norm, on the columns "age" and "pay"."""
    curves = [
        QuantileTransformer(n_quantiles=20),
        QuantileTransformer(n_quantiles=30, output_distribution="normal"),
        SplineTransformer(handle_missing="zeros", extrapolation="linear", sparse_output=True),
        *(
            SplineTransformer(degree=degree, extrapolation=extrapolation)
            for degree in (1, 3)
            for extrapolation in ("constant", "linear", "continue", "periodic")
        ),
        make_pipeline(StandardScaler(), PolynomialFeatures(3)),
        *(make_pipeline(RobustScaler(), Normalizer(norm)) for norm in ("l1", "l2", "max")),
        KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
        make_pipeline(
            KBinsDiscretizer(3, encode="ordinal", strategy="uniform"), PolynomialFeatures(2)
        ),
        make_pipeline(StandardScaler(), PCA(2), PolynomialFeatures(2)),
    ]
    return FeatureUnion([(str(i), curve) for i, curve in enumerate(curves)])


def test_every_curve(rng):
    X, new = a_table(rng, 90), a_table(rng, 40)
    new.loc[6:9, "pay"], new.loc[8:12, "age"] = 200.0, 5.0
    columns = ColumnTransformer(
        [("all", make_pipeline(SimpleImputer(), every_curve()), ["age", "pay"])]
    )
    pipeline = make_pipeline(columns, StandardScaler(with_mean=False), MLPClassifier((5,)))
    pipeline.fit(X, X["job"] == "cook")
    found = Predictor(pipeline, "float64").predict_proba(new)
    np.testing.assert_allclose(found, pipeline.predict_proba(new), atol=1e-12, rtol=0)


def test_beyond_the_knots_is_refused_by_name():
    X = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0)})
    spline = SplineTransformer(extrapolation="error")
    pipeline = make_pipeline(StandardScaler(), spline, MLPClassifier((3,), max_iter=2))
    pipeline.fit(X, X["a"] > 4)
    predictor = Predictor(pipeline, "float64")
    np.testing.assert_allclose(predictor.predict_proba(X), pipeline.predict_proba(X), atol=1e-12)
    with pytest.raises(ValueError, match="beyond"):
        pipeline.predict(X + 1)
    with pytest.raises(ValueError, match=r"column 'b' gives .* beyond the knots"):
        predictor.predict({"a": 3, "b": 12})
    with pytest.raises(ValueError, match=r"column 'a' holds infinity"):
        predictor.predict({"a": float("-inf"), "b": 3})
    with pytest.raises(TypeError, match="the knots of a column leave no interval"):
        Predictor(make_pipeline(SplineTransformer(), pipeline[-1]).fit(X * 0, X["a"] > 4))
