"""The start of a liquid: random positions, pushed apart so that molecular dynamics cannot explode."""

from __future__ import annotations

import numpy as np

from vitrify.batch import Batch, FloatArray
from vitrify.kernels.state import LEFT
from vitrify.models import Model

from .programs import PUSH_OFF
from .samples import LISTS, Samples, Way

SWEEPS = 200


def random_start(
    model: Model, *, n_particles: int, density: float, rng: np.random.Generator, dimension: int = 3
) -> Batch:  # fmt: skip
    """A batch of one sample: uniformly random positions and species, then capped descent on the model's own potential."""
    batch = random_batch(model, n_particles=n_particles, density=density, rngs=[rng], dimension=dimension)
    push_off(Samples(batch))
    return batch


def random_batch(
    model: Model, *, n_particles: int, density: float, rngs: list[np.random.Generator], dimension: int = 3
) -> Batch:
    """A sample for each generator, in a cube or a square: uniformly random positions and species, sizes where the mixture
    has them; molecules at random places, each in a random shape with bonds of their lengths at rest."""
    box = model.box_for(n_particles, density, dimension)
    counts = model.fraction_counts(n_particles)
    species = [rng.permutation(np.repeat(np.arange(len(counts)), counts)) for rng in rngs]
    positions = [rng.random((n_particles, dimension)) * box for rng in rngs]
    distribution, molecule = model.mixture.sizes, model.molecule
    sizes = None if distribution is None else [distribution.draw(n_particles, rng) for rng in rngs]
    if molecule is None:
        return Batch(model, [box] * len(rngs), positions, species, sizes)
    n_molecules = n_particles // molecule.n_sites
    for x, rng in zip(positions, rngs, strict=True):
        sites = x[:n_molecules, None] + molecule.placed(n_molecules, rng, dimension)
        x[:] = sites.reshape(-1, dimension) % box
    if molecule.species:
        of_one = [model.mixture.labels.index(label) for label in molecule.species]
        species = [np.tile(of_one, n_molecules) for _ in rngs]
    return Batch(model, [box] * len(rngs), positions, species, sizes, [molecule.topology(n_molecules)] * len(rngs))


def push_off(samples: Samples) -> None:
    """Follow the forces in capped steps: overlaps go, and what remains is of the order of the thermal energy."""
    samples.bring(lambda s: _pushing_off(samples.state[s]))


def _pushing_off(row: FloatArray) -> Way[None]:
    """The way of one sample."""
    row[LEFT] = SWEEPS
    while row[LEFT] > 0.0:
        yield LISTS
        yield PUSH_OFF
