"""What is measured of a glass of which only energies and forces are known: those of a calculator of ASE, such as a learned
potential, or of a plain function."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure, check
from vitrify.models.plain_numbers import finite_number
from vitrify.short_forms import Fact, ShortForm, span
from vitrify.statics.differences import Differences, Strained, Told, require_balance
from vitrify.statics.force_calls import ForceCalls
from vitrify.statics.modes import participation_ratio
from vitrify.statics.soft_by_differences import KINDS, Kind, SoftMode, soft_modes
from vitrify.statics.strain import BULK, PLANES
from vitrify.statics.subspace import CAPACITY, Subspace
from vitrify.waiting import each

from .calculators import calculator_of
from .elasticity import poisson_ratio

FloatArray = NDArray[np.float64]
BALANCED = 1e-5  # forces, in those that displacements of 0.01 (V/N)^(1/d) bring about, that still count as balanced
MODES_IN = 4  # vectors of a subspace for each mode: half of them are kept when it is full
SOLVED = 1e-6  # part to which responses to strains are solved for; what is left is in the error of a modulus


@dataclass(frozen=True, slots=True, repr=False)
class CalculatorModes(ShortForm):
    """The lowest modes ψ of M ψ = ω² ψ, of particles of mass 1, translations left out, by rising eigenvalue."""

    eigenvalues: FloatArray  # (k,) ω²
    errors: FloatArray  # (k,) of them
    residuals: FloatArray  # (k,) |M ψ − ω² ψ|
    vectors: FloatArray  # (k, n, d), orthonormal
    counted_below: float  # eigenvalue below which none is missing; between the last mode and the next where they differ
    proof: str  # "deflated conjugate gradients", or "all directions" where all were looked at

    @property
    def frequencies(self) -> FloatArray:
        """(k,) ω."""
        return np.asarray(np.sqrt(self.eigenvalues))

    @property
    def participation_ratios(self) -> FloatArray:
        """(k,) 1/(N Σ_i |ψ_i|⁴)."""
        return participation_ratio(self.vectors)


@dataclass(frozen=True, slots=True, repr=False)
class CalculatorSoftMode(ShortForm):
    """One nonlinear quasilocalised mode π, |π| = 1."""

    frequency: float  # ω = √(π·M·π)
    residual: float  # |M·π − ω²/(F·π) F| / |M·π|
    participation_ratio: float
    derivative: float  # F·π, the form that defines its kind
    cubic: float  # U''':πππ
    quartic: float  # U''''::ππππ
    found_by: int  # starts that led to it
    errors: Mapping[str, float]  # of frequency and derivative
    vector: FloatArray  # (n, d)

    @property
    def values(self) -> dict[str, Any]:
        """The numbers by name, with the errors."""
        names = ("frequency", "residual", "participation_ratio", "derivative", "cubic", "quartic", "found_by")
        return {**{x: getattr(self, x) for x in names}, "errors": dict(self.errors)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CalculatorMeasurement(ShortForm):
    """A glass in numbers, in the calculator's units. Quantities that do not exist in its dimension are None."""

    n_particles: int
    box: FloatArray  # (d, d), the vectors as rows
    energy_per_particle: float
    max_force: float  # largest |component|
    pressure: float
    shear_modulus: float  # xy
    shear_modulus_xz: float | None = None  # in three dimensions
    shear_modulus_yz: float | None = None
    shear_modulus_diagonal: float | None = None  # in two dimensions: layers along (1, 1)
    shear_modulus_affine: float  # Born part, xy
    bulk_modulus: float
    poisson_ratio: float
    g_over_k: float
    a0: float  # (V/N)^(1/d)
    modes: CalculatorModes  # one where none was asked for: it tells that the glass is a minimum
    quasilocalised: tuple[CalculatorSoftMode, ...] = ()  # by rising frequency
    starts: int = 0  # of the search for these; no search proves that none is missing
    product_error: float  # of M·v by differences, in |M·v| of a random v
    force_calls: int  # of this run
    errors: Mapping[str, float] = field(default_factory=dict)  # of the numbers by name

    def _facts(self) -> list[Fact]:
        low = f"{span(self.modes.frequencies)}"
        told = {"p": "pressure", "G": "shear_modulus", "K": "bulk_modulus", "ν": "poisson_ratio"}
        spots = f"{span(np.array([x.frequency for x in self.quasilocalised]))}"
        return [
            Fact("particles", f"{self.n_particles:,}", f"{self.n_particles:,} particles"),
            Fact("U/N", f"{self.energy_per_particle:.6g}", f"U/N = {self.energy_per_particle:.6g}"),
            *(Fact(k, x := self._with_error(name), f"{k} = {x}") for k, name in told.items()),
            Fact("ω of modes", low, f"{len(self.modes.eigenvalues)} modes, ω = {low}"),
            *([Fact("ω of soft spots", spots, f"soft spots, ω = {spots}")] if self.quasilocalised else []),
            Fact("units", "those of the calculator", "in units of the calculator"),
        ]

    def _with_error(self, name: str) -> str:
        return f"{getattr(self, name):.6g} ± {self.errors[name]:.1g}"

    @property
    def values(self) -> dict[str, Any]:
        """The numbers by the names of `measure --json`, without vectors; those that do not exist are left out."""
        names = (
            "n_particles", "energy_per_particle", "max_force", "pressure", *NUMBERS, "a0", "product_error", "force_calls",
        )  # fmt: skip
        found = {x: getattr(self, x) for x in names if getattr(self, x) is not None}
        found |= {
            "box": self.box.tolist(),
            "lowest_eigenvalues": self.modes.eigenvalues.tolist(),
            "lowest_eigenvalue_errors": self.modes.errors.tolist(),
            "participation_ratios": self.modes.participation_ratios.tolist(),
            "counted_below": self.modes.counted_below,
            "complete_by": self.modes.proof,
        }
        if self.quasilocalised:
            found |= {"quasilocalised": [x.values for x in self.quasilocalised], "starts": self.starts}
        return found | {"errors": dict(self.errors)}


