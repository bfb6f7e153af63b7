"""ASE's Atoms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vitrify.errors import UsageError, shown
from vitrify.glass import Glass
from vitrify.models import Model

from ..axes import in_space
from ..elements import NO_ELEMENT, are_elements
from .needs import require_package
from .particles import Particles, entries_of, labels_of, masses_of, vectors_of

OWNER = "ASE's Atoms"
IN_RADII = {"radius": 2.0, "diameter": 1.0}  # λ_i in units of an array that says how large particles are


def taken(atoms: Any, model: Model | str | None, species: Mapping[str, str] | None, length: float) -> Glass:
    """The glass of Atoms. Raises UsageError."""
    return particles_of(atoms, model).in_units(length).glass(model, species)


def made(glass: Glass) -> Any:
    """Atoms of a glass. Raises UsageError where ASE is not installed."""
    ase = require_package("ase", "to_ase")
    named = are_elements(glass.model.mixture.labels)
    atoms = ase.Atoms(
        labels_of(glass) if named else np.zeros(glass.n_particles, dtype=int),
        positions=in_space(glass.positions),
        cell=vectors_of(glass.cell),
        pbc=(True, True, glass.dimension == 3),
        masses=masses_of(glass),
        tags=glass.species.astype(int),
        info=entries_of(glass),
    )
    if glass.sizes is not None:
        atoms.set_array("radius", 0.5 * glass.sizes)
    return atoms


def particles_of(atoms: Any, model: Model | str | None) -> Particles:
    """The particles of Atoms. model: tells what tags mean, where all symbols are X. Raises UsageError."""
    if not all(hasattr(atoms, x) for x in ("get_chemical_symbols", "positions", "cell", "pbc", "info", "arrays")):
        raise UsageError(f"{OWNER} must be given, not {shown(atoms)}")
    size = next((unit * np.asarray(atoms.arrays[x]) for x, unit in IN_RADII.items() if x in atoms.arrays), None)
    found = Particles(
        OWNER,
        atoms.get_chemical_symbols(),
        np.array(atoms.positions),
        np.array(atoms.cell),
        (bool(atoms.pbc[0]), bool(atoms.pbc[1]), bool(atoms.pbc[2])),
        size,
        dict(atoms.info),
    )
    return found if set(found.names) != {NO_ELEMENT} else _by_tags(atoms, found, model)


def _by_tags(atoms: Any, found: Particles, model: Model | str | None) -> Particles:
    """Particles that ASE knows no elements of, named by the species that their tags count."""
    labels, tags = found.model(model).mixture.labels, np.asarray(atoms.get_tags())
    unknown = np.flatnonzero((tags < 0) | (tags >= len(labels)))
    if len(unknown):
        may_be = f"must be 0 to {len(labels) - 1}, the species {', '.join(labels)}"
        raise UsageError(
            f"{OWNER} has the tag {tags[unknown[0]]} at particle {unknown[0]}, which has no element; the tag {may_be}"
        )
    return replace(found, names=[labels[k] for k in tags])
