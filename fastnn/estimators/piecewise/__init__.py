"""Piecewise-linear codes of numbers, as a transformer."""
