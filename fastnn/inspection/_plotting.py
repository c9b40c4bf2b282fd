"""What the pictures share: matplotlib when it is needed, axes, colours."""

__all__ = [
    "COLORS",
    "MARKERS",
    "axes",
    "entitled",
    "logarithmic",
    "pyplot",
    "tidy",
    "whole_numbers",
]

#: Told apart with every common colour vision: Okabe and Ito, "Color universal design", 2008.
COLORS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "grey": "#777777",
}

#: A second way to tell lines apart.
MARKERS = ("o", "s", "^", "D")


def pyplot():
    """Import matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("Pictures need matplotlib: pip install 'fastnn-cpu[plot]'") from error
    return plt


def axes(ax, **figure):
    """Return (figure, axes), new ones if there are none yet."""
    plt = pyplot()
    if ax is None:
        _, ax = plt.subplots(layout="constrained", **figure)
    return ax.figure, ax


def tidy(ax, grid="y"):
    """Light grid behind the data, no box around them."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(axis=grid, color="0.9", linewidth=0.8)


def entitled(ax, title):
    """Give axes a title, unless they have one."""
    if not ax.get_title():
        ax.set_title(title, fontsize="medium")


def whole_numbers(ax):
    """Ticks of the x axis at whole numbers only: there is no half epoch."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def logarithmic(ax):
    """Logarithmic y axis with plain numbers, and a label that says so."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_ylabel(f"{ax.get_ylabel()} (log scale)")
