"""Marks: what each point and bar of a figure stands for, noted where it is drawn and found again by the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import Estimate, GlassCount

if TYPE_CHECKING:
    from .gathered import Gathered

MOST_ON_CURVE = 40  # marks of one curve: closer ones could not be told apart with a pointer
BEYOND = 1.0  # pixels by which a point may lie outside its panel and still be seen


@dataclass(frozen=True, slots=True)
class Mark:
    """The meaning of one point or bar."""

    of: Gathered | None  # its ensemble; None where it belongs to none, such as a laboratory glass
    quantity: str  # in plain text, such as "G/K"
    estimate: Estimate
    at: str = ""  # its place on the abscissa in plain text, such as "q = 6"
    count: GlassCount | None = None  # the glasses on which it was measured
    unit: str = ""  # empty for a plain number
    sample: int | None = None  # the number of the sample, where it stands for a single glass
    name: str = ""  # where it belongs to no ensemble

    @property
    def shown(self) -> str:
        """Value, error and unit as a reader sees them."""
        return " ".join(x for x in (with_error(self.estimate), self.unit) if x)


def with_error(estimate: Estimate) -> str:
    """A number with its error, both to two digits of the error: 0.3502 ± 0.0041."""
    value, error = estimate.value, estimate.error
    if not isfinite(value):
        return "not known"
    if not isfinite(error) or error <= 0:
        return f"{value:.4g}"
    if not 1e-4 <= abs(value) < 1e5:
        digits = max(floor(log10(max(abs(value), error))) - floor(log10(error)) + 1, 0)
        return f"{value:.{digits}e} ± {error:.1e}"
    decimals = max(1 - floor(log10(error)), 0)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


class Place(NamedTuple):
    """The place of a mark as fractions of its figure, from the left and from the top."""

    x: float  # of its middle
    y: float
    width: float  # zero for a point
    height: float


class Marks(Artist):
    """The marks of some points of a panel. Nothing is drawn: it travels with its axes, through every change of layout."""

    def __init__(self, axis: Any, xy: Any, size: Any, marks: Sequence[Mark]) -> None:
        super().__init__()
        self.set_in_layout(False)
        self.panel = axis
        self.xy = np.asarray(xy, dtype=float).reshape(-1, 2)
        self.size = np.zeros_like(self.xy) if size is None else np.asarray(size, dtype=float).reshape(-1, 2)
        self.marks = list(marks)

    def places(self) -> Iterator[tuple[Mark, Place | None]]:
        """Yield each mark with its place as fractions of the figure; None where it cannot be seen."""
        whole = self.panel.figure.bbox
        panel = np.array([self.panel.bbox.intervalx, self.panel.bbox.intervaly]).T
        corners = [self.panel.transData.transform(self.xy + sign * self.size / 2) for sign in (-1, 1)]
        lower, upper = np.maximum(np.minimum(*corners), panel[0]), np.minimum(np.maximum(*corners), panel[1])
        seen = (upper - lower >= -BEYOND).all(axis=1)  # NaN, such as of a zero on a logarithmic axis, is not
        middle, size = (lower + upper) / 2 / whole.size, np.maximum(upper - lower, 0.0) / whole.size
        for k, mark in enumerate(self.marks):
            place = Place(middle[k, 0], 1.0 - middle[k, 1], *size[k]) if seen[k] and self.panel.axison else None
            yield mark, place


def note(axis: Any, x: Any, y: Any, marks: Sequence[Mark], *, size: Any = None) -> None:
    """Note what points of a panel stand for; without marks nothing. size: width and height of bars, in data units."""
    if len(marks):
        axis.add_artist(Marks(axis, np.column_stack([x, y]), size, marks))


def noted(drawing: Drawing) -> list[tuple[Mark, Place | None]]:
    """Every mark of a figure and its place in it as it is arranged now, in the order of the panels."""
    return [found for marks in drawing.findobj(Marks) for found in marks.places()]


def note_curve(
    axis: Any, x: Any, y: Any, error: Any, of: Gathered, *,
    quantity: str, across: str, count: GlassCount | None, sample: int | None = None, most: int = MOST_ON_CURVE,
) -> None:  # fmt: skip
    """Note points of a curve of one ensemble. across: the quantity of the abscissa in plain text, such as "ω/ω0"; most:
    number of points that are marked of a longer curve."""
    x, y, error = (np.broadcast_to(np.asarray(v, dtype=float), np.shape(x)) for v in (x, y, error))
    seen = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    chosen = seen[:: max(-(-len(seen) // most), 1)]
    marks = [
        Mark(of, quantity, Estimate(float(y[k]), float(error[k])), f"{across} = {x[k]:.3g}", count, sample=sample)
        for k in chosen
    ]
    note(axis, x[chosen], y[chosen], marks)
