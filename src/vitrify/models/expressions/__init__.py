"""Formulas that users write: a grammar reads them, SymPy differentiates them, and plain functions are built of that."""

from .grammar import Expression, names_in, read, written
from .program import Program, program_of

__all__ = ["Expression", "Program", "names_in", "program_of", "read", "written"]
