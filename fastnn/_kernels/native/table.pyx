"""Which kernels run: the ISAs compiled in, the one chosen at import, and the names the C tables define."""

import os

from fastnn._kernels.native.formulas cimport (fastnn_activation_names, fastnn_activation_needs_z, fastnn_loss_names,
                                              fastnn_update_moments, fastnn_update_names)
from fastnn._kernels.native.header cimport FASTNN_N_COEFFICIENTS, fastnn_isa, fastnn_isas
from fastnn._kernels.native.header_tiles cimport fastnn_amx, fastnn_amx_emulated, fastnn_tiles
from fastnn._kernels.native.platform cimport FASTNN_OPENMP, fastnn_max_threads

cdef extern from *:
    """
    #if defined(__clang__)
    #define FASTNN_COMPILER "clang " __clang_version__
    #else
    #define FASTNN_COMPILER "gcc " __VERSION__
    #endif
    """
    const char *FASTNN_COMPILER


def isas_compiled():
    """Names of the ISAs compiled in, best first."""
    cdef int i = 0
    names = []
    while fastnn_isas[i].name != NULL:
        names.append(fastnn_isas[i].name.decode())
        i += 1
    return names


def isas_available():
    """Names of the compiled ISAs that this machine has, best first."""
    return [name for i, name in enumerate(isas_compiled()) if fastnn_isas[i].supported()]


def _choose(requested):
    available = isas_available()
    if not requested:
        return available[0]
    if requested not in isas_compiled():
        raise ImportError(
            f"FASTNN_ISA={requested!r} is not an ISA this build knows; it has {', '.join(isas_compiled())}"
        )
    if requested not in available:
        raise ImportError(
            f"FASTNN_ISA={requested!r} is compiled in, but this machine does not have it; "
            f"available here: {', '.join(available)}"
        )
    return requested


_chosen = _choose(os.environ.get("FASTNN_ISA", "").strip().lower())


def isa():
    """Name of the ISA in use."""
    return _chosen


def openmp():
    """Whether the build has OpenMP."""
    return bool(FASTNN_OPENMP)


def compiler():
    """Name and version of the compiler that built the kernels."""
    return (<bytes> FASTNN_COMPILER).decode()


cdef list _names(const char *const *table):
    names = []
    cdef int i = 0
    while table[i] != NULL:
        names.append(table[i].decode())
        i += 1
    return names


def activations():
    """dict: name of an activation -> (its number, whether f' needs the pre-activation)."""
    return {n: (i, bool(fastnn_activation_needs_z[i])) for i, n in enumerate(_names(fastnn_activation_names))}


def output_number(str name):
    """Number of an output activation: -1 for softmax, else that of the activation."""
    return -1 if name == "softmax" else activations()[name][0]


def losses():
    """dict: name of a loss -> its number."""
    return {n: i for i, n in enumerate(_names(fastnn_loss_names))}


#: Coefficients of one optimizer step.
N_COEFFICIENTS = FASTNN_N_COEFFICIENTS


def updates():
    """dict: name of an update rule -> (its number, its number of moment vectors)."""
    return {n: (i, fastnn_update_moments[i]) for i, n in enumerate(_names(fastnn_update_names))}


cdef const fastnn_isa *in_use = &fastnn_isas[isas_compiled().index(_chosen)]


cdef const fastnn_isa *isa_of(str isa) except NULL:
    """The tables of an ISA, those of families among them; None is the one in use."""
    return in_use if isa is None else &fastnn_isas[isas_compiled().index(_choose(isa))]


cdef Kernels kernels_of(str isa) except *:
    """The tables of an ISA that layers need; None is the one in use."""
    cdef const fastnn_isa *found = isa_of(isa)
    return Kernels(found.f32, found.f64)


cdef const fastnn_tiles *tiles_called(str name) except NULL:
    """The products of tiles: "AMX", which may be used where `no_amx` says None, or "AMX, emulated", which tests use."""
    if name == (<bytes> fastnn_amx.name).decode():
        return &fastnn_amx
    if name == (<bytes> fastnn_amx_emulated.name).decode():
        return &fastnn_amx_emulated
    raise ValueError(f"there are no products of tiles called {name!r}")


def no_amx(str kind):
    """Why AMX does not multiply "bfloat16" or "int8" in this process, or None. The first call asks the system."""
    cdef const char *found
    wanted = os.environ.get("FASTNN_AMX", "").strip()
    if wanted not in ("", "0", "1"):
        raise ValueError(f"FASTNN_AMX must be 0 or 1, got {wanted!r}")
    if wanted == "0":
        return "switched off by FASTNN_AMX=0"
    found = fastnn_amx.no_bf16() if kind == "bfloat16" else fastnn_amx.no_bytes()
    return None if found == NULL else (<bytes> found).decode()


def max_threads():
    """Threads that the OpenMP runtime would use by default in the calling thread; 1 without OpenMP."""
    return fastnn_max_threads()


cdef bint activation_needs_z(int activation) noexcept:
    return fastnn_activation_needs_z[activation]
