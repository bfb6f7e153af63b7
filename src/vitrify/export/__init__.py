"""Export of a store: its samples as a table with units, its glasses as files that other programs read."""

from vitrify.glass_files import FORMATS
from vitrify.public_names import only

from .glasses import Exported, export_glasses, require_glasses
from .table import export_table, require_table

__all__ = ["FORMATS", "Exported", "export_glasses", "export_table", "require_glasses", "require_table"]

__dir__ = only(__all__)
