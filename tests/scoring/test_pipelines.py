"""A Predictor of a whole pipeline gives what the pipeline gives, on tables, rows and files."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_regression
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neural_network import MLPRegressor as SklearnRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
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

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Found unknown categories"),
    pytest.mark.filterwarnings("ignore:Bins whose width"),
    pytest.mark.filterwarnings("ignore:Features"),
    pytest.mark.filterwarnings("ignore:.*TargetEncoder"),
]

NUMBERS, LABELS = ["age", "pay", "hours"], ["job", "city", "code"]


def a_table(rng, n=120, missing=True):
    """Numbers of several scales with gaps, text with gaps, and numbers that are labels."""
    X = pd.DataFrame(
        {
            "age": rng.randint(17, 90, n).astype(float),
            "job": rng.choice(["clerk", "cook", "smith", ""], n, p=[0.5, 0.3, 0.15, 0.05]),
            "pay": rng.lognormal(8, 2, n),
            "city": rng.choice(["Ulm", "Bonn", "Köln", "Trier", "Jena"], n),
            "code": rng.randint(0, 6, n),
            "hours": rng.normal(40, 3, n) + 2000,
        }
    )
    if missing:
        for name in ("age", "pay", "job", "city"):
            X[name] = X[name].mask(rng.rand(n) < 0.1)
    return X


def numeric_steps(rng, which=None):
    """Transformers of numbers, drawn, after which nothing is missing."""
    imputer = SimpleImputer(
        strategy=rng.choice(["mean", "median", "most_frequent"]), add_indicator=rng.rand() < 0.5
    )
    middle = [
        StandardScaler(),
        MinMaxScaler(clip=True),
        RobustScaler(),
        MaxAbsScaler(),
        Binarizer(threshold=30.0),
        KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf"),
        KBinsDiscretizer(3, encode="ordinal", strategy="uniform"),
        make_pipeline(StandardScaler(), PCA(2, whiten=True)),
        make_pipeline(MinMaxScaler((-2, 3)), Binarizer(threshold=0.1)),
        VarianceThreshold(),
        make_pipeline(StandardScaler(), PowerTransformer()),  # of numbers far from 0 it is noise
        make_pipeline(MinMaxScaler((1, 2), clip=True), PowerTransformer("box-cox")),
        FeatureUnion([("a", StandardScaler()), ("b", Binarizer())], transformer_weights={"b": 2.0}),
        "passthrough",
        make_pipeline(StandardScaler(), Normalizer(rng.choice(["l1", "l2", "max"]))),
        QuantileTransformer(
            n_quantiles=rng.randint(2, 99), output_distribution=rng.choice(["uniform", "normal"])
        ),
        make_pipeline(StandardScaler(), a_polynomial(rng)),
        a_spline(rng),
        make_pipeline(StandardScaler(), PCA(2), a_polynomial(rng)),
        make_pipeline(StandardScaler(), TruncatedSVD(2), a_spline(rng), MaxAbsScaler()),
        make_pipeline(
            FeatureUnion([("a", PCA(1)), ("b", MinMaxScaler())]),
            SelectKBest(lambda X, y: X.std(axis=0), k=3),
            StandardScaler(),
            PowerTransformer(),
            Normalizer(),
        ),
        make_pipeline(RobustScaler(), QuantileTransformer(n_quantiles=50), a_polynomial(rng)),
    ]
    assert len(middle) == N_KINDS
    chosen = middle[rng.randint(N_KINDS) if which is None else which]
    return make_pipeline(imputer, chosen, StandardScaler())


#: How many there are to choose from.
N_KINDS = 22


def a_polynomial(rng):
    return PolynomialFeatures(
        rng.randint(1, 4), interaction_only=rng.rand() < 0.5, include_bias=rng.rand() < 0.5
    )


def a_spline(rng):
    return SplineTransformer(
        n_knots=rng.randint(2, 6),
        degree=rng.randint(2, 5),
        knots=rng.choice(["uniform", "quantile"]),
        extrapolation=rng.choice(["constant", "linear", "continue"]),
        include_bias=rng.rand() < 0.5,
    )


def label_steps(rng):
    """Encoders, drawn, that take what they have not seen."""
    filled = SimpleImputer(strategy="most_frequent")
    nothing = SimpleImputer(strategy="constant", fill_value="nothing")
    encoders = [
        OneHotEncoder(handle_unknown="ignore"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=15),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=3, drop="first"),
        OneHotEncoder(handle_unknown="ignore", drop="if_binary", sparse_output=False),
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        TargetEncoder(random_state=0),
    ]
    encoder = encoders[rng.randint(len(encoders))]
    before = [[], [filled], [nothing]][rng.randint(3)]
    return make_pipeline(*before, encoder)


def a_pipeline(rng, network, which=None):
    columns = ColumnTransformer(
        [
            ("labels", label_steps(rng), ["city", "job"]),
            ("numbers", numeric_steps(rng, which), NUMBERS),
            ("codes", OneHotEncoder(handle_unknown="ignore"), ["code"]),
        ]
    )
    return Pipeline([("columns", columns), ("network", network)])


def new_rows(rng):
    """What training has not seen: other categories, other gaps, values out of range."""
    X = a_table(rng, 50)
    X.loc[:5, "job"] = "diver"
    X.loc[3:8, "city"] = None
    X.loc[10:12, "age"] = 200.0
    X.loc[20, "code"] = 77
    return X


@pytest.mark.parametrize("seed", range(30))
def test_drawn_pipelines_give_what_scikit_learn_gives(seed):
    rng = np.random.RandomState(seed)
    X = a_table(rng)
    y = rng.choice(["a", "b", "c"][: 2 + seed % 2], len(X))
    network = MLPClassifier((7,), max_iter=4, random_state=seed, batch_size=40)
    pipeline = a_pipeline(rng, network, seed % N_KINDS).fit(X, y)
    new = new_rows(rng)
    expected = pipeline.predict_proba(new)
    for dtype, bound in (("float64", 1e-12), ("float32", 1e-6)):
        predictor = Predictor(pipeline, dtype)
        found = predictor.predict_proba(new)
        np.testing.assert_allclose(found, expected, atol=bound, rtol=0)
        assert (predictor.predict(new) == pipeline.predict(new)).all()
        assert found.dtype == dtype
        # A row has the same bits alone, as a dict, in a tuple and from a file.
        row = new.iloc[4]
        again = Predictor(pickle.loads(pickle.dumps(predictor)), dtype)
        for scored in (predictor, again):
            assert (scored.predict_proba(row.to_dict()) == found[4]).all()
            assert (scored.predict_proba(tuple(row)) == found[4]).all()
            assert (scored.predict_proba(row) == found[4]).all()


@pytest.fixture(scope="module", name="fitted")
def one_pipeline():
    rng = np.random.RandomState(3)
    X = a_table(rng)
    y = (X["age"].fillna(40) + 10 * (X["city"] == "Ulm") > 50).to_numpy()
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            ("labels", OneHotEncoder(handle_unknown="ignore"), ["job", "city"]),
        ]
    )
    pipeline = Pipeline([("columns", columns), ("network", MLPClassifier((9,), max_iter=20))])
    return pipeline.fit(X, y), new_rows(rng)


def test_tables_of_any_kind_give_the_same_bits(fitted):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    pipeline, new = fitted
    predictor = Predictor(pipeline)
    expected = predictor.predict_proba(new)
    records = new.to_dict("records")
    shuffled = new[sorted(new.columns, reverse=True)].assign(more=1)
    tables = {
        "pandas": new.copy(),
        "other order": shuffled,
        "categorical": new.astype({"city": "category", "job": "category"}),
        "object": new.astype(object),
        "nullable": new.convert_dtypes(),
        "polars": pl.from_pandas(new),
        "arrow": pa.Table.from_pandas(new),
        "arrow, short offsets": pa.Table.from_pandas(new).cast(
            pa.schema([(n, pa.string() if n in ("city", "job") else pa.float64()) for n in new])
        ),
        "arrow, in chunks": pa.concat_tables(
            [pa.Table.from_pandas(new.iloc[:9]), pa.Table.from_pandas(new.iloc[9:])]
        ),
        "arrow, cut out": pa.concat_tables([pa.Table.from_pandas(new)] * 2)
        .combine_chunks()
        .slice(len(new), len(new)),
        "arrow dictionary": pa.Table.from_pandas(new.astype({"city": "category"})),
        "dicts": records,
        "dicts in another order": [dict(reversed(row.items())) for row in records],
        "tuples": [tuple(row.values()) for row in records],
        "array": new.to_numpy(object),
    }
    for name, table in tables.items():
        found = predictor.predict_proba(table)
        assert (found == expected).all(), name
    assert predictor.classes_.tolist() == [False, True]
    assert predictor.n_features_in_ == 6
    assert list(predictor.feature_names_in_) == list(new.columns)


def test_long_tables_are_scored_in_blocks(fitted):
    pipeline, new = fitted
    predictor = Predictor(pipeline)
    long = pd.concat([new] * 200, ignore_index=True)
    found = predictor.predict_proba(long, n_jobs=2)
    assert (found == np.tile(predictor.predict_proba(new), (200, 1))).all()
    out = np.empty_like(found)
    assert predictor.predict_proba(long, out=out) is out
    assert (out == found).all()
    with pytest.raises(ValueError, match="out must be"):
        predictor.predict_proba(long, out=out[:-1])


def test_labels_are_found_in_every_form(rng):
    """Text by its bytes, numbers among numbers: also such that look alike."""
    pa = pytest.importorskip("pyarrow")
    text = ["", "a", "ab", "abcdefgh", "abcdefgi", "abcdefghabcdefgh", "abcdefghXabcdefgh", "Köln"]
    X = pd.DataFrame({"text": text * 3, "number": [0.0, -1.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0] * 3})
    columns = ColumnTransformer([("all", OneHotEncoder(handle_unknown="ignore"), [0, 1])])
    pipeline = make_pipeline(columns, MLPClassifier((5,), max_iter=3)).fit(X, X["number"] > 2)
    predictor = Predictor(pipeline, "float64")
    new = pd.concat([X, X.assign(text="zz" + X["text"], number=-X["number"])], ignore_index=True)
    expected = pipeline.predict_proba(new)
    for table in (new, pa.Table.from_pandas(new), new.astype(object), new.to_dict("records")):
        np.testing.assert_allclose(predictor.predict_proba(table), expected, atol=1e-12)
    strict = make_pipeline(ColumnTransformer([("all", OneHotEncoder(), [0, 1])]), pipeline[-1])
    strict = Predictor(strict.fit(X, X["number"] > 2))
    with pytest.raises(ValueError, match="'text' holds the unknown category 'zz'"):
        strict.predict(new)
    with pytest.raises(ValueError, match="'number' holds the unknown category 8"):
        strict.predict(X.assign(number=8.0))
    with pytest.raises(ValueError, match="'text' is missing a value"):
        strict.predict(X.assign(text=X["text"].mask(X["number"] == 7)))
    huge = np.array([[2**60], [2**60 + 1]] * 9)  # which no float64 tells apart
    pipeline = make_pipeline(OneHotEncoder(), MLPClassifier((3,), max_iter=5)).fit(
        huge, huge[:, 0] % 2
    )
    found = Predictor(pipeline, "float64").predict_proba(huge)
    np.testing.assert_allclose(found, pipeline.predict_proba(huge), atol=1e-12)


def test_files_hold_the_whole_pipeline(fitted, tmp_path):
    pipeline, new = fitted
    predictor = Predictor(pipeline, "float64")
    fastnn.save(predictor, tmp_path / "model.fastnn")
    loaded = fastnn.load(tmp_path / "model.fastnn")
    assert (loaded.predict_proba(new) == predictor.predict_proba(new)).all()
    assert list(loaded.feature_names_in_) == list(new.columns)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": "old"}, "column 'age' holds 'old', a str, where the model takes a number"),
        ({"age": "39"}, "column 'age' holds '39', a str"),
        ({"age": float("inf")}, "infinity"),
        ({"job": ["cook"]}, "column 'job' holds .*, a list, where the model takes a label"),
        ({"hours": np.datetime64("2020-01-01")}, "column 'hours' holds"),
    ],
)
def test_a_cell_of_another_kind_is_refused_by_name(fitted, change, message):
    pipeline, new = fitted
    row = new.iloc[0].to_dict() | change
    with pytest.raises(ValueError, match=message):
        Predictor(pipeline).predict(row)
    with pytest.raises(ValueError, match=message):
        Predictor(pipeline).predict([new.iloc[0].to_dict(), row])


def test_rows_that_do_not_fit_are_refused_by_name(fitted):
    pipeline, new = fitted
    predictor, row = Predictor(pipeline), new.iloc[0].to_dict()
    del row["age"]
    with pytest.raises(ValueError, match=r"the row lacks 'age' \(did you mean 'Age'"):
        predictor.predict(row | {"Age": 3})
    with pytest.raises(ValueError, match="row 1 lacks 'age'"):
        predictor.predict([new.iloc[0].to_dict(), row])
    with pytest.raises(ValueError, match="the table lacks 'age', 'hours'"):
        predictor.predict(new.drop(columns=["age", "hours"]))
    with pytest.raises(ValueError, match=r"a row has 2 columns, .* expecting 6"):
        predictor.predict([1.0, 2.0])
    with pytest.raises(ValueError, match="must be of one length"):
        predictor.predict([[1, 2], [1]])


def test_what_the_encoder_refuses_is_refused():
    X = pd.DataFrame({"a": ["x", "y"] * 10, "b": np.arange(20.0)})
    columns = ColumnTransformer([("a", OneHotEncoder(), ["a"])], remainder="passthrough")
    pipeline = make_pipeline(columns, MLPClassifier((3,), max_iter=2)).fit(X, X["a"])
    predictor = Predictor(pipeline)
    assert predictor.predict({"a": "x", "b": 1}).shape == (1,)
    with pytest.raises(ValueError, match=r"column 'a' holds the unknown category 'z' \(known: 'x'"):
        predictor.predict({"a": "z", "b": 1})
    with pytest.raises(ValueError, match="column 'a' is missing a value"):
        predictor.predict({"a": None, "b": 1})
    with pytest.raises(ValueError, match="NaN"):
        predictor.predict({"a": "x", "b": None})


def test_what_is_filled_in_and_unknown_is_refused():
    """scikit-learn refuses it when it scores, too."""
    X = pd.DataFrame({"a": ["x", "y", "?", "x"] * 5})
    encoder = OneHotEncoder(categories=[["x", "y"]])
    pipeline = make_pipeline(
        SimpleImputer(missing_values="?", strategy="constant", fill_value="y"),
        encoder,
        MLPClassifier((3,), max_iter=2),
    ).fit(X, X["a"] == "x")
    predictor = Predictor(pipeline, "float64")
    expected = pipeline.predict_proba(X)
    np.testing.assert_allclose(predictor.predict_proba(X), expected, atol=1e-12)
    pipeline[0].statistics_[0] = "z"
    with pytest.raises(ValueError, match="unknown"):
        pipeline.predict(X)
    with pytest.raises(ValueError, match=r"unknown category '\?'"):
        Predictor(pipeline).predict(["?"])
    assert Predictor(pipeline).predict([["x"]]).shape == (1,)
    assert Predictor(pipeline).predict([]).shape == (0,)


def test_regressors_wrappers_and_selectors(rng):
    X = a_table(rng, missing=False)
    y = X["age"] + rng.normal(size=len(X))
    columns = ColumnTransformer(
        [
            ("text", OrdinalEncoder(), make_column_selector(dtype_include=[object, "str"])),
            ("some", "passthrough", slice("pay", "pay")),
            ("mask", MinMaxScaler(), [True, False, False, False, True, False]),
            ("gone", "drop", ["hours"]),
        ]
    )
    pipeline = make_pipeline(
        columns,
        SelectKBest(f_regression, k=4),
        StandardScaler(),
        SklearnRegressor(hidden_layer_sizes=(5,), max_iter=20),
    ).fit(X, y)
    found = Predictor(pipeline, "float64").predict(X)
    np.testing.assert_allclose(found, pipeline.predict(X), rtol=1e-9)
    classifier = make_pipeline(
        ColumnTransformer([("c", OneHotEncoder(), ["city", "job"])]),
        MLPClassifier((4,), max_iter=5),
    )
    tuned = FixedThresholdClassifier(classifier, threshold=0.3).fit(X, y > 50)
    assert (Predictor(tuned).predict(X) == tuned.predict(X)).all()


def test_what_is_missing_as_a_feature(rng):
    X = a_table(rng)
    union = FeatureUnion(
        [("fill", make_pipeline(SimpleImputer(), StandardScaler())), ("is", MissingIndicator())]
    )
    pipeline = make_pipeline(union, MLPClassifier((4,), max_iter=3))
    values = X[NUMBERS].to_numpy()
    pipeline.fit(values, X["code"] > 2)
    predictor = Predictor(pipeline, "float64")
    np.testing.assert_allclose(
        predictor.predict_proba(values), pipeline.predict_proba(values), atol=1e-12
    )
    assert (predictor.predict_proba(values[0]) == predictor.predict_proba(values)[0]).all()


def test_steps_that_are_not_taken_are_named(rng):
    X = a_table(rng, missing=False)
    columns = ColumnTransformer([("p", KNNImputer(), ["age"])])
    pipeline = make_pipeline(columns, MLPClassifier((3,), max_iter=2)).fit(X, X["code"] > 2)
    with pytest.raises(TypeError, match="transformer 'p', a KNNImputer"):
        Predictor(pipeline)
