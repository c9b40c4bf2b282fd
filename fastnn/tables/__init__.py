"""A table of columns of any kind as a matrix of numbers; NumPy alone is needed."""
