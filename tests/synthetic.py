"""A study that was never run: numbers drawn from laws that are known, for every figure of a report."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from vitrify.campaign import Result
from vitrify.ensemble import DipoleLength, Estimate, Microscopic, TailFit, summarise
from vitrify.ensemble.density_of_states import FRACTIONS, LowDensity
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.ensemble.microscopic import GlassCount
from vitrify.report.gathered import Gathered, Study
from vitrify.study import Counts, parse_study

N = 3000
OBSERVABLES = '["mechanics", "elasticity", "structure", "spectrum", "modes", "qlm", "dipoles"]'
PAPER = (
    *((f"QSS q={q}", f"qss(q={q}, xc={xc})", rho, f"QSS = {q}") for q, xc, rho in ((6, 3.0, 0.8), (8, 2.5, 0.74), (12, 2.0, 0.698), (20, 1.8, 0.677))),
    *((f"DSS rho={rho:.2f}", "pss(rc=1.2)", rho, f"DSS = {rho}" + (", CSS = 1.2" if rho == 0.6 else "")) for rho in (0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.95, 1.2)),
    *((f"CSS rc={rc}", f"pss(rc={rc})", 0.6, f"CSS = {rc}") for rc in (1.1, 1.15, 1.3, 1.5)),
)  # fmt: skip
OWN = (("cold", "hertzian()", 1.2, ""), ("warm", "hertzian()", 1.2, "hot = 2.0"), ("hot", "hertzian()", 1.2, "hot = 4.0"))
BARE = tuple((name, model, rho, "") for name, model, rho, _ in OWN)
INVERSE_POWER = tuple((f"IPL N={n}", "inverse_power()", 0.82, f"IPL = {n}") for n in (1000, 4000))


def spec_of(ensembles, n_samples, observables=OBSERVABLES):
    """A study of (name, model, density, sets in TOML)."""
    text = '[study]\nname = "synthetic"\n' + "".join(
        f'[[ensemble]]\nname = "{name}"\nmodel = "{model}"\ndensity = {rho}\nn_particles = {name.partition("N=")[2] or N}\nn_samples = {n_samples}\n'
        f"observables = {observables}\nsets = {{ {sets} }}\n"
        for name, model, rho, sets in ensembles
    )
    return parse_study(text)


def study_of(ensembles, n, observables=OBSERVABLES):
    """n samples of each, of what is asked for; G/K, A_g and ξ_g change from one ensemble to the next. Made once."""
    return _study_of(tuple(ensembles), n, observables)


@cache
def _study_of(ensembles, n, observables):
    spec = spec_of(ensembles, max(n, 1), observables)
    parts = zip(spec.ensembles, np.linspace(0.0, 1.0, len(spec.ensembles)), strict=True)
    return Study(spec, tuple(gathered(one, place, n, k) for k, (one, place) in enumerate(parts)))


def gathered(spec, place, n, seed):
    """One ensemble. place: from 0 to 1, how soft it is."""
    rng = np.random.default_rng(seed)
    table = samples(rng, n, 0.4 - 0.25 * place, spec) if n else pd.DataFrame()
    found = summarise(table, N)
    asked = {x.name for x in spec.measured} if n else set()
    value = found.shear_modulus_of_planes.value
    omega0 = float(np.sqrt(value / spec.density) * spec.density ** (1 / 3)) if value > 0 else np.nan
    micro = Microscopic(
        omega0, 0.01, *tails(rng, 0.2 * 10**place if {"modes", "elasticity"} <= asked else 0.0),
        decays(rng, 4.0 + 4.0 * place if "dipoles" in asked else 0.0),
        GlassCount(N, n), GlassCount(N, n),
    )  # fmt: skip
    return Gathered(
        spec, table, found, Counts(n, n, 0, {}), None, micro,
        modes_of(rng, n, omega0) if "qlm" in asked else pd.DataFrame(),
        structure(rng) if "structure" in asked else [],
        spectrum(omega0) if "spectrum" in asked else [],
    )  # fmt: skip


def samples(rng, n, g_over_k, spec):
    bulk = 60.0 * (1 + 0.004 * rng.normal(size=n))
    shear = g_over_k * 60.0 * (1 + 0.03 * rng.normal(size=n))
    columns = {
        "energy_per_particle": -4.5 + 0.01 * rng.normal(size=n),
        "pressure": 5.0 + 0.1 * rng.normal(size=n),
        "p_over_p0": 0.5 + 0.02 * rng.normal(size=n),
        "stickiness": 2.0 * g_over_k + 0.02 * rng.normal(size=n),
        "coordination": 12.0 + 0.1 * rng.normal(size=n),
        "min_coordination": 6.0 + rng.random(n),
        "msd_over_a0_squared": 60.0 + rng.random(n),
        "seconds": 3.0 + rng.random(n),
    }
    moduli = {
        "shear_modulus": shear,
        "bulk_modulus": bulk,
        "g_over_k": shear / bulk,
        "poisson_ratio": (3 - 2 * shear / bulk) / (6 + 2 * shear / bulk),
    }
    asked = {"mechanics": columns, "elasticity": moduli}
    chosen = {k: v for name, part in asked.items() if spec.observable(name) for k, v in part.items()}
    return pd.DataFrame({"seconds": columns["seconds"]} | chosen)


def tails(rng, prefactor):
    """A fit, fits by window and a histogram, all of D(ω) = A_g ω⁴ per degree of freedom."""
    if not prefactor:
        nothing = np.empty(0)
        unknown = TailFit(np.nan, 0, UNKNOWN, UNKNOWN)
        return unknown, [unknown] * len(FRACTIONS), LowDensity(nothing, nothing, nothing)
    fit = TailFit(0.33, 80, Estimate(prefactor, 0.1 * prefactor), Estimate(4.0, 0.5))
    omega = 0.44 * 10.0 ** (-np.arange(1, 7) / 8)
    counts = 1 + rng.poisson(300 * prefactor * (omega / 0.44) ** 5)
    density = counts * prefactor * omega**4 / (300 * prefactor * (omega / 0.44) ** 5)
    return fit, [fit] * len(FRACTIONS), LowDensity(omega, density, density / np.sqrt(counts))


def decays(rng, length):
    """r⁶c(r) with a maximum at a length."""
    nothing = np.empty(0)
    if not length:
        return DipoleLength(nothing, nothing, nothing, UNKNOWN, nothing, nothing)
    r = np.geomspace(0.5, 15.0, 40)

    def bump(x):
        return 0.2 + 0.8 * np.exp(-(np.log(x / length) ** 2) / 0.5)

    c, fitted = r**-6.0 * bump(r), length * np.geomspace(0.7, 1.4, 12)
    return DipoleLength(r, c * (1 + 0.03 * rng.normal(size=40)), 0.03 * c, Estimate(length, 0.2), fitted, bump(fitted))


def modes_of(rng, n, omega0):
    terms = {"k_plus": 6.0, "k_minus": -5.0, "f_plus": 0.7, "f_minus": -0.9}
    columns = {f"qlm_{x}": (m + 0.2 * abs(m) * rng.normal(size=n)) * omega0**2 for x, m in terms.items()}
    columns["qlm_frequency"] = (0.5 + 0.1 * rng.random(n)) * omega0
    columns["qlm_participation_ratio"] = 0.01 + 0.01 * rng.random(n)
    columns["qlm_dilation_over_shear"] = 0.1 + 0.3 * rng.normal(size=n)
    return pd.DataFrame(columns)


def structure(rng):
    x = np.linspace(0.005, 2.495, 250)
    g = np.where(x > 0.9, 1 + 2.5 * np.exp(-(((x - 1.08) / 0.08) ** 2)), 0.0)
    return [
        Result({}, {"x": x, **{k: g * (1 + 0.05 * rng.normal(size=250)) for k in ("AA", "AB", "BB")}}) for _ in range(5)
    ]


def spectrum(omega0):
    omega = np.linspace(0.05, 4.0, 300)
    density = 3.0 * 0.2 * omega**2 * np.exp(-((omega / 2.0) ** 2))
    return [Result({}, {"omega": omega * omega0, "density": density / omega0})]
