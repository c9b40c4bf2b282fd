"""The kernel that asks a recurrent network step by step."""

from fastnn._kernels.layers.specs import OUTPUTS
from fastnn._kernels.scoring.scorer import Scorer
from fastnn._kernels.scoring.stream import Stream, state_sizes
from fastnn.model.nodes import check_nodes
from fastnn.model.one_step import one_step
from fastnn.scoring.stages import Stages


def stream_of(model):
    """Pack a Model to be asked step by step.

    Raises
    ------
    TypeError
        If it cannot be.
    """
    if model.front is not None:
        raise TypeError("a model with a pipeline before its network has no steps to take")
    nodes, width = one_step(model.nodes)
    stages = Stages(nodes, check_nodes(width, nodes, model.dtype), model.precision)
    has = model.has_probabilities or model.kind == "regressor"
    two_column = model.kind == "classifier" and model.has_probabilities and stages.specs[-1].n == 1
    more = (model.output_activation, model.dtype, two_column, None)
    more = (*more, stages.functions, model.head.activated, stages.reduced)
    sizes = state_sizes(Scorer(width, stages.specs, stages.arrays, *more))
    specs, n_in = with_states(stages.specs, sizes, width)
    return Stream(Scorer(n_in, specs, stages.arrays, *more), width, has or model.head.activated)


def with_states(specs, sizes, width):
    """The stages as they find their states, of those sizes, in the input behind a step's numbers;
    and how wide that is."""
    found, at = [], width
    for spec, size in zip(specs, sizes, strict=True):
        if size:
            spec, at = spec._replace(carried=at), at + size
            if spec.output == OUTPUTS.index("mean"):
                spec, at = spec._replace(total=at), at + spec.units + 1
        found.append(spec)
    return found, at
