"""``fastnn COMMAND``: parse, run one command, and turn what goes wrong into one line."""

import argparse
import os
import sys

from fastnn._version import __version__
from fastnn.cli import bench, config, doctor, export, score, serve, show, train
from fastnn.cli.errors import FAILED, INTERRUPTED, PIPE_CLOSED, CommandError

_COMMANDS = (train, score, show, export, serve, bench, config, doctor)

_CODES = """exit codes: 0 done, 1 a file, model, column or port is not as it must be, 2 wrong usage,
130 interrupted, 141 whoever read the output has closed it"""


def make_parser():
    """The parser with every command in it."""
    parser = argparse.ArgumentParser(
        prog="fastnn",
        description="Train, score and serve neural networks on a CPU.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fastnn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        one = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(one)
        one.set_defaults(run=module.run)
    return parser


def main(arguments=None):
    """Run one command; returns the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on: say nothing, and let the interpreter not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (CommandError, ImportError, OSError, TypeError, ValueError) as error:
        print(f"fastnn {options.command}: {_line(error)}", file=sys.stderr)
        return FAILED
    return status or 0


def _line(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
