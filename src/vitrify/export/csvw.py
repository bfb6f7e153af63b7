"""CSV, with its columns described beside it in the vocabulary "CSV on the Web" (W3C recommendation, 2015)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vitrify.formats.whole import write_text_whole
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
    """FILE.csv with every digit and nothing where a sample has no number, and FILE.csv-metadata.json. Raises UsageError."""
    about = strict_json(_description(table, source, path.name), ensure_ascii=False, indent=1) + "\n"
    write_text_whole(metadata(path), about)
    write_text_whole(path, _infinities_named(table).to_csv(index=False, lineterminator="\n"))


def metadata(path: Path) -> Path:
    """The file beside a table that describes its columns."""
    return path.with_name(path.name + "-metadata.json")


def _description(table: pd.DataFrame, source: Source, url: str) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": source.study,
        "dc:source": source.text,
        "dc:creator": f"vitrify {source.version}",
        "tableSchema": {
            "columns": [_column(name, x) for name, x in described(table).items()],
            "primaryKey": list(KEYS),
        },
    }


def _column(name: str, x: Column) -> dict[str, Any]:
    """CSVW has no word for a unit of its own; schema.org's unitText is a common property that it allows."""
    said = {"dc:description": x.meaning, **({"schema:unitText": x.unit} if x.unit else {})}
    return {"name": name, "titles": name, "datatype": DATATYPES[x.kind], **said}


def _infinities_named(table: pd.DataFrame) -> pd.DataFrame:
    """INF, as XML Schema and so CSVW write what pandas writes as inf (a stickiness without repulsive pairs)."""
    named = {np.inf: "INF", -np.inf: "-INF"}
    infinite = [x for x in table.select_dtypes("float") if np.isinf(table[x]).any()]
    return table.assign(**{str(x): table[x].astype(object).replace(named) for x in infinite})
