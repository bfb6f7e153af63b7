"""OVITO's DataCollection: a cell with an origin, particles and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitrify.errors import UsageError, shown
from vitrify.glass import Glass
from vitrify.models import Model

from ..axes import in_space
from ..particle_columns import radii_of
from .needs import require_package
from .particles import Particles, entries_of, masses_of, vectors_of

OWNER = "OVITO's DataCollection"
IN_RADII = {"diameter": 1.0, "Radius": 2.0}  # λ_i in units of a property; OVITO's own radii are in single precision
OF_A_PIPELINE = ("SourceFrame", "SourceFile", "Timestep")  # attributes that are OVITO's own


def taken(data: Any, model: Model | str | None, species: Mapping[str, str] | None, length: float) -> Glass:
    """The glass of a DataCollection. Raises UsageError."""
    if not all(hasattr(data, x) for x in ("particles", "cell", "attributes")):
        raise UsageError(f"a DataCollection of OVITO must be given, not {shown(data)}")
    particles, cell = data.particles, data.cell
    if particles is None or particles.positions is None or particles.particle_types is None:
        raise UsageError(f"{OWNER} has no particles with positions and types")
    if cell is None:
        raise UsageError(f"{OWNER} has no cell; a periodic one is needed")
    sizes = next((unit * np.array(particles[x], dtype=float) for x, unit in IN_RADII.items() if x in particles), None)
    return (
        Particles(
            OWNER,
            _names(particles.particle_types),
            np.array(particles.positions, dtype=float),
            np.array(cell, dtype=float)[:, :3].T,
            (bool(cell.pbc[0]), bool(cell.pbc[1]), bool(cell.pbc[2]) and not cell.is2D),
            sizes,
            {k: v for k, v in data.attributes.items() if k not in OF_A_PIPELINE},
        )
        .in_units(length)
        .glass(model, species)
    )


def made(glass: Glass) -> Any:
    """A DataCollection of a glass. Raises UsageError where OVITO is not installed."""
    module, mixture = require_package("ovito.data", "to_ovito"), glass.model.mixture
    data = module.DataCollection()
    flat = glass.dimension == 2
    cell = module.SimulationCell(pbc=(True, True, not flat), is2D=flat)
    cell[...] = np.hstack([vectors_of(glass.cell).T, np.zeros((3, 1))])
    data.objects.append(cell)
    particles = module.Particles(count=glass.n_particles)
    particles.create_property("Position", data=in_space(glass.positions))
    types = particles.create_property("Particle Type", data=glass.species.astype(int) + 1)
    for k, label in enumerate(mixture.labels):
        types.types.append(module.ParticleType(id=k + 1, name=label, mass=mixture.masses[k]))
    particles.create_property("Mass", data=masses_of(glass))
    particles.create_property("Radius", data=radii_of(glass))
    if glass.sizes is not None:
        particles.create_property("diameter", data=glass.sizes)
    data.objects.append(particles)
    data.attributes.update(entries_of(glass))
    return data


def _names(types: Any) -> list[str]:
    """The name of each particle's type; its number, where it has none."""
    name = {x.id: x.name or str(x.id) for x in types.types}
    return [name.get(k, str(k)) for k in np.asarray(types).tolist()]
