"""Maps as a Predictor, in files, in ONNX and in C."""

import io

import numpy as np
import pytest
from exported_c import COMPILER, build, score
from same_fits import assert_same
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import HopfieldNetwork, Predictor, SelfOrganizingMap, load, save, to_c, to_onnx
from fastnn.exceptions import ModelFormatError
from fastnn.files import model_file

X = load_digits().data[:400].astype(np.float32)
KINDS = [{}, {"metric": "cosine"}, {"topology": "hexagonal", "toroidal": True}]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def som(request):
    return SelfOrganizingMap(4, 5, **request.param).fit(X)


def test_a_predictor_gives_the_units(som):
    assert (Predictor(som).predict(X) == som.labels_).all()
    pipeline = make_pipeline(StandardScaler(), SelfOrganizingMap(3, 4)).fit(X.astype(float))
    found = Predictor(pipeline).predict(X)
    assert (found == pipeline.predict(X)).mean() > 0.99


def test_it_is_saved_to_the_bit(som):
    file = io.BytesIO()
    save(som, file)
    again = load(file.getvalue())
    assert_same(som, again)
    assert again.get_params() == som.get_params()
    assert (again.predict(X) == som.labels_).all()
    assert_same(som.partial_fit(X), again.partial_fit(X))


def test_names_and_first_units_are_saved():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, 1:4], columns=list("abc"))
    start = X[:6, 1:4]
    file = io.BytesIO()
    save(SelfOrganizingMap(2, 3, init=start, sigma=(1.0, 0.5)).fit(frame), file)
    again = load(file.getvalue())
    assert list(again.feature_names_in_) == list("abc")
    assert (again.init == start).all()
    assert again.sigma == (1.0, 0.5)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("codebook_", np.zeros((3, 64), np.float32), "units"),
        ("labels_", np.full(400, 99), "labels"),
        ("n_iter_", 1.5, "'n_iter_' is of the wrong type"),
        ("extra_", 1, "'extra_' is unknown"),
    ],
)
def test_unsound_files_are_refused(som, name, value, message, monkeypatch):
    file = io.BytesIO()
    encode = model_file.encode_section

    def tampered(values, section, tensors):
        return encode(values | ({name: value} if section == "fitted" else {}), section, tensors)

    monkeypatch.setattr(model_file, "encode_section", tampered)
    save(som, file)
    with pytest.raises(ModelFormatError, match=message):
        load(file.getvalue())


def test_onnx(som):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    session = onnxruntime.InferenceSession(to_onnx(som).SerializeToString())
    found = session.run(["label"], {session.get_inputs()[0].name: X})[0]
    assert (found == som.labels_).mean() > 0.99


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
def test_c(som, tmp_path):
    library = build(to_c(som, name="som"), tmp_path)
    codes, _ = score(library, "som", Predictor(som)._model, X, 20)
    assert (codes == som.labels_).mean() > 0.99


def test_a_hopfield_net_is_refused_by_name():
    net = HopfieldNetwork("dense").fit(X)
    for take in (Predictor, to_onnx, lambda model: to_c(model, name="net")):
        with pytest.raises(TypeError, match="HopfieldNetwork recalls in as many steps"):
            take(net)
