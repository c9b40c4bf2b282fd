"""What ends a command: one line that says what is wrong and what to do about it."""

__all__ = ["FAILED", "INTERRUPTED", "PIPE_CLOSED", "CommandError"]

#: Exit codes beside 0; 2, wrong usage, is argparse's.
FAILED, INTERRUPTED, PIPE_CLOSED = 1, 130, 141


class CommandError(Exception):
    """Ends the command with this message and the exit code 1."""
