"""The steps of a front, turned from what describes them into what the kernels run."""

cimport numpy as cnp

import numpy as np

from fastnn._kernels.scoring.steps cimport (ABOVE, AFFINE, BIN, BOX_COX, CLIP, DIVIDE, IMPUTE, INVERSE_NORM, L1, L2,
                                            LABEL, MAX, NORMAL, NUMBER, PIECEWISE, PRODUCT, QUANTILE, SMOOTH_CLIP, SUM,
                                            VALUE, WITHIN, WRAP, YEO_JOHNSON, Step)

cnp.import_array()

#: Of each kind, its number and the attributes that are its a and b.
_KINDS = {
    "number": (NUMBER,),
    "label": (LABEL,),
    "impute": (IMPUTE, "missing", "fill"),
    "affine": (AFFINE, "scale", "shift"),
    "divide": (DIVIDE, "by"),
    "clip": (CLIP, "low", "high"),
    "smooth_clip": (SMOOTH_CLIP, "bend"),
    "above": (ABOVE, "threshold"),
    "yeo_johnson": (YEO_JOHNSON, "power"),
    "box_cox": (BOX_COX, "power"),
    "bin": (BIN,),
    "value": (VALUE,),
    "sum": (SUM, "shift"),
    "product": (PRODUCT,),
    "inverse_norm": (INVERSE_NORM,),
    "quantile": (QUANTILE, None, "margin"),
    "normal": (NORMAL, "low", "high"),
    "piecewise": (PIECEWISE,),
    "wrap": (WRAP, "low", "period"),
    "within": (WITHIN, "low", "high"),
}

#: The attribute, if there is one, that is the step's edges: of sums, the coefficients.
_EDGES = ("edges", "values", "at", "coefs")


cdef int read_step(Step *step, str kind, attributes, list keep) except -1:
    """Fill in a step but for its source; the arrays that it points to are kept."""
    if kind not in _KINDS:
        raise TypeError(f"the scorer cannot take a front with a step of kind {kind!r}")
    number, *names = _KINDS[kind]
    step.kind = number
    if names and names[0] is not None:
        step.a = attributes[names[0]]
    if len(names) > 1:
        step.b = attributes[names[1]]
    for name in _EDGES:
        if name in attributes:
            step.edges, step.n_edges = numbers(attributes[name], keep), len(attributes[name])
            break
    if kind == "quantile":
        step.to = numbers(attributes["to"], keep)
    if kind == "piecewise":
        step.to, step.degree = numbers([*attributes["origins"], *attributes["coefs"]], keep), attributes["degree"]
    if "more" in attributes:
        step.more, step.n_more = places(attributes["more"], keep), len(attributes["more"])
    if kind == "inverse_norm":
        step.norm = {"l1": L1, "l2": L2, "max": MAX}[attributes["norm"]]
    return 0


cdef const double *numbers(values, list keep) except? NULL:
    cdef cnp.ndarray array = np.array(values, np.float64)
    keep.append(array)
    return <const double *> cnp.PyArray_DATA(array)


cdef const int *places(values, list keep) except? NULL:
    cdef cnp.ndarray array = np.array(values, np.int32)
    keep.append(array)
    return <const int *> cnp.PyArray_DATA(array)
