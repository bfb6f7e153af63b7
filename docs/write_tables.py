"""Writes the tables of these pages that are made of the package's own records: python docs/write_tables.py

A table stands between two comments, of which the first names it; the tests compare the pages with what this would write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vitrify.campaign import SlurmSpec
from vitrify.keys import key_table
from vitrify.models import Mixture
from vitrify.study import ObservableSpec, description
from vitrify.study.columns import columns

DOCS = Path(__file__).parent


def column_table() -> str:
    """Every column of a table of samples, with its unit and its meaning."""
    rows = ["| column | unit | meaning |", "|---|---|---|"]
    cells = ((f"`{name}`", x.unit, x.meaning.replace("|", r"\|")) for name, x in columns().items())
    return "\n".join([*rows, *(f"| {' | '.join(row)} |" for row in cells)]) + "\n"


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "study-files.md": {
        "keys": description.key_table,
        "steps": description.step_table,
        "mixtures": lambda: key_table(Mixture),
        "observables": description.observable_table,
        "options of all observables": lambda: key_table(ObservableSpec),
    },
    "glossary.md": {"columns": column_table},
    "campaigns.md": {"slurm": lambda: key_table(SlurmSpec)},
}


def rewritten(page: str, text: str) -> str:
    """The text of a page with its tables as they are now. Raises ValueError where a table has no place on it."""
    for name, table in TABLES[page].items():
        begin, end = f"<!-- {name}: written by docs/write_tables.py -->\n", "<!-- end -->\n"
        if begin not in text:
            raise ValueError(f"{page} has no place for the table of {name}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{table()}\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    for page in TABLES:
        path = DOCS / page
        path.write_text(rewritten(page, path.read_text(encoding="utf-8")), encoding="utf-8")
