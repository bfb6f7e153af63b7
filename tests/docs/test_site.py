"""The pages of the site that follow from the package's own records: gallery, glossary, reference, citation, start page."""

import inspect
import os
import re
import runpy
from pathlib import Path

import pytest

import vitrify
from vitrify.keys import key_table
from vitrify.papers.sticky_spheres_1 import PAPER
from vitrify.study import EnsembleSpec
from vitrify.study.observables import OBSERVABLES

DOCS = Path(__file__).parents[2] / "docs"
GALLERY, GLOSSARY, API, INDEX = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("gallery.md", "glossary.md", "api.md", "index.md")
)
SECTIONS = dict(re.findall(r"^## Fig\. (\d+): (.*?)(?=^## |\Z)", GALLERY, re.MULTILINE | re.DOTALL))
TERMS = [
    line for block in re.findall(r"```\{glossary\}\n(.*?)```", GLOSSARY, re.DOTALL) for line in block.splitlines()
    if line and not line.startswith(" ")
]  # fmt: skip


def places(claim):
    """The figures in which a claim stands."""
    return re.findall(r"[A-Z]?\d+", claim.figure) if claim.figure.startswith("Fig") else []


def linked(text):
    return [int(x) for x in re.findall(r"\(paper\.md#claim-(\d+)\)", text)]


def test_the_gallery_has_every_figure_of_the_paper():
    assert list(SECTIONS) == [x.number for x in PAPER.figures]


@pytest.mark.parametrize("figure", PAPER.figures, ids=lambda x: x.number)
def test_a_figure_of_the_gallery_is_drawn_and_links_to_its_claims(figure):
    text = SECTIONS[figure.number]
    assert text.startswith(f"{figure.title}\n")
    assert f'\nfigures["{figure.number}"]\n```' in text
    assert re.search(r':    alt: ".{40,}"\n', text)
    assert linked(text) == [x.number for x in PAPER.claims if figure.number in places(x)]


def test_every_claim_is_linked_from_the_gallery_and_has_a_row_to_lead_to():
    assert set(linked(GALLERY)) == {x.number for x in PAPER.claims}
    page = (DOCS / "paper.md").read_text(encoding="utf-8")
    rows = [int(x) for x in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]  # what conf.py gives an anchor
    assert rows == [x.number for x in PAPER.claims]


def test_terms_of_the_glossary_stand_there_once():
    assert [x for x in TERMS if TERMS.count(x) > 1] == []


def test_the_glossary_has_every_symbol_of_the_physics():
    page = (DOCS / "physics.md").read_text(encoding="utf-8")
    table = page.partition("| symbol | meaning |")[2].partition("\n\n")[0]
    symbols = [x.strip() for row in table.splitlines()[2:] for x in re.split(r"[,;]", row.split("|")[1])]
    assert len(symbols) > 25
    known = {*TERMS, "soft spots", "K(x)", "G(x)"}  # a plural, and fields whose entry is `local moduli`
    assert [x for x in symbols if x not in known] == []


def test_the_glossary_names_every_observable_and_every_key_of_an_ensemble():
    keys = re.findall(r"^\| `(\w+)`", key_table(EnsembleSpec), re.MULTILINE)
    assert len(keys) > 10
    assert [x for x in (*OBSERVABLES, *keys) if f"`{x}`" not in GLOSSARY] == []


def test_the_reference_has_every_public_name():
    names = [x for x in vitrify.__all__ if not inspect.ismodule(getattr(vitrify, x))]
    errors = re.search(r"automodule:: vitrify\.errors\n +:members: (.*)", API)[1].split(", ")
    assert [x for x in names if f":: vitrify.{x}\n" not in API and x not in errors] == []


def test_every_page_is_on_the_start_page():
    pages = {x.relative_to(DOCS).with_suffix("").as_posix() for x in (*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md"))}
    entries = [x for block in re.findall(r":hidden:\n\n(.*?)```", INDEX, re.DOTALL) for x in block.splitlines()]
    listed = {re.sub(r".*<(.*)>", r"\1", x) for x in entries}
    assert listed == pages - {"index"}
    assert {x.removesuffix(".md") for x in re.findall(r"\]\(([\w/-]+\.md)\)", INDEX)} == listed


def test_the_citation_has_this_version_and_the_paper():
    text = (DOCS / "citing.md").read_text(encoding="utf-8")
    assert f"version = {{{vitrify.__version__}}}" in text
    assert "eprint = {2008.12011}" in text


def test_links_between_pages_stay_and_those_out_of_the_site_become_text(monkeypatch):
    pytest.importorskip("myst_nb")
    for name in ("PATH", "VITRIFY_STUDIES"):  # the settings change them, for notebooks
        monkeypatch.setenv(name, os.environ.get(name, ""))
    settings = runpy.run_path(str(DOCS / "conf.py"))
    for page, link, then in (
        ("tutorials/first-glass", "[files](../files.md#glasses)", "[files](../files.md#glasses)"),
        ("tutorials/first-glass", "[table](../../benchmarks/results/table.md)", "table"),
        ("speed", "[table](../benchmarks/results/table.md)", "table"),
    ):
        source = [link]
        settings["without_outside"](None, page, source)
        assert source == [then]
