"""Transformers that combine columns in ways that are not linear: products and norms."""

from fastnn.model.classes import fitted
from fastnn.model.pipelines.features import Number, Table, scaled


def polynomial_features(step, features, builder):
    """PolynomialFeatures: products of up to so many columns, and 1."""
    numbers, found = [builder.number(f) for f in features], []
    for powers in fitted(step, "powers_").tolist():
        factors = [numbers[i] for i, power in enumerate(powers) for _ in range(power)]
        found.append(_product(factors, builder) if factors else scaled(numbers[0], 0.0, 1.0))
    return found


def _product(factors, builder):
    """The product of features; those of one choice make one table."""
    tables, others = {}, []
    for factor in factors:
        if not isinstance(factor, Table):
            others.append(factor)
        elif factor.step in tables:
            tables[factor.step] = _times(tables[factor.step], factor)
        else:
            tables[factor.step] = factor
    factors = [*tables.values(), *others]
    if len(factors) == 1:
        return factors[0]
    first, *more = (builder.as_step(factor) for factor in factors)
    return Number(builder.step("product", first, more=more))


def _times(a, b):
    """The product of two tables of one choice."""
    of_a, of_b = (dict(zip(t.rows.tolist(), t.values.tolist(), strict=True)) for t in (a, b))
    rows = sorted({*of_a, *of_b})
    values = [of_a.get(row, a.rest) * of_b.get(row, b.rest) for row in rows]
    return Table.of(a.step, rows, values, a.rest * b.rest)


def normalizer(step, features, builder):
    """Normalizer: each row divided by its norm."""
    steps = [builder.as_step(feature) for feature in features]
    norm = builder.step("inverse_norm", steps[0], more=steps[1:], norm=step.norm)
    return [Number(builder.step("product", s, more=[norm])) for s in steps]
