/* The tables of one ISA that belong to no layer. */
#ifndef FASTNN_FAMILIES_H
#define FASTNN_FAMILIES_H

#include "fastnn.h"

#define FAMILY(name) typedef struct fastnn_##name fastnn_##name;
#define TYPED_FAMILY(name) FAMILY(name##_f32) FAMILY(name##_f64)
#include "families.def"
#undef FAMILY

struct fastnn_families {
#define FAMILY(name) const fastnn_##name *name;
#include "families.def"
#undef FAMILY
#undef TYPED_FAMILY
};

#endif
