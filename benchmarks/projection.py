"""Core-hours of all of Table I (studies/paper.toml), projected from one small glass of every ensemble.

Each ensemble makes one glass of SMALL particles at its own parent temperature, and measures all that the study asks for.
Every stage is scaled to the true size by its own power of N, fitted to two sizes of PSS in the same run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vitrify.ensemble.parent_temperature import find_parent_temperature
from vitrify.glass import Glass
from vitrify.preparation import Recipe, make_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.dipoles import bonds, dipole_force
from vitrify.statics.linear_solvers.response import response_solver
from vitrify.study import read_study
from vitrify.study.spec import EnsembleSpec, ObservableSpec
from vitrify.study.work import MEASURE

from .systems import PSS, Liquid, glass, new_glass
from .table import Row

STUDY = Path(__file__).parent.parent / "studies" / "paper.toml"
SMALL, LARGE = 1200, 8000  # both above the sizes up to which modes and spectra come from a dense matrix
COPIES = 2  # along an edge of the large glass: dipole responses are wanted at sizes where no glass is made here
COLUMNS = 8  # dipole responses solved together
MEASURED = ("mechanics", "elasticity", "structure", "spectrum", "modes", "qlm")
PARTS = {
    "mechanics": "moduli",
    "elasticity": "moduli",
    "structure": "structure and spectrum",
    "spectrum": "structure and spectrum",
    "modes": "modes",
    "qlm": "quasilocalised modes",
    "dipoles": "dipole responses",
}
Costs = dict[str, float]  # seconds by stage; "dipoles" is one response by conjugate gradients


def rows(*, quick: bool) -> Iterator[Row]:
    """The powers, the core-hours of each ensemble, the sum."""
    small, large = (1100, 2000) if quick else (SMALL, LARGE)
    _costs_of_pss(small, 1)  # compiles
    at_small, at_large = _costs_of_pss(small, 1 if quick else 5), _costs_of_pss(large, 1 if quick else 2)
    power = {stage: float(np.log(at_large[stage] / at_small[stage]) / np.log(large / small)) for stage in at_small}
    power["dipoles"] = _power_of_responses(glass(PSS.of_size(large)), at_large["dipoles"])
    words = ", ".join(f"{stage} {value:.2f}" for stage, value in power.items())
    yield Row(
        work="powers of N by stage",
        note=f"from PSS at N = {small:,} and {large:,}: {words}; dipoles: to periodic copies of the larger",
    )
    study, total = read_study(STUDY), Counter[str]()
    for spec in study.ensembles[4:6] if quick else study.ensembles:
        found = _hours(spec, _costs_of_ensemble(spec, small), small, power)
        total += found
        yield Row(work=f"core-hours of {spec.name}", ours=found.total(), unit="core-hours", note=_split(found))
    name = "two ensembles of Table I" if quick else "all of Table I"
    note = f"projected; {_split(total)}"
    yield Row(work=f"core-hours of {name}", ours=total.total(), unit="core-hours", note=note)


def _split(hours: Counter[str]) -> str:
    return ", ".join(f"{part} {value:.1f}" for part, value in hours.items())


def _costs_of_pss(n_particles: int, glasses: int) -> Costs:
    """Means over some glasses: the quench of one may take twice the evaluations of another."""
    asked: dict[str, dict[str, object]] = {name: {} for name in MEASURED}
    found = [_costs(new_glass(PSS.of_size(n_particles), seed), asked) for seed in range(1, glasses + 1)]
    return {stage: float(np.mean([x[stage] for x in found])) for stage in found[0]}


def _power_of_responses(made: Glass, seconds: float) -> float:
    """From a glass to periodic copies of it: the box is COPIES times as long, and so are its longest waves."""
    copies = Liquid(PSS, made.positions, made.species, made.box).replicated(COPIES)
    large = Glass(copies.positions, copies.box, copies.species, made.model)
    return float(np.log(_seconds_of_response(large) / seconds) / np.log(COPIES**3))


def _costs_of_ensemble(spec: EnsembleSpec, n_particles: int) -> Costs:
    """One glass at the ensemble's own temperature, from a single pilot; the pilot also compiles for this model."""
    rng, model, size = np.random.default_rng(1), spec.parsed_model, {"n_particles": n_particles, "density": spec.density}
    found = find_parent_temperature(model, **size, rng=rng, n_pilots=1, recipe=Recipe(melt_msd=2.0))
    made = make_glass(model, **size, parent_temperature=found.temperature, rng=rng, recipe=spec.recipe)
    return _costs(made, {x.name: x.settings for x in spec.measured if x.name in MEASURED})


def _costs(made: Glass, asked: dict[str, dict[str, object]]) -> Costs:
    """Seconds of every stage of one glass. An observable's options are those of the study, or its defaults."""
    liquid = float(made.provenance["seconds_liquid"])
    found = {"liquid": liquid, "quench": float(made.provenance["seconds"]) - liquid}
    for name, settings in asked.items():
        started = time.perf_counter()
        MEASURE[name](made, **(settings or ObservableSpec(name).settings))
        found[name] = time.perf_counter() - started
    return found | {"dipoles": _seconds_of_response(made)}


def _seconds_of_response(made: Glass) -> float:
    """One dipole response by conjugate gradients, as the largest glasses need it."""
    pairs = Pairs.of(made)
    chosen = bonds(pairs)[:: max(len(bonds(pairs)) // COLUMNS, 1)][:COLUMNS]
    right = np.array([dipole_force(pairs, k, pairs.n_particles) for k in chosen])
    solver = response_solver(Hessian(pairs), iterative=True)
    started = time.perf_counter()
    solver.solve(right)
    return (time.perf_counter() - started) / COLUMNS


def _hours(spec: EnsembleSpec, cost: Costs, small: int, power: Costs) -> Counter[str]:
    """Core-hours of an ensemble by part of the work."""
    hours = Counter[str]()
    for group in spec.groups():
        scaled = {stage: seconds * (group.n_particles / small) ** power[stage] / 3600 for stage, seconds in cost.items()}
        own = group.n_particles == spec.n_particles
        hours["glasses" if own else "large glasses"] += group.n_samples * (scaled["liquid"] + scaled["quench"])
        for x in group.measured:
            each = float(x.settings["number"]) if x.name == "dipoles" else 1.0
            hours[PARTS[x.name]] += x.n_samples * each * scaled[x.name]
    return hours
