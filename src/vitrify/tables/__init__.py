"""Results as compact tables, from which a report is drawn again without a store."""

from vitrify.public_names import only

from .export import Written, export_tables
from .folder import require_tables
from .reading import OpenTables, open_results, open_tables
from .remaking import Remade, remake

__all__ = ["OpenTables", "Remade", "Written", "export_tables", "open_results", "open_tables", "remake", "require_tables"]

__dir__ = only(__all__)
