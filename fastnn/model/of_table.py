"""From a fitted TabularClassifier or TabularRegressor to a Model."""

from dataclasses import replace

from fastnn.model.classes import fitted
from fastnn.model.ensembles import mean_of_models
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT, Node
from fastnn.model.of_estimator import feature_names, network_as_fitted

#: The classes, by name.
TABULAR = ("TabularClassifier", "TabularRegressor")


def behind_columns(nodes, specs):
    """Nodes that take wide rows, with the node before them that makes these of columns.

    Parameters
    ----------
    nodes : sequence of Node
    specs : tuple of ColumnSpec
    """
    moved = [
        replace(node, sources=[0 if s == INPUT else s + 1 for s in node.sources]) for node in nodes
    ]
    return [Node("columns", (INPUT,), {}, {"columns": specs}), *moved]


def tabular_model(estimator):
    """The mean over its networks, with what was learned of the table as its front.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    fitted(estimator, "estimators_")
    models = [network_as_fitted(member) for member in estimator.estimators_]
    return with_table(
        models,
        getattr(estimator, "classes_", None),
        feature_names(estimator),
        estimator._table(),
    )


def with_table(models, classes, names, table):
    """The mean of models of its networks' classes, the numbers of the labels, behind a Table.

    Parameters
    ----------
    models : list of Model
    classes : ndarray or None
        Labels.
    names : tuple of str or None
    table : fastnn.tables.described.Table
    """
    if classes is not None and len(classes) > 1:
        models = [model.with_head(classes=classes) for model in models]
    mean = mean_of_models(models, classes, None)
    if classes is not None:
        mean = mean.with_head(classes=classes)
    specs = table.widening.columns.specs
    return Model(len(specs), behind_columns(mean.nodes, specs), mean.head, table.named(names))
