"""Where a liquid starts: random positions, pushed apart so that molecular dynamics cannot explode."""

from __future__ import annotations

from typing import Any

import numpy as np

from vitrify.backends import backend
from vitrify.batch import SKIN, Batch, force_of_formula, stale_body
from vitrify.formula import Formula, kept_with_formula
from vitrify.kernels.displacement import spread_of
from vitrify.kernels.forces import PairForm
from vitrify.model import Model

SWEEPS = 200
CAP = 0.03  # largest step of a particle in a sweep, in λ(small, small)
SOFT_FORCE = 100.0  # ε/λ: below it the step shrinks with the force


def random_start(model: Model, *, n_particles: int, density: float, rng: np.random.Generator) -> Batch:
    """A batch of one sample: uniformly random positions and species, then capped descent on the model's own potential."""
    batch = random_batch(model, n_particles=n_particles, density=density, rngs=[rng])
    spread_apart(batch, 0)
    return batch


def random_batch(model: Model, *, n_particles: int, density: float, rngs: list[np.random.Generator]) -> Batch:
    """A sample for each generator: uniformly random positions and species, sizes where the mixture has them."""
    box = model.box_for(n_particles, density)
    counts = model.fraction_counts(n_particles)
    species = [rng.permutation(np.repeat(np.arange(len(counts)), counts)) for rng in rngs]
    positions = [rng.random((n_particles, 3)) * box for rng in rngs]
    distribution = model.mixture.sizes
    sizes = None if distribution is None else [distribution.draw(n_particles, rng) for rng in rngs]
    return Batch(model, [box] * len(rngs), positions, species, sizes)


def spread_apart(batch: Batch, s: int) -> None:
    """Follow the forces in capped steps: overlaps go, and what remains is of the order of the thermal energy."""
    spread = _spread(batch.formula, batch.form)
    done = 0
    while done < SWEEPS:
        batch.rebuild(s)
        done += spread(
            s, batch.first[s], batch.first[s + 1], SWEEPS - done, CAP, SOFT_FORCE,
            (0.5 * SKIN) ** 2, batch.anchor, batch.force, batch.pair_view(), batch.stage,
        )  # fmt: skip


@kept_with_formula
def _spread(formula: Formula, form: PairForm) -> Any:
    return backend().compile(spread_of(force_of_formula(formula, form, False), stale_body()))
