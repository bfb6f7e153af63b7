"""Everything that is measured of one glass, as one record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from numbers import Real

import numpy as np

from vitrify.contacts import FAINT
from vitrify.errors import SampleFailure, UsageError, check
from vitrify.glass import Glass
from vitrify.statics import Pairs

from .elasticity import elasticity
from .mechanics import mechanics
from .rounding import lost_digits

EQUILIBRIUM = 1e-8  # largest force that still counts as mechanical equilibrium, in units of the mean |pair force|


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A glass in numbers: ε, λ(small, small) and m are 1; G and K after Eqs. (A1) and (A3). None is what its dimension does
    not have."""

    n: int
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
    shear_modulus_xz: float | None = None  # of three dimensions
    shear_modulus_yz: float | None = None
    shear_modulus_diagonal: float | None = None  # of two: layers along (1, 1)
    shear_modulus_affine: float  # Born part, xy
    bulk_modulus: float
    poisson_ratio: float
    g_over_k: float
    zero_modes: int
    is_minimum: bool
    a0: float  # (V/N)^(1/d)
    omega0: float  # c_s/a0 with this glass's own G; not a number where G < 0


def measure(
    glass: Glass | str | os.PathLike[str], *, force_tolerance: float = EQUILIBRIUM, without_rattlers: bool = False
) -> Measurement:
    """Measure a glass at mechanical equilibrium, or the one that a file holds and says the model of.

    force_tolerance: in units of the mean |pair force|. without_rattlers: moduli and zero modes of the particles that hold
    each other; forces, pressure, coordination, density and a0 stay those of the whole glass. Raises SampleFailure where a
    force is larger, where the particles make no solid, where rattlers bear more than such a force, or where the moduli
    do not exist; UsageError for what is neither a glass nor a file of one."""
    glass = _glass_of(glass)
    _require_tolerance(force_tolerance)
    pairs = Pairs.of(glass)
    forces = mechanics(glass, pairs)
    if forces["mean_pair_force"] < FAINT:  # below jamming forces are too small to balance
        pairs.require_solid(spanning=False)
    require_equilibrium(forces["max_force"], forces["mean_pair_force"], force_tolerance, pairs)
    measured = held_pairs(pairs, force_tolerance) if without_rattlers else pairs
    moduli = elasticity(glass, measured)
    masses = np.array(glass.model.mixture.masses)[glass.species]
    shear = float(moduli["shear_modulus"])
    speed = float(np.sqrt(shear * glass.volume / masses.sum())) if shear >= 0 else float("nan")
    return Measurement(
        n=glass.n_particles,
        n_rattlers=int(pairs.contacts.rattlers.sum()),
        box=glass.box if glass.cell.is_cubic else glass.box.tolist(),
        model=str(glass.model),
        a0=glass.spacing,
        omega0=speed / glass.spacing,
        **forces,  # type: ignore[arg-type]
        **moduli,  # type: ignore[arg-type]
    )


def _glass_of(given: object) -> Glass:
    if isinstance(given, Glass):
        return given
    if isinstance(given, str | os.PathLike):
        return Glass.read(given)
    raise UsageError(f"measure takes a Glass or the path of a file, not {type(given).__name__}")


def _require_tolerance(given: object) -> None:
    """Raise UsageError for what is no positive number."""
    number = isinstance(given, Real) and not isinstance(given, bool)
    check(number and given > 0, "measure", "force_tolerance", given, "a positive number")  # type: ignore[operator]


def held_pairs(pairs: Pairs, force_tolerance: float = EQUILIBRIUM) -> Pairs:
    """The pairs without rattlers. Raises SampleFailure where nothing else is left, or where a force is then larger than
    force_tolerance · mean |pair force|: such rattlers bear something, and cannot be left out."""
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


def require_equilibrium(max_force: float, mean_pair_force: float, tolerance: float, pairs: Pairs | None = None) -> None:
    """Raise SampleFailure unless max|f| is below tolerance · mean |pair force|; it names lost digits that can be why."""
    if not max_force <= tolerance * mean_pair_force:
        lost = lost_digits(pairs, max_force) if pairs else ""
        cause = f"its positions hold {lost}, which alone can leave such a force: write more digits, " if lost else ""
        raise SampleFailure(
            f"not at mechanical equilibrium: max|f| is {max_force / mean_pair_force:.2g} of the mean pair force, more than "
            f"{tolerance:g}; {cause}quench it first (--quench on the command line) or allow it (--force-tolerance)"
        )
