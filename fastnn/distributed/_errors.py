"""RankError: what ends a fit on all ranks when one of them is lost or fails."""

__all__ = ["RankError"]


class RankError(RuntimeError):
    """One of the processes that train a network was lost, or failed.

    Parameters
    ----------
    message : str
        Which one, and what happened to it.
    rank : int or None
        Its number.
    """

    def __init__(self, message: str, rank: int | None = None) -> None:
        super().__init__(message)
        self.rank = rank

    def __reduce__(self) -> tuple:
        return type(self), (self.args[0], self.rank)
