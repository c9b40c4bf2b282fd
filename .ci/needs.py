"""Print what this project and one of its extras need, a requirement a line: `needs.py dev`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def needs(extra):
    """The requirements of an extra, those of other extras of ours that it names among them."""
    for requirement in project["optional-dependencies"][extra]:
        if requirement.startswith(f"{project['name']}["):
            yield from needs(requirement.partition("[")[2].rstrip("]"))
        else:
            yield requirement


print(*project["dependencies"], *needs(sys.argv[1]), sep="\n")
