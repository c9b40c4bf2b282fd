"""Layers with numbers: the parameter vector, its layout, forward and gradients."""
