"""Everything that is measured of one glass, as one record."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from vitrify.contacts import FAINT
from vitrify.errors import SampleFailure, UsageError, check
from vitrify.glass import Glass
from vitrify.short_forms import Fact, ShortForm
from vitrify.statics import Pairs
from vitrify.statics.elastic_tensor import virial

from .diagnosis import diagnosis, dilution
from .elasticity import elasticity
from .mechanics import mechanics

EQUILIBRIUM = 1e-8  # largest force that still counts as mechanical equilibrium, in units of the mean |pair force|


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Measurement(ShortForm):
    """A glass in numbers: ε, λ(small, small) and m are 1; G and K follow Eqs. (A1) and (A3). Quantities that do not exist
    in its dimension are None."""

    n_particles: int
    n_rattlers: int  # particles that fewer than d + 1 contacts hold
    box: float | list[list[float]]  # in λ: the edge of a cube (a square), of other cells the vectors as rows
    model: str
    energy_per_particle: float
    max_force: float  # largest |component|
    mean_pair_force: float
    pressure: float
    pressure_positive: float
    pressure_negative: float
    p_over_p0: float
    stickiness: float
    coordination: float
    min_coordination: float
    shear_modulus: float  # xy
    shear_modulus_xz: float | None = None  # in three dimensions
    shear_modulus_yz: float | None = None
    shear_modulus_diagonal: float | None = None  # in two dimensions: layers along (1, 1)
    shear_modulus_affine: float  # Born part, xy
    bulk_modulus: float
    poisson_ratio: float
    g_over_k: float
    zero_modes: int
    is_minimum: bool
    a0: float  # (V/N)^(1/d)
    omega0: float  # c_s/a0 with this glass's own G; not a number where G < 0

    @property
    def n(self) -> int:
        """The number of particles under the name that the last release had."""
        warnings.warn("Measurement.n is now Measurement.n_particles", DeprecationWarning, stacklevel=2)
        return self.n_particles

    def _facts(self) -> list[Fact]:
        unit = "ε/λ³" if self.shear_modulus_diagonal is None else "ε/λ²"
        numbers = {"p": self.pressure, "G": self.shear_modulus, "K": self.bulk_modulus}
        end = "a stable minimum" if self.is_minimum else "not a stable minimum"
        return [
            Fact("particles", f"{self.n_particles:,}", f"{self.n_particles:,} particles"),
            Fact("model", self.model, f"of {self.model}"),
            Fact("U/N", f"{self.energy_per_particle:.4g} ε", f"U/N = {self.energy_per_particle:.4g} ε"),
            *(Fact(name, f"{x:.4g} {unit}", f"{name} = {x:.4g} {unit}") for name, x in numbers.items()),
            Fact("ν", f"{self.poisson_ratio:.4g}", f"ν = {self.poisson_ratio:.4g}"),
            Fact("contacts per particle", f"{self.coordination:.4g}", f"z = {self.coordination:.4g}"),
            Fact("rattlers", f"{self.n_rattlers:,}", f"{self.n_rattlers:,} rattlers"),
            Fact("ω0", f"{self.omega0:.4g} √(ε/m)/λ", f"ω0 = {self.omega0:.4g} √(ε/m)/λ"),
            Fact("state", end, end),
        ]


def measure(
    glass: Glass | str | os.PathLike[str], *, force_tolerance: float = EQUILIBRIUM, without_rattlers: bool = False
) -> Measurement:
    """Measure a glass at mechanical equilibrium. It may be given as a file that names its model.

    force_tolerance: in units of the mean |pair force|. without_rattlers: take moduli and zero modes of only the particles
    that hold each other; forces, pressure, coordination, density and a0 stay those of the whole glass. Raises SampleFailure
    where a force is larger, where the particles make no solid, where rattlers bear more than such a force, or where the
    moduli do not exist; Raises UsageError for an argument that is neither a glass nor a file of one."""
    glass = _glass_of(glass)
    _require_tolerance(force_tolerance)
    pairs = Pairs.of(glass)
    forces = balanced(glass, pairs, force_tolerance)
    measured = held_pairs(pairs, force_tolerance) if without_rattlers else pairs
    moduli = elasticity(glass, measured)
    masses = np.array(glass.model.mixture.masses)[glass.species]
    shear = float(moduli["shear_modulus"])
    speed = float(np.sqrt(shear * glass.volume / masses.sum())) if shear >= 0 else float("nan")
    return Measurement(
        omega0=speed / glass.spacing,
        **_about(glass, pairs),
        **forces,  # type: ignore[arg-type]  # its fields by name, numbers all
        **moduli,  # type: ignore[arg-type]  # its fields by name, numbers all
    )


def balanced(glass: Glass, pairs: Pairs, force_tolerance: float = EQUILIBRIUM) -> dict[str, float]:
    """The `mechanics` of a glass at mechanical equilibrium. Raises SampleFailure where a force is larger than
    force_tolerance · mean |pair force|, or where the particles make no solid, with a guess at the cause."""
    forces = mechanics(glass, pairs)
    if forces["mean_pair_force"] < FAINT:  # below jamming forces are too small to balance
        _require_solid(glass, pairs)
    require_equilibrium(forces["max_force"], forces["mean_pair_force"], force_tolerance, pairs, glass)
    return forces


def energy_only(glass: Glass | str | os.PathLike[str]) -> dict[str, Any]:
    """What exists of any configuration, a minimum or not: the fields of a Measurement that need no modulus, and `stress`,
    the rows of σ, (d, d) in ε/λᵈ, positive under tension. The argument and its errors are those of `measure`."""
    glass = _glass_of(glass)
    pairs, d = Pairs.of(glass), glass.dimension
    stress = virial(pairs)[:d, :d] / glass.volume
    return {**_about(glass, pairs), **mechanics(glass, pairs), "stress": stress.tolist()}


def _require_solid(glass: Glass, pairs: Pairs) -> None:
    """Raise SampleFailure where the particles do not touch, with a guess at a unit of length in which they do."""
    try:
        pairs.require_solid(spanning=False)
    except SampleFailure as failure:
        raise SampleFailure(f"{failure}{dilution(glass)}") from None


def _about(glass: Glass, pairs: Pairs) -> dict[str, Any]:
    """The fields of a Measurement that say which glass it is."""
    return {
        "n_particles": glass.n_particles,
        "n_rattlers": int(pairs.contacts.rattlers.sum()),
        "box": glass.box if glass.cell.is_cubic else glass.box.tolist(),
        "model": str(glass.model),
        "a0": glass.spacing,
    }


def _glass_of(given: object) -> Glass:
    if isinstance(given, Glass):
        return given
    if isinstance(given, str | os.PathLike):
        return Glass.read(given)
    raise UsageError(f"measure takes a Glass or the path of a file, not {type(given).__name__}")


def _require_tolerance(given: object) -> None:
    """Raise UsageError for a tolerance that is no positive number."""
    number = isinstance(given, Real) and not isinstance(given, bool)
    check(number and given > 0, "measure", "force_tolerance", given, "a positive number")  # type: ignore[operator]  # a number, as was just asked


def held_pairs(pairs: Pairs, force_tolerance: float = EQUILIBRIUM) -> Pairs:
    """The pairs without rattlers. Raises SampleFailure where nothing else is left, or where a force is then larger than
    force_tolerance · mean |pair force|: such rattlers bear a load, and cannot be left out."""
    pairs.require_solid(spanning=False)
    rest, scale = pairs.without_rattlers(), float(np.abs(pairs.slope).mean())
    largest = float(np.abs(rest.forces()).max())
    if rest is not pairs and not largest <= force_tolerance * scale:
        number = pairs.n_particles - rest.n_particles
        raise SampleFailure(
            f"without its {number} rattlers the glass is not at mechanical equilibrium: max|f| is {largest / scale:.2g} of "
            f"the mean pair force, more than {force_tolerance:g}"
        )
    return rest


def require_equilibrium(
    max_force: float, mean_pair_force: float, tolerance: float, pairs: Pairs | None = None, glass: Glass | None = None
) -> None:
    """Raise SampleFailure unless max|f| is below tolerance · mean |pair force|. Of a glass that is given the message has a
    guess at the cause."""
    if not max_force <= tolerance * mean_pair_force:
        ratio = max_force / mean_pair_force if mean_pair_force else float("inf")
        cause = f"{diagnosis(glass, pairs, ratio)}; " if glass and pairs else ""
        raise SampleFailure(
            f"not at mechanical equilibrium: max|f| is {ratio:.2g} of the mean pair force, more than {tolerance:g}; {cause}"
            f"{'else ' if cause else ''}quench it first (--quench on the command line), allow it (--force-tolerance), or "
            "measure what needs no minimum (--energy-only)"
        )
