/* Numbers and names of activations, losses and update rules, made from the lists in formulas/. Apart from fastnn.h, so that a
   new one compiles the few files that read the lists, and not all that call kernels. */
#ifndef FASTNN_FORMULAS_H
#define FASTNN_FORMULAS_H

enum fastnn_activation {
#define ACTIVATION(name, needs_z, f, df) FASTNN_##name,
#include "formulas/activations.def"
#undef ACTIVATION
    FASTNN_N_ACTIVATIONS
};

enum fastnn_loss {
#define LOSS(name, has_p, f, df) FASTNN_LOSS_##name,
#include "formulas/losses.def"
#undef LOSS
    FASTNN_LOSS_softmax_log_loss,
    FASTNN_LOSS_softmax_focal_loss,
    FASTNN_LOSS_softmax_smoothed_log_loss,
    FASTNN_LOSS_gaussian_nll,
    FASTNN_N_LOSSES
};

enum fastnn_update {
#define UPDATE(name, n_moments, formula) FASTNN_UPDATE_##name,
#include "formulas/updates.def"
#undef UPDATE
    FASTNN_N_UPDATES
};

/* Names for the tables that Python builds; a NULL ends each list. */
extern const char *const fastnn_activation_names[];
extern const char fastnn_activation_needs_z[];
extern const char *const fastnn_loss_names[];
extern const char *const fastnn_update_names[];
extern const char fastnn_update_moments[];

#endif
