"""Which stages' outputs share memory: a place is used again once nobody reads it any more.

So what a block of rows becomes stays in a near cache, however many stages there are: the members of an ensemble, say.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.scoring.model cimport Model
from fastnn._kernels.scoring.scratch cimport more_size


cdef class Places:
    """The places of a Plan's stages."""

    def __cinit__(self, Plan plan):
        cdef Stage *stage
        cdef Place *place
        sources, strides = [], []
        for t in range(plan.n_stages):
            stage = &plan.stages[t]
            sources.append([stage.source, stage.other][:stage.traits.n_sources])
            strides.append(stage.ld)
        found = places_of(sources, strides)
        self.n = max(found) + 1
        self.place = <int *> PyMem_Calloc(len(found), sizeof(int))
        self.places = <Place *> PyMem_Calloc(self.n, sizeof(Place))
        if self.place == NULL or self.places == NULL:
            raise MemoryError()
        for t in range(plan.n_stages):
            stage, place = &plan.stages[t], &self.places[found[t]]
            self.place[t] = found[t]
            place.ld, place.more = max(place.ld, stage.ld), max(place.more, more_size(stage))

    def __dealloc__(self):
        PyMem_Free(self.place)
        PyMem_Free(self.places)

    cdef void lend(self, Model *model):
        """Tell a model of them, which must not outlive them."""
        model.place, model.places, model.n_places = self.place, self.places, self.n


def places_of(sources, strides):
    """The place of each stage, a number from 0.

    Of the places that are free a stage takes the narrowest that is wide enough, or else the widest.

    Parameters
    ----------
    sources : list of list of int
        The stages that each takes, -1 for the input.
    strides : list of int
        Of a row of each stage's outputs.

    Returns
    -------
    list of int
    """
    last_reader = {source: t for t, taken in enumerate(sources) for source in taken}
    found, free, widest = [], [], []
    for t, taken in enumerate(sources):
        wide = [place for place in free if widest[place] >= strides[t]]
        if wide:
            place = min(wide, key=widest.__getitem__)
        elif free:
            place = max(free, key=widest.__getitem__)
        else:
            place = len(widest)
            widest.append(0)
            free.append(place)
        free.remove(place)
        widest[place] = max(widest[place], strides[t])
        found.append(place)
        free += {found[s] for s in taken if s >= 0 and last_reader[s] == t}
    return found
