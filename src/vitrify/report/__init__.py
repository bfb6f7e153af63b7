"""The report of a store: figures, tables and checks against the paper on one page."""

from .page import write_report
from .verdicts import summed_up

__all__ = ["summed_up", "write_report"]
