"""Third and fourth derivatives of U along displacements, and two other forms of fourth degree, from the same pairs as the
Hessian.

Each pair is on its own branch of a piecewise potential. The formulas are in kernels/anharmonic.py."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends.lanes import lanes_of
from vitrify.backends.program import Line, Program, layout_of
from vitrify.kernels.anharmonic import FORMS, BlocksView, ForcesView, blocks_of, both_of, newton_of
from vitrify.kernels.hessian import block_of_pair

from .hessians import programs
from .pairs import Pairs

FloatArray = NDArray[np.float64]
Order = Literal["quartic", "cubic", "pseudo-harmonic", "participation"]  # forms of kernels/anharmonic.py
BEYOND_PAIRS = {"cubic": (2, 2.0), "quartic": (3, 6.0)}  # power of t of the series of ∂U/∂x, and k! of the derivative


def forces(pairs: Pairs, rows_mid: FloatArray, order: Order) -> tuple[FloatArray, FloatArray]:
    """M·z, in ε/λ², and F = U''':zz (cubic), in ε/λ³, U''''⋮zzz (quartic), in ε/λ⁴, Σ_j (δ·δ)(z_i − z_j) (pseudo-harmonic)
    or (z_i·z_i) z_i less its mean (participation), of up to eight dimensionless displacements in one sweep over the pairs;
    each is (m, n, 3)."""
    layout, (m, n, _) = layout_of([pairs.n_particles], backend()), rows_mid.shape
    layout.active[:] = 1
    z = np.zeros((n, 3, lanes_of(backend()).width(m)))
    z[:, :, :m] = rows_mid.transpose(1, 2, 0)
    view = ForcesView(layout, z.shape[2], pairs.springs, pairs.terms, z, np.empty_like(z), np.empty_like(z))
    _both(order)(view)
    linear, force = _rows(view.linear, m), _rows(view.force, m)
    if pairs.surroundings is not None:
        for k, z_id in enumerate(rows_mid):
            along = pairs.surroundings.along(z_id)
            linear[k] += along[1]
            if order in BEYOND_PAIRS:
                power, factor = BEYOND_PAIRS[order]
                force[k] += factor * along[power]
    return linear, force - force.mean(axis=1, keepdims=True) if order == "participation" else force


def slope_blocks(pairs: Pairs, z: FloatArray, weight: float, order: Order) -> FloatArray:
    """Blocks (p, 6) of M − weight ∂F/∂z at z (n, 3): xx, yy, zz, xy, xz, yz of each pair. The part that each particle has
    for itself, as in the form of participation, is not in them."""
    view = BlocksView(pairs.springs, pairs.terms, z, weight, np.empty((len(pairs.target), 6)))
    _blocks(order)(view)
    return np.asarray(view.block)


def newton(order: Order) -> Any:
    """The compiled solver of Newton's linear system of a form, which takes a kernels.anharmonic.NewtonView."""
    cpu, form = backend(), FORMS[order]
    return cpu.compile(newton_of(cpu.inline(form.own_slope), cpu.inline(form.freed)))


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
    form, inline = FORMS[order], backend().inline
    body = both_of(*known.vectors, known.pulled, inline(form.pull), inline(form.own_pull))
    return backend().program(Program((Line("particle columns", body),), repeats=False))


@cache
def _blocks(order: Order) -> Any:
    cpu = backend()
    return cpu.compile(blocks_of(cpu.inline(FORMS[order].slope), cpu.inline(block_of_pair)))
