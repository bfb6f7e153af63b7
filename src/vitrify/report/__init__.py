"""The report of a store: figures, tables and checks against the paper on one page."""

from vitrify.public_names import only

from .open_figures import DrawnFigure, OpenFigures, open_figures
from .page import write_report
from .verdicts import summed_up

__all__ = ["DrawnFigure", "OpenFigures", "open_figures", "summed_up", "write_report"]

__dir__ = only(__all__)
