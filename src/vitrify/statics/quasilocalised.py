"""Nonlinear quasilocalised modes: soft displacements π that solve Eq. (A14), or its cubic kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure

from .anharmonic import cubic_force, hessian_force, quartic_force
from .dipoles import responses, softest_bonds, stiffness
from .hessian import Hessian

FloatArray = NDArray[np.float64]
Order = Literal["quartic", "cubic"]
FORCES = {"quartic": quartic_force, "cubic": cubic_force}
RESIDUAL = 1e-10  # of |M·π|
MAX_STEPS = 400
SCANNED = 24  # bonds whose responses are solved for, the softest-looking of all
STARTED = 5  # softest responses that a mode is started from


@dataclass(frozen=True, slots=True)
class QuasilocalisedMode:
    """One nonlinear mode."""

    vector: FloatArray  # (n, 3), |π| = 1
    stiffness: float  # ω² = π·M·π, ε/λ²
    residual: float  # |M·π − ω²/(F·π) F| / |M·π| with F = U''''⋮πππ or U''':ππ
    derivative: float  # U''''::ππππ or U''':πππ
    steps: int


def softest_mode(hessian: Hessian, order: Order = "quartic") -> QuasilocalisedMode:
    """The softest nonlinear mode found: from the softest dipole responses of a scan of all pairs, each iterated to its
    fixed point. Raises SampleFailure where none converges."""
    pairs = hessian.pairs
    soft = softest_bonds(hessian, SCANNED)
    starts = sorted(responses(hessian, soft.bonds), key=lambda z: stiffness(pairs, z))[:STARTED]
    found = [iterate(hessian, z, order) for z in starts]
    good = [x for x in found if x.residual < 10 * RESIDUAL]
    if not good:
        raise SampleFailure(f"no nonlinear mode converged: smallest residual {min(x.residual for x in found):.1e}")
    return min(good, key=lambda x: x.stiffness)


def iterate(hessian: Hessian, start: FloatArray, order: Order = "quartic") -> QuasilocalisedMode:
    """π ← M⁺·F(π), normalised, to the fixed point. start: (n, 3), any length."""
    pairs, force_of = hessian.pairs, FORCES[order]
    pi = _unit(start)
    steps = 0
    while True:
        force, linear = force_of(pairs, pi), hessian_force(pairs, pi)
        k, derivative = float(np.vdot(pi, linear)), float(np.vdot(pi, force))
        residual = float(np.linalg.norm(linear - k / derivative * force) / np.linalg.norm(linear))
        if residual < RESIDUAL or not np.isfinite(residual) or steps == MAX_STEPS:
            return QuasilocalisedMode(pi, k, residual, derivative, steps)
        force -= force.mean(axis=0)
        pi = _unit(hessian.response.solve(force[None])[0])
        steps += 1


def _unit(vector: FloatArray) -> FloatArray:
    free = vector - vector.mean(axis=0)
    return np.asarray(free / np.linalg.norm(free))
