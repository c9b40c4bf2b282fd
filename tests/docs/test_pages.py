"""What pages of docs/ name is there: tests, files, other pages."""

import json
import re
from pathlib import Path

import pytest

import fastnn

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def text_of(page):
    return (ROOT / "docs" / page).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_tests_that_a_page_names_are_there(page):
    for path, name in set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)", text_of(page))):
        assert re.search(rf"^ *def {name}\(", (ROOT / path).read_text(), re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in set(re.findall(r"\]\(([^)#\s]+)", text_of(page))):
        if not link.startswith(("https://", "auto_examples/")):  # which come with the site
            assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_rows_of_a_table_have_as_many_cells(page):
    # Else it is a paragraph full of bars; a bar inside a cell is written with a backslash.
    tables = re.findall(r"(?:^\|.*\n?)+", text_of(page), re.MULTILINE)
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(cells) == 1, table


def test_scripts_of_the_longer_looks_are_there():
    scripts = re.findall(r"`python (tests/\S+\.py)", text_of("reliability.md"))
    assert len(scripts) == 9
    for script in scripts:
        assert (ROOT / script).exists(), script


def test_the_site_has_every_page_and_every_name():
    tables = "\n".join(text_of(page) for page in ("index.md", "guide.md", "more_benchmarks.md"))
    for page in PAGES:
        name = page.removesuffix(".md")
        alone = name == "index" or name.startswith("benchmarks-")  # these come by a pattern
        assert alone or re.search(rf"^{name}$|<{name}>$", tables, re.MULTILINE), name
    api = set(re.findall(r"^   (\w+)$", text_of("api.md"), re.MULTILINE))
    assert set(fastnn.__all__) - {"__version__"} <= api


def test_notebooks_are_listed_and_hold_no_outputs():
    """The site runs them; what lies here is what was written."""
    listed = re.findall(r"^notebooks/(\w+)$", text_of("guide.md"), re.MULTILINE)
    found = {path.stem: path for path in (ROOT / "docs" / "notebooks").glob("*.ipynb")}
    assert sorted(listed) == sorted(found)
    for path in found.values():
        for cell in json.loads(path.read_text())["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None
                compile(text, path.name, "exec")
            else:
                for link in re.findall(r"\]\(\.\./([^)#\s]+\.md)", text):
                    assert (ROOT / "docs" / link).exists(), link
