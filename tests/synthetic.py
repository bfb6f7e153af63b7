"""A study that was never run: numbers drawn from laws that are known, for every figure of a report."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vitrify.campaign import Result
from vitrify.ensemble import DipoleDecays, LowModes, microscopic, summarise
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
        f'[[ensemble]]\nname = "{name}"\nmodel = "{model}"\ndensity = {rho}\nn_particles = {N}\nn_samples = {n_samples}\n'
        f"observables = {observables}\nsets = {{ {sets} }}\n"
        for name, model, rho, sets in ensembles
    )
    return parse_study(text)


def study_of(ensembles, n, observables=OBSERVABLES):
    """n samples of each, of what is asked for; G/K, A_g and ξ_g change from one ensemble to the next."""
    spec = spec_of(ensembles, max(n, 1), observables)
    parts = zip(spec.ensembles, np.linspace(0.0, 1.0, len(spec.ensembles)), strict=True)
    return Study(spec, tuple(gathered(one, place, n, k) for k, (one, place) in enumerate(parts)))


def gathered(spec, place, n, seed):
    """One ensemble. place: from 0 to 1, how soft it is."""
    rng = np.random.default_rng(seed)
    table = samples(rng, n, 0.4 - 0.25 * place, spec) if n else pd.DataFrame()
    found = summarise(table, N)
    length = 4.0 + 4.0 * place
    low = low_modes(rng, n, 0.2 * 10**place, found, spec) if spec.observable("modes") else LowModes(N, [], np.empty(0))
    micro = microscopic(
        found.shear_modulus_of_planes,
        spec.density,
        low,
        decays(rng, n if spec.observable("dipoles") else 0, length),
    )
    some = n > 0
    return Gathered(
        spec, table, found, Counts(n, n, 0, {}), None, micro,
        modes_of(rng, n, micro.omega0) if spec.observable("qlm") else pd.DataFrame(),
        structure(rng) if some and spec.observable("structure") else [],
        spectrum(micro.omega0) if some and spec.observable("spectrum") else [],
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


def low_modes(rng, n, prefactor, found, spec):
    """Independent modes with D(ω) = A_g ω⁴ per degree of freedom below 0.44 ω0, which is the first shear band."""
    value = found.shear_modulus_of_planes.value
    omega0 = np.sqrt(value / spec.density) * spec.density ** (1 / 3) if value > 0 else 1.0
    counts = rng.poisson(3 * N * prefactor * 0.44**5 / 5, size=n)
    return LowModes(N, [omega0 * 0.44 * rng.random(c) ** 0.2 for c in counts], np.full(n, 0.44 * omega0))


def decays(rng, n, length):
    """r⁶c(r) with a maximum at a length, in glasses of N = 64,000."""
    r = np.geomspace(0.5, 19.0, 45)
    bump = r**-6.0 * (0.2 + 0.8 * np.exp(-(np.log(r / length) ** 2) / 0.5))
    return DipoleDecays(64_000, r, [bump * np.exp(0.3 * rng.normal(size=(24, 45))) for _ in range(min(n, 4))])


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
