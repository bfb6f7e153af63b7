"""Out of a store: its samples as a table with units, its glasses as files that other programs read."""

from vitrify.formats.format import FORMATS

from .glasses import Exported, export_glasses, require_glasses
from .table import export_table, require_table

__all__ = ["FORMATS", "Exported", "export_glasses", "export_table", "require_glasses", "require_table"]
