"""What pages of docs/ name is there: tests, files, other pages."""

import re
from pathlib import Path

import pytest

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


def test_scripts_of_the_longer_looks_are_there():
    scripts = re.findall(r"`python (tests/\S+\.py)", text_of("reliability.md"))
    assert len(scripts) == 8
    for script in scripts:
        assert (ROOT / script).exists(), script
