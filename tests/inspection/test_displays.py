"""The pictures show the numbers they say they show. How they look, eyes have to judge."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fastnn import MLPClassifier, MLPRegressor
from fastnn.inspection import (
    ActivationDisplay,
    FirstLayerWeightsDisplay,
    GradientFlowDisplay,
    LossCurveDisplay,
    OptimizerPathDisplay,
    diagnose,
)
from fastnn.optimizers import OPTIMIZERS, SGD, Optimizer

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X, y = load_digits(return_X_y=True)
X, y = X[:300] / 16, y[:300]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def model():
    return MLPClassifier((12, 8), random_state=0, max_iter=20, early_stopping=True).fit(X, y)


def displays(model):
    return {
        "loss": lambda **kw: LossCurveDisplay.from_estimator(model, **kw),
        "flow": lambda **kw: GradientFlowDisplay.from_estimator(model, X, y, **kw),
        "activations": lambda **kw: ActivationDisplay.from_estimator(model, X, y, **kw),
        "weights": lambda **kw: FirstLayerWeightsDisplay.from_estimator(model, **kw),
        "paths": lambda **kw: OptimizerPathDisplay.from_bowl(**kw),
    }


@pytest.mark.parametrize("name", displays(None))
def test_axes_are_the_users_or_new(name, model):
    make = displays(model)[name]
    display = make()
    assert display.ax_.figure is display.figure_
    figure, ax = plt.subplots()
    assert make(ax=ax).ax_ is ax
    other = display.plot()  # a display can be drawn again
    assert other is display
    for drawn in (figure, display.figure_):
        drawn.canvas.draw()  # nothing fails when it is rendered


def test_loss_curve(model):
    display = LossCurveDisplay.from_estimator(model, color="red")
    np.testing.assert_array_equal(display.line_.get_ydata(), model.loss_curve_)
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(1, model.n_iter_ + 1))
    assert display.line_.get_color() == "red"
    np.testing.assert_array_equal(
        display.validation_line_.get_ydata(), model.validation_loss_curve_
    )
    assert display.best_epoch == 1 + np.argmax(model.validation_scores_)
    assert display.learning_rate_line_ is None
    words = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert words == ["training", "validation", f"kept: epoch {display.best_epoch}"]


def test_learning_rates_have_an_axis_of_their_own():
    display = LossCurveDisplay([3.0, 2.0, 1.0], learning_rate_curve=[0.1, 0.05, 0.01]).plot()
    assert display.learning_rate_line_.axes is display.learning_rate_ax_ is not display.ax_
    np.testing.assert_array_equal(display.learning_rate_line_.get_ydata(), [0.1, 0.05, 0.01])
    assert display.validation_line_ is None


def test_a_validation_curve_that_began_later():
    display = LossCurveDisplay([3.0, 2.0, 1.0], validation_loss_curve=[2.5, 1.5]).plot()
    np.testing.assert_array_equal(display.validation_line_.get_xdata(), [2, 3])


def test_a_loss_of_zero_is_drawn_on_a_plain_scale():
    assert LossCurveDisplay([1.0, 0.0]).plot().ax_.get_yscale() == "linear"
    assert LossCurveDisplay([1.0, 0.1]).plot().ax_.get_yscale() == "log"


@pytest.mark.parametrize(
    "estimator", [MLPClassifier(), MLPClassifier((3,), solver="lbfgs", max_iter=5).fit(X, y)]
)
def test_no_loss_curve(estimator):
    with pytest.raises(ValueError, match="There is no loss_curve_"):
        LossCurveDisplay.from_estimator(estimator)


def test_gradient_flow(model):
    display = GradientFlowDisplay.from_estimator(model, X, y)
    layers = diagnose(model, X, y).layers
    weights = [12 * 64, 12 * 8, 8 * 10]
    expected = [layer.gradient_norm / n**0.5 for layer, n in zip(layers, weights, strict=True)]
    np.testing.assert_allclose(display.line_.get_ydata(), expected)
    deltas = [layer.delta / layer.n_units**0.5 for layer in layers]
    np.testing.assert_allclose(display.activation_line_.get_ydata(), deltas)
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["1", "2", "output"]


def test_gradient_flow_through_many_layers_has_room_for_its_labels():
    deep = MLPClassifier((5,) * 40, activation="relu", random_state=0)
    display = GradientFlowDisplay.from_estimator(deep, X, y)
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert len(labels) <= 16
    assert labels[0] == "1"
    assert labels[-1] == "output"
    assert len(display.line_.get_ydata()) == 41


def test_activations(model):
    display = ActivationDisplay.from_estimator(model, X, y, bins=30)
    first = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    np.testing.assert_allclose(display.outputs[0], first, atol=1e-12)
    assert len(display.outputs) == len(display.histograms_) == 2
    assert display.texts_[0].get_text() == f"{(first == 0).mean():.0%} zero"
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == [
        "hidden 1 (relu)",
        "hidden 2 (relu)",
    ]
    with pytest.raises(ValueError, match="no hidden layer"):
        ActivationDisplay.from_estimator(MLPClassifier(()), X, y)


def test_dead_layers_have_an_empty_histogram():
    display = ActivationDisplay([np.zeros((5, 3)), np.ones((5, 3))]).plot()
    assert [text.get_text() for text in display.texts_] == ["100% zero", ""]


def test_first_layer_weights(model):
    display = FirstLayerWeightsDisplay.from_estimator(model, n_units=4)
    norms = np.linalg.norm(model.coefs_[0], axis=0)
    np.testing.assert_array_equal(display.units_, np.argsort(-norms)[:4])
    image = display.im_.get_array()
    assert image.shape == (17, 17)
    for place, unit in zip([(0, 0), (0, 9), (9, 0), (9, 9)], display.units_, strict=True):
        top, left = place
        tile = image[top : top + 8, left : left + 8]
        np.testing.assert_array_equal(tile, model.coefs_[0][:, unit].reshape(8, 8))
    low, high = display.im_.get_clim()
    assert -low == high == np.nanmax(np.abs(image))  # zero is in the middle of the colours


def test_first_layer_images_need_a_shape(model):
    shaped = FirstLayerWeightsDisplay.from_estimator(model, image_shape=(4, 16), n_units=1)
    assert shaped.im_.get_array().shape == (4, 16)
    with pytest.raises(ValueError, match="image_shape"):
        FirstLayerWeightsDisplay.from_estimator(model, image_shape=(5, 5))
    with pytest.raises(ValueError, match="not fitted"):
        FirstLayerWeightsDisplay.from_estimator(MLPClassifier())


def test_a_table_is_a_heat_map_with_the_names_of_its_features():
    pandas = pytest.importorskip("pandas")
    names = [f"column {i}" for i in range(50)]
    table = pandas.DataFrame(X[:, :50], columns=names)
    fitted = MLPClassifier((12, 8), random_state=0, max_iter=5).fit(table, y)
    display = FirstLayerWeightsDisplay.from_estimator(fitted)
    weights = fitted.coefs_[0]
    largest = np.argsort(-np.linalg.norm(weights, axis=1))[:40]
    np.testing.assert_array_equal(display.features_, np.sort(largest))
    np.testing.assert_array_equal(
        display.im_.get_array(), weights[np.ix_(display.features_, display.units_)]
    )
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [names[i] for i in display.features_]
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == list(map(str, display.units_))
    plain = MLPClassifier((3,), max_iter=2).fit(X[:, :10], y)  # 10 features fill no square
    shown = FirstLayerWeightsDisplay.from_estimator(plain, n_units=2)
    assert shown.im_.get_array().shape == (10, 2)
    assert shown.ax_.get_yticklabels()[3].get_text() == "feature 3"


@pytest.mark.parametrize("name", list(displays(None)))
def test_every_picture_has_a_title_and_labels(name, model):
    display = displays(model)[name]()
    suptitle = display.figure_.get_suptitle()
    assert display.ax_.get_title() or suptitle
    if name in ("loss", "flow"):
        assert display.ax_.get_yscale() == "log"
        assert "log scale" in display.ax_.get_ylabel()
    if name != "weights":
        assert any(ax.get_xlabel() for ax in display.figure_.axes)
    _, ax = plt.subplots()
    ax.set_title("mine")
    displays(model)[name](ax=ax)
    assert ax.get_title() == "mine"


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_epochs_are_whole_numbers(n):
    display = LossCurveDisplay(np.linspace(2, 1, n)).plot()
    display.figure_.canvas.draw()
    ticks = display.ax_.get_xticks()
    assert len(ticks) >= 1
    np.testing.assert_array_equal(ticks, np.round(ticks))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_path_of_every_optimizer_leads_down(name):
    display = OptimizerPathDisplay.from_bowl(optimizers=name, n_steps=150)
    (path,) = display.paths.values()
    assert len(path) == 151
    away = path - display.optimum
    losses = np.einsum("ni,ij,nj->n", away, display.hessian, away) / 2
    assert losses[-1] < 0.05 * losses[0]


def test_optimizers_may_be_objects_and_have_names_of_their_own():
    class Sign(Optimizer):
        """Steps of one length: a class of the user's, with a rule of the kernels."""

        learning_rate_init = 0.05
        rule = "rprop"
        initial_moments = {"v": 0.05}  # noqa: RUF012

        def _formula(self, steps, rates):
            return 1.0, 1.0, 0.05, 0.05, 1.0

    given = SGD(0.1, 0.5)
    display = OptimizerPathDisplay.from_bowl(optimizers=[given, SGD(0.2), "adam", Sign()])
    assert list(display.paths) == ["SGD (1)", "SGD (2)", "adam", "Sign"]
    assert given.state == {}
    np.testing.assert_allclose(np.abs(np.diff(display.paths["Sign"][:9], axis=0)), 0.05)
    named = OptimizerPathDisplay.from_bowl(optimizers={"mine": given}, batch_size=16, n_steps=7)
    assert [len(path) for path in named.paths.values()] == [8]
    for bad in ("adm", 3, [None]):
        with pytest.raises(ValueError, match="optimizers must be names"):
            OptimizerPathDisplay.from_bowl(optimizers=bad)


