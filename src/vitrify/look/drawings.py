"""The figures of a page of one glass, and a flat picture of each of its softest displacements."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.measuring import Found
from vitrify.report.pictures import PIXELS, image_of, svg_of
from vitrify.report.style import SEQUENCE, SETTINGS, few_ticks, legend_below, logarithmic, panels

from .displacements import KINDS, MODE, QUASILOCALISED, SOFT_SPOT, Displacement
from .scene import ARROWS, COLOURS, radii_of

DOTS = 110  # dots per inch of a flat picture
SIDE = 4.6  # inches: height and width of a flat picture
SLAB = 1.2  # a0: how far before and behind the core the particles of a flat picture are
LONGEST = 2.0  # a0: length of the longest arrow of a flat picture
MARKS = {MODE: "o", QUASILOCALISED: "*", SOFT_SPOT: "D"}
POWER = {2: "r⁻⁴", 3: "r⁻⁶"}  # of c(r) in an elastic medium


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure as it stands in the page."""

    title: str
    source: str  # data URI
    width: int  # CSS pixels
    height: int
    alternative: str
    caption: str


def figures_of(glass: Glass, found: Found, displacements: Sequence[Displacement]) -> list[Drawn]:
    """The figures of what was measured."""
    made = (
        _spectrum(found, displacements),
        _decay(found, glass.dimension),
        _radial(found),
        _density_of_states(found),
    )
    return [x for x in made if x is not None]


def flat_picture(glass: Glass, x: Displacement) -> Drawn:
    """A displacement seen along z with its core in the middle: the particles of a slab about the core, and all its
    arrows."""
    with rc_context(SETTINGS):
        figure = Figure(figsize=(SIDE, SIDE), layout="constrained", dpi=DOTS)
        axis = figure.subplots()
        _particles(axis, glass, x.core)
        _arrows(axis, glass, x)
        _frame(axis, glass)
        buffer = io.BytesIO()
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(buffer)
    source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    side = round(SIDE * PIXELS)
    place = ", ".join(f"{value:.3g}" for value in x.core)
    seen = (
        f"Of the particles only those within {SLAB:g} a0 of the plane of the core are drawn. "
        if glass.dimension == 3
        else ""
    )
    return Drawn(
        x.name,
        source,
        side,
        side,
        f"{x.phrase.capitalize()} as {len(x.longest)} arrows on particles, seen along the z axis; its core, in the middle "
        f"of the picture, has a radius of gyration of {x.size:.3g} λ.",
        f"This picture shows {x.phrase} along the z axis, with its core at ({place}) λ in the middle. {seen}"
        f"The arrows show the {len(x.longest)} largest displacements; the longest is drawn {LONGEST:g} a0 long.",
    )


def _spectrum(found: Found, displacements: Sequence[Displacement]) -> Drawn | None:
    if not displacements:
        return None
    phonon = found.first_shear_phonon

    def draw(axis: Any) -> None:
        for kind, colour in zip(KINDS, (SEQUENCE[1], SEQUENCE[2], SEQUENCE[0]), strict=True):
            of_kind = [x for x in displacements if x.kind == kind]
            if of_kind:
                size = 11 if kind == QUASILOCALISED else 5
                how = {
                    "marker": MARKS[kind],
                    "color": colour,
                    "ms": size,
                    "mec": "white",
                    "mew": 0.5,
                    "zorder": 4 if kind == QUASILOCALISED else 3,
                    "label": KINDS[kind].lower(),
                }
                axis.plot([x.frequency for x in of_kind], [x.participation_ratio for x in of_kind], ls="none", **how)
        if phonon:
            axis.axvline(phonon, color="0.4", ls="--", lw=0.9, label="first shear phonon")
        logarithmic(axis, "y")
        few_ticks(axis)
        axis.set(xlabel=r"$\omega$ in $\sqrt{\epsilon/m}/\lambda$", ylabel="participation ratio")
        legend_below(axis, 2)

    softest = min(displacements, key=lambda x: x.frequency)
    band = (
        f" The dashed line is the frequency of the first shear phonon, ω = 2π c_s/L = {phonon:.4g}: that of the longest "
        "shear wave in an elastic body of this size and shear modulus."
        if phonon
        else ""
    )
    return _drawn(
        "Lowest modes and soft spots",
        draw,
        f"Participation ratio against frequency of {len(displacements)} modes and soft spots. The lowest frequency is "
        f"{softest.frequency:.4g}, with a participation ratio of {softest.participation_ratio:.3g}.",
        "Each point is a mode or a soft spot. A wave, which moves all particles, has a participation ratio of about 0.6; a "
        f"mode that moves few particles has one of a few times 1/N.{band}",
    )


def _decay(found: Found, dimension: int) -> Drawn | None:
    measured = found.values.get("dipoles")
    rows = [x for x in measured if x["c"] > 0] if isinstance(measured, list) else []
    r, c = (np.array([x[name] for x in rows]) for name in ("r_over_a0", "c"))
    if len(r) < 2:
        return None

    def draw(axis: Any) -> None:
        logarithmic(axis)
        axis.plot(r, c, "o-", color=SEQUENCE[0], lw=0.9, label="this glass")
        far = r[-1] * np.array([0.4, 1.0])
        axis.plot(far, c[-1] * (far / r[-1]) ** (-2 * dimension), color="0.4", ls="--", lw=0.9, label=POWER[dimension])
        axis.set(xlabel="$r/a_0$", ylabel="$c(r)$")
        legend_below(axis, 2)

    return _drawn(
        "Decay of dipole responses",
        draw,
        f"c(r) falls from {c[0]:.3g} at r = {r[0]:.3g} a0 to {c[-1]:.3g} at r = {r[-1]:.3g} a0.",
        "Two opposite forces on a pair of particles move all others. c(r) is the median square of the change of length "
        f"that the pairs at the distance r undergo. Far away it falls as {POWER[dimension]} (dashed), as in an elastic "
        "body; nearer than the size of a soft spot it does not.",
    )


