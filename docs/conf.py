"""How the pages of this folder become a site: `.ci/docs build/docs`, with the extra `docs`.

The tutorials and the gallery are notebooks in MyST's text form. Each is run at every build, in a temporary folder of its
own, and an error in one of them ends the build."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from nbclient import NotebookClient

import vitrify

DOCS = Path(__file__).resolve().parent

project = "vitrify"
author = "The vitrify developers"
copyright = "The vitrify developers, BSD 3-Clause licence"
release = version = vitrify.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "sphinx_copybutton"]
exclude_patterns = ["figures/*.md"]
smartquotes = False  # φ'' is a second derivative
myst_heading_anchors = 3  # pages link to each other's headings as a repository shows them

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 900  # seconds of one cell: half a minute with kernels to compile, much more on a busy machine
nb_merge_streams = True
NotebookClient.coalesce_streams = True  # before MyST-NB merges them, which breaks lines where a command paused
nb_output_stderr = "remove"  # progress, which differs from build to build

BINARIES = str(Path(sys.executable).parent)  # notebooks call the commands that were installed beside this Python
os.environ["PATH"] = BINARIES + os.pathsep + os.environ.get("PATH", "")
os.environ["VITRIFY_STUDIES"] = str(DOCS.parent / "studies")  # where notebooks find these

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "mixed"
add_module_names = False
nitpicky = False  # types of NumPy and pandas are named, and their pages are not asked for over the network

html_theme = "furo"
html_title = f"vitrify {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]

UPWARD = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]*)[^)]*\)")  # a link to a file of a folder above
CLAIM = re.compile(r"^\| (\d+) \|", re.MULTILINE)  # the number of a claim, at the beginning of its row
ANCHOR = re.compile(r'<a id="([\w-]+)">')


def setup(app: Any) -> None:
    """Called by Sphinx: links out of this folder become their text, claims can be linked to, and bars in docstrings are
    absolute values."""
    app.connect("source-read", without_outside)
    app.connect("source-read", with_anchors_of_claims)
    app.connect("doctree-read", known_anchors)
    app.connect("autodoc-process-docstring", with_bars)


def without_outside(app: Any, page: str, source: list[str]) -> None:
    """Take the links to files of the repository that are no pages of the site out of a page's text, in its place."""
    del app
    folder = (DOCS / page).parent

    def kept(link: re.Match[str]) -> str:
        return link[0] if (folder / link[2]).resolve().is_relative_to(DOCS) else link[1]

    source[0] = UPWARD.sub(kept, source[0])


def with_anchors_of_claims(app: Any, page: str, source: list[str]) -> None:
    """Give each claim of the paper's page an anchor such as `claim-7`, in its place."""
    del app
    if page == "paper":
        source[0] = CLAIM.sub(r'| <a id="claim-\1"></a>\1 |', source[0])


def known_anchors(app: Any, doctree: Any) -> None:
    """Let links of other pages lead to anchors that are written in HTML, and to terms of the glossary."""
    known = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for term in doctree.findall(nodes.term):
        known |= {place: (0, place, "") for place in term["ids"]}
    for raw in doctree.findall(nodes.raw):
        if found := ANCHOR.fullmatch(raw.astext()):
            known[found[1]] = (raw.line or 0, found[1], "")


def with_bars(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Let |x| stand in a docstring, which reStructuredText would replace; in its place."""
    del app, what, name, thing, options
    lines[:] = [line.replace("|", r"\|") for line in lines]
