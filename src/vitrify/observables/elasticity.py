"""Elastic moduli of a glass, and a test whether it is a minimum of the energy at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vitrify.contacts import NO_SOLID, REMEDY
from vitrify.errors import SampleFailure, or_failure
from vitrify.glass import Glass
from vitrify.statics import BULK, Hessian, Modulus, Pairs
from vitrify.statics.hessian import together
from vitrify.statics.hessians import at_once, of_one_dimension
from vitrify.statics.stability import Stability, probe, proves_minimum, stability
from vitrify.statics.strain import PLANES, StrainResponses, strain_responses

if TYPE_CHECKING:
    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu

Elasticity = dict[str, float | int | bool]
COLUMNS = 40  # columns of vectors that a solve for STRAINS and a probe holds
STRAINS = {d: (*planes.values(), BULK) for d, planes in PLANES.items()}


def elasticity(glass: Glass, pairs: Pairs | None = None, *, without_rattlers: bool = False) -> Elasticity:
    """G in three planes (Eq. A1), its Born part, K (Eq. A3), ν (Eq. A6) and zero modes, by column name. In two dimensions
    the planes of G are xy and the diagonal.

    without_rattlers: take only the particles that hold each other, in the same volume. Raises SampleFailure where these
    make no solid, or where the solver of M⁺Ξ does not converge. A glass that is no minimum is measured all the same if the
    moduli exist, and `is_minimum` says so."""
    hessian = Hessian(solid_pairs(pairs or Pairs.of(glass), without_rattlers=without_rattlers))
    (found,) = strain_responses(hessian.alone, STRAINS[hessian.pairs.dimension], [probe(hessian.pairs)])
    return _concluded(hessian, found)


def elasticities(
    glasses: Sequence[Glass], machine: Cpu | Gpu, *, side_by_side: int = 0
) -> list[Elasticity | SampleFailure]:
    """The result of `elasticity` for each glass, or why it has none.

    side_by_side: number of glasses whose responses are found at once; by default as many as suit the machine."""
    if not glasses:
        return []
    size = side_by_side or at_once(Pairs.of(glasses[0]), COLUMNS, machine)
    return [x for part in of_one_dimension(glasses, size) for x in _side_by_side(part, machine)]


def _side_by_side(glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Elasticity | SampleFailure]:
    solids = [or_failure(solid_pairs, Pairs.of(x)) for x in glasses]
    sound = [Hessian(x) for x in solids if isinstance(x, Pairs)]
    forces = [probe(x.pairs) for x in sound]
    found = strain_responses(together(sound, machine), STRAINS[glasses[0].dimension], forces) if sound else []
    measured = iter([or_failure(_concluded, x, responses) for x, responses in zip(sound, found, strict=True)])
    return [next(measured) if isinstance(x, Pairs) else x for x in solids]


def solid_pairs(pairs: Pairs, *, without_rattlers: bool = False) -> Pairs:
    """The pairs on which a glass is measured. Raises SampleFailure where it is no solid."""
    pairs.require_solid(spanning=False)
    return pairs.without_rattlers() if without_rattlers else pairs


def _concluded(hessian: Hessian, found: StrainResponses) -> Elasticity:
    """Values of `elasticity` from the responses of a glass to STRAINS and to the probe of a minimum."""
    sound = require_moduli(hessian, found.converged, found.size_of_last)
    return moduli_columns(
        hessian.pairs.dimension,
        found.moduli[:-1],
        found.bulk(-1),
        zero_modes=sound.zero_modes,
        is_minimum=sound.is_minimum,
    )


def require_moduli(hessian: Hessian, converged: NDArray[np.bool_], size_of_probe: float) -> Stability:
    """The stability of a glass whose responses to strains were sought. Raises SampleFailure where they do not exist.

    converged: (strains + 1,) of each response, that to `probe` last; size_of_probe: |M⁺b| of the probe."""
    pairs = hessian.pairs
    certified = bool(converged[-1]) and proves_minimum(hessian, size_of_probe)
    if not certified:
        pairs.require_solid()
    sound = stability(hessian, certified=certified)
    _require_rigid(pairs, sound)
    if not converged[:-1].all():
        state = "a saddle" if sound.negative_modes else f"a state with {sound.zero_modes} zero modes"
        raise SampleFailure(
            f"moduli do not exist: the solver did not converge on {state}, which is not a minimum{pairs.told_of_rattlers()}"
        )
    return sound


def _require_rigid(pairs: Pairs, found: Stability) -> None:
    """Raise SampleFailure where parts float that are no rattlers. found: stability of these pairs."""
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
    """The columns of `elasticity` computed from the moduli. Raises SampleFailure where nothing resists a strain."""
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
