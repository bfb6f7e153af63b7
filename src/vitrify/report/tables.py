"""The tables of the report."""

from __future__ import annotations

from math import isfinite

import pandas as pd

from vitrify.ensemble import Estimate, is_hot_enough, least_temperature, mean
from vitrify.ensemble.density_of_states import FRACTIONS
from vitrify.errors import plain
from vitrify.options import values_of
from vitrify.study import EnsembleSpec
from vitrify.study.columns import plugin_columns, power_of

from .gathered import Gathered, Study


def ensembles(study: Study) -> pd.DataFrame:
    """Table I: sizes of the ensembles, and the numbers of samples that were made and that failed."""
    steps = any(x.spec.preparation for x in study.ensembles)
    return pd.DataFrame([_ensemble(x, study.dimensions, steps=steps) for x in study.ensembles])


def observables(study: Study) -> pd.DataFrame:
    """Macroscopic numbers of every ensemble with their errors."""
    return pd.DataFrame([_observables(x) for x in study.ensembles])


def microscopic(study: Study) -> pd.DataFrame:
    """Microscopic numbers of every ensemble with their errors."""
    return pd.DataFrame([_microscopic(x, study.dimensions) for x in study.ensembles])


def windows(study: Study) -> pd.DataFrame:
    """A_g of every ensemble by the window of its fit, and the exponent when it is fitted freely."""
    rows = []
    for x in study.ensembles:
        fits = zip(FRACTIONS, x.micro.windows, strict=True)
        shown = {f"{fraction:g}": f"{fit.prefactor} ({fit.n_modes})" for fraction, fit in fits}
        rows.append({"ensemble": x.spec.name, **shown, "exponent": str(x.micro.tail.exponent)})
    return pd.DataFrame(rows)


def failures(study: Study) -> pd.DataFrame:
    """Samples recorded as failed, by ensemble and reason."""
    rows = [
        {"ensemble": x.spec.name, "samples": number, "reason": plain(reason)}
        for x in study.ensembles
        for reason, number in x.counts.reasons.items()
    ]
    return pd.DataFrame(rows, columns=["ensemble", "samples", "reason"])


def _ensemble(x: Gathered, dimensions: list[int], *, steps: bool) -> dict[str, object]:
    """One row. steps: whether any ensemble has steps between melt and quench."""
    parent = x.parent
    temperature = parent.temperature if parent else _number(x.spec.parent_temperature)
    least = least_temperature(x.summary.shear_modulus_of_planes, x.spec.density)  # by the ensemble's own glasses
    return {
        "ensemble": x.spec.name,
        "model": x.spec.model,
        **({} if dimensions == [3] else {"d": x.spec.dimension}),
        "ρ": f"{x.spec.density:g}",
        "N": x.spec.n_particles,
        "n asked for": x.spec.n_samples,
        "n finished": x.summary.n_samples,
        "failed": x.counts.failed,
        "T": _temperature(x.spec, temperature),
        "G∞": str(Estimate(parent.shear_modulus, parent.shear_modulus_error)) if parent else "–",
        f"4 G {power_of('a0', dimensions)}/30": str(least),
        "T is at least that": _hot_enough(x.spec, is_hot_enough(temperature, least)),
        **({"between melt and quench": _between(x.spec)} if steps else {}),
        "MSD of the liquid (a0²)": _rounded(x.summary.msd_over_a0_squared),
        "seconds per sample": _rounded(x.summary.seconds),
    }


def _temperature(spec: EnsembleSpec, temperature: float) -> str:
    """T in words. Of glasses from files nobody says one temperature."""
    if spec.imported:
        return "imported"
    return f"{temperature:g}" if isfinite(temperature) else str(spec.parent_temperature)


def _hot_enough(spec: EnsembleSpec, answer: bool | None) -> str:
    return "–" if spec.imported else {True: "yes", False: "no", None: "open"}[answer]


def _between(spec: EnsembleSpec) -> str:
    """The steps between melt and quench in words, such as cool to 0.5, steps 100000."""
    steps = spec.recipe.between
    said = (f"{x.name} {', '.join(f'{name} {value}' for name, value in values_of(x).items())}" for x in steps)
    return "; ".join(said) or "–"


def _number(temperature: float | str) -> float:
    """A given temperature, or NaN where pilots are to find it."""
    return float("nan") if isinstance(temperature, str) else float(temperature)


def _observables(x: Gathered) -> dict[str, object]:
    s = x.summary
    return {
        "ensemble": x.spec.name,
        "U/N": str(s.energy_per_particle),
        "p/p₀": str(s.p_over_p0),
        "stickiness": str(s.stickiness),
        "coordination": str(s.coordination),
        "G": str(s.shear_modulus),
        "K": str(s.bulk_modulus),
        "G/K": str(s.g_over_k),
        "ν": str(s.poisson_ratio),
        "χ_G": str(s.chi_g.chi),
        "removed": f"{100 * s.chi_g.removed_fraction:.1f} %" if isfinite(s.chi_g.chi.value) else "–",
        "χ_K": str(s.chi_k.chi),
        **{name: str(mean(x.table[name])) for name in plugin_columns() if name in x.table},
    }


def _microscopic(x: Gathered, dimensions: list[int]) -> dict[str, object]:
    return {
        "ensemble": x.spec.name,
        "modes in the fit": x.micro.tail.n_modes,
        "A_g ω0⁵": str(x.micro.prefactor),
        "exponent": str(x.micro.tail.exponent),
        "ξ_g/a0": str(x.micro.length),
        "ω_g/ω0": str(x.micro.frequency),
        "𝒩": str(x.micro.number),
        f"2{power_of('ξ_g', dimensions)}/{power_of('a0', dimensions)}": str(x.micro.stz),
        "quasilocalised modes": len(x.qlm),
        "dilation/shear": str(mean(x.qlm["qlm_dilation_over_shear"])) if len(x.qlm) else "–",
    }


def _rounded(estimate: Estimate) -> str:
    return f"{estimate.value:.3g}" if isfinite(estimate.value) else "–"
