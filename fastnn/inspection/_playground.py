"""playground: a network that learns in a page, for a browser."""

import json
import os
import re
import webbrowser
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastnn._names import meant
from fastnn.inspection._causes import CONSEQUENCES
from fastnn.inspection._verdict import THRESHOLDS

__all__ = ["playground", "script"]

#: The page's scripts, in the order in which they need each other.
ENGINE = ("random.js", "data.js", "network.js", "steps.js", "diagnosis.js", "state.js")
PAGE = ("drawing.js", "panels.js", "page.js")

PROBLEMS = ("circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss")
FEATURES = ("x1", "x2", "x1sq", "x2sq", "x1x2", "sinx1", "sinx2")
ACTIVATIONS = ("tanh", "relu", "logistic", "identity")
SOLVERS = ("sgd", "momentum", "adam")

#: What the page has buttons for.
_MOST_LAYERS, _MOST_UNITS = 6, 8


def playground(
    path: str | os.PathLike[str] = "playground.html",
    *,
    problem: str = "circle",
    features: Sequence[str] = ("x1", "x2"),
    hidden_layer_sizes: Sequence[int] = (4, 2),
    activation: str = "tanh",
    solver: str = "sgd",
    noise: int = 0,
    random_state: int = 0,
    show: bool = False,
) -> Path:
    """Write a page on which a small network can be put together and watched as it learns.

    One file that needs nothing else, no connection either. It has the problems, inputs and knobs of
    TensorFlow Playground; beside the network stand how much of the gradient reaches each layer and
    what `diagnose` says of it, so that vanishing gradients, dead units and overfitting can be seen
    as they come. The page trains by itself, with the formulas of `MLPClassifier` and
    `MLPRegressor`. Its address keeps the settings, and ``#epochs=100`` in it trains at once.

    Parameters
    ----------
    path : str or path-like, default="playground.html"
        A file there is replaced.
    problem : {"circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"}, default="circle"
        What to begin with, as all that follows; the page changes it.
    features : sequence of {"x1", "x2", "x1sq", "x2sq", "x1x2", "sinx1", "sinx2"}
        Inputs: the coordinates of a point, their squares and product, their sines.
    hidden_layer_sizes : sequence of int, default=(4, 2)
        At most 6 layers of at most 8 units.
    activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
    solver : {"sgd", "momentum", "adam"}, default="sgd"
    noise : int, default=0
        In per cent, up to 50.
    random_state : int, default=0
        Seed of the points, the first weights and the order of the rows.
    show : bool, default=False
        Open the page in the browser.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    ValueError
        If a parameter is none of what the page knows, before anything is written.
    OSError
        If the file cannot be written.

    References
    ----------
    Smilkov, Carter, Sculley, Viegas and Wattenberg, "Direct-manipulation visualization of deep
    networks", 2017: TensorFlow Playground.

    Examples
    --------
    >>> from fastnn.inspection import playground
    >>> page = playground(problem="xor", hidden_layer_sizes=(4,))  # doctest: +SKIP
    """
    settings = {
        "problem": _one_of("problem", problem, PROBLEMS),
        "features": [_one_of("features", name, FEATURES) for name in _several(features)],
        "hidden": _sizes(hidden_layer_sizes),
        "activation": _one_of("activation", activation, ACTIVATIONS),
        "solver": _one_of("solver", solver, SOLVERS),
        "rate": 0.01 if solver == "adam" else 0.03,
        "penalty": "none",
        "alpha": 0,
        "start": "Glorot's",
        "noise": _whole("noise", noise, 50),
        "share": 50,
        "batch": 10,
        "seed": _whole("random_state", random_state, 10**9),
    }
    page = _text("page.html")
    parts = {"STYLE": _text("style.css"), "SCRIPT": script((*ENGINE, *PAGE), settings)}
    page = re.sub(r"/\* (\w+) \*/", lambda found: parts[found[1]], page)
    path = Path(path)
    path.write_text(page, encoding="utf-8")
    if show:
        webbrowser.open(path.resolve().as_uri())
    return path


def script(names: Sequence[str], settings: dict[str, Any]) -> str:
    """Some of the page's scripts as one, behind the numbers that they share with the library."""
    shared = {
        "SETTINGS": settings,
        "LIMITS": {name: threshold.value for name, threshold in THRESHOLDS.items()},
        "CONSEQUENCES": CONSEQUENCES,
    }
    lines = ['"use strict";']
    lines += [f"const {name} = {json.dumps(given)};" for name, given in shared.items()]
    lines += [_text(name).removeprefix('"use strict";\n') for name in names]
    return "\n".join(lines)


def _text(name):
    return (files("fastnn.inspection") / "_page" / name).read_text(encoding="utf-8")


def _one_of(parameter, given, known):
    if given not in known:
        raise ValueError(
            f"{parameter} must be one of {', '.join(known)}; got {given!r}{meant(given, known)}"
        )
    return given


def _several(features):
    if isinstance(features, str) or not len(features):
        raise ValueError(f"features must be a list of one or more names, got {features!r}")
    return sorted(set(features), key=lambda name: (name not in FEATURES, str(name)))


def _sizes(hidden_layer_sizes):
    sizes = list(hidden_layer_sizes)
    fits = len(sizes) <= _MOST_LAYERS and all(
        isinstance(n, int) and 1 <= n <= _MOST_UNITS for n in sizes
    )
    if not fits:
        raise ValueError(
            f"hidden_layer_sizes must be at most {_MOST_LAYERS} layers of 1 to {_MOST_UNITS} "
            f"units, which is what the page can draw; got {hidden_layer_sizes!r}"
        )
    return sizes


def _whole(parameter, given, most):
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        raise ValueError(f"{parameter} must be an int from 0 to {most}, got {given!r}")
    return given
