"""A network as a table."""

__all__ = ["summary"]


def summary(network):
    """The layers of a CompiledNetwork, a line each, with outputs, parameters and multiply-adds.

    Parameters
    ----------
    network : CompiledNetwork

    Returns
    -------
    str
    """
    rows = [("layer", "outputs", "parameters", "multiply-adds")]
    for layer, (width, n_params, work) in zip(network.layers, network.sizes(), strict=True):
        rows.append((_name(layer), f"{width:,}", f"{n_params:,}", f"{work:,}"))
    total = sum(work for _, _, work in network.sizes())
    rows.append(("in all", f"{network.n_out:,}", f"{network.n_params:,}", f"{total:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(_padded, row, widths, range(len(row)))) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]])


def _name(layer):
    """As one would write it, without what is at its default."""
    text = repr(layer)
    for redundant in (", activation='identity'", "n_out=", "activation="):
        text = text.replace(redundant, "")
    return text


def _padded(text, width, column):
    return text.rjust(width) if column else text.ljust(width)
