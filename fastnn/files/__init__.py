"""The model file: container, description, values, versions."""
