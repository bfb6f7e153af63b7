"""jax-md on the same liquids: its own neighbour lists, float64, velocity Verlet under its Berendsen thermostat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..systems import Liquid

SKINS = (0.3, 0.5)  # in λ
FORM = "OrderedSparse"  # half lists; Dense was slower on PSS and QSS q = 6
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A rate and how it was had."""

    rate: float  # million particle-steps a second
    form: str
    skin: float
    potential: str


def missing() -> str:
    """Why there is no jax-md, or nothing."""
    absent = [name for name in ("jax", "jax_md") if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


def unfit(liquid: Liquid) -> str:
    """Why this liquid is not compared, or nothing."""
    return "" if liquid.sizes is None else "sizes of particles are not written for it here"


def fastest(liquid: Liquid, time_step: float, coupling: float, steps: int) -> Found:
    """The better of two skins."""
    return max((_timed(liquid, time_step, coupling, steps, FORM, skin) for skin in SKINS), key=lambda x: x.rate)


def _timed(liquid: Liquid, time_step: float, coupling: float, steps: int, form: str, skin: float) -> Found:
    """Median of the repeats after one run that compiles. Lists that overflow would spoil the run: it is refused."""
    import jax
    import jax.numpy as jnp
    from jax_md import partition, simulate, smap, space

    jax.config.update("jax_enable_x64", True)
    system = liquid.system
    lengths = jnp.array(system.model.mixture.lengths)
    cutoff, (pair, words) = system.model.potential.cutoff, _pair(system)
    displacement, shift = space.periodic(liquid.box)
    species = jnp.array(liquid.species, dtype=jnp.int32)
    listed = partition.neighbor_list(
        displacement, liquid.box, cutoff * float(lengths.max()), dr_threshold=skin, capacity_multiplier=1.15,
        format=getattr(partition, form),
    )  # fmt: skip
    energies = jnp.array(system.model.mixture.energies)
    energy = smap.pair_neighbor_list(
        lambda dr, sigma, scale, **_: jnp.where(
            dr < cutoff * sigma, scale * pair(jnp.where(dr > 0, dr, 1.0) / sigma), 0.0
        ),
        space.canonicalize_displacement_or_metric(displacement), species=species, sigma=lengths, scale=energies,
    )  # fmt: skip
    init, apply = simulate.temp_berendsen(energy, shift, time_step, system.temperature, time_step / coupling)

    @jax.jit
    def run(state: Any, neighbours: Any) -> Any:
        def one(_: int, both: Any) -> Any:
            state, neighbours = both
            neighbours = neighbours.update(state.position)
            return apply(state, neighbor=neighbours), neighbours

        return jax.lax.fori_loop(0, steps, one, (state, neighbours))

    positions = jnp.array(liquid.positions)
    neighbours = listed.allocate(positions)
    state = init(jax.random.PRNGKey(1), positions, neighbor=neighbours)
    spent = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        state, neighbours = jax.block_until_ready(run(state, neighbours))
        spent.append(time.perf_counter() - started)
    if bool(neighbours.did_buffer_overflow) or not bool(jnp.isfinite(state.position).all()):
        return Found(0.0, form, skin, words + "; its list overflowed")
    return Found(1e-6 * steps * len(positions) / float(np.median(spent[1:])), form, skin, words)


def _pair(system: Any) -> tuple[Any, str]:
    """φ(r/λ): QSS without its smoothing at the cutoff; Lennard-Jones for PSS, at the same cutoffs."""
    if system.name in ("pss", "ka"):
        return lambda x: 4.0 * (x**-12 - x**-6), "Lennard-Jones at the same cutoffs"
    q = system.model.potential.q
    return lambda x: x ** (-2 * q) - 2.0 * x**-q, "the same powers at the same cutoffs"
