"""Hopfield nets."""
