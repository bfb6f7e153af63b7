"""Molecular dynamics of five liquids: particle-steps a second against LAMMPS, all styles, tuned skin, and jax-md."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from vitrify.backends.processor import has
from vitrify.preparation.liquid import COUPLING, time_step

from .avx2 import avx2_alone
from .peers import jax_md, lammps
from .systems import LIQUIDS, PSS, QSS6, Liquid, System, advance, liquid
from .table import Row
from .timing import interleaved

SKINS = (0.3, 0.4, 0.5, 0.7, 0.9)  # in λ; from small to large until it no longer pays
STYLES = {
    "pss": ("lj/cut", "lj/cut/opt", "lj/cut/omp", "lj/smooth", "lj/smooth/omp", "table", "table/omp"),
    "qss6": ("lj/cut", "lj/cut/opt", "lj/cut/omp", "mie/cut", "mie/cut/opt", "mie/cut/omp", "table", "table/omp"),
    "qss20": ("mie/cut", "mie/cut/opt", "mie/cut/omp", "table", "table/omp"),
    "ka": ("lj/cut", "lj/cut/opt", "lj/cut/omp"),
    "poly": ("lj/cut", "lj/cut/opt", "lj/cut/omp"),
    "sw": ("sw", "sw/mod", "sw/omp"),
}
WANTED = dict.fromkeys(["pss", "qss6", "qss20"], 3.0)  # times LAMMPS' fastest style, of the paper's models
WANTED_ON_AVX2 = dict.fromkeys(WANTED, 2.5)
WANTED["sw"] = 1.0
NOTES = {
    "ka": "LAMMPS cuts Lennard-Jones off; ours is smooth at the same cutoffs; ",
    "poly": f"LAMMPS has no soft cores of many sizes: Lennard-Jones at the same cutoffs, {lammps.SIZE_CLASSES} types; ",
}
NEAR = 1.25  # only styles this near to the fastest at skin 0.5 are tuned
MILLION = 1e-6


def rows(*, quick: bool) -> Iterator[Row]:
    """A row for the fastest style, one for each of the others, one for jax-md."""
    for system in (PSS,) if quick else LIQUIDS:
        yield from _of_system(system.of_size(1000) if quick else system, quick)


def steps_of(system: System, *, quick: bool) -> int:
    """Steps of about a second, or two."""
    return 500 if quick or system.name == QSS6.name else 2000


def _of_system(system: System, quick: bool) -> Iterator[Row]:
    start = liquid(system)
    steps = steps_of(system, quick=quick)
    work, unit = f"MD, {system}", "M particle-steps/s"
    ours = Ours(start, steps)
    ours.run()  # compiles
    why = lammps.missing()
    if why:
        rate = ours.rate(interleaved({"ours": ours.run}, 3)["ours"])
        yield Row(
            work=work,
            ours=rate,
            unit=unit,
            higher_is_better=True,
            peer=f"LAMMPS: {why}",
            ratio_wanted=WANTED.get(system.name),
        )
    else:
        rate = yield from _against_lammps(work, unit, ours, start, quick)
    yield _against_jax_md(work, unit, rate, start, quick)


class Ours:
    """Our steps on a batch of one sample."""

    def __init__(self, start: Liquid, steps: int) -> None:
        self.start, self.steps, self.batch = start, steps, start.batch()

    def run(self) -> float:
        started = time.perf_counter()
        self.steps = advance(self.batch, self.start.system.temperature, self.steps)
        return time.perf_counter() - started

    def rate(self, spent: float) -> float:
        return MILLION * self.steps * self.start.system.n_particles / spent


def _against_lammps(work: str, unit: str, ours: Ours, start: Liquid, quick: bool) -> Iterator[Row]:
    """Find the best skin of each fast style, then time the fastest against ours in turn; returns our rate."""
    n, step = start.system.n_particles, time_step(start.system.model, start.system.temperature)
    trial = 50 if quick else max(150, int(1e6 / n))

    def rate_of(style: str, skin: float) -> float:
        with lammps.Lammps(start, style, skin) as peer:
            peer.thermostat(step, COUPLING)
            return MILLION * trial * n / peer.run(trial)

    absent = [x for x in STYLES[start.system.name] if not lammps.has_style(x)]
    first = {x: rate_of(x, 0.5) for x in STYLES[start.system.name] if x not in absent}
    formula = max(rate for x, rate in first.items() if not x.startswith("table"))
    near = (
        [] if quick else [x for x in first if NEAR * first[x] > (max(first.values()) if x.startswith("table") else formula)]
    )
    tuned = {x: _tuned(lambda skin, x=x: rate_of(x, skin)) for x in near}
    tuned = tuned or {x: (rate, 0.5) for x, rate in first.items()}
    fastest = max(tuned, key=lambda x: tuned[x][0])
    best_formula = max((x for x in tuned if not x.startswith("table")), key=lambda x: tuned[x][0])
    chosen = list(dict.fromkeys([fastest, best_formula]))  # a table interpolates, so the best formula stands beside it
    with ExitStack() as stack:
        peers = {x: stack.enter_context(lammps.Lammps(start, x, tuned[x][1])) for x in chosen}
        for peer in peers.values():
            peer.thermostat(step, COUPLING)
        runs = {x: lambda peer=peer: peer.run(ours.steps) for x, peer in peers.items()}
        spent = interleaved({"ours": ours.run, **runs}, 3 if quick else 5)
    rate = ours.rate(spent["ours"])
    for style in chosen:
        words = "its fastest" if style == fastest else "its fastest formula"
        yield Row(
            work=work, ours=rate, unit=unit, higher_is_better=True,
            peer=f"LAMMPS {style}, skin {tuned[style][1]}, {words}", theirs=MILLION * ours.steps * n / spent[style],
            ratio_wanted=WANTED.get(start.system.name),
            note=f"{NOTES.get(start.system.name, '')}Δt = {step:.2g}, Berendsen Δt/τ = {COUPLING}; "
            f"not in this build: {', '.join(absent) or 'none'}",
        )  # fmt: skip
    theirs = MILLION * ours.steps * n / spent[fastest]
    yield _on_avx2_alone(work, unit, start, f"LAMMPS {fastest}, skin {tuned[fastest][1]}, its fastest", theirs, quick)
    for other in (x for x in first if x not in chosen):
        best, at = tuned.get(other, (first[other], 0.5))
        note = "one run" if other in tuned else "one run, skin not tuned: too far behind"
        yield Row(
            work=work,
            ours=rate,
            unit=unit,
            higher_is_better=True,
            peer=f"LAMMPS {other}, skin {at}",
            theirs=best,
            note=note,
        )
    return rate


def _on_avx2_alone(work: str, unit: str, start: Liquid, peer: str, theirs: float, quick: bool) -> Row:
    """Ours once more, in a process that compiles for a processor with AVX2 and without AVX-512."""
    common = {"work": f"{work}, AVX2 alone", "unit": unit, "higher_is_better": True}
    if not has("avx512f"):
        return Row(**common, note="this processor has no AVX-512: see above")
    command = [sys.executable, "-m", "benchmarks.avx2", start.system.name, str(start.system.n_particles), str(int(quick))]
    done = subprocess.run(command, env=avx2_alone(), capture_output=True, text=True, check=False)
    if done.returncode:
        return Row(**common, note=f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:120]}")
    return Row(
        **common, ours=float(done.stdout), peer=peer, theirs=theirs, ratio_wanted=WANTED_ON_AVX2.get(start.system.name),
        note="ours compiled for haswell, LAMMPS as it was built; one after the other, not in turn",
    )  # fmt: skip


def _tuned(rate_at: Callable[[float], float]) -> tuple[float, float]:
    """Best rate and its skin: larger skins until one is slower than the one before by more than noise."""
    best, at = 0.0, 0.0
    for skin in SKINS:
        found = rate_at(skin)
        if found > best:
            best, at = found, skin
        elif found < 0.95 * best:
            break
    return best, at


def _against_jax_md(work: str, unit: str, rate: float, start: Liquid, quick: bool) -> Row:
    common = {"work": work, "ours": rate, "unit": unit, "higher_is_better": True}
    why = jax_md.missing() or jax_md.unfit(start)
    if why:
        return Row(**common, peer=f"jax-md: {why}")
    steps = 10 if quick else max(10, int(3e5 / start.system.n_particles / start.system.model.potential.cutoff**2))
    try:
        found = jax_md.fastest(start, time_step(start.system.model, start.system.temperature), COUPLING, steps)
    except Exception as error:  # a peer that fails is a line of the table
        return Row(**common, peer="jax-md", note=f"failed: {type(error).__name__}: {str(error)[:120]}")
    return Row(
        **common, peer=f"jax-md, float64, one core, {found.form}, skin {found.skin}", theirs=found.rate,
        note=f"{found.potential}; {steps} steps a run, median of 3",
    )  # fmt: skip
