"""Stages of a network over a range of rows, and where their numbers lie."""
