"""Export to ONNX, alone and inside pipelines that skl2onnx converts."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn._version import __version__
from fastnn.export._tables import describe_for_export, in_dtype
from fastnn.export.metadata import metadata
from fastnn.model.ensembles import ENSEMBLES
from fastnn.model.precision import PRECISIONS


def to_onnx(model: Any, *, dtype: str = "float32", target_opset: int | None = None) -> Any:
    """Convert a model to ONNX.

    The graph takes ``X`` of shape (n, n_features). A classifier gives ``label`` of shape (n,), of
    the type of its classes, and ``probabilities`` of shape (n, n_classes); a multilabel
    classifier ``label``, an int64 indicator, and ``probabilities``, both of shape (n, n_labels); a
    regressor ``variable`` of shape (n, n_outputs). A classifier without probabilities gives
    ``scores`` in their place, its decision values: of two classes minus the value and the value.

    Of a pipeline with encoders or imputers the inputs are its columns by name, each of shape
    (n, 1): text for labels that are text, with the empty one for a missing value, else numbers.
    What the pipeline refuses gives NaN.

    Parameters
    ----------
    model : estimator, Network, Predictor, str or path-like
        What `fastnn.Predictor` accepts.
    dtype : {"float32", "float64"}, default="float32"
        The precision of input, weights and results. A Predictor of ``"bfloat16"`` or ``"int8"``,
        whose input and results are float32, keeps its weights: those of int8 as QuantizeLinear and
        DequantizeLinear have them, by rows and by columns.
    target_opset : int, optional
        The version of ONNX's operators to write the graph in; by default 18. Operators that it
        lacks, or that onnxruntime lacks in it for ``dtype``, are composed of others.

    Returns
    -------
    onnx.ModelProto
        Write it with ``onnx.save``, or score it with ``onnxruntime`` from
        ``model.SerializeToString()``.

    Raises
    ------
    ImportError
        If the package ``onnx`` is not installed.
    TypeError, ValueError
        If the model cannot be converted exactly; the message names the step, activation or label.
        If ``target_opset`` has not what the model needs; the message names the opset that has.

    Notes
    -----
    The metadata of the graph hold ``fastnn_version`` and, as JSON, ``feature_names`` and
    ``classes`` where the model has them.
    """
    _need("onnx")
    from onnx import checker, helper

    from fastnn.export._onnx_front import add_front
    from fastnn.export._onnx_graph import OPSET, Graph, add_network, checked_opset, label_type

    model = in_dtype(describe_for_export(model), dtype, PRECISIONS)
    prefix = "" if model.front is None else "fastnn/"  # inputs have the names of columns
    graph = Graph(prefix, checked_opset(OPSET if target_opset is None else target_opset))
    element = helper.np_dtype_to_tensor_dtype(np.dtype(model.dtype))
    outputs = []
    if model.kind == "regressor":
        label, values, width = None, "variable", model.n_outputs
    else:
        label, values = "label", "probabilities" if model.has_probabilities else "scores"
        width = 2 if model.binary else model.n_outputs
        if model.kind == "multilabel":
            info = helper.make_tensor_value_info(label, helper.TensorProto.INT64, ["n", width])
        else:
            info = helper.make_tensor_value_info(label, label_type(model.classes), ["n"])
        outputs.append(info)
    outputs.append(helper.make_tensor_value_info(values, element, ["n", width]))
    features = "X"
    sources = [helper.make_tensor_value_info("X", element, ["n", model.n_features_in])]
    if model.front is not None:
        sources, features = add_front(graph, model.front, model.dtype)
    add_network(graph, model, features, label=label, values=values)
    opsets = [helper.make_opsetid("", graph.opset)]
    if "ai.onnx.ml" in graph.domains:
        opsets.append(helper.make_opsetid("ai.onnx.ml", 2))
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "fastnn", sources, outputs, graph.constants),
        opset_imports=opsets,
        # From version 4 on constants need not be inputs.
        ir_version=max(4, helper.find_min_ir_version_for(opsets)),
        producer_name="fastnn",
        producer_version=__version__,
    )
    helper.set_model_props(proto, metadata(model))
    checker.check_model(proto, full_check=True)
    return proto


def register_with_skl2onnx(*classes: ArrayLike | None) -> None:
    """Make ``skl2onnx`` convert networks wherever it meets them, in any pipeline.

    Parameters
    ----------
    *classes : type
        Classes whose conversion fastnn takes over. By default fastnn's ``MLPClassifier``,
        ``MLPRegressor``, deep ensembles, Monte Carlo dropout and Laplace's approximation; those of
        scikit-learn may be given too, whose own converter is wrong for several targets, for a
        poisson loss, for wide integer labels and for two labels.

    Raises
    ------
    ImportError
        If the package ``skl2onnx`` is not installed.

    Notes
    -----
    A network that is a step before another model is converted to its last hidden layer, as its
    ``transform`` gives it. For that the parsers of ``Pipeline``, ``FeatureUnion`` and
    ``ColumnTransformer`` are wrapped. Around a network, skl2onnx leaves out the threshold of a
    ``TunedThresholdClassifierCV``: convert that with `to_onnx`, which keeps it.
    """
    _need("skl2onnx")
    from fastnn.export._skl2onnx import register

    if not classes:
        import fastnn

        laplace = "LaplaceClassifier", "LaplaceRegressor"
        names = ("MLPClassifier", "MLPRegressor", *laplace, *ENSEMBLES)
        classes = tuple(getattr(fastnn, name) for name in names)
    for cls in classes:
        register(cls)


def _need(package):
    try:
        __import__(package)
    except ImportError:
        raise ImportError(
            f"this needs the package {package}, which is not installed: pip install {package}"
        ) from None
