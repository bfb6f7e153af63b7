"""CSV with a description of its columns in a second file, in the vocabulary "CSV on the Web" (W3C recommendation, 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vitrify.named_files import write_text_whole
from vitrify.strict_json import strict_json
from vitrify.study.columns import KEYS, Column, described

from .source import Source

DATATYPES: dict[type, Any] = {
    float: "double",
    int: "integer",
    bool: {"base": "boolean", "format": "True|False"},
    str: "string",
}


def write(table: pd.DataFrame, source: Source, path: Path) -> None:
    """Write FILE.csv with every digit, and an empty cell where a sample has no number, and FILE.csv-metadata.json. Raises
    UsageError."""
    said = {"dc:title": source.study, "dc:source": source.text, "dc:creator": f"vitrify {source.version}"}
    write_described(table, described(table), said, path, list(KEYS))


def write_described(
    table: pd.DataFrame, columns: Mapping[str, Column], said: Mapping[str, str], path: Path, keys: list[str]
) -> None:
    """Write a table whose columns are described. said: what the second file says of the first, by terms of a vocabulary;
    keys: columns that tell its rows apart. Raises UsageError."""
    about = strict_json(_description(columns, said, path.name, keys), ensure_ascii=False, indent=1) + "\n"
    write_text_whole(metadata(path), about)
    write_text_whole(path, _infinities_named(table).to_csv(index=False, lineterminator="\n"))


def metadata(path: Path) -> Path:
    """The file next to a table that describes its columns."""
    return path.with_name(path.name + "-metadata.json")


def _description(columns: Mapping[str, Column], said: Mapping[str, str], url: str, keys: list[str]) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        **said,
        "tableSchema": {"columns": [_column(name, x) for name, x in columns.items()], "primaryKey": keys},
    }


def _column(name: str, x: Column) -> dict[str, Any]:
    """Description of a column. CSVW has no word for a unit of its own; schema.org's unitText is a common property that it
    allows."""
    said = {"dc:description": x.meaning, **({"schema:unitText": x.unit} if x.unit else {})}
    return {"name": name, "titles": name, "datatype": DATATYPES[x.kind], **said}


def _infinities_named(table: pd.DataFrame) -> pd.DataFrame:
    """Write INF, as XML Schema and so CSVW do, for what pandas writes as inf (a stickiness without repulsive pairs)."""
    named = {np.inf: "INF", -np.inf: "-INF"}
    infinite = [x for x in table.select_dtypes("float") if np.isinf(table[x]).any()]
    return table.assign(**{str(x): table[x].astype(object).replace(named) for x in infinite})
