"""Objects and functions that only score."""
