"""How time grows with the number of particles, and with the number of samples in a batch."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from vitrify.batch import Batch
from vitrify.glass import Glass
from vitrify.observables import elasticity
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples
from vitrify.statics import Hessian, Pairs

from .systems import PSS, Liquid, advance, glass, liquid
from .table import Row
from .timing import seconds

REPEATED = ((1000, 1), (4000, 1), (1000, 2), (4000, 2), (1000, 4), (4000, 4))  # particles, copies along an edge
MODULI = (1000, 4000, 8000)  # glasses in their own right, not copies
BATCHES = (1, 4, 16, 64)
EVALUATIONS = 300  # of a quench
PER_PARTICLE = 1e9  # nanoseconds


def rows(*, quick: bool) -> Iterator[Row]:
    """Molecular dynamics, quench steps and lists up to 256,000 particles; moduli; batches."""
    for n, copies in REPEATED[:2] if quick else REPEATED:
        yield from _forces(liquid(PSS.of_size(n)).replicated(copies))
    for n in MODULI[:1] if quick else MODULI:
        made = glass(PSS.of_size(n))
        elasticity(made)
        yield Row(work=f"moduli, {PSS.of_size(n)}", ours=seconds(lambda made=made: elasticity(made)))
    for copies in (1, 2) if quick else (1, 2, 4):
        yield _solve(1000 if quick else 4000, copies)
    yield from _batches(BATCHES[:2] if quick else BATCHES)


def _forces(start: Liquid) -> Iterator[Row]:
    """A step of each kind, in nanoseconds a particle."""
    n, size = start.system.n_particles, str(start.system)
    batch = start.batch()
    advance(batch, start.system.temperature, 500)  # compiles, and warms the copies to different states
    started = time.perf_counter()
    steps = advance(batch, start.system.temperature, 500 if n > 100_000 else 2000)
    spent = time.perf_counter() - started
    yield Row(work=f"MD step, {size}", ours=PER_PARTICLE * spent / steps / n, unit="ns a particle", note=f"{steps} steps")
    listing = np.median([seconds(lambda: batch.rebuild(0)) for _ in range(5)])
    yield Row(work=f"sort and neighbour list, {size}", ours=PER_PARTICLE * listing / n, unit="ns a particle")
    quench(Samples(start.batch()), minimiser="cg", force_tolerance=1e-10, max_evaluations=4)  # compiles
    started = time.perf_counter()
    # stopped by its budget, as meant
    quench(Samples(batch), minimiser="cg", force_tolerance=1e-10, max_evaluations=EVALUATIONS)
    each = PER_PARTICLE * (time.perf_counter() - started) / EVALUATIONS / n
    note = f"the first {EVALUATIONS}, lists included"
    yield Row(work=f"quench, one force evaluation, {size}", ours=each, unit="ns a particle", note=note)


def _solve(n: int, copies: int) -> Row:
    """M⁺b for one random force on periodic copies of a glass: the waves of a large box without the cost of making it."""
    small = glass(PSS.of_size(n))
    large = Liquid(PSS.of_size(n), small.positions, small.species, small.box).replicated(copies)
    hessian = Hessian(Pairs.of(Glass(large.positions, large.box, large.species, small.model)))
    Hessian(Pairs.of(small)).solve(np.zeros((1, small.n_particles, 3)))  # compiles
    force = np.random.default_rng(1).normal(size=(1, len(large.positions), 3))
    force -= force.mean(axis=1, keepdims=True)
    started = time.perf_counter()
    solution = hessian.solve(force)
    spent = time.perf_counter() - started
    note = f"{copies**3} copies of one glass; {'converged to 1e-10' if solution.converged.all() else 'NOT converged'}"
    return Row(work=f"response to a random force, conjugate gradients, {large.system}", ours=spent, note=note)


def _batches(sizes: tuple[int, ...]) -> Iterator[Row]:
    """Time a sample in batches of so many small samples, each moved on by as many steps."""
    start = liquid(PSS.of_size(1000))
    for size in sizes:
        batch: Batch = start.batch(size)
        began = time.perf_counter()
        steps = advance(batch, PSS.temperature, 500)
        spent = time.perf_counter() - began
        work = f"MD step in a batch of {size} samples, {start.system}"
        yield Row(work=work, ours=PER_PARTICLE * spent / steps / 1000, unit="ns a particle")
