"""Experiments with weights that use makes hard to change, and with gains."""
