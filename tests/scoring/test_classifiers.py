"""scikit-learn's classifiers around a network: thresholds and calibrations are kept exactly."""

import pickle

import numpy as np
import pytest
from scoring_models import data, fit, network, target
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import ModelFormatError, Predictor, to_c
from fastnn.model.head import Head, Threshold


def small(kind="binary", library="fastnn", **params):
    return network(library, kind, hidden_layer_sizes=(5,), max_iter=8, **params)


def assert_same(predictor, wrapped):
    """In float64, to the last bits, and the same labels."""
    X = data()
    assert (predictor.predict(X) == wrapped.predict(X)).all()
    assert (predictor.predict(X[:1]) == wrapped.predict(X[:1])).all()
    if hasattr(wrapped, "predict_proba"):
        found, expected = predictor.predict_proba(X), wrapped.predict_proba(X)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


class TestThresholds:
    def of(self, pipe, **params):
        y = target("binary")
        return fit(FixedThresholdClassifier(pipe, **params), data(), y)

    @pytest.mark.parametrize("library", ["fastnn", "sklearn"])
    @pytest.mark.parametrize("label", [None, "no", "yes"])
    @pytest.mark.parametrize("threshold", ["auto", 0.5, 0.123456789, 0.9, -1.0, 2.0])
    def test_fixed(self, library, threshold, label):
        pipe = make_pipeline(StandardScaler(), small(library=library))
        wrapped = self.of(pipe, threshold=threshold, pos_label=label)
        assert_same(Predictor(wrapped, "float64"), wrapped)

    @pytest.mark.parametrize("label", [None, "no"])
    @pytest.mark.parametrize("threshold", ["auto", 0.3, -2.0])
    def test_of_decision_values(self, threshold, label):
        wrapped = self.of(small(loss="hinge"), threshold=threshold, pos_label=label)
        predictor = Predictor(wrapped, "float64")
        assert_same(predictor, wrapped)
        with pytest.raises(AttributeError, match="has no probabilities"):
            predictor.predict_proba(data())

    @pytest.mark.parametrize("scoring", ["balanced_accuracy", "no"])
    def test_tuned(self, scoring):
        if scoring == "no":
            scoring = make_scorer(fbeta_score, beta=2, pos_label="no")
        tuned = TunedThresholdClassifierCV(make_pipeline(StandardScaler(), small()), cv=2)
        wrapped = fit(tuned.set_params(scoring=scoring, random_state=0), data(), target("binary"))
        assert_same(Predictor(wrapped, "float64"), wrapped)
        assert_same(Predictor(FrozenEstimator(wrapped), "float64"), wrapped)

    @pytest.mark.parametrize("label", ["no", "yes"])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_a_score_that_is_the_threshold_reaches_it(self, dtype, label):
        """At every score of a row, the next number below it, and the next above."""
        model = fit(small(), data().astype(dtype), target("binary"))
        X = data()[:30].astype(dtype)
        predictor = Predictor(model, dtype)
        scores = predictor.predict_proba(X)[:, int(label == "yes")]
        other = {"yes": "no", "no": "yes"}[label]
        for score in scores:
            for value in (score, np.nextafter(score, -1), np.nextafter(score, 2)):
                wrapped = self.of(FrozenEstimator(model), threshold=float(value), pos_label=label)
                found = Predictor(wrapped, dtype).predict(X)
                assert (found == np.where(scores >= value, label, other)).all()

    @pytest.mark.parametrize("label", ["no", "yes"])
    @pytest.mark.parametrize("params", [{}, {"loss": "hinge"}])
    def test_files_and_copies_keep_it(self, tmp_path, params, label):
        wrapped = self.of(small(**params), threshold=0.17, pos_label=label)
        predictor = Predictor(wrapped, "float64")
        fastnn.save(predictor, tmp_path / "m.fnn")
        for again in (fastnn.load(tmp_path / "m.fnn"), pickle.loads(pickle.dumps(predictor))):
            assert again._model.threshold == Threshold(0.17, int(label == "yes"))
            assert_same(again, wrapped)

    @pytest.mark.parametrize("label", ["no", "yes"])
    @pytest.mark.parametrize("params", [{}, {"loss": "hinge"}])
    @pytest.mark.parametrize("opset", [8, 18])
    def test_onnx(self, params, label, opset):
        onnxruntime = pytest.importorskip("onnxruntime")
        wrapped = self.of(small(**params), threshold=0.17, pos_label=label)
        proto = fastnn.to_onnx(wrapped, dtype="float64", target_opset=opset)
        session = onnxruntime.InferenceSession(proto.SerializeToString())
        found = session.run(["label"], {"X": data().copy()})[0]
        assert (found == wrapped.predict(data())).all()
        assert (found != Predictor(wrapped.estimator_).predict(data())).any()

    @pytest.mark.parametrize("label", ["no", "yes"])
    @pytest.mark.parametrize("params", [{}, {"loss": "hinge"}])
    def test_c(self, params, label):
        wrapped = self.of(small(**params), threshold=0.17, pos_label=label)
        source = to_c(wrapped, "net")
        score = "scores" if params else "probabilities"
        positive, sign = (1, ">=") if label == "yes" else (0, "<")
        assert f"return (double) {score}[{positive}] {sign} 0.17;" in source
        assert f"It is {positive} where the" in source

    def test_what_is_no_threshold_is_refused(self):
        several = fit(small("multiclass"), data(), target("multiclass"))
        wrapped = self.of(small(), threshold=0.3)
        wrapped.estimator_ = several
        with pytest.raises(TypeError, match="must hold a classifier of two classes"):
            Predictor(wrapped)
        wrapped = self.of(small(), threshold=np.inf)
        with pytest.raises(ValueError, match="is no threshold"):
            Predictor(wrapped)
        for threshold in (Threshold(0.5, 2), Threshold(np.nan), Threshold(1), Threshold("0.5")):
            head = Head("classifier", "logistic", "float64", np.arange(2), threshold=threshold)
            with pytest.raises(ValueError, match="is no threshold"):
                head.check(3, 1)
        with pytest.raises(ValueError, match="is no threshold"):
            Head("regressor", "identity", "float64", threshold=Threshold(0.5)).check(3, 1)

    @pytest.mark.parametrize("value", [None, [0.5], [0.5, True], [1, 1], [0.5, 1, 2], "x"])
    def test_a_file_with_an_unsound_one_is_refused(self, value, tmp_path, monkeypatch):
        from fastnn.files import model_file

        describe = model_file.describe_model
        wrong = lambda *args: {**describe(*args), "threshold": value}  # noqa: E731
        monkeypatch.setattr(model_file, "describe_model", wrong)
        fastnn.save(Predictor(self.of(small(), threshold=0.3)), tmp_path / "m.fnn")
        with pytest.raises(ModelFormatError, match="threshold is not sound"):
            fastnn.load(tmp_path / "m.fnn")


