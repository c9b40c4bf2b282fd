"""A step of several processes: between the gradient of the own rows and the update, a Python function makes it that of all.

It is called by the first thread of a team, with the interpreter, while the others wait at the barrier that follows. What it
raises ends the sweep; the engine raises it again.
"""

import numpy as np

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.platform cimport fastnn_flush_denormals, fastnn_restore_denormals
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.workspace cimport Workspace


cdef class Exchange:
    """Calls ``function(gradient, totals)`` in every step of a workspace, whose gradient must be kept whole.

    gradient: of the loss summed over the rows of the batch, in packed order. totals: their weight, their number, and that
    loss. All are to be replaced by the sums over all processes. ``error`` is what the function has raised, or None.
    """

    cdef object function, gradient, totals
    cdef public object error

    def __init__(self, Workspace workspace, function):
        if workspace.gradient is None:
            raise ValueError("an exchange needs the whole gradient")
        self.function, self.gradient, self.totals, self.error = function, workspace.gradient, np.zeros(3), None
        workspace.s.exchange, workspace.s.totals = <void *> self, <double *> address(self.totals, "d", True)
        workspace._custom.append(self)      # which keeps it alive, and raises the errors of all in it

    cdef bint call(self):
        if self.error is None:
            try:
                self.function(self.gradient, self.totals)
            except BaseException as error:
                self.error = error
        return self.error is None


cdef void exchange(Sweep *s, double weight, Py_ssize_t rows, double loss, unsigned long long float_state) noexcept nogil:
    """s.gradient and s.totals become those of all processes, or s.failed is set."""
    s.totals[0], s.totals[1], s.totals[2] = weight, <double> rows, loss
    fastnn_restore_denormals(float_state)       # Python computes as it always does
    with gil:
        s.failed = not (<Exchange> s.exchange).call()
    fastnn_flush_denormals()
