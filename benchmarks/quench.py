"""From one liquid to max|f component| < 1e-10: ours against LAMMPS minimisers and ASE."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np

from vitrify.preparation.liquid import time_step
from vitrify.preparation.quench import QuenchRun
from vitrify.preparation.quench import quench as minimise
from vitrify.preparation.samples import Samples

from .peers import lammps, matscipy
from .peers.lammps import SMOOTH_FROM
from .systems import PSS, QSS6, Liquid, System, liquid
from .table import Row
from .timing import interleaved

TOLERANCE = 1e-10  # of the largest |force component|, in ε/λ
SKINS = (0.2, 0.3, 0.5)  # in λ
# FIRE follows forces alone, so that it can run our own potential from a table; conjugate gradients of LAMMPS search along
# energies, which a table does not hold consistently enough, and get the smooth Lennard-Jones style
VARIANTS = (
    ("lj/smooth", "min_style fire"),
    ("lj/smooth", "min_style cg; min_modify line forcezero"),
    ("lj/smooth", "min_style cg; min_modify line quadratic"),
    ("table", "min_style fire"),  # PSS only: with the long range of q = 6 it stays above 1e-8 for 5,000 evaluations
)
LIQUIDS = {"pss": 7, "qss6": 3}  # the number of force evaluations differs from one to the next by a factor of two
MOST = 5000  # force evaluations of LAMMPS
ASE_BUDGET = 30.0  # seconds


def rows(*, quick: bool) -> Iterator[Row]:
    """PSS and QSS q = 6, which LAMMPS has in nearly the same form."""
    for system in (PSS,) if quick else (PSS, QSS6.of_size(1500)):
        chosen = system.of_size(1000) if quick else system
        starts = [liquid(chosen, seed) for seed in range(1, 3 if quick else LIQUIDS[system.name] + 1)]
        spent = yield from _against_lammps(starts, quick)
        if system.name == PSS.name:
            yield from _against_ase(starts[0], spent, 2.0 if quick else ASE_BUDGET)


class _Ours:
    """Our default minimiser on each liquid in turn."""

    def __init__(self, starts: list[Liquid]) -> None:
        self.starts, self.runs = cycle(starts), list[QuenchRun]()

    def run(self) -> float:
        samples = Samples(next(self.starts).batch())
        started = time.perf_counter()
        self.runs.append(samples.only(minimise(samples, minimiser="cg", force_tolerance=TOLERANCE)))
        return time.perf_counter() - started

    def words(self) -> str:
        evaluations = np.median([x.force_evaluations for x in self.runs])
        return f"ours: median {evaluations:.0f} force evaluations, max|f| {max(x.max_force for x in self.runs):.1e}"


def _against_lammps(starts: list[Liquid], quick: bool) -> Iterator[Row]:
    """The fastest that gets there, timed in turn with ours over several liquids; the others once. Returns our seconds."""
    system = starts[0].system
    work, ours = f"quench to 1e-10, {system}", _Ours(starts)
    minimise(Samples(starts[0].batch()), minimiser="cg", force_tolerance=TOLERANCE)  # compiles
    why = lammps.missing()
    if why:
        spent = interleaved({"ours": ours.run}, len(starts))["ours"]
        yield Row(work=work, ours=spent, peer=f"LAMMPS: {why}", ratio_wanted=3.0)
        return spent
    step = time_step(system.model, system.temperature)

    def once(style: str, minimiser: str, skin: float, start: Liquid = starts[0]) -> lammps.Minimisation:
        with lammps.Lammps(start, style, skin) as peer:
            return peer.minimise(minimiser, step, MOST)

    variants = VARIANTS[:2] if quick else VARIANTS if system.name == PSS.name else VARIANTS[:3]
    tried = {(style, minimiser): once(style, minimiser, 0.3) for style, minimiser in variants}
    there = [x for x in tried if tried[x].max_force < TOLERANCE] or list(tried)
    best = min(there, key=lambda x: tried[x].seconds)
    skin = min(SKINS, key=lambda skin: once(*best, skin).seconds)
    theirs, reached = cycle(starts), list[float]()

    def peer_run() -> float:
        found = once(*best, skin, next(theirs))
        reached.append(found.max_force)
        return found.seconds

    medians = interleaved({"ours": ours.run, "peer": peer_run}, len(starts))
    yield Row(
        work=work, ours=medians["ours"], peer=f"LAMMPS {_words(*best, system)}, skin {skin}, its fastest",
        theirs=medians["peer"], ratio_wanted=3.0,
        note=f"{len(starts)} liquids; {ours.words()}; LAMMPS reached {max(reached):.1e}",
    )  # fmt: skip
    for (style, minimiser), found in tried.items():
        if (style, minimiser) != best:
            peer, note = (
                f"LAMMPS {_words(style, minimiser, system)}, skin 0.3",
                f"one liquid; reached {found.max_force:.1e}",
            )
            value = found.seconds if found.max_force < TOLERANCE else None
            note += (
                "" if value else f" after {found.seconds:.1f} s, its limit of {MOST:,} evaluations or a failed line search"
            )
            yield Row(work=work, ours=medians["ours"], peer=peer, theirs=value, note=note)
    return medians["ours"]


def _words(style: str, minimiser: str, system: System) -> str:
    """What LAMMPS ran."""
    how = minimiser.replace("min_style ", "").replace("; min_modify line", ",")
    if style == "table":
        return f"{how}, our potential as a table"
    return f"{how}, {style} from {SMOOTH_FROM[system.name]:.3g} λ to our cutoff"


def _against_ase(start: Liquid, spent: float, budget: float) -> Iterator[Row]:
    """ASE's minimisers on matscipy's calculator of exactly our potential, stopped when their time is over."""
    work, why = f"quench to 1e-10, {start.system}", matscipy.missing()
    if why:
        yield Row(work=work, ours=spent, peer=f"ASE: {why}")
        return
    from ase.optimize import FIRE, LBFGS

    for optimiser in (FIRE, LBFGS):
        atoms = matscipy.atoms_of(start.system.model, start.positions, start.species, start.box)
        seconds, reached, evaluations = _until(optimiser(atoms, logfile=None), atoms, budget)
        done = reached < TOLERANCE
        yield Row(
            work=work, ours=spent, peer=f"ASE {optimiser.__name__}, matscipy pair potential, our potential",
            theirs=seconds if done else None,
            note=f"one run; {evaluations} force evaluations in {seconds:.0f} s, reached {reached:.1e}"
            + ("" if done else ", its time limit: the ratio would be above " + f"{seconds / spent:.0f}"),
        )  # fmt: skip


def _until(optimiser: Any, atoms: Any, budget: float) -> tuple[float, float, int]:
    """Seconds, max|f component| and evaluations when converged or out of time."""
    started, evaluations, reached = time.perf_counter(), 0, np.inf
    for _ in optimiser.irun(fmax=TOLERANCE, steps=100_000):
        evaluations += 1
        reached = float(np.abs(atoms.get_forces()).max())
        if reached < TOLERANCE or time.perf_counter() - started > budget:
            break
    return time.perf_counter() - started, reached, evaluations
