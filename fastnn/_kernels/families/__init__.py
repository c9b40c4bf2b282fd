"""Kernels that are no layer: each family has a table of its own, see csrc/families/families.def."""
