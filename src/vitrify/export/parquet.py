"""Parquet files for pandas, polars, DuckDB and R. Each field's metadata holds its unit and description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from vitrify.errors import UsageError
from vitrify.named_files import write_whole
from vitrify.study.columns import Column, described

from .source import Source


def write(table: pd.DataFrame, source: Source, path: Path) -> None:
    """Write a file whose types do not depend on what the samples hold. Raises UsageError where pyarrow is not installed."""
    said = {"study": source.study, "study.toml": source.text, "vitrify": source.version}
    write_described(table, described(table), said, path)


def write_described(table: pd.DataFrame, columns: Mapping[str, Column], said: Mapping[str, str], path: Path) -> None:
    """Write a table whose columns are described. said: what the file says of itself, by name. Raises UsageError."""
    arrow, parquet = package()
    schema = arrow.schema([_field(arrow, name, x) for name, x in columns.items()], metadata=dict(said))
    arrays = [arrow.array(table[x.name], type=x.type) for x in schema]
    write_whole(path, lambda beside: parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), beside))


def package() -> tuple[Any, Any]:
    """The modules pyarrow and pyarrow.parquet. Raises UsageError where they are not installed."""
    try:
        import pyarrow  # an extra: 40 MB
        import pyarrow.parquet
    except ImportError:
        raise UsageError('.parquet files need the package pyarrow, which pip install ".[export]" brings') from None
    return pyarrow, pyarrow.parquet


def _field(arrow: Any, name: str, x: Column) -> Any:
    types = {float: arrow.float64(), int: arrow.int64(), bool: arrow.bool_(), str: arrow.string()}
    return arrow.field(name, types[x.kind], metadata={"unit": x.unit, "description": x.meaning})
