"""Signatures, attributes, tags and messages beside those of the installed scikit-learn."""

import inspect
import re

import numpy as np
import pytest
import sklearn
import sklearn.neural_network
from peer import as_in_1_9
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils import get_tags
from sklearn.utils._param_validation import InvalidParameterError

import fastnn

NAMES = ["MLPClassifier", "MLPRegressor"]
ADDED_PARAMETERS = {
    "n_jobs": None,
    "scoring": None,
    "rho": 0.9,
    "schedule": None,
    "warmup": 0,
    "l1_ratio": 0.0,
    "weight_decay": None,
    "max_norm": None,
    "keep_zeros": False,
    "dropout": 0.0,
    "input_dropout": 0.0,
    "input_noise": 0.0,
    "averaging": None,
    "averaging_decay": 0.999,
    "averaging_start": 0.75,
    "clip_value": None,
    "clip_norm": None,
    "batch_norm": False,
    "layer_norm": False,
    "residual": False,
    "compute_dtype": None,
    "init": "auto",
    "init_scale": None,
    "n_init": 1,
    "pretrain": None,
    "pretrain_params": None,
    "plasticity": None,
    "plasticity_strength": None,
    "plasticity_decay": 1.0,
    "plasticity_floor": 0.0,
    "conduction_loss": 0.0,
    "gain": False,
    "gain_l1": 0.0,
}
ADDED_TO_ONE = {
    "MLPClassifier": {
        "loss": "log_loss",
        "focal_gamma": 2.0,
        "label_smoothing": 0.0,
        "calibrate": None,
        "class_weight": None,
    },
    "MLPRegressor": {"huber_delta": 1.0, "quantile": 0.5, "tweedie_power": 1.5}
    | {"variance_floor": 1e-6, "non_crossing": False},
}
#: Parameters of scikit-learn's that take more values here.
WIDENED = {"hidden_layer_sizes", "activation", "solver", "loss"}
ADDED_FIT_PARAMETERS = ["X_val", "y_val", "sample_weight_val", "X_unlabeled"]
X, y = load_iris(return_X_y=True)


def pair(name, **parameters):
    """Return the estimators of both libraries, with equal parameters."""
    return [getattr(module, name)(**parameters) for module in (fastnn, sklearn.neural_network)]


def in_order(message):
    """The message, with the names of every set in alphabetical order."""
    return re.sub(r"\{(.*?)\}", lambda names: ", ".join(sorted(names[1].split(", "))), str(message))


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
def test_constructor_signature(name):
    ours, theirs = (inspect.signature(type(estimator)).parameters for estimator in pair(name))
    added = list(ours)[len(theirs) :]
    assert list(ours)[: len(theirs)] == list(theirs)
    for key, parameter in theirs.items():
        assert ours[key].default == parameter.default
        assert ours[key].kind == parameter.kind
    expected = {**ADDED_PARAMETERS, **ADDED_TO_ONE[name]}
    assert {key: ours[key].default for key in added} == expected
    assert all(ours[key].kind == inspect.Parameter.KEYWORD_ONLY for key in added)


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
def test_parameter_constraints(name):
    ours, theirs = (estimator._parameter_constraints for estimator in pair(name))
    assert set(ours) - set(theirs) == {*ADDED_PARAMETERS, *ADDED_TO_ONE[name]}
    for key in set(theirs) - WIDENED:
        constraints = theirs[key]
        assert [in_order(c) for c in ours[key]] == [in_order(c) for c in constraints]


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
def test_public_methods(name):
    ours, theirs = pair(name)
    methods = [
        {key for key in dir(estimator) if not key.startswith("_")} for estimator in (ours, theirs)
    ]
    assert methods[1] - methods[0] == set()
    of_transformers = {"transform", "fit_transform", "set_transform_request", "set_output"}
    of_transformers.add("get_feature_names_out")
    allowed = {
        "set_callbacks",
        "input_gradients",
        "consolidate",
        "myelin_",
        *of_transformers,
        *ADDED_PARAMETERS,
        *ADDED_TO_ONE[name],
    }
    assert methods[0] - methods[1] <= allowed
    assert ours.loss == theirs.loss
    for method in ("fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "score"):
        if not hasattr(theirs, method):
            continue
        mine = inspect.signature(getattr(ours, method)).parameters
        other = inspect.signature(getattr(theirs, method)).parameters
        assert list(mine)[: len(other)] == list(other)
        added = list(mine)[len(other) :]
        expected = {"fit": ADDED_FIT_PARAMETERS}
        if name == "MLPRegressor":
            expected["predict"] = ["return_std"]
        assert added == expected.get(method, [])
        assert all(mine[key].default == other[key].default for key in other)
        if method != "predict":  # whose return_std comes second in all of scikit-learn
            assert all(mine[key].kind == inspect.Parameter.KEYWORD_ONLY for key in added)


def public_state(estimator):
    return {key for key in vars(estimator) if key.endswith("_") and not key.startswith("_")}


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"early_stopping": True}],
    ids=str,
)
def test_fitted_attributes(name, parameters):
    ours, theirs = (e.fit(X, y > 0) for e in pair(name, max_iter=3, random_state=0, **parameters))
    stochastic = {"validation_loss_curve_", "learning_rate_curve_"}
    added = set() if parameters.get("solver") == "lbfgs" else stochastic
    assert public_state(ours) == public_state(theirs) | added
    for key in public_state(theirs):
        mine, other = getattr(ours, key), getattr(theirs, key)
        assert type(mine) is type(other) or isinstance(mine, float | int), key
        if isinstance(mine, list):
            assert [np.shape(m) for m in mine] == [np.shape(o) for o in other], key
        elif isinstance(mine, str) or mine is None:
            assert mine == other, key
        else:
            np.testing.assert_allclose(mine, other, rtol=1e-6, err_msg=key)


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
def test_tags(name):
    ours, theirs = (get_tags(estimator) for estimator in pair(name))
    assert ours.transformer_tags.preserves_dtype == ["float64", "float32"]
    ours.transformer_tags = None
    assert ours == theirs


