"""The command line: ``python -m fastnn config``."""

import argparse
import json

from fastnn._config import config, format_config


def main(arguments=None):
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m fastnn", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("config", help="show version, compiler, ISAs and threads")
    show.add_argument("--json", action="store_true", help="print a JSON object")
    options = parser.parse_args(arguments)
    facts = config()
    print(json.dumps(facts, indent=2) if options.json else format_config(facts))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
