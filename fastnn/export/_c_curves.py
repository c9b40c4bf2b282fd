"""Steps of a front in C that combine numbers, or send one along a curve."""

import numpy as np

from fastnn.model.normal import COEFFICIENTS, MIDDLE, SHIFTS, SPLIT

#: Functions that the steps call, by name; written where one does.
FUNCTIONS = {
    "curve": """static double {name}_curve(double x, const double *at, const double *to, int n,
{pad}double margin)
{{
    int last = n - 1, i = 0, k = 0;
    double left, right;
    if (x != x)
        return x;
    if (margin > 0.0 ? x - margin < at[0] : x == at[0])
        return 0.0;
    if (margin > 0.0 ? x + margin > at[last] : x == at[last])
        return 1.0;
    if (x < at[0] || x > at[last])
        return x < at[0] ? to[0] : to[last];
    while (i < last && at[i + 1] <= x)
        i++;
    while (at[k] < x)
        k++;
    left = i == last ? to[last] : (to[i + 1] - to[i]) / (at[i + 1] - at[i]) * (x - at[i]) + to[i];
    right = k == 0 ? to[0] : (to[k] - to[k - 1]) / (at[k] - at[k - 1]) * (x - at[k]) + to[k];
    return 0.5 * (left + right);
}}
""",
    "normal": """static double {name}_normal(double p, double low, double high)
{{
    static const double c[6][8] = {{ {coefficients} }};
    double q = p - 0.5, x, over, under;
    int first = 0;
    if (p != p)
        return p;
    if (p <= 0.0 || p >= 1.0)
        return p <= 0.0 ? low : high;
    x = {middle!r} - q * q;
    if (fabs(q) > {split!r}) {{
        double root = sqrt(-log(q < 0.0 ? p : 1.0 - p));
        first = root <= {far!r} ? 2 : 4;
        x = root - (first == 2 ? {near!r} : {far!r});
    }}
    over = c[first][7];
    under = c[first + 1][7];
    for (int i = 6; i >= 0; i--) {{
        over = over * x + c[first][i];
        under = under * x + c[first + 1][i];
    }}
    x = over / under * (first == 0 ? q : q < 0.0 ? -1.0 : 1.0);
    return x < low ? low : x > high ? high : x;
}}
""",
    "pieces": """static double {name}_pieces(double x, const double *edges, int n,
{pad}const double *origins, const double *coefs, int degree)
{{
    int i = 0;
    double found;
    while (i < n && edges[i] <= x)
        i++;
    coefs += i * (degree + 1);
    found = coefs[0];
    for (int k = 1; k <= degree; k++)
        found = found * (x - origins[i]) + coefs[k];
    return x != x ? x : found;
}}
""",
}

#: What their braces stand for beside the name.
PARTS = {
    "coefficients": ",\n        ".join(
        f"{{ {', '.join(map(repr, row))} }}" for row in COEFFICIENTS.tolist()
    ),
    "middle": MIDDLE,
    "split": SPLIT,
    "near": SHIFTS[0],
    "far": SHIFTS[1],
}


class Curves:
    """The part of a front's writer that has these kinds, a method each."""

    def divide(self, n, source, given):
        self.lines.append(f"v{n} = v{source} / {given['by']!r};")

    def smooth_clip(self, n, source, given):
        x = f"v{source} / {given['bend']!r}"
        self.lines.append(f"v{n} = v{source} / sqrt(1.0 + {x} * ({x}));")

    def value(self, n, source, given):
        values = self._table("double", f"values_{n}", map(_number, given["values"]))
        self.lines.append(f"v{n} = {values}[c{source}];")

    def sum(self, n, source, given):
        first, *coefs = given["coefs"]
        self.lines.append(f"v{n} = v{source} * {first!r};")
        for other, coef in zip(given["more"], coefs, strict=True):
            self.lines.append(f"v{n} += v{other} * {coef!r};")
        self.lines.append(f"v{n} += {given['shift']!r};")

    def product(self, n, source, given):
        self.lines.append(f"v{n} = v{source};")
        self.lines += [f"v{n} *= v{other};" for other in given["more"]]

    def inverse_norm(self, n, source, given):
        norm, least = given["norm"], repr(10 * float(np.finfo(float).eps))
        self.lines.append(f"v{n} = 0.0;")
        for other in (source, *given["more"]):
            x = f"v{other}"
            size = f"{x} * {x}" if norm == "l2" else f"fabs({x})"
            self.lines.append(
                f"v{n} = fmax(v{n}, {size});" if norm == "max" else f"v{n} += {size};"
            )
        if norm == "l2":
            self.lines.append(f"v{n} = sqrt(v{n});")
        self.lines.append(f"v{n} = v{n} < {least} ? 1.0 : 1.0 / v{n};")

    def quantile(self, n, source, given):
        at = self._table("double", f"at_{n}", map(repr, given["at"]))
        to = self._table("double", f"to_{n}", map(repr, given["to"]))
        end = f"{len(given['at'])}, {given['margin']!r}"
        self.lines.append(f"v{n} = {self._name}_curve(v{source}, {at}, {to}, {end});")

    def normal(self, n, source, given):
        bounds = f"{given['low']!r}, {given['high']!r}"
        self.lines.append(f"v{n} = {self._name}_normal(v{source}, {bounds});")

    def piecewise(self, n, source, given):
        edges, origins, coefs = (
            self._table("double", f"{name}_{n}", map(repr, given[name]))
            for name in ("edges", "origins", "coefs")
        )
        arguments = f"{edges}, {len(given['edges'])}, {origins}, {coefs}, {given['degree']}"
        self.lines.append(f"v{n} = {self._name}_pieces(v{source}, {arguments});")

    def wrap(self, n, source, given):
        low, period = given["low"], given["period"]
        self.lines.append(f"v{n} = fmod(v{source} - {low!r}, {period!r});")
        self.lines.append(f"v{n} = {low!r} + (v{n} < 0.0 ? v{n} + {period!r} : v{n});")

    def within(self, n, source, given):
        x = f"v{source}"
        self._refuse(f"{x} < {given['low']!r} || {x} > {given['high']!r}", self._column(source))
        self.lines.append(f"v{n} = {x};")


def _number(value):
    return "NAN" if value != value else repr(value)