def test_poisson_tag():
    assert get_tags(fastnn.MLPRegressor(loss="poisson")).target_tags.positive_only


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
def test_metadata_requests(name):
    with sklearn.config_context(enable_metadata_routing=True):
        requests = [estimator.get_metadata_routing()._serialize() for estimator in pair(name)]
    ours, theirs = requests
    for key in ADDED_FIT_PARAMETERS:
        assert ours["fit"].pop(key) is None
    assert ours.pop("transform") == {"layer": None}
    assert ours == theirs


@as_in_1_9
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("alpha", -1),
        ("batch_size", 0),
        ("batch_size", "big"),
        ("learning_rate", "later"),
        ("learning_rate_init", 0),
        ("power_t", -0.5),
        ("max_iter", 0),
        ("max_iter", 2.5),
        ("shuffle", "true"),
        ("random_state", "seed"),
        ("tol", -1e-4),
        ("verbose", -1),
        ("warm_start", 1.5),
        ("momentum", 1.1),
        ("nesterovs_momentum", "yes"),
        ("early_stopping", 3),
        ("validation_fraction", 1.0),
        ("beta_1", 1.0),
        ("beta_2", -0.1),
        ("epsilon", 0),
        ("n_iter_no_change", 0),
        ("max_fun", 0),
    ],
)
def test_errors_of_parameters_are_theirs(name, parameter, value):
    messages = []
    for estimator in pair(name, **{parameter: value}):
        with pytest.raises(ValueError, match=parameter) as info:
            estimator.fit(X, y)
        messages.append((type(info.value).__name__, in_order(info.value)))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("value", ["relu6", 3, None])
def test_errors_of_activation(value):
    with pytest.raises(InvalidParameterError, match="The 'activation' parameter of"):
        fastnn.MLPClassifier(activation=value).fit(X, y)


def test_error_of_solver_names_all():
    with pytest.raises(ValueError, match="The 'solver' parameter of MLPClassifier") as info:
        fastnn.MLPClassifier(solver="hobo").fit(X, y)
    assert all(f"'{name}'" in str(info.value) for name in ("lbfgs", "sgd", "adam"))


NOT_WHOLE = [
    "many",
    "3-",
    "-3",
    "3--4",
    "3-4,5",
    "(3",
    "3)",
    "3,,4",
    ",",
    "2.5",
    (2.5,),
    ("3",),
    [[3]],
]


@pytest.mark.parametrize("value", NOT_WHOLE)
def test_hidden_layer_sizes_must_be_whole(value):
    with pytest.raises(
        ValueError, match="hidden_layer_sizes must be an int, a sequence of ints or"
    ):
        fastnn.MLPClassifier(value).fit(X, y)


@pytest.mark.parametrize("value", [0, -1, (3, -1), (0,), "3-0"])
def test_hidden_layer_sizes_must_be_positive(value):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        fastnn.MLPClassifier(value).fit(X, y)


def test_first_positional_of_the_regressor_is_the_loss():
    with pytest.raises(InvalidParameterError, match="The 'loss' parameter of MLPRegressor"):
        fastnn.MLPRegressor((8,)).fit(X, y)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "score"])
