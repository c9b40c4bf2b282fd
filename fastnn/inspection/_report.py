"""What `diagnose` returns, as text and as HTML."""

from dataclasses import dataclass
from html import escape

from fastnn.inspection._layer_measures import LayerMeasures
from fastnn.inspection._measures import Measures
from fastnn.inspection._training_rules import last_gain
from fastnn.inspection._verdict import Verdict, names_of_layers, over

__all__ = ["Report"]

_HEAD = (
    "layer", "units", "activation", "mean", "variance", "saturated", "dead", "zeros",
    "gradient", "weights", "update",
)  # fmt: skip

_NOTE = (
    "gradient, weights: norms of the loss's gradient by the layer's weights, and of the weights; "
    "update: learning_rate_init x gradient / weights, the relative step of plain gradient descent."
)

_HELD_OUT = (
    "Overfitting shows on held-out rows only: if the network was trained on these, pass others "
    "(or fit with early_stopping=True)."
)

_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"


@dataclass
class Report:
    """What `diagnose` found.

    ``"vanishing gradients" in report`` tells whether there is such a verdict, and
    ``report["vanishing gradients"]`` gives it.

    Attributes
    ----------
    measures : Measures
        ``layers`` (one `LayerMeasures` each), ``inputs``, losses.
    verdicts : list of Verdict
        Empty if nothing is wrong.
    notes : list of str
        What cannot be told from these rows.
    """

    measures: Measures
    verdicts: list[Verdict]

    @property
    def layers(self) -> list[LayerMeasures]:
        """The layers' measures, the output layer last."""
        return self.measures.layers

    @property
    def notes(self) -> list[str]:
        """What the report cannot tell, and why."""
        m, notes = self.measures, []
        if not self.verdicts and m.constant_loss > 1e-8 and over("still moving", last_gain(m)):
            curve, quarter = m.course.watched_curve, m.course.quarter
            notes.append(
                f"All {len(curve)} epochs were used, and the last {quarter} still brought the loss "
                f"from {curve[-1 - quarter]:.3g} to {curve[-1]:.3g}: more (a larger max_iter) may "
                "help."
            )
        if m.fitted and m.course.validation_loss is None and "overfitting" not in self:
            notes.append(_HELD_OUT)
        return notes

    def __contains__(self, name: str) -> bool:
        return any(verdict.name == name for verdict in self.verdicts)

    def __getitem__(self, name: str) -> Verdict:
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict
        raise KeyError(name)

    def _title(self):
        m = self.measures
        state = "fitted" if m.fitted else "not fitted, at its initial weights"
        return (
            f"{m.estimator} ({state}) on {m.n_rows} rows: loss {m.loss:.4g}, "
            f"that of the best constant {m.constant_loss:.4g}"
        )

    def _inputs(self):
        inputs = self.measures.inputs
        sizes = inputs.sizes[inputs.sizes > 0]
        smallest, largest = (sizes.min(), sizes.max()) if sizes.size else (0.0, 0.0)
        text = f"inputs: {len(inputs.sizes)} features of size {smallest:.3g} to {largest:.3g}"
        if inputs.condition_number is not None:
            text += f", condition number of their correlations {inputs.condition_number:.2g}"
        return text

    def _table(self):
        for layer in self.layers:
            saturated = "" if layer.saturated is None else f"{layer.saturated:.1%}"
            yield (
                layer.name, str(layer.n_units), layer.activation, f"{layer.mean:.2g}",
                f"{layer.variance:.2g}", saturated, str(layer.dead) if layer.dead else "",
                f"{layer.zeros:.1%}", f"{layer.gradient_norm:.1e}", f"{layer.weight_norm:.3g}",
                f"{layer.update_ratio:.1e}",
            )  # fmt: skip

    def __str__(self):
        table = [_HEAD, *self._table()]
        widths = [max(len(row[i]) for row in table) for i in range(len(_HEAD))]
        lines = [self._title(), self._inputs(), ""]
        for name, *cells in table:
            padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
            lines.append("  ".join([f"{name:<{widths[0]}}", *padded]).rstrip())
        lines += [_NOTE, ""]
        if not self.verdicts:
            lines.append("No alarm.")
        for verdict in self.verdicts:
            lines += [_headline(verdict), f"  {verdict.finding}", f"  Remedy: {verdict.remedy}"]
        lines += self.notes
        return "\n".join(lines)

    def __repr__(self):
        found = ", ".join(verdict.name for verdict in self.verdicts) or "no alarm"
        return f"<Report on {self.measures.estimator}: {found}>"

    def _repr_html_(self):
        def row(cells, tag):
            style = "text-align:right;padding:2px 8px"
            return "".join(f'<{tag} style="{style}">{escape(cell)}</{tag}>' for cell in cells)

        body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in self._table())
        verdicts = "".join(
            f"<li><b>{escape(_headline(v))}</b> {escape(v.finding)}<br>"
            f"<i>Remedy:</i> {escape(v.remedy)}</li>"
            for v in self.verdicts
        )
        return (
            f"<p>{escape(self._title())}<br>{escape(self._inputs())}</p>"
            f'<table style="{_STYLE}"><tr>{row(_HEAD, "th")}</tr>{body}</table>'
            f"<p><small>{escape(_NOTE)}</small></p>"
            + (f"<ul>{verdicts}</ul>" if verdicts else "<p><b>No alarm.</b></p>")
            + "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        )


def _headline(verdict):
    where = f" ({names_of_layers(verdict.layers)})" if verdict.layers else ""
    return f"{verdict.name}{where}:"