NUMBERS = (
    "shear_modulus", "shear_modulus_xz", "shear_modulus_yz", "shear_modulus_diagonal", "shear_modulus_affine",
    "bulk_modulus", "poisson_ratio", "g_over_k",
)  # fmt: skip


def measure_calculator(
    configuration: Any,
    calculator: Any = None,
    *,
    cell: Any = None,
    modes: int = 0,
    quasilocalised: int = 0,
    kind: Kind = "quartic",
    force_tolerance: float = BALANCED,
    resume: str | os.PathLike[str] | None = None,
) -> CalculatorMeasurement:
    """Measure a glass at mechanical equilibrium of which a calculator gives energies and forces: moduli, lowest modes and
    softest quasilocalised modes, by differences of forces and without a matrix, each number with the error of the
    differences. All are in the calculator's units.

    configuration: ASE's Atoms, a Glass, or positions (n, d), whose `cell` is an edge, d edges or d vectors as rows;
    calculator: one of ASE, by default that of the Atoms, or a function of (positions, cell) that returns the energy and
    the forces (n, d), and the stress (d, d) as a third if it likes. Where it has an attribute jvp, a function of
    (positions, cell, v), of ASE's of (atoms, v), that is the derivative of the forces along v. modes, quasilocalised: how
    many; kind: of the latter, "quartic", "cubic" or "participation". force_tolerance: the largest force, in those that
    displacements of 0.01 (V/N)^(1/d) bring about. resume: a file of all answers of the calculator, from which a later call
    goes on.

    Raises SampleFailure where the forces do not balance or the glass is no minimum, and UsageError where the calculator
    fails, where its forces are not the slope of its energy, and for arguments that cannot be."""
    for name, number in (("modes", modes), ("quasilocalised", quasilocalised)):
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool) and number >= 0
        check(whole, "measure_calculator", name, number, "a whole number, not negative")
    check(kind in KINDS, "measure_calculator", "kind", kind, f"one of {', '.join(KINDS)}")
    tolerance = finite_number(force_tolerance)
    positive = tolerance is not None and tolerance > 0.0
    check(positive, "measure_calculator", "force_tolerance", force_tolerance, "a positive number")
    asked, positions, matrix = calculator_of(configuration, calculator, cell)
    with ForceCalls(asked, positions, matrix, None if resume is None else Path(resume)) as calls:
        return _measured(calls, modes, quasilocalised, kind, force_tolerance)


def _measured(
    calls: ForceCalls, modes: int, quasilocalised: int, kind: Kind, force_tolerance: float
) -> CalculatorMeasurement:
    differences = Differences(calls)
    largest = require_balance(differences, force_tolerance)
    subspace = Subspace(differences, max(CAPACITY, MODES_IN * modes))
    low = _modes(subspace, max(modes, 1))
    numbers = _moduli(subspace, float(low.eigenvalues[0]))
    spots, starts = soft_modes(subspace, quasilocalised, kind) if quasilocalised else ((), 0)
    return CalculatorMeasurement(
        n_particles=differences.n,
        box=calls.cell,
        energy_per_particle=calls.first.energy / differences.n,
        max_force=largest,
        a0=differences.spacing,
        modes=low,
        quasilocalised=tuple(_in_numbers(differences, x) for x in spots),
        starts=starts,
        product_error=differences.product_error,
        force_calls=calls.asked,
        errors={k: x.error for k, x in numbers.items()},
        **{k: float(x.value) for k, x in numbers.items()},
    )


