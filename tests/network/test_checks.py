"""Network refuses what does not fit before any work, names it, and stays as it was."""

import copy

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix

from fastnn import Network
from fastnn.exceptions import DivergenceError
from fastnn.layers import BatchNorm, Dense, Dropout, Residual
from fastnn.losses import Huber, Quantile
from fastnn.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Rprop
from fastnn.schedules import Constant, ReduceOnPlateau, Warmup


def numbers(n=60, n_out=2):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n, 4))
    return X, X[:, :n_out] * 2 + 0.1 * rng.normal(size=(n, n_out))


def classes(n=60, k=3):
    rng = np.random.RandomState(1)
    y = rng.randint(0, k, n)
    return rng.normal(size=(n, 4)) + 3 * np.eye(4)[y], y


def regressor(**options):
    return Network([Dense(5, "tanh"), Dense(2)], random_state=0, **options)


def classifier(loss="softmax_log_loss", n_out=3, **options):
    return Network([Dense(5, "tanh"), Dense(n_out)], loss, random_state=0, **options)


def everything(net):
    """What a network is: its attributes, arrays as bytes, the state of its random numbers."""
    found = {k: v for k, v in vars(net).items() if k not in ("compiled", "_rng")}
    found["random"] = repr(net._rng.get_state())
    if hasattr(net, "compiled"):
        found["identity"], found["params"] = id(net.compiled), net.compiled.params.tobytes()
        found["running"] = [(m.tobytes(), v.tobytes()) for m, v in net.compiled.running]
    return copy.deepcopy(found)


X, Y = numbers()
NAN, INF, WIDE = X.copy(), csr_matrix(X), np.ones((60, 5))
NAN[7, 2], INF.data[9] = np.nan, np.inf

BAD_FITS = {
    "schedule": ({"schedule": "bogus"}, "schedule must be one of constant"),
    "near schedule": ({"schedule": "cosin"}, "did you mean 'cosine'"),
    "class of a schedule": ({"schedule": Constant}, r"a class: write Constant\(\)"),
    "batch_size 0": ({"batch_size": 0}, "batch_size must be an int of at least 1, got 0"),
    "batch_size half": ({"batch_size": 2.5}, "batch_size must be an int"),
    "batch_size word": ({"batch_size": "all"}, "batch_size must be 'auto' or"),
    "epochs": ({"epochs": -1}, "epochs must be an int of at least 1, got -1"),
    "epochs 0": ({"epochs": 0}, "epochs must be"),
    "epochs true": ({"epochs": True}, "epochs must be"),
    "optimizer": ({"optimizer": "adm"}, "optimizer must be one of sgd.*did you mean 'adam'"),
    "class of an optimizer": ({"optimizer": Adam}, r"a class: write Adam\(\)"),
    "lbfgs": ({"optimizer": "lbfgs"}, "only the estimators have it"),
    "learning_rate 0": ({"learning_rate": 0}, "learning_rate must be a finite number above 0"),
    "learning_rate nan": ({"learning_rate": np.nan}, "learning_rate must be"),
    "learning_rate word": ({"learning_rate": "adaptive"}, "its course is what schedule says"),
    "two learning rates": (
        {"optimizer": SGD(), "learning_rate": 0.1},
        r"SGD\(learning_rate_init=0.1\)",
    ),
    "rprop": ({"optimizer": Rprop(), "batch_size": 20}, "leave batch_size at 'auto'"),
    "alpha": ({"alpha": -1}, "alpha must be a number in the range"),
    "clip_norm": ({"clip_norm": 0}, "clip_norm must be a number in the range"),
    "max_norm": ({"max_norm": "big"}, "max_norm must be"),
    "average_decay": ({"average_decay": 1.0}, "average_decay must be"),
    "seed": ({"seed": -1}, "seed must be an int"),
    "n_jobs": ({"n_jobs": 0}, "n_jobs == 0"),
    "n_jobs word": ({"n_jobs": "2"}, "n_jobs must be an int"),
    "tol": ({"tol": -1e-3}, "tol must be"),
    "n_iter_no_change": ({"n_iter_no_change": 0}, "n_iter_no_change must be"),
    "unknown": ({"clip_nrom": 1.0}, "no parameter 'clip_nrom' .did you mean 'clip_norm'"),
    "solver": ({"solver": "adam"}, "'solver': here it is optimizer"),
    "max_iter": ({"max_iter": 10}, "'max_iter': here it is epochs"),
    "weight_decay": ({"weight_decay": 0.1}, r"AdamW\(weight_decay"),
    "weights short": ({"sample_weight": np.ones(5)}, r"sample_weight must have shape \(60,\)"),
    "weights nan": ({"sample_weight": np.r_[np.ones(59), np.nan]}, "sample_weight.* nan in row 59"),
    "weights negative": ({"sample_weight": -np.ones(60)}, "must not be negative"),
    "weights zero": ({"sample_weight": np.zeros(60)}, "number other than 0"),
    "weights words": ({"sample_weight": ["a"] * 60}, "sample_weight must hold numbers"),
    "X_val alone": ({"X_val": X}, "y_val is missing"),
    "y_val alone": ({"y_val": Y}, "X_val is missing"),
    "early_stopping": ({"early_stopping": True}, "pass X_val and y_val"),
    "X_val width": ({"X_val": WIDE, "y_val": Y}, r"X_val must have shape \(n, 4\)"),
    "X_val nan": ({"X_val": NAN, "y_val": Y}, "X_val must hold finite.*row 7, column 2"),
    "y_val length": ({"X_val": X, "y_val": Y[:3]}, "y_val must have a target for each of the 60"),
}


