"""csrc/formulas.h, declared: numbers and names of activations, losses and update rules."""

cdef extern from "formulas.h" nogil:
    int FASTNN_relu, FASTNN_logistic
    const char *const fastnn_activation_names[]
    const char fastnn_activation_needs_z[]
    const char *const fastnn_loss_names[]
    const char *const fastnn_update_names[]
    const char fastnn_update_moments[]