class TestCalibration:
    def of(self, pipe, kind="binary", **params):
        return fit(CalibratedClassifierCV(pipe, **params), data(), target(kind))

    @pytest.mark.parametrize("library", ["fastnn", "sklearn"])
    def test_sigmoid_of_probabilities(self, library):
        pipe = make_pipeline(StandardScaler(), small(library=library))
        wrapped = self.of(pipe, ensemble=False, cv=2)
        assert_same(Predictor(wrapped, "float64"), wrapped)

    def test_of_a_fitted_one(self):
        model = fit(small(), data(), target("binary"))
        wrapped = self.of(FrozenEstimator(model), cv=2, ensemble=False)
        assert_same(Predictor(wrapped, "float64"), wrapped)

    @pytest.mark.parametrize("method", ["sigmoid", "temperature"])
    @pytest.mark.parametrize("kind", ["binary", "multiclass"])
    def test_of_decision_values(self, kind, method):
        pipe = make_pipeline(StandardScaler(), small(kind, loss="hinge"))
        numbers = np.unique(target(kind), return_inverse=True)[1]  # scikit-learn needs them from 0
        calibrated = CalibratedClassifierCV(pipe, method=method, ensemble=False, cv=2)
        try:
            wrapped = fit(calibrated, data(), numbers)
        except ValueError:
            pytest.skip("this scikit-learn knows no such method")
        assert_same(Predictor(wrapped, "float64"), wrapped)

    def test_everything_at_once(self, tmp_path):
        """A threshold behind a calibration of a pipeline, in every consumer."""
        onnxruntime = pytest.importorskip("onnxruntime")
        inner = CalibratedClassifierCV(
            make_pipeline(StandardScaler(), small(batch_norm=True)), ensemble=False, cv=2
        )
        outer = FixedThresholdClassifier(inner, threshold=0.3)
        wrapped = fit(outer, data(), target("binary"))
        predictor = Predictor(wrapped, "float64")
        assert_same(predictor, wrapped)
        fastnn.save(predictor, tmp_path / "m.fnn")
        assert_same(fastnn.load(tmp_path / "m.fnn"), wrapped)
        proto = fastnn.to_onnx(predictor, dtype="float64")
        session = onnxruntime.InferenceSession(proto.SerializeToString())
        label, values = session.run(None, {"X": data().copy()})
        assert (label == wrapped.predict(data())).all()
        np.testing.assert_allclose(values, wrapped.predict_proba(data()), atol=1e-10)
        assert "net_logistic_layer" in to_c(predictor, "net")

    def test_a_calibration_of_a_threshold_is_of_its_estimator(self):
        inner = FixedThresholdClassifier(small(), threshold=0.9)
        wrapped = self.of(inner, ensemble=False, cv=2)
        assert_same(Predictor(wrapped, "float64"), wrapped)

    @pytest.mark.parametrize(
        ("kind", "params", "message"),
        [
            ("binary", {}, r"averages 2 classifiers.*ensemble=False"),
            ("binary", {"ensemble": False, "method": "isotonic"}, "method='sigmoid' with two"),
            ("multiclass", {"ensemble": False}, "give its outputs to the calibrators"),
        ],
    )
    def test_the_rest_is_refused_with_a_way_out(self, kind, params, message):
        wrapped = self.of(small(kind), kind, cv=2, **params)
        with pytest.raises(TypeError, match=message):
            Predictor(wrapped)

    def test_the_way_out_of_a_refusal_works(self):
        wrapped = self.of(small("multiclass"), "multiclass", cv=2, ensemble=False)
        (calibrated,) = wrapped.calibrated_classifiers_
        scores = Predictor(calibrated.estimator, "float64").predict_proba(data())
        columns = zip(calibrated.calibrators, scores.T, strict=True)
        p = np.transpose([calibrator.predict(column) for calibrator, column in columns])
        p /= p.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(p, wrapped.predict_proba(data()), rtol=1e-9)
