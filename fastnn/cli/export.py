"""Write a model in another language: ONNX, or C that needs no library."""

import re

from fastnn.cli.errors import CommandError

HELP = "write a model as ONNX or C"


def add_arguments(parser):
    parser.add_argument("model", help="a file that fastnn.save or `fastnn train` wrote")
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--onnx", metavar="FILE", help="write ONNX (needs the package onnx)")
    to.add_argument("--c", metavar="FILE", help="write C99")
    parser.add_argument("--name", default="model", help="with --c: what names in it begin with")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")


def run(options):
    from fastnn.files.atomic import atomic_write

    if options.c:
        from fastnn.export.c import to_c

        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", options.name):
            raise CommandError(f"--name {options.name!r} is no name in C: letters, digits and _")
        content, path = to_c(options.model, options.name).encode(), options.c
    else:
        from fastnn.export.onnx import to_onnx

        try:
            graph = to_onnx(options.model, dtype=options.dtype)
        except ModuleNotFoundError as error:
            if error.name != "onnx":
                raise
            raise CommandError("writing ONNX needs onnx: pip install onnx") from None
        content, path = graph.SerializeToString(), options.onnx
    with atomic_write(path) as file:
        file.write(content)
    print(f"wrote {path}, {len(content):,} bytes")
