"""Rows of named values as CSV and back, to the last bit. An empty cell was not measured; nan is not a number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from vitrify.campaign.result_file import Value
from vitrify.study.columns import columns

Row = dict[str, Value]
TRUTHS = {"True": True, "False": False}


def write_rows(rows: Iterable[Row], header: Sequence[str]) -> str:
    """Write these columns of all rows."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(row.get(name, "")) for name in header] for row in rows)
    return lines.getvalue()


def read_rows(text: str) -> list[Row]:
    """Read rows with the values that they have. Raises ValueError for a text that is no such table."""
    reader = csv.reader(io.StringIO(text), strict=True)
    header = next(reader, [])
    if not header or len(set(header)) != len(header):
        raise ValueError("its first line does not name each column once")
    known = columns()
    texts = {name for name, x in known.items() if x.kind is str} | {"glass"}
    rows = []
    for cells in reader:
        if len(cells) != len(header):
            raise ValueError(f"line {reader.line_num} has {len(cells)} cells, not {len(header)}")
        filled = ((name, cell) for name, cell in zip(header, cells, strict=True) if cell)
        rows.append({name: cell if name in texts else _value(name, cell, name in known) for name, cell in filled})
    return rows


def _cell(value: Value) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _value(name: str, cell: str, known: bool) -> Value:
    """A value from its text. A float has a point, an exponent or a name in its repr; integers have none. known: a column
    that is no text."""
    if cell in TRUTHS:
        return TRUTHS[cell]
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    if known:
        raise ValueError(f"{name} is {cell[:80]!r}, must be a number")
    return cell
