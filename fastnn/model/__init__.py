"""A fitted network as plain data, nodes and a head, and how pipelines fold into it."""
