"""Style of figures: colours that everyone can tell apart, lettered panels, few plain numbers on logarithmic axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FixedLocator, Formatter, Locator, LogLocator, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from .marks import Mark, note

SEQUENCE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B07A00", "#56B4E9", "#000000", "#7F7F7F")
SETTINGS: Any = {
    "font.size": 9, "axes.titlesize": 9, "legend.fontsize": 8, "legend.frameon": False, "lines.markersize": 4.5,
    "axes.formatter.useoffset": False, "axes.titley": 1.0,  # else each drawing looks twice for what stands above a panel
    "svg.fonttype": "path", "svg.hashsalt": "vitrify",
}  # fmt: skip
PANEL = (3.4, 2.7)  # inches: three side by side are as wide as the page on a screen of 1,400 pixels
ALONE = (4.8, 3.5)  # size of a figure with one panel
NARROW = 3.7  # inches: the width of a screen of 400 pixels, so that its letters keep their size there
BELOW_AXIS = 34 / 72  # inches: numbers and label of an abscissa
TEXT_ONLY = 0.55  # inches: height of a row of panels that only say something
LEGEND_LINE = 0.18  # inches
LONGEST_NAME = 26  # characters that are drawn: more do not fit under a panel of a small screen
PLAIN = (0.9e-3, 1.1e4)  # numbers that are written as they are
MOST_LETTERS = 24  # letters of names side by side under a panel
LEGEND_LETTERS = 48  # letters side by side under a panel
LEGEND_MARK = 4  # letters whose room the mark before a name takes, and the gaps
MARKS = re.compile(r"[$\\{}^_]")  # signs of a formula, which are not drawn
LEAST_TICKS = 3
MOST_TICKS = 6  # with a number, on a logarithmic axis


def panels(rows: int, columns: int) -> tuple[Figure, Any]:
    """Make a figure and its lettered axes, (rows, columns)."""
    alone = rows * columns == 1
    width, height = ALONE if alone else (PANEL[0] * columns, PANEL[1] * rows)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for k, axis in enumerate(axes.ravel()):
        axis.set_title("" if alone else f"({chr(97 + k)})", loc="left")
        axis.tick_params(which="both", direction="in", top=True, right=True)
    return figure, axes


def say(axis: Any, text: str) -> None:
    """Write a sentence in the place of missing data, without an empty frame around it."""
    axis.set_axis_off()
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="0.35", fontsize=8, wrap=True)


def said(figure: Figure) -> list[str]:
    """The sentences of a figure none of whose panels has data; empty where one of them has."""
    if any(axis.axison for axis in figure.axes):
        return []
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    return list(dict.fromkeys(x.replace("$", "").replace(r"\rho", "ρ").replace("\n", " ") for x in texts))


def legend_below(axis: Any, columns: int = 2) -> None:
    """Put the legend below the axis' label, where there are no data, in fewer columns where its names are long."""
    handles, labels = axis.get_legend_handles_labels()
    if not handles:
        return
    longest = max(len(MARKS.sub("", x)) for x in labels)
    columns = min(columns, len(handles), max(1, LEGEND_LETTERS // (longest + LEGEND_MARK)))
    under = ScaledTranslation(0.0, -BELOW_AXIS, axis.get_figure().dpi_scale_trans)
    axis.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=axis.transAxes + under,
        ncols=columns, borderaxespad=0.0, handlelength=1.4, columnspacing=1.2,
    )  # fmt: skip


def arrange(figure: Figure, row_height: float, *, narrow: bool = False) -> None:
    """Give each row the height that its panels and legends need; narrow: one panel below the other, as a small screen shows
    them. row_height: height of a row with panels, in inches."""
    rows = [[x] for x in figure.axes] if narrow else _rows(figure)
    columns = max(len(row) for row in rows)
    width = figure.get_size_inches()[0]
    heights = [_height(row, row_height) for row in rows]
    grid = GridSpec(len(rows), columns, figure=figure, height_ratios=heights)
    for k, row in enumerate(rows):
        for m, axis in enumerate(row):
            axis.set_subplotspec(grid[k, m])
    figure.set_size_inches(NARROW if narrow else width, sum(heights))
    engine = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
    figure.set_layout_engine(engine)
    engine.execute(figure)
    figure.set_layout_engine("none")  # places stay as they were found: each file would look for them anew


def row_height(figure: Figure) -> float:
    """Height of a row of a figure as it was drawn, in inches."""
    return float(figure.get_size_inches()[1] / len(_rows(figure)))


def _height(row: list[Any], panel: float) -> float:
    """Height of a row in inches: small where its panels only hold a sentence, larger where legends stand below."""
    if not any(axis.axison for axis in row):
        return TEXT_ONLY
    legends = [axis.get_legend() for axis in row]
    lines = [-(-len(x.get_texts()) // x._ncols) for x in legends if x is not None]
    return panel + LEGEND_LINE * max(lines, default=0)


def _rows(figure: Figure) -> list[list[Any]]:
    """Axes by the row of the grid in which they stand."""
    rows: dict[int, list[Any]] = {}
    for axis in figure.axes:
        place = axis.get_subplotspec()
        assert place is not None, "a panel stands in the grid that `panels` made"
        rows.setdefault(place.rowspan.start, []).append(axis)
    return [rows[k] for k in sorted(rows)]


class FewTicks(Locator):
    """Places ticks on a logarithmic axis: 1, 2, 5 in each decade, or only the decades where that would be too many."""

    def __call__(self) -> Any:
        assert self.axis is not None
        low, high = sorted(self.axis.get_view_interval())
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        if not 0 < vmin < vmax:
            return []
        for parts in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3)):
            ticks = _between(parts, vmin, vmax)
            if len(ticks) <= MOST_TICKS and _plain(ticks):  # 3×10⁻⁵ between powers of ten is hard to read
                return ticks if len(ticks) >= LEAST_TICKS else MaxNLocator(4).tick_values(vmin, vmax)
        decades = _between((1,), vmin, vmax)
        if len(decades) < 2:
            each = [_between(parts, vmin, vmax) for parts in ((1, 2, 5), (1, 2, 3, 5), (1, 1.5, 2, 3, 4, 5, 6, 8))]
            return next((ticks for ticks in each if len(ticks) >= LEAST_TICKS), each[-1])
        return decades[:: -(-len(decades) // MOST_TICKS)]


def _plain(values: Any) -> bool:
    """Tell whether all numbers can be written without an exponent."""
    return all(PLAIN[0] <= value < PLAIN[1] for value in values)


def _between(parts: tuple[float, ...], low: float, high: float) -> Any:
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = np.sort(np.outer(decades, parts).ravel())
    return ticks[(ticks >= low * (1 - 1e-9)) & (ticks <= high * (1 + 1e-9))]


class PlainNumbers(Formatter):
    """Formats 0.01, 0.5, 20, 1000 as they are, and as powers of ten where one of the numbers would be longer."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        del pos
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Any) -> list[str]:
        if _plain(values):
            return [f"{value:g}" for value in values]
        return [_power_of_ten(value) for value in values]


def _power_of_ten(value: float) -> str:
    if value <= 0:
        return f"{value:g}"
    power = int(np.floor(np.log10(value) + 1e-9))
    factor = value / 10.0**power
    return f"$10^{{{power}}}$" if abs(factor - 1) < 1e-6 else f"${factor:g}\\times10^{{{power}}}$"


def fixed_ticks(line: Any, values: Sequence[float]) -> None:
    """Put numbers at these places of an axis and at no others."""
    line.set_major_locator(FixedLocator(list(values)))
    line.set_minor_locator(NullLocator())


def logarithmic(axis: Any, which: str = "xy") -> None:
    """Make axes logarithmic, with few plain numbers on them."""
    for name in which:
        getattr(axis, f"set_{name}scale")("log")
        line = getattr(axis, f"{name}axis")
        line.set_major_locator(FewTicks())
        line.set_major_formatter(PlainNumbers())
        line.set_minor_locator(LogLocator(subs=[1, 2, 3, 4, 5, 6, 7, 8, 9]))
        line.set_minor_formatter(NullFormatter())


def bars(axis: Any, x: Any, y: Any, error: Any, *, marks: Sequence[Mark] = (), **how: Any) -> None:
    """Draw points with error bars; a point whose error is unknown has no bar. marks: what each point stands for."""
    lower, upper = _reach(axis, y, error)
    axis.errorbar(x, y, [lower, upper], **{"capsize": 2.5, "elinewidth": 0.9, **how})
    note(axis, x, y, marks)


def curve(axis: Any, x: Any, y: Any, error: Any, **how: Any) -> None:
    """Draw many points with error bars, as a line with bars that are one path, so that the file stays small."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    lower, upper = _reach(axis, y, error)
    (line,) = axis.plot(x, y, lw=0.9, **how)
    gap = np.full(len(x), np.nan)
    ends = np.column_stack([y - lower, y + upper, gap]).ravel()
    axis.plot(np.repeat(x, 3), ends, color=line.get_color(), lw=0.9)


def _reach(axis: Any, y: Any, error: Any) -> tuple[Any, Any]:
    """Lengths of the bars down and up. On a logarithmic axis, which has no zero, they reach at most to a tenth of the
    value."""
    value, error = np.asarray(y, dtype=float), np.nan_to_num(np.asarray(error, dtype=float))
    return (np.minimum(error, 0.9 * np.abs(value)) if axis.get_yscale() == "log" else error), error


def few_ticks(axis: Any) -> None:
    """Put few plain numbers on linear axes."""
    for line in (axis.xaxis, axis.yaxis):
        if line.get_scale() == "linear":
            line.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def named_ticks(axis: Any, names: list[str]) -> None:
    """Put names at 0, 1, 2, ... of the abscissa."""
    axis.xaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    crowded = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if sum(map(len, names)) > MOST_LETTERS else {}
    axis.set_xticklabels(names, fontsize=8, **crowded)
    axis.set_xlim(-0.5, len(names) - 0.5)


def drawable(name: str) -> str:
    """A user's own name made fit for a figure: short, and without $, which would begin a formula."""
    return (name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…").replace("$", r"\$")
