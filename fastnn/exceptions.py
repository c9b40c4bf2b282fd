"""Errors and warnings of the library's own."""

__all__ = ["DivergenceError", "ModelFormatError", "VersionMismatchWarning"]


class DivergenceError(ValueError):
    """Training produced a loss or weights that are not finite.

    Parameters
    ----------
    message : str
        What happened, when, and what to do about it.
    epoch : int or None
        The epoch (from 1), or the L-BFGS iteration, at whose end it was noticed.
    """

    def __init__(self, message: str, epoch: int | None = None) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self) -> tuple:
        return type(self), (self.args[0], self.epoch)


class ModelFormatError(ValueError):
    """A model file is foreign, newer than the reader, truncated, damaged or tampered with."""


class VersionMismatchWarning(UserWarning):
    """A pickled model was written by another version of fastnn than the one that reads it."""
