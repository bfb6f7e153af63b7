"""Third and fourth derivatives of U along displacements, from the same pair terms as the Hessian.

Each pair stands on its own branch of a piecewise potential. The formulas: kernels/anharmonic.py."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.kernels.anharmonic import PULLS, SLOPES, blocks_of, both_of
from vitrify.kernels.hessian_product import COLUMNS

from .pairs import Pairs

FloatArray = NDArray[np.float64]
Order = Literal["quartic", "cubic"]


def forces(pairs: Pairs, rows_mid: FloatArray, order: Order) -> tuple[FloatArray, FloatArray]:
    """M·z, in ε/λ², and F = U''':zz (cubic), in ε/λ³, or U''''⋮zzz (quartic), in ε/λ⁴, of up to eight dimensionless
    displacements in one sweep over the pairs; each (m, n, 3)."""
    z = np.zeros((*rows_mid.shape[1:], COLUMNS))
    z[:, :, : len(rows_mid)] = rows_mid.transpose(1, 2, 0)
    linear, force = np.empty_like(z), np.empty_like(z)
    _both(order)(pairs.start, pairs.target, pairs.r_pd, pairs.terms, z, linear, force)
    return _rows(linear, len(rows_mid)), _rows(force, len(rows_mid))


def slope_blocks(pairs: Pairs, z: FloatArray, weight: float, order: Order) -> FloatArray:
    """Blocks (p, 6) of M − weight ∂F/∂z at z (n, 3): xx, yy, zz, xy, xz, yz of each pair."""
    block = np.empty((len(pairs.target), 6))
    _blocks(order)(pairs.start, pairs.target, pairs.r_pd, pairs.terms, z, weight, block)
    return block


def cubic_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """U''' : zz, (n, 3), in ε/λ³ for a dimensionless z (n, 3)."""
    return _one(pairs, displacement, "cubic")[1]


def quartic_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """U'''' ⋮ zzz, (n, 3), in ε/λ⁴."""
    return _one(pairs, displacement, "quartic")[1]


def hessian_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """M·z, (n, 3), in ε/λ²."""
    return _one(pairs, displacement, "quartic")[0]


def _one(pairs: Pairs, displacement: FloatArray, order: Order) -> tuple[FloatArray, FloatArray]:
    linear, force = forces(pairs, displacement[None], order)
    return linear[0], force[0]


def _rows(columns: FloatArray, number: int) -> FloatArray:
    return np.ascontiguousarray(columns[:, :, :number].transpose(2, 0, 1))


@cache
def _both(order: Order) -> Any:
    cpu = backend()
    return cpu.compile(both_of(cpu.inline(PULLS[order])))


@cache
def _blocks(order: Order) -> Any:
    cpu = backend()
    return cpu.compile(blocks_of(cpu.inline(SLOPES[order])))
