"""Elastic moduli of a glass, and whether it is a minimum of the energy at all."""

from __future__ import annotations

import numpy as np

from vitrify.contacts import NO_SOLID, REMEDY
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.statics import BULK, Hessian, Modulus, Pairs, bulk_modulus, strain_modulus
from vitrify.statics.stability import Stability, probe, proves_minimum, stability
from vitrify.statics.strain import PLANES, strain_force

Elasticity = dict[str, float | int | bool]


def elasticity(glass: Glass, pairs: Pairs | None = None, *, without_rattlers: bool = False) -> Elasticity:
    """G in three planes (Eq. A1), its Born part, K (Eq. A3), ν (Eq. A6), zero modes, by column name; in two dimensions G in
    xy and along the diagonal.

    without_rattlers: of the particles that hold each other, in the same volume. Raises SampleFailure where these make no
    solid, or where the solver of M⁺Ξ does not converge; a glass that is no minimum is measured all the same if the moduli
    exist, and says so in `is_minimum`."""
    pairs = pairs or Pairs.of(glass)
    pairs.require_solid(spanning=False)
    pairs = pairs.without_rattlers() if without_rattlers else pairs
    hessian, strains = Hessian(pairs), [*PLANES[pairs.dimension].values(), BULK]
    right = [strain_force(pairs, strain) for strain in strains]
    solution = hessian.solve(np.array([*right, probe(pairs)]))
    certified = bool(solution.converged[-1]) and proves_minimum(hessian, solution.x_mid[-1])
    if not certified:
        pairs.require_solid()
    sound = stability(hessian, certified=certified)
    _require_rigid(pairs, sound)
    if not solution.converged[:-1].all():
        state = "a saddle" if sound.negative_modes else f"a state with {sound.zero_modes} zero modes"
        raise SampleFailure(
            f"moduli do not exist: the solver did not converge on {state}, not a minimum{pairs.told_of_rattlers()}"
        )
    responses = list(zip(strains, solution.x_mid, right, strict=False))
    shear = [strain_modulus(pairs, strain, x, force) for strain, x, force in responses[:-1]]
    bulk = bulk_modulus(pairs, *responses[-1][1:])
    return moduli_columns(pairs.dimension, shear, bulk, zero_modes=sound.zero_modes, is_minimum=sound.is_minimum)


def _require_rigid(pairs: Pairs, found: Stability) -> None:
    """Raise SampleFailure where parts float that are no rattlers. found: of these pairs."""
    alone, d = int(pairs.isolated.sum()), pairs.dimension
    if found == Stability(d * (1 + alone), 0, d):
        return
    rest = pairs.without_rattlers()
    left = found if rest is pairs else stability(Hessian(rest), certified=False)
    if left.zero_modes > d and not left.negative_modes:
        raise SampleFailure(
            f"{NO_SOLID} enough to hold each other ({left.zero_modes} zero modes where a solid has {d}, with "
            f"{int(pairs.contacts.rattlers.sum())} rattlers left out); {REMEDY}"
        )


def moduli_columns(
    dimension: int, shear: list[Modulus], bulk: Modulus, *, zero_modes: int, is_minimum: bool
) -> Elasticity:  # fmt: skip
    """The columns of elasticity out of the moduli. Raises SampleFailure where nothing resists a strain."""
    if bulk.value == 0.0:
        raise SampleFailure("moduli do not exist: no particles interact")
    return {
        **{name: float(x.value) for name, x in zip(PLANES[dimension], shear, strict=True)},
        "shear_modulus_affine": float(shear[0].affine),
        "bulk_modulus": float(bulk.value),
        "poisson_ratio": float(poisson_ratio(shear[0].value, bulk.value, dimension)),
        "g_over_k": float(shear[0].value / bulk.value),
        "zero_modes": zero_modes,
        "is_minimum": is_minimum,
    }


def poisson_ratio(shear_modulus: float, bulk_modulus: float, dimension: int = 3) -> float:
    """ν = (dK − 2G)/(d(d − 1)K + 2G): Eq. (A6) in three dimensions, (K − G)/(K + G) in two."""
    d = dimension
    return (d * bulk_modulus - 2.0 * shear_modulus) / (d * (d - 1) * bulk_modulus + 2.0 * shear_modulus)
