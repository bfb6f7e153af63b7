"""Structures of pymatgen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitrify.errors import UsageError, shown
from vitrify.glass import Glass
from vitrify.models import Model

from ..axes import in_space
from ..elements import NO_ELEMENT, are_elements
from .needs import require_package
from .particles import Particles, entries_of, labels_of, vectors_of

OWNER = "the Structure"


def taken(structure: Any, model: Model | str | None, species: Mapping[str, str] | None, length: float) -> Glass:
    """The glass of a Structure. Raises UsageError."""
    if not all(hasattr(structure, x) for x in ("lattice", "cart_coords", "is_ordered")):
        raise UsageError(f"a Structure of pymatgen must be given, not {shown(structure)}")
    if not structure.is_ordered:
        raise UsageError(f"{OWNER} is disordered: each site must have one species")
    names, sizes = [_name(site) for site in structure], structure.site_properties.get("radius")
    return (
        Particles(
            OWNER,
            names,
            np.array(structure.cart_coords),
            np.array(structure.lattice.matrix),
            tuple(getattr(structure.lattice, "pbc", (True, True, True))),
            None if sizes is None else 2.0 * np.array(sizes, dtype=float),
            dict(getattr(structure, "properties", None) or {}),
        )
        .in_units(length)
        .glass(model, species)
    )


def made(glass: Glass) -> Any:
    """A Structure of a glass. Raises UsageError where pymatgen is not installed."""
    core = require_package("pymatgen.core", "to_pymatgen")
    labels = labels_of(glass)
    named = are_elements(glass.model.mixture.labels)
    return core.Structure(
        core.Lattice(vectors_of(glass.cell), pbc=(True, True, glass.dimension == 3)),
        labels if named else [core.DummySpecies(NO_ELEMENT)] * glass.n_particles,
        in_space(glass.positions),
        coords_are_cartesian=True,
        labels=labels,
        site_properties={} if glass.sizes is None else {"radius": (0.5 * glass.sizes).tolist()},
        properties=entries_of(glass),
    )


def _name(site: Any) -> str:
    """The symbol of a site's element; the site's label where that is X."""
    symbol = str(site.specie.symbol)
    return str(getattr(site, "label", symbol)) if symbol == NO_ELEMENT else symbol
