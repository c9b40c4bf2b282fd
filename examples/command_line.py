"""What every example does as a script: print, and draw if asked to."""

import argparse
from pathlib import Path


def run(main, plot=None):
    """Run an example.

    Parameters
    ----------
    main : callable
        Prints, and returns results.
    plot : callable or None
        Takes the results, returns a Figure or several.
    """
    parser = argparse.ArgumentParser(description=main.__globals__["__doc__"].split("\n")[0])
    if plot is not None:
        parser.add_argument(
            "--plot",
            metavar="FILE",
            nargs="?",
            const="",
            help="draw the results into a file (.png, .svg, .pdf); without FILE, on the screen",
        )
    asked = vars(parser.parse_args()).get("plot")
    results = main()
    if asked is None:
        return
    figures = plot(results)
    if not asked:
        import matplotlib.pyplot as plt

        plt.show()
        return
    for i, figure in enumerate(figures if isinstance(figures, list) else [figures]):
        file = Path(asked)
        if i:  # a second picture has a file of its own, beside the first
            file = file.with_stem(f"{file.stem}-{i + 1}")
        figure.savefig(file, dpi=150)
        print(f"drawn into {file}")