def test_optimizer_paths():
    display = OptimizerPathDisplay.from_bowl(10.0)
    values = np.linalg.eigvalsh(display.hessian)
    np.testing.assert_allclose(values, [0.1, 1.0])
    assert len({id(ax) for ax in display.axes_}) == len(display.paths) == 4
    batch = display.paths["batch"]
    for before, after in pairwise(batch):  # the textbook's formula
        step = before - 1.85 * display.hessian @ (before - display.optimum)
        np.testing.assert_allclose(after, step, atol=1e-10)
    start = np.linalg.norm(batch[0])
    for name, path in display.paths.items():
        assert np.linalg.norm(path[-1]) < 0.1 * start, name
        np.testing.assert_array_equal(display.lines_[name].get_xydata(), path)
    momentum = display.paths["batch with momentum 0.8"]
    v = np.zeros(2)
    for before, after in pairwise(momentum):
        v = 0.8 * v - 0.25 * display.hessian @ (before - display.optimum)
        np.testing.assert_allclose(after, before + v, atol=1e-10)
    with pytest.raises(ValueError, match="condition_number"):
        OptimizerPathDisplay.from_bowl(0.5)


def test_other_models_are_refused():
    for make in displays(object()).values():
        if "from_bowl" not in make.__code__.co_names:
            with pytest.raises(TypeError, match="from_estimator takes an MLPClassifier"):
                make()


def test_without_matplotlib(monkeypatch):
    display = LossCurveDisplay([2.0, 1.0])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'fastnn-cpu\[plot\]'"):
        display.plot()


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, fastnn.inspection; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_regressors_too():
    target = X[:, 20]
    regressor = MLPRegressor(hidden_layer_sizes=(5,), max_iter=5).fit(X, target)
    assert LossCurveDisplay.from_estimator(regressor).validation_line_ is None
    assert len(GradientFlowDisplay.from_estimator(regressor, X, target).names) == 2
