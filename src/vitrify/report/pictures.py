"""Figures as files and as images in the page, in two forms: for wide screens, and panel below panel for small ones."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Drawing

from vitrify.errors import UsageError
from vitrify.named_files import remove_file, write_text_whole, write_whole
from vitrify.options import code_of

from .gathered import Study
from .marks import Mark, Place, noted
from .paper import Figure
from .style import SETTINGS, arrange, drawable, row_height, said

DOTS = 150  # dots per inch of a PNG
PIXELS = 96  # pixels per inch of CSS
COORDINATES = re.compile(r' (?:d|x|y)="[^"]*"')  # no others: the scale of a glyph is a small number
DIGITS = re.compile(r"(\.\d\d)\d+")
BLANKS = re.compile(r"\s*\n\s*")
Noted = list[tuple[Mark, Place | None]]
NAMED = re.compile(r"figure_[A-Z]?\d\d\.(svg|png|csv)")


@dataclass(frozen=True, slots=True)
class Image:
    """An image inside the page."""

    source: str  # data URI
    width: int  # CSS pixels
    height: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark and where it stands in both forms of its figure."""

    mark: Mark
    ensemble: int | None  # its number in the study; None where it belongs to none
    wide: Place
    narrow: Place


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as the page shows it."""

    figure: Figure
    wide: Image | None  # None where the study has nothing to draw
    narrow: Image | None
    alternative: str
    nothing: str  # why there is no image
    files: tuple[str, ...]  # beside the page, in the folder of figures
    marks: tuple[Placed, ...] = ()  # of its points and bars

    @property
    def links(self) -> list[tuple[str, str]]:
        """Label and name of each file of the figure, as links on the page."""
        names = {"svg": "SVG", "png": "PNG", "csv": "numbers (CSV)"}
        return [(names[x.rpartition(".")[2]], x) for x in self.files]


def as_drawn(study: Study) -> Study:
    """The study with the user's own names made fit for a figure."""
    ensembles = [replace(x, spec=replace(x.spec, name=drawable(x.spec.name))) for x in study.ensembles]
    experiments = [replace(x, alloy=drawable(x.alloy)) for x in study.experiments]
    return replace(study, ensembles=tuple(ensembles), experiments=tuple(experiments))


def draw_all(study: Study, figures: Iterable[Figure], folder: Path) -> list[Picture]:
    """Draw figures into a folder. Files of figures that an earlier report has drawn there, and this one has not, are
    removed."""
    shown = as_drawn(study)
    drawn = [draw_picture(study, shown, figure, folder) for figure in figures]
    kept = {name for x in drawn for name in x.files}
    for old in sorted(folder.iterdir()):
        if NAMED.fullmatch(old.name) and old.name not in kept:
            remove_file(old)
    return drawn


def draw_picture(study: Study, shown: Study, figure: Figure, folder: Path) -> Picture:
    """Save a figure as SVG and PNG and the numbers behind it as CSV. shown: the study with names that can be drawn. Raises
    UsageError where the code of a plugin fails."""
    name = f"figure_{re.sub(r'[0-9]+', lambda x: x[0].zfill(2), figure.number)}"
    with code_of(figure.draw, f"figure {figure.number}", UsageError):
        return _drawn(study, shown, figure, folder, name)


def _drawn(study: Study, shown: Study, figure: Figure, folder: Path, name: str) -> Picture:
    numbers = figure.data(study) if figure.data else pd.DataFrame()
    with rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a name in a script that the font lacks: boxes are drawn
        drawing = figure.draw(shown)
        sentences = said(drawing)
        if sentences:
            return Picture(figure, None, None, "", "; ".join(sentences), ())
        height = row_height(drawing)
        arrange(drawing, height)
        png, wide = _png(drawing), svg_of(drawing)
        wide_image, wide_marks = image_of(drawing, wide), noted(drawing)
        arrange(drawing, height, narrow=True)
        narrow_image, narrow_marks = image_of(drawing, svg_of(drawing)), noted(drawing)
    write_whole(folder / f"{name}.svg", lambda beside: beside.write_bytes(wide))
    write_whole(folder / f"{name}.png", lambda beside: beside.write_bytes(png))
    files = [f"{name}.svg", f"{name}.png"]
    if len(numbers):
        write_text_whole(folder / f"{name}.csv", numbers.to_csv(index=False))
        files.append(f"{name}.csv")
    words = figure.alternative(study) if figure.alternative else ""
    marks = tuple(_placed(shown, wide_marks, narrow_marks))
    return Picture(figure, wide_image, narrow_image, words or figure.title, "", tuple(files), marks)


def _placed(shown: Study, wide: Noted, narrow: Noted) -> Iterator[Placed]:
    """Marks that can be seen, with the number of the ensemble of each."""
    numbers = {id(x): k for k, x in enumerate(shown.ensembles)}
    for (mark, on_wide), (_, on_narrow) in zip(wide, narrow, strict=True):
        if on_wide is not None:
            yield Placed(mark, numbers.get(id(mark.of)), on_wide, on_narrow or on_wide)


def _png(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    drawing.set_dpi(DOTS)
    canvas: Any = FigureCanvasAgg(drawing)
    canvas.print_png(buffer)  # savefig would draw everything twice, for layouts that drawing changes: ours stand still
    return buffer.getvalue()


def svg_of(drawing: Drawing) -> bytes:
    """SVG text with coordinates to a hundredth of a point and without blanks, which makes it half as long."""
    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(drawing)
    canvas.print_svg(buffer, metadata={"Date": None})
    text = COORDINATES.sub(lambda found: DIGITS.sub(r"\1", found[0]), buffer.getvalue())
    return BLANKS.sub(" ", text).encode()


def image_of(drawing: Drawing, svg: bytes) -> Image:
    """An SVG as a page holds it, with its size."""
    width, height = drawing.get_size_inches()
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return Image(source, round(width * PIXELS), round(height * PIXELS))
