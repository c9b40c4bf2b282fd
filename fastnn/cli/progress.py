"""How far a command is: a line on the terminal that is written anew now and then."""

import sys
import time

__all__ = ["Progress"]

_EVERY = 0.2  # seconds
_WIDTH = 24


class Progress:
    """A bar on stderr, if that is a terminal or if asked for.

    Parameters
    ----------
    shown : bool or None
        None: where stderr is a terminal.
    """

    def __init__(self, shown=None):
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._begin = self._last = time.monotonic()

    def at(self, rows, share=None):
        """Say that so many rows are done, which are this share of all, if that is known."""
        now = time.monotonic()
        if self._shown and now - self._last >= _EVERY:
            self._last = now
            self._write(rows, share, now)

    def end(self, rows):
        """Say it once more, and leave the line as it is."""
        if self._shown:
            self._write(rows, 1.0, time.monotonic())
            print(file=sys.stderr)

    def _write(self, rows, share, now):
        bar = ""
        if share is not None:
            full = round(_WIDTH * min(share, 1.0))
            bar = f"[{'#' * full}{' ' * (_WIDTH - full)}] {min(share, 1.0):4.0%}  "
        speed = rows / max(now - self._begin, 1e-9)
        print(f"\r{bar}{rows:,} rows, {speed:,.0f} a second ", end="", file=sys.stderr, flush=True)
