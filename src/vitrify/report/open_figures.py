"""Figures of a report one by one, in a notebook."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure as Drawing

from vitrify.errors import UsageError, check
from vitrify.opening import Opened
from vitrify.options import code_of
from vitrify.tables import open_results

from .figures.catalogue import figures_of, with_controls
from .gathered import Study, gather
from .paper import Figure, paper_of
from .pictures import as_drawn
from .style import SETTINGS, arrange, row_height, said


@dataclass(frozen=True, slots=True)
class DrawnFigure:
    """One figure of a report; a notebook shows its picture."""

    number: str
    title: str
    caption: str
    alternative: str  # a description in words, for readers who do not see the picture
    drawing: Drawing  # Matplotlib's figure, to change and to save: `drawing.savefig("figure.pdf")`
    numbers: pd.DataFrame  # the numbers behind it, each value beside its error

    def __repr__(self) -> str:
        return f"<figure {self.number}: {self.title}>"

    def _repr_svg_(self) -> str:
        buffer = io.StringIO()
        with rc_context(SETTINGS):
            self.drawing.savefig(buffer, format="svg", metadata={"Date": None})
        return buffer.getvalue()


class OpenFigures(Mapping[str, DrawnFigure]):
    """The figures of a report by their numbers, as `figures["4"]` or `figures[4]`. Each is drawn when it is asked for;
    `titles` lists them without drawing."""

    def __init__(self, study: Study) -> None:
        paper = paper_of(study.spec)
        self._study, controls = (study, ()) if paper else with_controls(study)
        self._figures = {x.number: x for x in (paper.figures if paper else figures_of(self._study, controls))}

    @property
    def titles(self) -> dict[str, str]:
        """Title of each figure by its number."""
        return {number: x.title for number, x in self._figures.items()}

    def __getitem__(self, number: str | int) -> DrawnFigure:
        """Draw a figure. Raises UsageError where there is none of this number, or where the results lack what it shows."""
        named = str(number)
        check(named in self._figures, "this report", "figure", named, f"one of {', '.join(self._figures)}")
        figure = self._figures[named]
        with code_of(figure.draw, f"figure {named}", UsageError):
            return _drawn(self._study, figure)

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        return "\n".join(f"{number:>3}  {title}" for number, title in self.titles.items())


def open_figures(source: Path | str | Opened) -> OpenFigures:
    """Open the figures of the report of a store or of a folder of tables, given as a path or already open. Its results are
    read once, here. Raises UsageError where the folder is neither."""
    return OpenFigures(gather(open_results(source) if isinstance(source, str | Path) else source))


def _drawn(study: Study, figure: Figure) -> DrawnFigure:
    """A figure as a report shows it on a wide screen."""
    with rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a name in a script that the font lacks: boxes are drawn
        drawing = figure.draw(as_drawn(study))
        if sentences := said(drawing):
            raise UsageError(f"figure {figure.number} has nothing to draw: {'; '.join(sentences)}")
        arrange(drawing, row_height(drawing))
    numbers = figure.data(study) if figure.data else pd.DataFrame()
    words = figure.alternative(study) if figure.alternative else ""
    return DrawnFigure(figure.number, figure.title, figure.caption, words or figure.title, drawing, numbers)
