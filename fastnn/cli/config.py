"""Show the version, the compiler, the instruction sets and the threads."""

import json

HELP = "show version, compiler, ISAs and threads"


def add_arguments(parser):
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(options):
    from fastnn._config import config, format_config

    facts = config()
    print(json.dumps(facts, indent=2) if options.json else format_config(facts))
