"""Measuring a glass for its page: what is asked by default, and a page in spite of what could not be measured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vitrify.errors import SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.measuring import Asked, Found, measure_asked
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.study.spec import ObservableSpec

from .page import GlassPage, glass_page

SMALL, LARGE = 4_000, 20_000  # particles up to which this takes seconds, and some minutes
BY_SIZE = {SMALL: (20, True, 6, 32), LARGE: (10, True, 4, 16)}  # modes, the quasilocalised mode, soft spots, dipoles
ABOVE = (5, False, 0, 0)
STRUCTURE = (ObservableSpec.of("structure"),)


def look_at(
    glass: Glass | str | os.PathLike[str],
    *,
    modes: int | None = None,
    qlm: bool | None = None,
    soft_spots: int | None = None,
    dipoles: int | None = None,
    force_tolerance: float = EQUILIBRIUM,
    title: str = "",
) -> GlassPage:
    """Measure a glass, or the glass in a file that names its model, and return its page, which a notebook shows and which
    `write` writes to a file: the Python twin of `vitrify look FILE`.

    modes, qlm, soft_spots, dipoles: how many lowest modes, whether the softest quasilocalised mode, how many soft spots and
    dipole responses; default: what takes seconds, or for large glasses minutes. Raises UsageError."""
    source = "" if isinstance(glass, Glass) else Path(glass).name
    given = glass if isinstance(glass, Glass) else Glass.read(glass)
    asked = asked_by_default(
        given.n_particles, modes=modes, qlm=qlm, soft_spots=soft_spots, dipoles=dipoles, force_tolerance=force_tolerance
    )
    found, notes = looked_over(given, asked)
    return glass_page(given, found, title=title, source=source, notes=notes)


def asked_by_default(
    n_particles: int,
    *,
    modes: int | None = None,
    qlm: bool | None = None,
    soft_spots: int | None = None,
    dipoles: int | None = None,
    force_tolerance: float = EQUILIBRIUM,
) -> Asked:
    """What is measured for a page, less for larger glasses; None stands for the default of a glass of this size. Raises
    UsageError."""
    usual = next((x for size, x in BY_SIZE.items() if n_particles <= size), ABOVE)
    chosen = [y if x is None else x for x, y in zip((modes, qlm, soft_spots, dipoles), usual, strict=True)]
    n_modes, with_qlm, n_spots, n_dipoles = chosen
    return Asked(
        modes=int(n_modes), qlm=bool(with_qlm), soft_spots=int(n_spots), dipoles=int(n_dipoles), observables=STRUCTURE,
        force_tolerance=force_tolerance,
    )  # fmt: skip


def looked_over(glass: Glass, asked: Asked) -> tuple[Found, list[str]]:
    """What was found of a glass, and a sentence for each thing that could not be measured: a page shows the rest."""
    notes: list[str] = []

    @contextmanager
    def step(name: str) -> Iterator[None]:
        try:
            yield
        except (SampleFailure, UsageError) as failure:
            notes.append(f"This page does not have {name}: {failure}.")

    try:
        return measure_asked(glass, asked, step=step), notes
    except SampleFailure as failure:
        notes.append(f"This page has neither moduli nor modes: {failure}.")
    unbalanced = replace(asked, energy_only=True, modes=0, qlm=False, soft_spots=0, dipoles=0, elastic_constants=False)
    return measure_asked(glass, unbalanced, step=step), notes
