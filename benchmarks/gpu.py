"""Many glasses at once on a GPU: particle-steps a second of 1,000 samples of PSS, and the time of 1,000 glasses.

`python -m benchmarks --device cuda`. Targets: 1e9 particle-steps/s in double precision, 2e9 with forces of single precision
and all else in double, and 1,000 glasses made, quenched and measured in three minutes. Beside it stands jax-md on the same
GPU, one sample of as many particles; torch-sim is named.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from unittest.mock import patch

import numpy as np

from vitrify import batch
from vitrify.backends import machine
from vitrify.leading import Lead
from vitrify.observables.elasticity import elasticities
from vitrify.preparation import prepare_glasses
from vitrify.preparation.liquid import COUPLING, advance, set_velocities, time_step
from vitrify.preparation.samples import LISTS, Samples

from .peers import jax_md
from .systems import PSS, System, liquid
from .table import Row

SAMPLES = 1000
STEPS, REPEATS = 200, 3
JAX_STEPS = 200


def rows(*, quick: bool) -> Iterator[Row]:
    """One line where there is no GPU."""
    samples = 4 if quick else SAMPLES
    system = PSS.of_size(200) if quick else PSS
    work = f"{samples:,} samples at once, {system}"
    if not found():
        yield Row(work=work, note="no GPU")
        return
    unit = "M particle-steps/s"
    with in_double():
        rate = 1e-6 * _rate(system, samples)
    yield Row(
        work=f"MD on the GPU, {work}", ours=rate, unit=unit, higher_is_better=True, at_least=1000.0,
        note="double precision, lists included",
    )  # fmt: skip
    mixed = 1e-6 * _rate(system, samples)
    yield Row(
        work=f"MD on the GPU, {work}", ours=mixed, unit=unit, higher_is_better=True, at_least=2000.0,
        note="forces in single precision, all else in double, as the liquid runs by default",
    )  # fmt: skip
    yield _against_jax_md(work, unit, rate, system, samples)
    why = "not installed" if find_spec("torch_sim") is None else "no pair potential of this kind at hand: not compared"
    yield Row(work=f"MD on the GPU, {work}", peer="torch-sim", note=why)
    seconds, failed = _glasses(system, samples)
    yield Row(
        work=f"glasses made, quenched and measured, {work}", ours=seconds, unit="s", at_most=180.0,
        note=f"{failed} failed; moduli in step; starts drawn on the CPU",
    )  # fmt: skip


@contextmanager
def in_double() -> Iterator[None]:
    """Liquids led by forces of double precision."""
    with patch.object(batch, "lead_of", lambda *_: Lead.LIQUID):
        yield


def found() -> bool:
    """Does numba-cuda see a GPU?"""
    if find_spec("numba_cuda") is None:
        return False
    from numba import cuda

    return bool(cuda.is_available())


def _rate(system: System, samples: int) -> float:
    """Median over repeats, after steps that compile."""
    start = liquid(system)
    together = Samples(start.batch(samples), machine("cuda"))
    set_velocities(together, system.temperature, [np.random.default_rng(k) for k in range(samples)])
    together.place.done(LISTS, list(range(samples)))
    step, spent = time_step(system.model, system.temperature), []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        advance(together, steps=STEPS, time_step=step, temperature=system.temperature)
        spent.append(time.perf_counter() - started)
    return STEPS * samples * system.n_particles / float(np.median(spent[1:]))


def _against_jax_md(work: str, unit: str, rate: float, system: System, samples: int) -> Row:
    """One sample of as many particles, since its lists do not take many boxes."""
    peer = "jax-md, float64, one sample of as many particles"
    if jax_md.missing():
        return Row(work=f"MD on the GPU, {work}", peer=f"jax-md: {jax_md.missing()}")
    import jax

    if jax.default_backend() != "gpu":
        return Row(work=f"MD on the GPU, {work}", peer="jax-md", note="jax sees no GPU (install jax[cuda12])")
    copies = max(round(samples ** (1 / 3)), 1)
    big = liquid(system).replicated(copies)
    theirs = jax_md.fastest(big, time_step(system.model, system.temperature), COUPLING, JAX_STEPS)
    return Row(
        work=f"MD on the GPU, {work}", ours=rate, unit=unit, higher_is_better=True, peer=peer, theirs=theirs.rate,
        note=theirs.potential,
    )  # fmt: skip


def _glasses(system: System, samples: int) -> tuple[float, int]:
    """Seconds for all of them, compiled before; and how many failed."""

    def made(seeds: range) -> list[object]:
        rngs = [np.random.default_rng(seed) for seed in seeds]
        glasses = prepare_glasses(
            system.model, n_particles=system.n_particles, density=system.density,
            parent_temperature=system.temperature, rngs=rngs, machine=machine("cuda"),
        )  # fmt: skip
        sound = [x for x in glasses if not isinstance(x, Exception)]
        return [x for x in elasticities(sound, machine("cuda")) if isinstance(x, dict)]

    made(range(2))
    started = time.perf_counter()
    sound = len(made(range(samples)))
    return time.perf_counter() - started, samples - sound