@pytest.mark.parametrize("built", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize("name", BAD_FITS)
def test_fit_refuses_a_parameter_by_name(name, built):
    options, message = BAD_FITS[name]
    net = regressor()
    if built:
        net.fit(X, Y, epochs=1)
    before = everything(net)
    with pytest.raises(ValueError, match=message):
        net.fit(X, Y, **options)
    assert everything(net) == before


BAD_ROWS = {
    "width": (WIDE, r"X must have shape \(n, 4\), as the network was built for 4 features"),
    "sparse width": (csr_matrix(WIDE), r"X must have shape \(n, 4\)"),
    "one row": (X[0], r"two dimensions.*X.reshape\(1, -1\)"),
    "nan": (NAN, r"X must hold finite numbers, and has nan in row 7, column 2 \(1 such in all\)"),
    "nan in float32": (NAN.astype(np.float32), "row 7, column 2"),
    "sparse inf": (INF, "inf in row 2, column 1"),
    "dates": (np.full((60, 4), "2020-01-01", "M8[D]"), "datetime64.*days since a fixed day"),
    "times": (np.ones((60, 4), "m8[s]"), "timedelta64"),
    "words": (np.full((60, 4), "x"), "X must hold numbers, got dtype <U1"),
    "objects": (np.full((60, 4), "x", object), "X holds what is no number"),
    "complex": (X * 1j, "X must hold real numbers"),
    "ragged": ([[1.0, 2.0], [1.0]], "X must be an array"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_every_method_refuses_rows_by_name(name):
    bad, message = BAD_ROWS[name]
    net = regressor(n_in=4)
    before = everything(net)
    for call in (
        lambda: net.fit(bad, Y),
        lambda: net.predict(bad),
        lambda: net.loss_and_grad(bad, Y),
        lambda: net.input_gradient(bad),
        lambda: net.layer_outputs(bad),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    assert everything(net) == before


BAD_TARGETS = {
    "length": (regressor, Y[:5], "y must have a target for each of the 60 rows of X"),
    "width": (regressor, Y[:, :1], r"y must have shape \(60, 2\), a column for each output"),
    "one column": (regressor, Y[:, 0], r"y must have shape \(60, 2\)"),
    "nan": (regressor, np.where(Y.max() == Y, np.nan, Y), "y must hold finite numbers"),
    "none": (regressor, None, "y is missing"),
    "sparse": (regressor, csr_matrix(Y), r"y must be dense: pass y.toarray\(\)"),
    "dates": (regressor, np.full((60, 2), "2020-01-01", "M8[D]"), "datetime64"),
    "labels": (classifier, np.full(60, "cat"), "class numbers from 0 to 2, and holds .*cat"),
    "halves": (classifier, np.full(60, 0.5), "class numbers from 0 to 2.*holds 0.5"),
    "from 1": (classifier, np.arange(60) % 3 + 1, "holds 3: np.unique"),
    "negative": (classifier, np.full(60, -1), "holds -1"),
    "one-hot": (classifier, np.eye(3)[np.arange(60) % 3], r"y.argmax\(axis=1\)"),
    "class dates": (classifier, np.full(60, "2020-01-01", "M8[D]"), "datetime64"),
    "out of range": (
        lambda: classifier("logistic_log_loss", 1),
        np.full(60, 2.0),
        "encode the two classes as 0 and 1",
    ),
}


@pytest.mark.parametrize("name", BAD_TARGETS)
def test_targets_are_refused_by_name(name):
    make, y, message = BAD_TARGETS[name]
    net = make().build(4)
    before = everything(net)
    for call in (lambda: net.fit(X, y), lambda: net.loss_and_grad(X, y)):
        with pytest.raises(ValueError, match=message):
            call()
    assert everything(net) == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Network(None), "layers must be a list of layers"),
        (lambda: Network(Dense(3)), "layers must be a list of layers"),
        (lambda: Network([Dense]), r"a class: write Dense\(...\)"),
        (lambda: Network(["relu", Dense(3)]), "layers must be of fastnn.layers.*'relu'"),
        (lambda: Network([Residual([Dense]), Dense(3)]), "a class: write"),
        (lambda: Network([Dense(3), Dropout(0.5)]), "got Dropout"),
        (lambda: Network([Residual([Dropout(0)]), Dense(1)]), "do something"),
        (lambda: regressor(dtype="int8"), "dtype must be float32 or float64, got 'int8'"),
        (lambda: regressor(dtype="bogus"), "dtype must be float32 or float64, got 'bogus'"),
        (lambda: regressor(init="he_norml"), "did you mean 'he_normal'"),
        (lambda: regressor(init=3), "init must be one of"),
        (lambda: regressor(n_in=0), "n_in must be an int of at least 1, got 0"),
        (lambda: regressor().build("4"), "n_in must be an int"),
        (lambda: classifier("log_los"), "did you mean"),
        (lambda: classifier(Huber), r"a class: write Huber\(\)"),
        (lambda: classifier("softmax_log_loss", 1), "logistic_log_loss"),
        (lambda: classifier(Quantile([0.1, 0.9])), "2 levels need"),
        (lambda: regressor(n_in=4).loss_and_grad(X, Y, alpha=-1), "alpha must be"),
        (lambda: regressor(n_in=4).loss_and_grad(X, Y, seed=0.5), "seed must be"),
        (lambda: regressor(n_in=4).input_gradient(X, 2), "unit must be from 0 to 1, got 2"),
        (lambda: regressor(n_in=4).input_gradient(X, "0"), "unit must be an int"),
        (lambda: setattr(regressor(n_in=4), "parameters", np.full(37, np.nan)), "finite"),
        (lambda: setattr(regressor(n_in=4), "parameters", ["a"] * 37), "parameters must hold"),
        (lambda: regressor().fit(np.ones((0, 4)), np.ones((0, 2))), "X is empty"),
        (lambda: regressor().fit(np.ones((4, 0)), np.ones((4, 2))), "X is empty"),
    ],
)
def test_what_a_network_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_fit_that_fails_on_the_way_leaves_the_network_as_it_was():
    for net in (regressor(), regressor().fit(X, Y, epochs=1)):
        before = everything(net)
        with pytest.raises(DivergenceError):
            net.fit(1e150 * X, 1e150 * Y, optimizer=SGD(1e10))
        assert everything(net) == before
    net = regressor(n_in=4)
    net.named_parameters["coef_0"][1, 2] = np.inf
    with pytest.raises(ValueError, match="parameters of the network are not all finite"):
        net.fit(X, Y)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizers_first_argument_is_its_learning_rate(name):
    optimizer = OPTIMIZERS[name](0.25)
    assert optimizer == OPTIMIZERS[name](learning_rate_init=0.25)
    assert optimizer != OPTIMIZERS[name]()


def test_names_stand_for_the_objects():
    by_name = regressor().fit(X, Y, optimizer="adamw", learning_rate=0.02, epochs=3)
    by_object = regressor().fit(X, Y, optimizer=AdamW(0.02), epochs=3)
    np.testing.assert_array_equal(by_name.parameters, by_object.parameters)
    default = regressor().fit(X, Y, epochs=3, batch_size=200)
    for options in ({"optimizer": "adam"}, {"schedule": None}, {"schedule": lambda t, n: 1.0}):
        np.testing.assert_array_equal(
            regressor().fit(X, Y, epochs=3, **options).parameters, default.parameters
        )


def test_rprop_takes_all_rows_at_once():
    many, targets = numbers(500)
    nets = [
        regressor().fit(many, targets, optimizer="rprop", batch_size=size, epochs=5, shuffle=False)
        for size in ("auto", 500)
    ]
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


@pytest.mark.parametrize("family", ["log_loss", "focal"])
def test_the_outputs_tell_the_classification_loss(family):
    rows, y = classes()
    for n_out, kind, target in ((3, "softmax", y), (1, "logistic", y > 0)):
        full = f"{kind}_{family}" + ("_loss" if family == "focal" else "")
        nets = [classifier(name, n_out).fit(rows, target, epochs=2) for name in (family, full)]
        np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


def test_targets_of_other_forms_are_the_same_targets():
    rows, y = classes()
    fits = [
        classifier().fit(rows, form, epochs=2).parameters
        for form in (y, y[:, None], y.tolist(), y.astype(float), y.astype(np.uint8))
    ]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit, fits[0])
    net = Network([Dense(1)], random_state=0)
    flat, column = (copy.deepcopy(net).fit(X, t, epochs=2) for t in (Y[:, 0], Y[:, :1]))
    np.testing.assert_array_equal(flat.parameters, column.parameters)
    levels = Network([Dense(3)], Quantile([0.1, 0.5, 0.9]), n_in=4, random_state=0)
    loss, gradient = levels.loss_and_grad(X, Y[:, 0])
    expected, expected_gradient = levels.loss_and_grad(X, np.repeat(Y[:, :1], 3, axis=1))
    assert loss == expected
    np.testing.assert_array_equal(gradient, expected_gradient)


