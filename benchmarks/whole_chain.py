"""Glasses an hour on one core: make and measure, by stage. `python -m benchmarks --only chain`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from vitrify.observables import measure

from .systems import PSS, System, new_glass
from .table import Row

SAMPLES = 7


def rows(*, quick: bool) -> Iterator[Row]:
    """Medians over samples, after one that compiles and warms up."""
    system = PSS.of_size(500) if quick else PSS
    made = np.array([one(system, seed) for seed in range(3 if quick else SAMPLES + 1)][1:])
    liquid, quench, measured, steps, evaluations = np.median(made, axis=0)
    whole = float(np.median(made[:, :3].sum(axis=1)))
    rate = 1e-6 * steps * system.n_particles / liquid
    yield Row(work=f"liquid of a glass, {system}", ours=liquid, note=f"{steps:.0f} steps, {rate:.1f} M particle-steps/s")
    yield Row(work=f"quench of a glass, {system}", ours=quench, note=f"{evaluations:.0f} force evaluations")
    yield Row(work=f"measure a glass (moduli, stability, pressure ...), {system}", ours=measured)
    note = f"{3600 / whole:,.0f} glasses an hour; medians of {len(made)} glasses"
    yield Row(work=f"whole chain, a glass made and measured, {system}", ours=whole, at_most=4.0, note=note)


def one(system: System, seed: int) -> tuple[float, ...]:
    """Seconds of liquid, quench and measurement of one glass, steps and force evaluations."""
    glass = new_glass(system, seed)
    started = time.perf_counter()
    measure(glass)
    spent, made = time.perf_counter() - started, glass.provenance
    liquid, total = float(made["seconds_liquid"]), float(made["seconds"])
    return liquid, total - liquid, spent, float(made["liquid_steps"]), float(made["force_evaluations"])