def _modes(subspace: Subspace, number: int) -> CalculatorModes:
    """The lowest modes, each with its Rayleigh quotient by accurate products. Its error is that of the product and what
    the residual leaves: |r|²/gap, or |r| where another mode is too near."""
    low, of = subspace.lowest(number), subspace.of
    products = [of.accurate_product(x) for x in each(list(low.vectors), "accuracy of mode {k} of {n}")]
    values = np.array([float(x @ y.value) for x, y in zip(low.vectors, products, strict=True)])
    residuals = np.array([np.linalg.norm(y.value - v * x) for x, v, y in zip(low.vectors, values, products, strict=True)])
    beyond = np.append(values, low.beyond)
    gaps = np.array([np.abs(np.delete(beyond, k) - v).min() for k, v in enumerate(values)])
    left = np.minimum(residuals, residuals**2 / np.maximum(gaps - residuals, 1e-300))
    left = np.where(gaps > residuals, left, residuals)
    errors = left + [x.error for x in products]
    order = np.argsort(values, kind="stable")
    vectors = low.vectors[order].reshape(len(values), of.n, of.d)
    return CalculatorModes(values[order], errors[order], residuals[order], vectors, low.counted_below, low.proof)


def _moduli(subspace: Subspace, lowest: float) -> dict[str, Told]:
    """Pressure and moduli by name. lowest: the lowest eigenvalue of M, which bounds what an unsolved residual leaves."""
    of = subspace.of
    d, volume = of.d, of.volume
    strains = {**PLANES[d], "bulk_modulus": BULK}
    found: dict[str, Told] = {}
    for name, gradient in each(list(strains.items()), "response to strain {k} of {n}"):
        by = of.strained(gradient[:d, :d])
        relaxed = _nonaffine(subspace, by, lowest)
        if name == "bulk_modulus":
            error = (by.born.error + d * by.slope.error + relaxed.error) / (volume * d**2)
            found[name] = Told((by.born.value - d * by.slope.value - relaxed.value) / (volume * d**2), error)
            found["pressure"] = Told(-by.slope.value / (d * volume), by.slope.error / (d * volume))
        else:
            found[name] = Told((by.born.value - relaxed.value) / volume, (by.born.error + relaxed.error) / volume)
        if name == "shear_modulus":
            found["shear_modulus_affine"] = Told(by.born.value / volume, by.born.error / volume)
    shear, bulk = found["shear_modulus"], found["bulk_modulus"]
    if not bulk.value > bulk.error:
        raise SampleFailure(f"moduli do not exist: the bulk modulus is {bulk.value:.3g} ± {bulk.error:.1g}")
    ratio = shear.value / bulk.value
    spread = shear.error / bulk.value + abs(ratio) * bulk.error / bulk.value
    around = [poisson_ratio(ratio + s * spread, 1.0, d) for s in (-1.0, 0.0, 1.0)]
    found["g_over_k"], found["poisson_ratio"] = Told(ratio, spread), Told(around[1], float(np.ptp(around)) / 2.0)
    return found


def _nonaffine(subspace: Subspace, by: Strained, lowest: float) -> Told:
    """Ξ·M⁺·Ξ = 2x·Ξ − x·M·x + r·M⁺·r of any x, r = Ξ − M·x: the last is at most |r|²/ω², and small."""
    of, force = subspace.of, by.force
    x = subspace.solve(force.value, SOLVED, floor=force.error)
    if not x.any():
        return Told(0.0, float(np.linalg.norm(force.value) + force.error) ** 2 / lowest)
    image = of.accurate_product(x)
    rest = of.free(force.value - image.value)
    more = float(rest @ subspace.solve(rest, SOLVED, grow=False))
    value = float(2.0 * x @ force.value - x @ image.value) + more
    left = (float(np.linalg.norm(rest)) + force.error) ** 2 / lowest
    return Told(value, left + float(np.linalg.norm(x)) * (2.0 * force.error + image.error))


def _in_numbers(of: Differences, mode: SoftMode) -> CalculatorSoftMode:
    vector = mode.vector.reshape(of.n, of.d)
    frequency = float(np.sqrt(mode.stiffness))
    errors = {"frequency": 0.5 * mode.stiffness_error / frequency, "derivative": mode.derivative_error}
    return CalculatorSoftMode(
        frequency=frequency,
        residual=mode.residual,
        participation_ratio=float(participation_ratio(vector)),
        derivative=mode.derivative,
        cubic=mode.cubic,
        quartic=mode.quartic,
        found_by=mode.found_by,
        errors=errors,
        vector=vector,
    )
