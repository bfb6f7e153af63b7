"""The glass formers of the benchmark, and liquids and glasses of them that all contenders share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitrify.batch import Batch
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.catalogue import parse
from vitrify.preparation import prepare_glass
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start

MELT_MSD = 3.0  # in a0²: enough to forget the start
SCRATCH = "VITRIFY_BENCH_SCRATCH"  # a folder that the children of one run share


@dataclass(frozen=True, slots=True)
class System:
    """A model at a density and a temperature."""

    name: str
    text: str
    n_particles: int
    density: float
    temperature: float

    @property
    def model(self) -> Model:
        return parse(self.text)

    def of_size(self, n_particles: int) -> System:
        return System(self.name, self.text, n_particles, self.density, self.temperature)

    def __str__(self) -> str:
        return f"{self.text}, N = {self.n_particles:,}"


PSS = System("pss", "pss(rc=1.2)", 3000, 0.60, 5.4)
QSS6 = System("qss6", "qss(q=6, xc=3.0)", 10648, 0.80, 1.9)
QSS20 = System("qss20", "qss(q=20, xc=1.8)", 10648, 0.677, 10.0)
KOB_ANDERSEN = System("ka", "kob_andersen()", 8000, 1.2, 1.0)
POLYDISPERSE = System("poly", "polydisperse_ipl()", 8000, 0.58, 1.2)
SILICON = System("sw", "stillinger_weber()", 4096, 0.4612, 0.15)
LIQUIDS = (PSS, QSS6, QSS20, KOB_ANDERSEN, POLYDISPERSE, SILICON)


@dataclass(frozen=True, slots=True)
class Liquid:
    """One configuration of a system's liquid."""

    system: System
    positions: NDArray[np.float64]
    species: NDArray[np.int8]
    box: float
    sizes: NDArray[np.float64] | None = None  # of particles that have their own

    def batch(self, samples: int = 1) -> Batch:
        """Ours: a batch of so many copies."""
        boxes, positions, species = [self.box] * samples, [self.positions] * samples, [self.species] * samples
        return Batch(self.system.model, boxes, positions, species, None if self.sizes is None else [self.sizes] * samples)

    def replicated(self, times: int) -> Liquid:
        """Periodic copies, times³ of them: a large system without the cost of its start."""
        shifts = self.box * np.array(list(np.ndindex(times, times, times)), dtype=float)
        positions = (self.positions[None] + shifts[:, None]).reshape(-1, 3)
        system = self.system.of_size(len(positions))
        sizes = None if self.sizes is None else np.tile(self.sizes, times**3)
        return Liquid(system, positions, np.tile(self.species, times**3), self.box * times, sizes)


def liquid(system: System, seed: int = 1) -> Liquid:
    """A liquid at the system's temperature; made once in a run of the benchmarks."""
    kept = _kept(f"liquid-{system.name}-{system.n_particles}-{seed}.npz")
    if not kept.exists():
        rng = np.random.default_rng(seed)
        batch = random_start(system.model, n_particles=system.n_particles, density=system.density, rng=rng)
        equilibrate(Samples(batch), temperature=system.temperature, melt_msd=MELT_MSD, rngs=[rng])
        made = batch.glass(0)
        sizes = {} if made.sizes is None else {"sizes": made.sizes}
        np.savez(kept, positions=made.positions, species=made.species, box=made.box, **sizes)
    read = np.load(kept)
    return Liquid(system, read["positions"], read["species"], float(read["box"]), read.get("sizes"))


def glass(system: System, seed: int = 1) -> Glass:
    """A glass of this system; made once in a run of the benchmarks."""
    kept = _kept(f"glass-{system.name}-{system.n_particles}-{seed}.npz")
    if not kept.exists():
        made = new_glass(system, seed)
        np.savez(kept, positions=made.positions, species=made.species, box=made.box)
    read = np.load(kept)
    return Glass(read["positions"], float(read["box"]), read["species"], system.model)


def new_glass(system: System, seed: int) -> Glass:
    """One glass by the default recipe, with its provenance."""
    return prepare_glass(
        system.model,
        n_particles=system.n_particles,
        density=system.density,
        parent_temperature=system.temperature,
        rng=np.random.default_rng(seed),
    )


def advance(batch: Batch, temperature: float, steps: int) -> int:
    """So many steps of our molecular dynamics, a melt that is content with any motion; the steps done, over all samples."""
    rngs = [np.random.default_rng(3) for _ in batch.boxes]
    runs = equilibrate(Samples(batch), temperature=temperature, melt_msd=1e-12, rngs=rngs, max_steps=steps)
    return sum(run.steps for run in runs.values())


def scratch() -> Path:
    """Where a run of the benchmarks keeps what its cases share."""
    return Path(os.environ[SCRATCH])


def _kept(name: str) -> Path:
    return scratch() / name
