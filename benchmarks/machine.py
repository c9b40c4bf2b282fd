"""Where and with what a benchmark ran."""

import os
import platform
import sys
from datetime import date
from pathlib import Path

from fastnn import config


def facts():
    """CPU, caches, cores, system, Python, NumPy and fastnn's configuration."""
    own = config()
    kept = ("version", "compiler", "isa", "openmp", "threads")
    return {
        "date": date.today().isoformat(),
        "cpu": own["cpu"],
        "cores": cpu_count(),
        "caches": caches(),
        "system": platform.platform(terse=True),
        "python": own["python"],
        "numpy": own["numpy"],
        **{f"fastnn {name}": value for name, value in own.items() if name in kept},
    }


def cpu_count():
    """CPUs this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count()


def caches():
    """Sizes of the first core's caches, such as ``L1 48K, L2 1024K, L3 32768K``."""
    sizes = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, size, kind = ((index / n).read_text().strip() for n in ("level", "size", "type"))
        if kind != "Instruction":
            sizes[f"L{level}"] = size
    return ", ".join(f"{level} {size}" for level, size in sizes.items()) or "unknown"


def as_lines(found):
    """The facts as Markdown lines."""
    return "\n".join(f"- {name}: {value}" for name, value in found.items())


def page(about, table, **more):
    """A page of docs/: what it is, the facts, with what more there is to say of them, the table."""
    return f"{about}\n\n{as_lines({**facts(), **more})}\n\n{table}\n"


def publish(script, docstring, table, options):
    """Print a script's table and write its page of docs/, if one is asked for.

    The second paragraph of the docstring says what is measured; options: those of the command line,
    with ``out`` (a path or None) and ``threads``.
    """
    print(table)
    if options.out:
        # As it was called, but for the folders in which data lie here.
        given = [Path(word).name if word.startswith("/") else word for word in sys.argv[1:]]
        command = " ".join(["python -m", f"benchmarks.{script}", *given])
        about = " ".join(docstring.split("\n\n")[1].split())
        head = f"Written by `{command}`; do not edit.\n\n{about}"
        options.out.write_text(page(head, table, threads=options.threads))
