"""The energy beyond pairs of one configuration, Σ_i F of the bonds of particle i, and its derivatives.

All of them come from one function of a model, its pull ∂F/∂r of a bond: as a truncated series along a displacement it
gives M·z, U''':zz and U''''⋮zzz together, along a strain Ξ and the Born part, along single bonds the blocks of M. For a
bond from i to j a gradient g adds to ∂U/∂x_j and is taken from ∂U/∂x_i."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends.series import coefficient, line, path
from vitrify.batch import bodies_of
from vitrify.formula import Formula, compiling, formula_of, kept_with_formula
from vitrify.glass import Glass
from vitrify.kernels import many_body
from vitrify.kernels.hessian import Blocks, Springs, block_of_pair
from vitrify.kernels.many_body import BlocksView, BondsView
from vitrify.models.offers import number_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class BeyondPairs:
    """The directed bonds of all particles in compressed rows, as Pairs has them, and an energy of more than two particles
    that depends on them. What is below it gives the energy's series and the blocks of M."""

    term: ClassVar[str] = "beyond pairs"

    start: IntArray  # (n + 1,)
    target: IntArray  # (p,)
    r_pd: FloatArray  # (p, 3)

    @cached_property
    def source(self) -> IntArray:
        """(p,) the particle at which a bond begins."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @cached_property
    def at_rest(self) -> tuple[FloatArray, FloatArray]:
        """F of each particle, (n,), and ∂U/∂r of each bond, (p, 3)."""
        energy, gradient = self.series(np.zeros_like(self.r_pd))
        return energy, gradient[0]

    @cached_property
    def bond_force_pd(self) -> FloatArray:
        """(p, 3) the derivative of U by the vector of a pair, of the energies at both its ends."""
        gradient = self.at_rest[1]
        back = np.lexsort((self.source, self.target))  # images of one neighbour stand in one order at both ends
        return np.asarray(gradient - gradient[back])

    def along(self, z: FloatArray) -> FloatArray:
        """Coefficients of the series of ∂U/∂x at x + t z, (4, n, 3): that of t is M·z, that of t² is U''':zz/2, that of t³
        is U''''⋮zzz/6. z: (n, 3)."""
        _, gradient = self.series(z[self.target] - z[self.source])
        return np.array([self.to_particles(x) for x in gradient])

    def under(self, strain: FloatArray) -> tuple[FloatArray, float, float]:
        """Ξ = ∂²U/∂γ∂x, (n, 3), ∂U/∂γ and ∂²U/∂γ² of bonds that a displacement gradient, (3, 3) per γ, moves alone."""
        delta = self.r_pd @ strain.T
        _, gradient = self.series(delta)
        return self.to_particles(gradient[1]), float(np.vdot(gradient[0], delta)), float(np.vdot(gradient[1], delta))

    def to_particles(self, gradient_pd: FloatArray) -> FloatArray:
        """∂U/∂x, (n, 3), of derivatives by bonds, (p, 3)."""
        n = len(self.start) - 1
        each = [np.bincount(self.target, x, n) - np.bincount(self.source, x, n) for x in gradient_pd.T]
        return np.ascontiguousarray(np.array(each).T)

    def virial(self) -> FloatArray:
        """Σ ∂U/∂r ⊗ r over bonds, (3, 3), a symmetric tensor as U does not change when all is turned."""
        tensor = self.at_rest[1].T @ self.r_pd
        return np.asarray(0.5 * (tensor + tensor.T))

    def series(self, delta_pd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """F of each particle, (n,), and the coefficients of the series of ∂U/∂r of each bond r + t δ, (4, p, 3)."""
        raise NotImplementedError

    def blocks(self, springs: Springs) -> Blocks:
        """M of these and of the pairs, as rows of blocks."""
        raise NotImplementedError


@dataclass(frozen=True)
class Surroundings(BeyondPairs):
    """The energy of what the bonds of each particle make together, of a model that has one."""

    formula: Formula
    numbers: FloatArray
    species: IntArray  # (n,)

    @classmethod
    def of(cls, glass: Glass, start: IntArray, target: IntArray, r_pd: FloatArray) -> Surroundings | None:
        """Those of a glass; None where its model has pairs alone."""
        formula = formula_of(glass.model.potential)
        if formula.many_body is None:
            return None
        numbers = number_array(glass.model.potential)
        return cls(start, target, r_pd, formula, numbers, glass.species.astype(np.int64))

    def series(self, delta_pd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """F of each particle, (n,), and the coefficients of the series of ∂U/∂r of each bond r + t δ, (4, p, 3)."""
        energy, gradient = np.empty(len(self.species)), np.empty((4, *self.r_pd.shape))
        theirs = self.species[self.target]
        delta = np.ascontiguousarray(delta_pd)
        view = BondsView(self.start, self.r_pd, self.species, theirs, self.numbers, delta, energy, gradient)
        with compiling(self.formula):
            _gradients(self.formula)(view)
        return energy, gradient

    def blocks(self, springs: Springs) -> Blocks:
        """M of these and of the pairs, as rows of blocks."""
        shared, fill = _rows(self.formula)
        n = len(self.species)
        row_start, nothing = np.zeros(n + 1, dtype=np.int64), np.empty(0, dtype=np.int64)
        shared(self.start, self.target, row_start, nothing, np.full(n, -1))
        column = np.empty(row_start[-1], dtype=np.int64)
        shared(self.start, self.target, row_start, column, np.full(n, -1))
        row = np.repeat(np.arange(n), np.diff(row_start))
        column = np.ascontiguousarray(column[np.lexsort((column, row))])
        block = np.zeros((len(column), 9))
        theirs = self.species[self.target]
        view = BlocksView(
            self.start, self.target, self.r_pd, springs.tension, springs.stiffness, self.species, theirs, self.numbers,
            row_start, column, block,
        )  # fmt: skip
        with compiling(self.formula):
            fill(view)
        return Blocks(row_start, column, block)


@kept_with_formula
def _gradients(formula: Formula) -> Any:
    cpu = backend()
    return cpu.compile(many_body.gradients_of(bodies_of(formula, cpu), path, coefficient))


@kept_with_formula
def _rows(formula: Formula) -> tuple[Any, Any]:
    cpu = backend()
    parts = (cpu.inline(many_body.place_of), cpu.inline(block_of_pair))
    fill = many_body.blocks_of(bodies_of(formula, cpu), line, coefficient, *parts)
    return cpu.compile(many_body.shared), cpu.compile(fill)
