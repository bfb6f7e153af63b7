"""Responses of many samples to the same strains: what moduli are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .conjugate_gradients import solve_in_step
from .pairs import FloatArray, PairsInStep

TOLERANCE = 1e-10  # of Hessian.solve


@dataclass(frozen=True, slots=True)
class StrainResponses:
    """By sample and strain: the parts of a modulus (see strain.py), and of a force beside the strains its fate alone."""

    slope: FloatArray  # (samples, strains) ∂U/∂γ, the strain's quadratic form left out
    born: FloatArray  # (samples, strains) its quadratic form in the pair stiffnesses
    nonaffine: FloatArray  # (samples, strains) Ξ·M⁺·Ξ
    converged: FloatArray  # (samples, strains + 1) bool, the force last


def strain_responses(pairs: PairsInStep, strains: Sequence[FloatArray], force_id: FloatArray) -> StrainResponses:
    """All strains and one more force solved for. force_id: (n, 3), of all samples, free of translations."""
    m = len(strains)
    w, busy = pairs.width(m + 1), pairs.everyone()
    gradients, right = np.zeros((3, 3, w)), np.zeros((pairs.n, 3, w))
    gradients[:, :, :m], right[:, :, m] = np.stack(strains, axis=2), force_id
    put, on_right, half = pairs.machine.put, pairs.machine.put(right), pairs.zeros(2, w)
    pairs.launch.strain_force(*pairs.threads(pairs.n, w), pairs.on_pairs, put(gradients), on_right, half)
    x, solved = solve_in_step(pairs, on_right, tolerance=TOLERANCE)
    parts = pairs.sums(busy, half)[1][:, :, :m]
    nonaffine = pairs.products(busy, on_right, x)[:, :m]
    return StrainResponses(parts[:, 0], parts[:, 1], nonaffine, solved[:, : m + 1] == 1.0)
