"""Ensembles of perceptrons that are trained side by side."""
