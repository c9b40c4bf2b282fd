"""What this installation of fastnn is made of and what it will use on this machine."""

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from fastnn._kernels.layers.halves import tiles_in_use
from fastnn._kernels.layers.reduced_weights import best_products
from fastnn._kernels.native import table
from fastnn._version import __version__
from fastnn.threads import effective_n_threads


def config() -> dict[str, Any]:
    """Facts about the installation, for bug reports and benchmark records.

    Returns
    -------
    dict
        ``version``; ``compiler`` that built the kernels; ``openmp``, whether threads were built
        in; ``isas_compiled`` and ``isas_available`` on this CPU, best first; ``isa``, the one in
        use (set ``FASTNN_ISA`` before the first import to choose another); ``int8`` and
        ``bfloat16``, the products of Predictors of these dtypes; ``bfloat16_training``, what
        computes those of ``compute_dtype='bfloat16'``: ``AMX``, or ``float32`` where there is no
        fast path; ``amx``, whether Intel's matrix instructions are used, or why not
        (``FASTNN_AMX=0`` switches them off); ``threads`` that ``n_jobs=None`` stands for; ``cpu``,
        ``platform`` and the versions of ``python``, ``numpy``,
        ``scipy`` and ``sklearn``, None for those that are not installed.
    """
    return {
        "version": __version__,
        "compiler": table.compiler(),
        "openmp": table.openmp(),
        "isas_compiled": list(table.isas_compiled()),
        "isas_available": list(table.isas_available()),
        "isa": table.isa(),
        "int8": best_products("int8"),
        "bfloat16": best_products("bfloat16"),
        "bfloat16_training": tiles_in_use() or "float32",
        "amx": amx(),
        "threads": effective_n_threads(),
        "cpu": cpu_name(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "scipy": _version("scipy"),
        "sklearn": _version("scikit-learn"),
    }


def amx() -> str:
    """Whether AMX is used in this process, or why not; of products that differ each."""
    missing = {kind: table.no_amx(kind) for kind in ("int8", "bfloat16")}
    if missing["int8"] == missing["bfloat16"]:
        return missing["int8"] or "in use"
    return "; ".join(f"{kind}: {reason or 'in use'}" for kind, reason in missing.items())


def format_config(facts: dict[str, Any]) -> str:
    """The facts of :func:`config` as aligned lines."""
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in facts.items())


def cpu_name() -> str:
    """The CPU's name as the system knows it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # not Linux
        pass
    return platform.processor() or platform.machine()


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)  # importing scikit-learn takes a second
    except metadata.PackageNotFoundError:
        return None


def _text(value: object) -> str:
    if value is None:
        return "not installed"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, list) else str(value)