def _radial(found: Found) -> Drawn | None:
    arrays = dict(found.arrays.get("structure", {}))
    if "x" not in arrays:
        return None
    x = arrays.pop("x")

    def draw(axis: Any) -> None:
        for colour, (name, g) in zip(SEQUENCE, arrays.items(), strict=False):
            axis.plot(x, g, color=colour, lw=1, label=name)
        axis.set(xlabel=r"$r/\lambda_{ij}$", ylabel="$g(r)$")
        few_ticks(axis)
        legend_below(axis, 3)

    peaks = [f"{k} {np.nanmax(g):.3g} at r/λ = {x[np.nanargmax(g)]:.3g}" for k, g in arrays.items() if np.isfinite(g).any()]
    return _drawn(
        "Radial distribution functions",
        draw,
        f"g(r) of each pair of species. The largest values are {', '.join(peaks)}.",
        "g(r) compares the number of pairs at a distance r with that of an ideal gas of the same density, for each pair of "
        "species. The distance is in units of λ of that pair. Curves end at half the height of the cell.",
    )


def _density_of_states(found: Found) -> Drawn | None:
    arrays = found.arrays.get("spectrum", {})
    if not {"omega", "density"} <= set(arrays):
        return None

    def draw(axis: Any) -> None:
        axis.plot(arrays["omega"], arrays["density"], color=SEQUENCE[0], lw=1)
        axis.set(xlabel=r"$\omega$ in $\sqrt{\epsilon/m}/\lambda$", ylabel=r"$D(\omega)$")
        few_ticks(axis)

    peak = float(arrays["omega"][np.argmax(arrays["density"])])
    return _drawn(
        "Density of vibrational states",
        draw,
        f"D(ω) is largest at ω = {peak:.3g} and ends at ω = {float(arrays['omega'][-1]):.3g}.",
        "D(ω) counts the modes of each frequency per particle; its integral is the number of dimensions.",
    )


def _drawn(title: str, draw: Callable[[Any], None], alternative: str, caption: str) -> Drawn:
    with rc_context(SETTINGS):
        figure, axes = panels(1, 1)
        draw(axes[0, 0])
        image = image_of(figure, svg_of(figure))
    return Drawn(title, image.source, image.width, image.height, alternative, caption)


def _particles(axis: Any, glass: Glass, core: NDArray[np.float64]) -> None:
    """Circles of half their size; paler with their distance from the core, which is the origin."""
    away = _about(glass, core)
    near = np.flatnonzero(np.abs(away[:, 2]) <= SLAB * glass.spacing) if glass.dimension == 3 else np.arange(len(away))
    distance = np.linalg.norm(away[near, :2], axis=1) / (0.5 * glass.cell.heights.min())
    colours = np.array([to_rgba(COLOURS[k % len(COLOURS)]) for k in glass.species[near]])
    colours[:, 3] = np.clip(0.75 - 0.55 * distance, 0.15, 0.75)
    diameters = 1.4 * radii_of(glass)[near]
    axis.add_collection(
        EllipseCollection(
            diameters, diameters, np.zeros(len(near)), units="xy", offsets=away[near, :2], offset_transform=axis.transData,
            facecolors=colours, edgecolors="none",
        )
    )  # fmt: skip


def _arrows(axis: Any, glass: Glass, x: Displacement) -> None:
    chosen = x.longest
    at = _about(glass, x.core)[chosen, :2]
    vectors = x.vector[chosen] / np.linalg.norm(x.vector[chosen], axis=1).max() * LONGEST * glass.spacing
    axis.quiver(
        at[:, 0], at[:, 1], vectors[:, 0], vectors[:, 1], angles="xy", scale_units="xy", scale=1.0,
        color=ARROWS, width=0.006, zorder=3,
    )  # fmt: skip


def _frame(axis: Any, glass: Glass) -> None:
    """The outline of the cell about its middle, seen along z."""
    a, b = glass.cell.matrix[0, :2], glass.cell.matrix[1, :2]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) @ np.array([a, b]) - 0.5 * (a + b)
    axis.plot(*corners.T, color="0.45", lw=0.8)
    rim = 0.6 * glass.spacing
    axis.set(
        aspect="equal", xlabel=r"$x/\lambda$ from the core", ylabel=r"$y/\lambda$ from the core",
        xlim=(corners[:, 0].min() - rim, corners[:, 0].max() + rim),
        ylim=(corners[:, 1].min() - rim, corners[:, 1].max() + rim),
    )  # fmt: skip


def _about(glass: Glass, core: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions with the core as their origin, each in the cell about it."""
    fractions = glass.cell.fractions(glass.positions - core)
    return glass.cell.positions(fractions - np.rint(fractions))
