"""What `sklearn.base.clone` makes of a Network."""

import copy


class Clonable:
    """A Network as far as cloning it goes."""

    def __sklearn_clone__(self):
        """The same layers, without weights; a RandomState as it is now."""
        random_state = copy.deepcopy(self.random_state)
        options = {"init": self.init, "dtype": self.dtype, "random_state": random_state}
        return type(self)(self.layers, self.loss, **options)
