"""The published tables of the paper's evidence: the page is drawn from them, and the documents say what they say."""

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli
from vitrify.study import parse_study

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "studies" / "results" / "evidence"
LARGEST = 15_000_000  # bytes in all


@pytest.fixture(scope="module")
def written():
    return runpy.run_path(str(ROOT / "studies" / "claims_page.py"))


def test_the_tables_stay_small_and_are_of_the_study_beside_them():
    assert sum(x.stat().st_size for x in TABLES.rglob("*")) < LARGEST
    published, asked = (
        parse_study((x).read_text(encoding="utf-8")) for x in (TABLES / "study.toml", ROOT / "studies" / "evidence.toml")
    )
    assert published.seed == asked.seed
    assert {x.name: x for x in published.ensembles} == {x.name: x for x in asked.ensembles}


@pytest.mark.slow
def test_the_whole_page_is_drawn_from_the_tables_and_the_documents_say_the_same(tmp_path, written):
    result = CliRunner().invoke(cli, ["report", str(TABLES), "--output", str(tmp_path / "page")])
    assert result.exit_code == 0, result.output
    claims = json.loads((tmp_path / "page" / "claims.json").read_text(encoding="utf-8"))
    assert [x["number"] for x in claims] == list(range(1, 61))
    assert all(x["margin"] and x["verdict"] for x in claims)
    assert (tmp_path / "page" / "index.html").stat().st_size < 5_000_000
    page = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
    assert written["with_list"](page, written["listed"]()) == page, "run python studies/claims_page.py"
