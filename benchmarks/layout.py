"""Tables that read as text and as Markdown."""

import math


def markdown(header, rows):
    """A Markdown table whose columns line up; numbers go to the right."""
    cells = [[str(cell).replace("|", r"\|") for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(_numeric(row[i]) for row in cells[1:]) for i in range(len(widths))]
    lines = [
        "| " + " | ".join(_pad(c, w, r) for c, w, r in zip(row, widths, right, strict=True)) + " |"
        for row in cells
    ]
    rule = ("-" * (w - r) + ":" * r for w, r in zip(widths, right, strict=True))
    lines.insert(1, "| " + " | ".join(rule) + " |")
    return "\n".join(lines)


def significant(value, digits=3):
    """``value`` with three significant digits, thousands grouped; a dash for None."""
    if value is None:
        return "–"
    magnitude = math.floor(math.log10(value)) if value > 0 else 0
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"


def ratio(value):
    """``value`` as in 2.5×; a dash for None."""
    return "–" if value is None else f"{significant(value)}×"


def percent(value):
    """A share as a percentage; a dash for None."""
    return "–" if value is None else f"{value:.0%}"


def _numeric(cell):
    return cell[:1].isdigit() or cell in ("–", "")


def _pad(cell, width, right):
    return cell.rjust(width) if right else cell.ljust(width)