def test_other_forms_of_rows_are_the_same_rows():
    net = regressor().fit(X, Y, epochs=2)
    whole = np.round(X * 10)
    expected = net.predict(whole)
    for form in (whole.tolist(), whole.astype(int), np.asfortranarray(whole), whole.astype(object)):
        np.testing.assert_array_equal(net.predict(form), expected)
    doubled = coo_matrix(
        (np.repeat(whole.ravel() / 2, 2), np.repeat(np.indices(whole.shape).reshape(2, -1), 2, 1))
    )
    for form in (csr_matrix(whole.astype(int)), csr_matrix(whole).tocsc(), doubled):
        np.testing.assert_allclose(net.predict(form), expected, rtol=1e-12)
        np.testing.assert_allclose(net.layer_outputs(form)[-1], expected, rtol=1e-12)
    assert net.predict(np.empty((0, 4))).shape == (0, 2)


def test_a_row_of_weight_zero_is_absent():
    weight = np.ones(60)
    weight[::3] = 0
    present = weight > 0
    fits = [
        regressor().fit(rows, targets, sample_weight=w, epochs=3, batch_size=8, shuffle=False)
        for rows, targets, w in ((X, Y, weight), (X[present], Y[present], np.ones(40)))
    ]
    np.testing.assert_array_equal(fits[0].parameters, fits[1].parameters)


