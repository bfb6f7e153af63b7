"""Third and fourth derivatives of U along displacements, from the same pair terms as the Hessian.

Each pair stands on its own branch of a piecewise potential. The formulas: kernels/anharmonic.py."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends.lanes import lanes_of
from vitrify.backends.program import Line, Program, layout_of
from vitrify.kernels.anharmonic import PULLS, SLOPES, BlocksView, ForcesView, blocks_of, both_of
from vitrify.kernels.pair_stiffness import block_of_pair

from .hessians import programs
from .pairs import Pairs

FloatArray = NDArray[np.float64]
Order = Literal["quartic", "cubic"]


def forces(pairs: Pairs, rows_mid: FloatArray, order: Order) -> tuple[FloatArray, FloatArray]:
    """M·z, in ε/λ², and F = U''':zz (cubic), in ε/λ³, or U''''⋮zzz (quartic), in ε/λ⁴, of up to eight dimensionless
    displacements in one sweep over the pairs; each (m, n, 3)."""
    layout, (m, n, _) = layout_of([pairs.n_particles], backend()), rows_mid.shape
    layout.going[:] = 1
    z = np.zeros((n, 3, lanes_of(backend()).width(m)))
    z[:, :, :m] = rows_mid.transpose(1, 2, 0)
    view = ForcesView(layout, z.shape[2], pairs.springs, pairs.terms, z, np.empty_like(z), np.empty_like(z))
    _both(order)(view)
    return _rows(view.linear, m), _rows(view.force, m)


def slope_blocks(pairs: Pairs, z: FloatArray, weight: float, order: Order) -> FloatArray:
    """Blocks (p, 6) of M − weight ∂F/∂z at z (n, 3): xx, yy, zz, xy, xz, yz of each pair."""
    view = BlocksView(pairs.springs, pairs.terms, z, weight, np.empty((len(pairs.target), 6)))
    _blocks(order)(view)
    return np.asarray(view.block)


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
    known = programs(backend())
    body = both_of(*known.vectors, known.pulled, backend().inline(PULLS[order]))
    return backend().program(Program((Line("particle columns", body),), repeats=False))


@cache
def _blocks(order: Order) -> Any:
    cpu = backend()
    return cpu.compile(blocks_of(cpu.inline(SLOPES[order]), cpu.inline(block_of_pair)))
