"""Core-hours of all of Table I (studies/paper.toml), projected from one small glass of every ensemble.

Each ensemble makes one glass of SMALL particles at its own parent temperature, and measures all that the study asks for.
Every stage is scaled to the true size by its own power of N, fitted to two sizes of PSS in the same run. In processor time,
so that a busy machine does little harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vitrify.ensemble.parent_temperature import find_parent_temperature
from vitrify.glass import Glass
from vitrify.preparation import Recipe
from vitrify.study import read_study
from vitrify.study.spec import EnsembleSpec

from .stages import MEASURED, Costs, costs, power_of_responses, powers, timed_glass
from .systems import PSS, glass
from .table import Row

STUDY = Path(__file__).parent.parent / "studies" / "paper.toml"
SMALL, LARGE = 1200, 8000  # both above the sizes up to which modes and spectra come from a dense matrix
PARTS = {
    "mechanics": "moduli",
    "elasticity": "moduli",
    "structure": "structure and spectrum",
    "spectrum": "structure and spectrum",
    "modes": "modes",
    "qlm": "quasilocalised modes",
    "dipoles": "dipole responses",
}


def rows(*, quick: bool) -> Iterator[Row]:
    """The powers, the core-hours of each ensemble, the sum."""
    small, large = (1100, 2000) if quick else (SMALL, LARGE)
    _costs_of_pss(small, 1)  # compiles
    at_small, at_large = _costs_of_pss(small, 1 if quick else 5), _costs_of_pss(large, 1 if quick else 2)
    power = powers(at_small, at_large, large / small)
    power["dipoles"] = power_of_responses(PSS, glass(PSS.of_size(large)), at_large["dipoles"])
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
    found = [costs(_pss(n_particles, seed), asked) for seed in range(1, glasses + 1)]
    return {stage: float(np.mean([x[stage] for x in found])) for stage in found[0]}


def _pss(n_particles: int, seed: int) -> Glass:
    rng, size = np.random.default_rng(seed), {"n_particles": n_particles, "density": PSS.density}
    return timed_glass(PSS.model, **size, parent_temperature=PSS.temperature, rng=rng)


def _costs_of_ensemble(spec: EnsembleSpec, n_particles: int) -> Costs:
    """One glass at the ensemble's own temperature, from a single pilot; the pilot also compiles for this model."""
    rng, model, size = np.random.default_rng(1), spec.parsed_model, {"n_particles": n_particles, "density": spec.density}
    found = find_parent_temperature(model, **size, rng=rng, n_pilots=1, recipe=Recipe(melt_msd=2.0))
    made = timed_glass(model, **size, parent_temperature=found.temperature, rng=rng, recipe=spec.recipe)
    return costs(made, {x.name: x.settings for x in spec.measured if x.name in MEASURED})


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
