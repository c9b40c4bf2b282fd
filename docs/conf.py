"""The site: `make docs`."""

import re
import sys
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

import fastnn
from fastnn.inspection import playground

HERE = Path(__file__).parent
BUILT = HERE / "_built"  # what is made before the pages are read


def entitled_examples():
    """The examples with the first line of what each says of itself as its title."""
    folder = BUILT / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (HERE.parent / "examples").glob("*.py"):
        title, newline, rest = path.read_text().partition("\n")
        if not title.endswith('."""'):  # a helper of theirs, which has no page
            title = title.rstrip(".")
            rest = f"{'=' * len(title)}\n{rest}"
        (folder / path.name).write_text(title + newline + rest)
    header = (
        "Examples\n========\n\nEach is one script that runs in seconds, and draws what it shows.\n"
    )
    (folder / "GALLERY_HEADER.rst").write_text(header)
    sys.path.insert(0, str(folder))  # they import each other
    return str(folder)


EXAMPLES = entitled_examples()
(BUILT / "extra").mkdir(exist_ok=True)
playground(BUILT / "extra" / "playground.html")

project = "fastnn"
author = "fastnn developers"
copyright = "fastnn developers"
release = version = fastnn.__version__
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_built", "auto_examples/*.ipynb"]
templates_path = ["_templates"]
autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_imported_members = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
intersphinx_mapping: dict = {}  # nothing is asked of other sites at build time

html_theme = "pydata_sphinx_theme"
html_title = "fastnn"
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_show_sourcelink = False
html_extra_path = ["_built/extra"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # the notebooks hold no outputs of their own
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
suppress_warnings = [
    *("ref.ref", "ref.term"),  # in what is inherited from scikit-learn, of whose pages they are
    "config.cache",
]


def arguments_of(example):
    """Each example draws what it shows, if it has something to draw."""
    return ["--plot"] if "run(main, plot)" in Path(example).read_text() else []


sphinx_gallery_conf = {
    "examples_dirs": [EXAMPLES],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"command_line\.py|demo\.py|__init__",
    "reset_argv": lambda conf, script: arguments_of(script["src_file"]),
    "within_subsection_order": "FileNameSortKey",
    "show_memory": False,
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "first_notebook_cell": "%matplotlib inline",
    "matplotlib_animations": False,
}


def linked(app, docname, source):
    """Links of the pages to files that lie beside docs/, as pages of the site."""
    text = source[0]
    if docname.startswith("benchmarks-"):  # it begins with how it was written
        name = docname.removeprefix("benchmarks-").replace("-", " ")
        text = f"# {name.capitalize()}\n\n{text}"
    text = re.sub(r"\]\(\.\./examples/README\.md\)", "](auto_examples/index)", text)
    text = re.sub(r"\]\((?:\.\./)?examples/(\w+)\.py\)", r"](auto_examples/\1)", text)
    text = re.sub(r"\]\(\.\./CHANGELOG\.md\)", "](changes)", text)
    source[0] = text


def setup(app):
    import warnings

    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    app.connect("source-read", linked)
