"""Laplace's approximation: a normal distribution of the last layer's weights around fitted ones."""
