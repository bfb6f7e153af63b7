"""The macroscopic numbers of one ensemble, each with its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vitrify.short_forms import Fact, ShortForm

from .estimate import UNKNOWN, Estimate
from .fluctuations import Fluctuation, fluctuation
from .means import mean

MEANS = (
    "energy_per_particle", "p_over_p0", "stickiness", "coordination", "min_coordination", "shear_modulus", "bulk_modulus",
    "g_over_k", "poisson_ratio", "msd_over_a0_squared", "seconds",
)  # fmt: skip
PLANES = ("shear_modulus", "shear_modulus_xz", "shear_modulus_yz", "shear_modulus_diagonal")  # of both dimensions


@dataclass(frozen=True, slots=True, repr=False)
class EnsembleSummary(ShortForm):
    """Means over samples with standard errors, and the fluctuations χ of Eq. (4). Units: ε, λ, m = 1."""

    n_samples: int
    energy_per_particle: Estimate
    p_over_p0: Estimate
    p_over_k: Estimate
    stickiness: Estimate
    coordination: Estimate
    min_coordination: Estimate  # mean over samples of the smallest
    shear_modulus: Estimate  # xy
    shear_modulus_of_planes: Estimate  # mean over the planes of each sample: xy, xz, yz; xy and the diagonal
    bulk_modulus: Estimate
    g_over_k: Estimate
    poisson_ratio: Estimate
    msd_over_a0_squared: Estimate
    seconds: Estimate
    chi_g: Fluctuation
    chi_k: Fluctuation

    def _facts(self) -> list[Fact]:
        numbers = {
            "U/N": self.energy_per_particle,
            "G": self.shear_modulus,
            "K": self.bulk_modulus,
            "ν": self.poisson_ratio,
        }
        more = {"χ_G": self.chi_g.chi, "χ_K": self.chi_k.chi}
        return [
            Fact("samples", f"{self.n_samples:,}", f"{self.n_samples:,} samples"),
            *(Fact(k, str(x), f"{k} = {x}") for k, x in {**numbers, **more}.items()),
            Fact("units", "ε, λ and m = 1", "with ε, λ, m = 1"),
        ]


def summarise(table: pd.DataFrame, n_particles: int) -> EnsembleSummary:
    """Summarise an ensemble's table, which has one row per sample. Quantities without a column or a sample are unknown."""
    means = {name: mean(table[name]) if name in table else UNKNOWN for name in MEANS}
    known = "pressure" in table and "bulk_modulus" in table
    planes = [name for name in PLANES if name in table]
    return EnsembleSummary(
        n_samples=len(table),
        p_over_k=mean(table["pressure"] / table["bulk_modulus"]) if known else UNKNOWN,
        shear_modulus_of_planes=mean(table[planes].mean(axis=1)) if planes else UNKNOWN,
        chi_g=_chi(table, "shear_modulus", n_particles),
        chi_k=_chi(table, "bulk_modulus", n_particles),
        **means,
    )


def _chi(table: pd.DataFrame, column: str, n_particles: int) -> Fluctuation:
    return fluctuation(table[column].to_numpy(float) if column in table else np.empty(0), n_particles)
