"""Tables of the pages that are made of the package's records are what these say now."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("write_tables", DOCS / "write_tables.py")
write_tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(write_tables)


@pytest.mark.parametrize("page", write_tables.TABLES)
def test_tables_are_as_the_records_say(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert write_tables.rewritten(page, text) == text, "run python docs/write_tables.py"


def test_a_table_that_drifts_is_written_anew():
    text = (DOCS / "study-files.md").read_text(encoding="utf-8")
    drifted = text.replace("| `below = 1.2`", "| `below = 1.3`").replace("pilot glasses that", "some that")
    assert drifted != text
    assert write_tables.rewritten("study-files.md", drifted) == text


def test_a_page_without_a_place_is_told():
    with pytest.raises(ValueError, match="no place for the table of slurm"):
        write_tables.rewritten("campaigns.md", "# Campaigns\n")
