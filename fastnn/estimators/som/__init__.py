"""Self-organizing maps."""
