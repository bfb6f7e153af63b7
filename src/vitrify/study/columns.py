"""Every column that a table of samples can have: its unit and what it means.

Units are those of three dimensions; in two ε/λ³ is ε/λ², in a table of both ε/λ^d. A table of three dimensions alone does
not say its dimension."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .results import PROVENANCE
from .spec import EnsembleSpec

if TYPE_CHECKING:
    import pandas as pd

NUMBER = "1"  # the unit of what has none


@dataclass(frozen=True, slots=True)
class Column:
    """One column. kind: float, int, bool or str."""

    unit: str  # of ε, λ(small, small), m and k_B; "1" for a plain number, empty for a text
    meaning: str
    kind: type = float

    @property
    def sentence(self) -> str:
        """Meaning and unit, as a person reads them."""
        return self.meaning if self.unit in ("", NUMBER) else f"{self.meaning}, {self.unit}"

    def of(self, dimensions: Collection[int]) -> Column:
        """The column of glasses of these dimensions, with their unit."""
        return replace(self, unit=self.unit.replace("λ³", power_of("λ", dimensions or {3})))


DIMENSION = "dimension"
KEYS = {
    "ensemble": Column("", "name of the ensemble in its study", str),
    "sample": Column(NUMBER, "number of the sample, from 0", int),
    "n_particles": Column(NUMBER, "particles", int),
}
WHERE_NOT_3 = {DIMENSION: Column(NUMBER, "dimensions of space", int)}
OBSERVED = {
    "energy_per_particle": Column("ε", "U/N"),
    "max_force": Column("ε/λ", "largest force component"),
    "mean_pair_force": Column("ε/λ", "mean |φ'| over pairs"),
    "pressure": Column("ε/λ³", "p"),
    "pressure_positive": Column("ε/λ³", "p₊ of repulsive pairs"),
    "pressure_negative": Column("ε/λ³", "p₋ of attractive pairs"),
    "p_over_p0": Column(NUMBER, "p/(p₊ + p₋)"),
    "stickiness": Column(NUMBER, "s, Eq. (3)"),
    "coordination": Column(NUMBER, "mean number of interacting neighbours"),
    "min_coordination": Column(NUMBER, "smallest number of interacting neighbours"),
    "shear_modulus": Column("ε/λ³", "G in xy, Eq. (A1)"),
    "shear_modulus_xz": Column("ε/λ³", "G in xz"),
    "shear_modulus_yz": Column("ε/λ³", "G in yz"),
    "shear_modulus_diagonal": Column("ε/λ³", "G of layers along the diagonal, of two dimensions"),
    "shear_modulus_affine": Column("ε/λ³", "Born part of G in xy"),
    "bulk_modulus": Column("ε/λ³", "K, Eq. (A3)"),
    "poisson_ratio": Column(NUMBER, "ν, Eq. (A6)"),
    "g_over_k": Column(NUMBER, "G/K"),
    "zero_modes": Column(NUMBER, "zero eigenvalues of the Hessian", int),
    "is_minimum": Column(NUMBER, "a minimum: d zero modes, none negative", bool),
    "spectrum_method": Column("", "how D(ω) was found: dense or kernel polynomials", str),
    "spectrum_resolution": Column("√(ε/m)/λ", "resolution of D(ω) in ω"),
    "n_modes": Column(NUMBER, "lowest modes found, translations left out", int),
    "first_shear_phonon": Column("√(ε/m)/λ", "2π c_s/L with this glass's own G"),
    "modes_counted_below": Column("√(ε/m)/λ", "ω below which there are these modes and no others"),
    "modes_largest_residual": Column("ε/λ²/m", "largest |M ψ − ω² ψ|, |ψ| = 1"),
    "modes_proof": Column("", "how it was shown that no mode is missing", str),
    "qlm_frequency": Column("√(ε/m)/λ", "ω of the softest nonlinear quasilocalised mode π, |π| = 1"),
    "qlm_residual": Column(NUMBER, "how far π is from solving Eq. (A14), in |M·π|"),
    "qlm_participation_ratio": Column(NUMBER, "participation ratio of π"),
    "qlm_quartic": Column("ε/λ⁴", "U''''::ππππ"),
    "qlm_k_plus": Column("ε/λ²", "k₊ of π, Eq. (10)"),
    "qlm_k_minus": Column("ε/λ²", "k₋ of π, Eq. (10)"),
    "qlm_f_plus": Column("ε/λ²", "f₊ of π, Eq. (10)"),
    "qlm_f_minus": Column("ε/λ²", "f₋ of π, Eq. (10)"),
    "qlm_dilation_over_shear": Column(NUMBER, "coupling of π to dilation over that to shear, Eq. (A16)"),
    "dipoles": Column(NUMBER, "dipole responses asked for", int),
    "dipole_spacing": Column("λ", "a0 = (V/N)^(1/d), the unit of r in c(r)"),
}
MADE = {
    "parent_temperature": Column("ε/k_B", "T of the liquid that was quenched"),
    "msd_over_a0_squared": Column(NUMBER, "mean squared displacement of the liquid, in a0²"),
    "liquid_steps": Column(NUMBER, "steps of molecular dynamics", int),
    "force_evaluations": Column(NUMBER, "force evaluations of the quench", int),
    "seconds": Column("s", "time that the glass took"),
    "processor": Column("", "processor and vector instructions that made the glass", str),
}
COLUMNS = KEYS | WHERE_NOT_3 | OBSERVED | MADE
GAPS = {int: "Int64", bool: "boolean"}  # pandas' types that know a missing value


def described(table: pd.DataFrame, dimensions: Collection[int] = ()) -> dict[str, Column]:
    """What each column is; one that a newer vitrify wrote has no words here.

    dimensions: of the glasses, unless a column says them."""
    kinds = {"f": float, "i": int, "b": bool}
    names = [str(name) for name in table.columns]
    said = {int(x) for x in table[DIMENSION]} if DIMENSION in table else set(dimensions)
    known = {x: COLUMNS.get(x) or Column("", "", kinds.get(table[x].dtype.kind, str)) for x in names}
    return {name: x.of(said) for name, x in known.items()}


def power_of(base: str, dimensions: Collection[int]) -> str:
    """A length to the power of its dimension: λ³, λ², or λ^d where there are both."""
    found = set(dimensions)
    return base + ({3: "³", 2: "²"}[found.pop()] if len(found) == 1 else "^d")


def said_dimension(spec: EnsembleSpec, all_of_table: Iterable[EnsembleSpec]) -> dict[str, int]:
    """The dimension of an ensemble as its column, where any ensemble of the table is not of three."""
    return {DIMENSION: spec.dimension} if any(x.dimension != 3 for x in all_of_table) else {}


def units(table: pd.DataFrame, dimensions: Collection[int] = ()) -> dict[str, str]:
    """Unit by column. dimensions: of the glasses, unless a column says them."""
    return {name: x.unit for name, x in described(table, dimensions).items()}


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Keys first, then observables, provenance last. Whole numbers and truths stay such where some rows have none."""
    last = [name for name in PROVENANCE if name in table]
    first = [*KEYS, *(name for name in WHERE_NOT_3 if name in table)]
    middle = [name for name in table.columns if name not in first and name not in last]
    kinds = {name: x.kind for name, x in described(table).items() if table[name].isna().any()}
    return table[[*first, *middle, *last]].astype({name: GAPS[kind] for name, kind in kinds.items() if kind in GAPS})
