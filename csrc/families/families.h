/* The tables of one ISA that belong to no layer. */
#ifndef FASTNN_FAMILIES_H
#define FASTNN_FAMILIES_H

#include "fastnn.h"

#define FAMILY(name) typedef struct fastnn_##name fastnn_##name;
#include "families.def"
#undef FAMILY

struct fastnn_families {
#define FAMILY(name) const fastnn_##name *name;
#include "families.def"
#undef FAMILY
};

#endif
