"""What a network does in a pipeline that skl2onnx converts: predict at the end, or transform.

skl2onnx parses every step as a predictor, if it is a classifier or a regressor. So the parsers of
what holds transformers note which networks in it are used as such.
"""

from contextvars import ContextVar

from skl2onnx._parse import (
    _parse_sklearn_classifier,
    _parse_sklearn_simple_model,
    sklearn_parsers_map,
    update_registered_parser,
)
from skl2onnx.common.data_types import guess_tensor_type
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

#: The operator that is the last hidden layer of a network.
HIDDEN_LAYER = "FastnnHiddenLayer"

_transformers = ContextVar("numbers (id) of the models that transform", default=frozenset())


def parse_network(scope, model, inputs, custom_parsers=None):
    """Declare the outputs of a network."""
    if id(model) not in _transformers.get():
        classifies = hasattr(type(model), "predict_proba")
        parse = _parse_sklearn_classifier if classifies else _parse_sklearn_simple_model
        return parse(scope, model, inputs, custom_parsers=custom_parsers)
    operator = scope.declare_local_operator(HIDDEN_LAYER, model)
    operator.inputs = inputs
    output = scope.declare_local_variable("hidden_layer", guess_tensor_type(inputs[0].type))
    operator.outputs.append(output)
    return operator.outputs


def mark_transformers():
    """Make the parsers of pipelines, unions and column transformers note their transformers."""
    for cls, steps in _STEPS.items():
        parser = sklearn_parsers_map[cls]
        if not hasattr(parser, "fastnn"):
            update_registered_parser(cls, _noting(parser, steps))


def _noting(parser, steps):
    def parse(scope, model, inputs, custom_parsers=None):
        known = _transformers.get()
        token = _transformers.set(known | set(map(id, steps(model, id(model) in known))))
        try:
            return parser(scope, model, inputs, custom_parsers=custom_parsers)
        finally:
            _transformers.reset(token)

    parse.fastnn = True
    return parse


_STEPS = {
    Pipeline: lambda model, transforms: [
        step for _, step in (model.steps if transforms else model.steps[:-1])
    ],
    FeatureUnion: lambda model, transforms: [step for _, step in model.transformer_list],
    ColumnTransformer: lambda model, transforms: [step for _, step, _ in model.transformers_],
}
