"""The sequence of training: rows, strips, groups, updates, and the engine that Python calls."""
