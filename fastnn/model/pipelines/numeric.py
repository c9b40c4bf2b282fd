"""Transformers of numbers, column by column: scalers, imputers, thresholds, bins."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.pipelines.features import Raw, RefusedError, Table, divided, scaled


def simple_imputer(step, features, builder):
    """SimpleImputer: what is missing is filled in; columns without any value may be dropped."""
    statistics, missing = fitted(step, "statistics_"), step.missing_values
    found = []
    for feature, fill in zip(features, statistics, strict=True):
        if is_nan(fill):
            if not step.keep_empty_features:
                continue  # there was nothing to learn a value from
            fill = 0
        fill = fill.item() if isinstance(fill, np.generic) else fill
        if isinstance(feature, Raw):
            found.append(feature._replace(fills=(*feature.fills, (missing, fill))))
            continue
        if not isinstance(missing, int | float) or not isinstance(fill, int | float):
            raise RefusedError(f"it fills in {fill!r} for {missing!r} behind another step")
        missing, fill = float(missing), float(fill)
        function = _filled(missing, fill)
        found.append(builder.elementwise(feature, function, "impute", missing=missing, fill=fill))
    if step.add_indicator:
        found += missing_indicator(step.indicator_, features, builder)
    return found


def _filled(missing, fill):
    def function(values):
        return np.where(np.isnan(values) if np.isnan(missing) else values == missing, fill, values)

    return function


def missing_indicator(step, features, builder):
    """MissingIndicator: 1 where a value is missing, of columns that had missing ones or of all."""
    return [_is_missing(features[i], step.missing_values, builder) for i in step.features_]


def _is_missing(feature, missing, builder):
    if not isinstance(feature, Raw) or feature.fills:
        raise RefusedError("it asks what is missing behind another step")
    labels = [] if missing is None or is_nan(missing) else [as_label(missing)]
    absent = 0 if labels else 1
    number = builder.step(
        "label",
        feature.column,
        labels=labels,
        rows=[1] * len(labels),
        missing=absent,
        other=0,
        size=2,
    )
    return Table(number, np.array([1]), np.ones(1))


def standard_scaler(step, features, builder):
    """StandardScaler."""
    centre = fitted(step, "mean_") if step.with_mean else None
    return _all_divided(features, centre, step.scale_ if step.with_std else None, builder)


def robust_scaler(step, features, builder):
    """RobustScaler."""
    centre = fitted(step, "center_") if step.with_centering else None
    return _all_divided(features, centre, step.scale_ if step.with_scaling else None, builder)


def max_abs_scaler(step, features, builder):
    """MaxAbsScaler."""
    found = _all_divided(features, None, fitted(step, "scale_"), builder)
    return _clipped(found, -1.0, 1.0, builder) if getattr(step, "clip", False) else found


def min_max_scaler(step, features, builder):
    """MinMaxScaler, clipping or not."""
    found = _all_scaled(features, fitted(step, "scale_").astype(float), step.min_, builder)
    if not step.clip:
        return found
    low, high = map(float, step.feature_range)
    return _clipped(found, low, high, builder)


def _all_divided(features, centre, scale, builder):
    """First less the centres, then divided by the scales, which rounds as scikit-learn does."""
    found = [builder.number(feature) for feature in features]
    if centre is not None:
        found = [scaled(f, 1.0, -float(c)) for f, c in zip(found, centre, strict=True)]
    if scale is not None:
        found = [divided(f, float(s)) for f, s in zip(found, scale, strict=True)]
    return found


def _all_scaled(features, scale, shift, builder):
    return [
        scaled(builder.number(feature), float(a), float(c))
        for feature, a, c in zip(features, scale, shift, strict=True)
    ]


def _clipped(features, low, high, builder):
    def function(values):
        return np.clip(values, low, high)

    return [builder.elementwise(f, function, "clip", low=low, high=high) for f in features]


def power_transformer(step, features, builder):
    """PowerTransformer: Yeo and Johnson's or Box and Cox's power of each column, then scaled."""
    kind = step.method.replace("-", "_")
    function = _yeo_johnson if kind == "yeo_johnson" else _box_cox
    found = [
        builder.elementwise(f, lambda x, power=power: function(x, power), kind, power=float(power))
        for f, power in zip(features, fitted(step, "lambdas_"), strict=True)
    ]
    if not step.standardize:
        return found
    return standard_scaler(step._scaler, found, builder)


def _power(x, power):
    if abs(power) < np.finfo(float).eps:
        return np.log1p(x)
    return np.expm1(power * np.log1p(x)) / power


def _yeo_johnson(x, power):
    size = np.abs(x)
    return np.where(x < 0, -_power(size, 2 - power), _power(size, power))


def _box_cox(x, power):
    return np.where(x > 0, _power(np.where(x > 0, x - 1, 0.0), power), np.nan)


def binarizer(step, features, builder):
    """Binarizer."""
    threshold = float(step.threshold)

    def function(values):
        return np.where(np.isnan(values), np.nan, values > threshold)

    return [builder.elementwise(f, function, "above", threshold=threshold) for f in features]


def k_bins_discretizer(step, features, builder):
    """KBinsDiscretizer: a column for each interval, or the number of the interval."""
    found = []
    for feature, edges in zip(features, fitted(step, "bin_edges_"), strict=True):
        of_bin = _bin(builder.number(feature), [float(edge) for edge in edges[1:-1]], builder)
        if step.encode == "ordinal":
            found.append(of_bin)
        else:
            found += [of_bin.mapped(lambda bins, i=i: bins == i) for i in range(len(edges) - 1)]
    return found


def _bin(feature, inner, builder):
    """The number of the interval between the inner edges that a feature lies in, as a table."""
    if isinstance(feature, Table):
        return feature.mapped(lambda values: np.searchsorted(inner, values, side="right"))
    rows = np.arange(len(inner) + 1)
    return Table(builder.choice(feature, "bin", edges=inner), rows, rows.astype(float))


def support(step, features, builder):
    """VarianceThreshold and the selectors: some of the columns."""
    return [feature for feature, kept in zip(features, step.get_support(), strict=True) if kept]


def is_nan(value):
    """Whether it is NaN, or pandas' NA."""
    return type(value).__name__ == "NAType" or (isinstance(value, float) and value != value)


def as_label(value):
    """A category as a plain Python value, which a file can hold."""
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, str | int | float):
        raise RefusedError(f"it knows a category of type {type(value).__name__}, {value!r:.50}")
    return value
