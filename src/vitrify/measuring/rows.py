"""Rows of a table of measured glasses, one per glass, and the file that keeps them, in which a later command finds what is
finished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vitrify import __version__
from vitrify.errors import UsageError, plain, shown
from vitrify.export import csvw, parquet
from vitrify.models.catalogue import is_shipped, parse
from vitrify.options import Option
from vitrify.study.columns import GAPS, columns
from vitrify.study.observable import NUMBER, Column

from .meanings import meaning_of

Row = dict[str, Option | None]
Key = tuple[str, int]  # file and frame
FIRST = {
    "file": Column("", "file of the glass, as it was named", str),
    "frame": Column(NUMBER, "frame in the file, from 0; -1 is the last", int),
    "dimension": Column(NUMBER, "dimensions of space", int),
}
EARLIER = {"n": "n_particles"}  # columns that tables of earlier versions have → their names now
LAST = {
    "reason": Column("", "why the glass could not be measured; empty where it was", str),
    "checksum": Column("", "SHA-256 of the file's content", str),
    "asked": Column("", "options that were not the usual ones, as JSON", str),
    "vitrify": Column("", "version of the program that measured it", str),
}
TITLE = "glasses measured by vitrify measure"


def key_of(row: Row) -> Key:
    """What tells a row from others of its table."""
    return str(row["file"]), int(str(row["frame"]))


def is_finished(row: Row, checksum: str, asked: str) -> bool:
    """Whether a row holds what would be measured of a file with this content now."""
    return not row["reason"] and (row["checksum"], row["asked"], row["vitrify"]) == (checksum, asked, __version__)


def names_shipped_model(row: Row) -> bool:
    """Whether the model of a row, which its file names, is of a family that comes with the package: of another, its formula
    may have changed since."""
    try:
        return is_shipped(parse(str(row.get("model"))).potential)
    except UsageError:
        return False


def table_of(rows: Sequence[Row]) -> pd.DataFrame:
    """A table of rows. A value that a row lacks is missing there, and whole numbers and booleans keep their type all the
    same; units in attrs["units"]."""
    about = _columns(rows)
    series = {name: _series([row.get(name) for row in rows], x.kind) for name, x in about.items()}
    table = pd.DataFrame(series, columns=list(about))
    table.attrs["units"] = {name: x.unit for name, x in about.items()}
    return table


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write the table of rows to FILE.parquet or FILE.csv, as a whole or not at all. Raises UsageError."""
    table, about = table_of(rows), _columns(rows)
    said = f"vitrify {__version__}"
    if path.suffix.lower() == ".parquet":
        parquet.write_described(table, about, {"title": TITLE, "creator": said}, path)
    else:
        csvw.write_described(table, about, {"dc:title": TITLE, "dc:creator": said}, path, ["file", "frame"])


def read_rows(path: Path) -> list[Row]:
    """The rows of a table that `write_rows` wrote; none where there is no file. Raises UsageError for any other file."""
    if not path.exists():
        return []
    if not path.is_file():
        raise UsageError(f"{path} is a {'folder' if path.is_dir() else 'pipe or a device'}, must be a file to hold a table")
    try:
        cells = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
        cells = [{EARLIER.get(name, name): x for name, x in row.items()} for row in cells]
        about = {name: meaning(name) for row in cells[:1] for name in row}
        return [{name: _value(name, x, about[name]) for name, x in row.items()} for row in cells]
    except ValueError as error:  # pyarrow's and pandas' are such
        why = plain(str(error).partition("\n")[0])
        raise UsageError(
            f"{path} is not a table of vitrify measure ({why}) and is left as it is; give another file"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def meaning(name: str, dimensions: Iterable[int] = ()) -> Column:
    """The column of a name. dimensions: those of the glasses. Lists, which have names of their own in `measure --json`, are
    not in a table: a name that both have is here that of an observable's number."""
    known = columns().get(name)
    return {**FIRST, **LAST}.get(name) or (known.of(set(dimensions)) if known else meaning_of(name, set(dimensions)))


def union(first: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The rows of the first, and behind them those of others that stand for other glasses."""
    chosen = {key_of(row): row for row in first}
    return [*chosen.values(), *(row for row in others if key_of(row) not in chosen)]


def _columns(rows: Sequence[Row]) -> dict[str, Column]:
    """The columns of these rows: which glass, its numbers in the order in which they first come, what they stand for."""
    dimensions = {int(str(row["dimension"])) for row in rows if row.get("dimension") is not None}
    seen = dict.fromkeys(name for row in rows for name in row)
    middle = [name for name in seen if name not in FIRST and name not in LAST]
    return {name: _column(name, rows, dimensions) for name in (*FIRST, *middle, *LAST)}


def _column(name: str, rows: Sequence[Row], dimensions: set[int]) -> Column:
    """The column of a name; where nobody knows it, as its plugin is missing, its values tell their kind."""
    known = meaning(name, dimensions)
    if known.meaning:
        return known
    kinds = {type(row[name]) for row in rows if row.get(name) is not None}
    return Column("", "", kinds.pop() if len(kinds) == 1 else float if kinds <= {int, float} else str)


def _series(values: list[Any], kind: type) -> pd.Series[Any]:
    if kind is str:
        return pd.Series([None if x is None else str(x) for x in values], dtype=object)
    if kind in GAPS and any(x is None for x in values):
        return pd.Series(values, dtype=GAPS[kind])
    return pd.Series([float("nan") if x is None else x for x in values], dtype=kind)


def _parquet(path: Path) -> list[dict[str, Any]]:
    _, package = parquet.package()
    _require_columns(package.read_schema(path).names)  # before all of a large file of another program is read
    found: list[dict[str, Any]] = package.read_table(path).to_pylist()
    return found


def _csv(path: Path) -> list[dict[str, Any]]:
    _require_columns(pd.read_csv(path, nrows=0).columns)
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [dict(zip(table.columns, x, strict=True)) for x in table.itertuples(index=False, name=None)]


def _require_columns(names: Iterable[str]) -> None:
    """Raise ValueError unless all columns that stand in each of our tables are there."""
    there = set(names)
    missing = next((x for x in (*FIRST, *LAST) if x not in there), None)
    if missing:
        raise ValueError(f"it has no column {missing}")


def _value(name: str, given: Any, column: Column) -> Option | None:
    """A cell as a value of its column. Raises ValueError."""
    if given in (None, ""):  # an empty cell is no number and, beside a glass that was measured, no reason
        return "" if name in LAST else None
    if not column.meaning:
        return _guessed(given)
    if column.kind is bool:
        if str(given) not in ("True", "False"):
            raise ValueError(f"{name} is {shown(given)}, must be True or False")
        return str(given) == "True"
    try:
        if column.kind is int and abs(int(given)) >= 2**63:
            raise ValueError(f"{name} is {shown(given)}, must be an integer of 64 bits")
        return column.kind(given)  # type: ignore[no-any-return]  # one of three plain types
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {shown(given)}, must be of type {column.kind.__name__}") from None


def _guessed(given: Any) -> Option:
    """A cell of a column that nobody knows; a text of CSV as the number that it may be."""
    if given in ("True", "False"):
        return bool(given == "True")
    for kind in (int, float) if isinstance(given, str) else ():
        try:
            return kind(given)
        except ValueError:
            pass
    return given  # type: ignore[no-any-return]  # a plain value of parquet, or a text
