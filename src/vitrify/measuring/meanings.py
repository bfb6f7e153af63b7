"""Meaning and unit of each value that is measured of a glass, by its name in `measure --json` or in a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from vitrify.physical_units import Units
from vitrify.study.columns import columns
from vitrify.study.observable import NUMBER, Column

from .matrices import MATRICES

LABORATORIES = tuple(Units(style=x, length=1.0, energy=1.0, mass=1.0) for x in ("metal", "real"))  # units by their names
PLACE = re.compile(r"_(\d+)(?=_|$)")  # in a list
MEANINGS = {  # of values that are no column of a study's table, or have another name there
    "n_rattlers": Column(NUMBER, "particles that fewer than d + 1 contacts hold", int),
    "box": Column("λ", "edge of the cube (or square), of another cell its vectors"),
    "model": Column("", "interaction model", str),
    "a0": Column("λ", "(V/N)^(1/d)"),
    "omega0": Column("√(ε/m)/λ", "√(G/ρ)/a0"),
    "lowest_eigenvalues": Column("ε/λ²/m", "ω² of the lowest modes beside the translations"),
    "qlm": Column("", "softest nonlinear quasilocalised mode: frequency, split of Eq. (10), coupling of Eq. (A16)"),
    "soft_spots": Column("", "the softest nonlinear modes: frequency, core, split of Eq. (10), coupling of Eq. (A16)"),
    "soft_spots_spots_frequency": Column("√(ε/m)/λ", "ω of a soft spot"),
    "soft_spots_spots_core": Column("λ", "place of its core"),
    "soft_spots_spots_size": Column("λ", "size of its core"),
    "dipoles": Column("", "c(r) of Eq. (A13)"),
    **MATRICES,
}


def meaning_of(name: str, dimensions: Collection[int] = ()) -> Column:
    """The column of a value, or of an entry such as lowest_eigenvalues_0 that of its list. dimensions: those of the
    glasses. A name that nobody knows has a column without words."""
    known = {**columns(), **MEANINGS}
    if name in known:
        return known[name].of(dimensions)
    for start in _beginnings(name):
        unit = _physical(meaning_of(start, dimensions).unit, name[len(start) + 1 :])
        if unit:
            return replace(meaning_of(start, dimensions), unit=unit)
    places, plain = ", ".join(PLACE.findall(name)), PLACE.sub("", name)
    for list_of in (plain, *_beginnings(plain)) if places else _beginnings(name):
        if list_of in known:
            x = known[list_of].of(dimensions)
            return Column(x.unit, f"{x.meaning}: {places or name[len(list_of) + 1 :]}", x.kind)
    return Column("", "")


def _physical(unit: str, suffix: str) -> str:
    """The name of the laboratory's unit in which a number is told under a key with this end; empty where it is none."""
    for units in LABORATORIES:
        found = units.physical(unit)
        if found and found.suffix == suffix:
            return found.name
    return ""


def _beginnings(name: str) -> Iterator[str]:
    """The name without its last word, the last two and so on."""
    while "_" in name:
        name = name.rpartition("_")[0]
        yield name
