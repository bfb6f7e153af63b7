"""Elastic moduli of many small glasses at once, on a GPU or on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vitrify.backends import Cpu
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.statics import Modulus, Pairs
from vitrify.statics.in_step import PairsInStep, StrainResponses, strain_responses
from vitrify.statics.stability import random_force
from vitrify.statics.strain import BULK, PLANES, bulk_of

from .elasticity import Elasticity, elasticity, moduli_columns

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu


def moduli_in_step(glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Elasticity | SampleFailure]:
    """elasticity of each glass. One that is not proven a minimum by its solve is measured by elasticity itself.

    On a CPU one glass after the other is the quicker way, as each fits in a cache."""
    if not glasses:
        return []
    samples = [Pairs.of(x) for x in glasses]
    forces = np.concatenate([random_force(x) for x in samples])
    if any(x.dimension == 2 for x in samples):
        return [_alone(glass, x) for glass, x in zip(glasses, samples, strict=True)]
    found = strain_responses(PairsInStep(samples, machine), [*PLANES[3].values(), BULK], forces)
    return [
        _of_minimum(found, s, x.volume) if found.converged[s].all() and not _dangles(x) else _alone(glass, x)
        for s, (glass, x) in enumerate(zip(glasses, samples, strict=True))
    ]


def _dangles(pairs: Pairs) -> bool:
    """Whether a particle has too few contacts to be held, so that a mode may count as zero though it is positive."""
    return bool((np.diff(pairs.start) < len(pairs.positions.T)).any())


def _of_minimum(found: StrainResponses, s: int, volume: float) -> Elasticity:
    """What elasticity makes of one sample's responses; positive curvature throughout has shown a minimum."""
    parts = [Modulus(*map(float, x)) for x in zip(found.born[s] / volume, found.nonaffine[s] / volume, strict=True)]
    bulk = bulk_of(parts[3], float(found.slope[s, 3]) / volume, 3)
    return moduli_columns(3, parts[:3], bulk, zero_modes=3, is_minimum=True)


def _alone(glass: Glass, pairs: Pairs) -> Elasticity | SampleFailure:
    try:
        return elasticity(glass, pairs)
    except SampleFailure as failure:
        return failure
