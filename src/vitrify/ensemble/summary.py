"""The macroscopic numbers of one ensemble, each with its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .estimate import UNKNOWN, Estimate
from .fluctuations import Fluctuation, fluctuation
from .means import mean

MEANS = (
    "energy_per_particle", "p_over_p0", "stickiness", "coordination", "min_coordination", "shear_modulus", "bulk_modulus",
    "g_over_k", "poisson_ratio", "msd_over_a0_squared", "seconds",
)  # fmt: skip
PLANES = ("shear_modulus", "shear_modulus_xz", "shear_modulus_yz", "shear_modulus_diagonal")  # of space and of the plane


@dataclass(frozen=True, slots=True)
class EnsembleSummary:
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


def summarise(table: pd.DataFrame, n_particles: int) -> EnsembleSummary:
    """Summarise an ensemble's table, a row a sample; what has no column or no sample is unknown."""
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
