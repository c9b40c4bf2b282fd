"""The sequence of scoring, and the objects that Python calls for it."""
