"""What an exported model tells about itself beside its numbers."""

import json

from fastnn._version import __version__


def metadata(model):
    """The version of fastnn and, as JSON, the names of features and classes, of those it has.

    Parameters
    ----------
    model : Model

    Returns
    -------
    dict of str to str
    """
    found = {"fastnn_version": __version__}
    if model.feature_names is not None:
        found["feature_names"] = json.dumps(list(model.feature_names))
    if model.classes is not None:
        found["classes"] = json.dumps(model.classes.tolist(), default=str)
    return found
