"""Export of the samples of a store as one table, in the format that the suffix of its file says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from vitrify import __version__
from vitrify.errors import UsageError
from vitrify.named_files import require_place
from vitrify.opening import OpenStore

from . import csvw, parquet
from .source import Source

Writer = Callable[[pd.DataFrame, Source, Path], None]
WRITERS: dict[str, Writer] = {".parquet": parquet.write, ".csv": csvw.write}


def export_table(table: pd.DataFrame, opened: OpenStore, path: Path) -> None:
    """Write the table that `opened.tables()` gave, with a unit and a description for each column. Raises UsageError."""
    require_table(path)
    WRITERS[path.suffix.lower()](table, Source(opened.study.name, opened.text, __version__), path)


def require_table(path: Path) -> None:
    """Raise UsageError unless a table can be written to this file: it is called before a long store is read."""
    if path.suffix.lower() not in WRITERS:
        raise UsageError(f"{path} has suffix {path.suffix!r}, must be one of {', '.join(WRITERS)} for a table")
    if path.suffix.lower() == ".parquet":
        parquet.package()
    require_place(path)
    if path.suffix.lower() == ".csv":
        require_place(csvw.metadata(path))
