"""From the steps of a fitted pipeline to a front: which transformer is read how."""

import numpy as np

from fastnn.model.affine import transform_maps
from fastnn.model.classes import is_exactly
from fastnn.model.pipelines.builder import Builder
from fastnn.model.pipelines.categories import one_hot_encoder, ordinal_encoder, target_encoder
from fastnn.model.pipelines.columns import outputs_of_unions, picked_columns
from fastnn.model.pipelines.combined import normalizer, polynomial_features
from fastnn.model.pipelines.curves import quantile_transformer, spline_transformer
from fastnn.model.pipelines.features import Raw, RefusedError, scaled
from fastnn.model.pipelines.numeric import (
    binarizer,
    k_bins_discretizer,
    max_abs_scaler,
    min_max_scaler,
    missing_indicator,
    power_transformer,
    robust_scaler,
    simple_imputer,
    standard_scaler,
    support,
)
from fastnn.model.unwrap import pipeline_steps, unwrap


def with_front(model, steps, n_columns, names):
    """The model with the steps of a pipeline before it.

    Parameters
    ----------
    model : Model
    steps : list of (name, transformer)
    n_columns : int
    names : tuple of str or None
        Of the columns that the pipeline was fitted on.

    Raises
    ------
    TypeError
        If a step is of a class that is not taken, or cannot be taken here; the message names it.
    """
    builder = Builder(n_columns, names)
    features = _through_steps(steps, [Raw(i) for i in range(n_columns)], builder, "")
    return builder.finish(features, model)


def _through_steps(steps, features, builder, where):
    for name, step in steps:
        features = _through(step, features, builder, f"{where}step {name!r}")
    return features


def _through(step, features, builder, where):
    """The features behind a step."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return features
    step = unwrap(step)
    expected = getattr(step, "n_features_in_", len(features))
    if expected != len(features):
        raise TypeError(f"cannot take {where}: it was fitted on {expected} columns")
    steps = pipeline_steps(step)
    if steps is not None:
        return _through_steps(steps, features, builder, f"{where}, ")
    if is_exactly(step, "ColumnTransformer"):
        found = []
        for name, inner, picked in picked_columns(step, len(features)):
            of_inner = [features[i] for i in picked]
            found += _through(inner, of_inner, builder, f"{where}, transformer {name!r}")
        return found
    if is_exactly(step, "FeatureUnion"):
        found = []
        for name, inner, weight in outputs_of_unions(step):
            out = _through(inner, list(features), builder, f"{where}, transformer {name!r}")
            found += out if weight == 1 else [scaled(builder.number(f), weight, 0.0) for f in out]
        return found
    for name, read in _READERS.items():
        if is_exactly(step, name):
            try:
                return read(step, features, builder)
            except RefusedError as error:
                raise TypeError(f"cannot take {where}, a {name}: {error}") from None
    return _through_maps(step, features, builder, where)


def _through_maps(step, features, builder, where):
    """Behind a step that is affine: scalers and PCA."""
    try:
        maps = transform_maps(step, where)
    except TypeError:
        if type(step).__name__ in _OF_TEXT:
            raise TypeError(
                f"cannot take {where}, a {type(step).__name__}: most of the time goes into words,"
                " which it cuts out in Python whatever scores them; keep it, and score what it"
                " gives: Predictor(network).predict(vectorizer.transform(texts)), sparse as it is"
            ) from None
        raise TypeError(
            f"cannot take {where}, a {type(step).__name__}: of transformers a Predictor takes"
            f" {', '.join(sorted({*_READERS, *_AFFINE}))}, and Pipelines, ColumnTransformers and"
            " FeatureUnions of them; apply it before scoring"
        ) from None
    for scale, shift in maps:
        if scale.ndim == 2:
            features = builder.mix(features, scale, shift)
        else:
            features = [
                scaled(builder.number(f), float(a), float(c))
                for f, a, c in zip(
                    features, scale, np.broadcast_to(shift, scale.shape), strict=True
                )
            ]
    return features


_OF_TEXT = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
_AFFINE = ("PCA", "TruncatedSVD", "FunctionTransformer")
_READERS = {
    "SimpleImputer": simple_imputer,
    "MissingIndicator": missing_indicator,
    "StandardScaler": standard_scaler,
    "RobustScaler": robust_scaler,
    "MinMaxScaler": min_max_scaler,
    "MaxAbsScaler": max_abs_scaler,
    "Binarizer": binarizer,
    "PowerTransformer": power_transformer,
    "QuantileTransformer": quantile_transformer,
    "KBinsDiscretizer": k_bins_discretizer,
    "SplineTransformer": spline_transformer,
    "PolynomialFeatures": polynomial_features,
    "Normalizer": normalizer,
    "OneHotEncoder": one_hot_encoder,
    "OrdinalEncoder": ordinal_encoder,
    "TargetEncoder": target_encoder,
    **dict.fromkeys(
        (
            *("VarianceThreshold", "SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr"),
            *("SelectFwe", "SelectFromModel", "GenericUnivariateSelect", "RFE", "RFECV"),
        ),
        support,
    ),
}