def test_watched_rows_change_nothing_but_are_measured():
    rows, y = classes(300)
    held = classes(100)
    plain = classifier().fit(rows, y, epochs=5, n_jobs=1)
    net = classifier().fit(rows, y, epochs=5, X_val=held[0], y_val=held[1], n_jobs=2)
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    assert plain.validation_loss_curve_ is None
    assert len(net.validation_loss_curve_) == 5
    p = net.predict(held[0])[np.arange(100), held[1]]
    assert net.validation_loss_curve_[-1] == pytest.approx(-np.log(p).mean(), rel=1e-12)


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    rows, y = numbers(40)
    noise = np.random.RandomState(5).normal(size=y.shape) * 3
    net = Network([Dense(50, "tanh"), BatchNorm(), Dense(2)], random_state=0).fit(
        rows, y + noise, X_val=-rows, y_val=-y, epochs=400, learning_rate=0.03, early_stopping=True
    )
    curve = net.validation_loss_curve_
    assert len(curve) == len(net.loss_curve_) < 400
    assert int(np.argmin(curve)) == len(curve) - 12  # more than ten epochs without a better one
    reached = 0.5 * ((net.predict(-rows) + y) ** 2).mean()
    assert reached == pytest.approx(min(curve), rel=1e-12)


def test_a_plateau_lowers_the_rate_where_the_schedule_says_so():
    flat = np.ones((60, 2))
    for schedule in ("plateau", ReduceOnPlateau(patience=3), Warmup(ReduceOnPlateau(), 5)):
        net = regressor().fit(X, flat, epochs=2000, learning_rate=0.1, schedule=schedule)
        assert len(net.loss_curve_) < 2000  # the end of a rate that has been lowered for long
    assert len(regressor().fit(X, flat, epochs=300).loss_curve_) == 300
