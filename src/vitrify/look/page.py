"""The page: one HTML file that holds all it shows, its scripts too, so that it works offline and from a folder."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path

import jinja2
import numpy as np

from vitrify import __version__
from vitrify.errors import wrong
from vitrify.glass import Glass
from vitrify.measuring import Found
from vitrify.named_files import require_place, write_text_whole
from vitrify.physical_units import Units

from .displacements import KINDS, MODE, Displacement, displacements_of
from .drawings import figures_of, flat_picture
from .scene import Scene, scene_of
from .tables import about_the_glass, decay_table, modes_table, numbers_table, spots_table

MOST_PICTURES = 4  # flat pictures: of 40 to 150 KB each
ALIKE = 0.99  # overlap of two displacements that are one
SUFFIXES = (".html", ".htm")
FRAME_HEIGHT = 900  # CSS pixels that a page has in a notebook


@dataclass(frozen=True, slots=True)
class GlassPage:
    """The page of one glass. A notebook shows it."""

    title: str
    html: str = field(repr=False)

    def write(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file and return its path. Raises UsageError where it cannot be written."""
        place = Path(path)
        require_place(place)
        write_text_whole(place, self.html)
        return place

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that it and the notebook do not change each other."""
        return (
            f'<iframe title="{html.escape(self.title)}" srcdoc="{html.escape(self.html)}" '
            f'style="width: 100%; height: {FRAME_HEIGHT}px; border: 1px solid #ccc"></iframe>'
        )


def require_page(path: Path, flag: str) -> None:
    """Raise UsageError unless a page can be written there: it is called before a glass is measured. flag: the option that
    names it."""
    if path.suffix.lower() not in SUFFIXES:
        raise wrong("", flag, str(path), "a file that ends in .html")
    require_place(path)


def write_glass_page(
    glass: Glass,
    found: Found,
    path: str | PathLike[str],
    *,
    title: str = "",
    source: str = "",
    units: Units | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Write the page of a glass and of what was measured of it, and return its path. The arguments are those of
    `glass_page`. Raises UsageError where the file cannot be written."""
    return glass_page(glass, found, title=title, source=source, units=units, notes=notes).write(path)


def glass_page(
    glass: Glass,
    found: Found,
    *,
    title: str = "",
    source: str = "",
    units: Units | None = None,
    notes: Sequence[str] = (),
) -> GlassPage:
    """The page of a glass and of what was measured of it: figures of what was not measured are left out.

    source: where the glass is from, in words, such as the name of its file; units: those of a laboratory, in which numbers
    are given too; notes: sentences that the page says at its head, such as what could not be measured."""
    displacements = displacements_of(glass, found)
    scene = scene_of(glass, displacements)
    heading = title or f"Glass of {glass.n_particles:,} particles"
    pictured = _pictured(displacements)
    tables = (
        modes_table(displacements),
        numbers_table(found.values, units, glass.dimension),
        spots_table(found.values),
        decay_table(found.values),
    )
    text = _template().render(
        title=heading,
        glass=glass,
        about=about_the_glass(glass, source),
        notes=[*notes, *_left_out(scene)],
        scene=scene,
        groups=_groups(displacements),
        displacements=displacements,
        pictures=[flat_picture(glass, x) for x in pictured],
        without_picture=len(displacements) - len(pictured),
        figures=figures_of(glass, found, displacements),
        tables=[x for x in tables if x is not None and x.rows],
        version=__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        library=_script("3Dmol-min.js"),
        licence=_text("3Dmol-LICENSE.txt"),
        viewer=_script("viewer.js"),
    )
    return GlassPage(heading, text)


def _pictured(displacements: Sequence[Displacement]) -> list[Displacement]:
    """Those with a flat picture: the softest ones, then the lowest modes. A soft spot that is the quasilocalised mode too
    has one."""
    lowest = [x for x in displacements if x.kind == MODE]
    softest: list[Displacement] = []
    for x in displacements:
        if x.kind != MODE and not any(_alike(x, y) for y in softest):
            softest.append(x)
    chosen = [*softest[: MOST_PICTURES - 1], *lowest]
    return chosen[:MOST_PICTURES]


def _alike(x: Displacement, y: Displacement) -> bool:
    """Whether two displacements are one."""
    overlap = float(np.vdot(x.vector, y.vector)) / float(np.linalg.norm(x.vector) * np.linalg.norm(y.vector))
    return abs(overlap) > ALIKE


def _groups(displacements: Sequence[Displacement]) -> list[tuple[str, list[tuple[int, Displacement]]]]:
    """Title and numbered members of each kind."""
    numbered = list(enumerate(displacements))
    groups = [(title, [(k, x) for k, x in numbered if x.kind == kind]) for kind, title in KINDS.items()]
    return [x for x in groups if x[1]]


def _left_out(scene: Scene) -> list[str]:
    """Sentences on what the page does not draw."""
    if scene.is_whole:
        return []
    about = "the cores of the modes and soft spots" if scene.displacements else "the middle of the cell"
    return [
        f"The view draws only the {len(scene.drawn):,} of {scene.glass.n_particles:,} particles that are nearest to "
        f"{about}, so that this page stays small and turns smoothly."
    ]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vitrify.look"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("glass.html")


@cache
def _text(name: str) -> str:
    return (files("vitrify.look") / "templates" / name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """A script in a form that can stand within an element of HTML."""
    return _text(name).replace("</script", r"<\/script").replace("<!--", r"<\!--")
