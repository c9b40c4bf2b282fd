"""A fitted network as plain data, and how pipelines fold into it."""