def test_not_fitted(name, method):
    estimator = getattr(fastnn, name)()
    if hasattr(estimator, method):
        arguments = (X, y) if method == "score" else (X,)
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(estimator, method)(*arguments)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        *(("", ()), (" ", ()), ("()", ()), ("5", (5,)), ("(5,)", (5,)), ("[5]", (5,))),
        *(("4-3", (4, 3)), (" 4 - 3 ", (4, 3)), ("4,3", (4, 3)), ("(4, 3)", (4, 3))),
        ("[4, 3]", (4, 3)),
    ],
)
def test_hidden_layer_sizes_as_a_string(text, sizes):
    ours, same = (
        fastnn.MLPClassifier(s, max_iter=2, random_state=0).fit(X, y) for s in (text, sizes)
    )
    for mine, other in zip(ours.coefs_, same.coefs_, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("name", [*NAMES, "RecurrentClassifier", "ConvRegressor", "Autoencoder"])
def test_a_string_of_sizes_stays_as_it_was_given(name):
    """As a choice of Optuna's or GASearchCV's, in every family."""
    model = clone(getattr(fastnn, name)(hidden_layer_sizes="(4, 3)"))
    assert model.get_params()["hidden_layer_sizes"] == "(4, 3)"
    rows = np.tile(X[:30], (1, 4)) if name == "ConvRegressor" else X[:30]
    targets = [] if name == "Autoencoder" else [np.arange(30) % 2]
    same = clone(model).set_params(hidden_layer_sizes=(4, 3))
    shapes = [
        [w.shape for w in one.set_params(max_iter=1).fit(rows, *targets).coefs_]
        for one in (model, same)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("sizes", [(), 5, np.int64(5), [4, 3], np.array([4, 3]), (np.int32(2),)])
def test_hidden_layer_sizes(sizes):
    ours, theirs = (
        e.fit(X, y) for e in pair("MLPClassifier", hidden_layer_sizes=sizes, max_iter=2)
    )
    assert [c.shape for c in ours.coefs_] == [c.shape for c in theirs.coefs_]


def test_partial_fit_of_lbfgs_names_the_reason():
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as info:
        fastnn.MLPClassifier(solver="lbfgs").partial_fit  # noqa: B018
    with pytest.raises(AttributeError) as theirs:
        sklearn.neural_network.MLPClassifier(solver="lbfgs").partial_fit  # noqa: B018
    assert str(info.value) == str(theirs.value)
    assert str(info.value.__cause__) == str(theirs.value.__cause__)


@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "tol": 0.5},
        {"solver": "sgd", "learning_rate_init": 1e-6, "learning_rate": "adaptive", "tol": 10.0},
        {"tol": 10.0},
        {"early_stopping": True, "tol": 10.0},
        {"solver": "sgd", "learning_rate": "invscaling"},
    ],
    ids=str,
)
def test_verbose_text(parameters, capsys):
    Xb, yb = load_digits(n_class=2, return_X_y=True)
    Xb = Xb / 16  # where no probability saturates: scikit-learn's loss rounds those
    texts = []
    for estimator in pair(
        "MLPClassifier", verbose=True, max_iter=12, n_iter_no_change=2, random_state=0, **parameters
    ):
        estimator.fit(Xb, yb)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_convergence_warning():
    texts = []
    for estimator in pair("MLPClassifier", max_iter=3, random_state=0):
        with pytest.warns(ConvergenceWarning) as record:
            estimator.fit(X, y)
        texts.append([str(w.message) for w in record])
    assert texts[0] == texts[1]


@as_in_1_9
def test_lbfgs_convergence_warning():
    texts = []
    for estimator in pair("MLPClassifier", solver="lbfgs", max_iter=3, random_state=0):
        with pytest.warns(ConvergenceWarning) as record:
            estimator.fit(X, y)
        texts.append([str(w.message) for w in record])
    assert texts[0] == texts[1]


def test_batch_size_is_clipped():
    ours, theirs = pair("MLPClassifier", batch_size=1000, max_iter=3, random_state=0)
    for estimator in (ours, theirs):
        with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample"):
            estimator.fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_thing_is_documented(name):
    cls = getattr(fastnn, name)
    text = inspect.getdoc(cls)
    for parameter in inspect.signature(cls).parameters:
        assert parameter in text
    estimator = cls(max_iter=2, early_stopping=True).fit(X, y > 0)
    for attribute in public_state(estimator):
        assert attribute in text
    for method in ("fit", "partial_fit", "predict"):
        assert "Parameters\n" in inspect.getdoc(getattr(cls, method))


def test_clone_keeps_parameters():
    estimator = fastnn.MLPRegressor("poisson", (3, 2), "tanh", n_jobs=2, scoring="loss")
    assert clone(estimator).get_params() == estimator.get_params()
