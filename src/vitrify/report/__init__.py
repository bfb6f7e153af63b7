"""The report of a store: figures, tables and checks against the paper on one page."""

from .page import write_report

__all__ = ["write_report"]
