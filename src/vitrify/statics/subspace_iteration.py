"""Lowest modes of many glasses at once: subspace iteration on a Chebyshev filter of each M.

It takes three to four times the products of block Lanczos (modes.py), but no vectors besides the subspace. It suits a GPU,
where products are cheap. Products, overlaps and rotations are done on the machine; dense matrices of the size of a subspace
are diagonalised here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from vitrify import seeds

from .chebyshev import ChebyshevOperators
from .hessians import Hessians
from .stability import ZERO

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
RESIDUAL = 1e-9  # in units of the largest wanted eigenvalue
ROUNDS = 40  # rounds of filtering; some ten are typical
LEAST_CUT = 1e-5  # in units of the largest eigenvalue; a filter of degree 1,000. 1e-2 is typical


@dataclass(frozen=True, slots=True)
class RitzPairs:
    """Ritz pairs of one glass, by rising eigenvalue."""

    eigenvalues: FloatArray  # (k,)
    vectors: FloatArray  # (k, n, 3)
    residuals: FloatArray  # (k,)


def lowest_ritz_pairs(hessians: Hessians, numbers: IntArray, block: int) -> dict[int, RitzPairs]:
    """The numbers[s] + 1 lowest Ritz pairs of each sample s whose numbers[s] lowest have converged.

    block: number of vectors per sample, in whole lanes."""
    iteration, found = SubspaceIteration(hessians, block), dict[int, RitzPairs]()
    for _ in range(ROUNDS):
        if not iteration.active.any():
            break
        iteration.filter()
        iteration.rotate()
        done = iteration.active * _settled(iteration.values, iteration.residuals(), numbers)
        if done.any():
            found.update(iteration.lowest(done, numbers + 1))
            iteration.active -= done
    return found


class SubspaceIteration:
    """Blocks of vectors, one per sample, which turn into its lowest modes. What is not `active` keeps what it has.

    values: (samples, block) Ritz values of the last rotation."""

    def __init__(self, hessians: Hessians, block: int) -> None:
        self.hessians, self.block, sizes = hessians, block, np.array(hessians.sizes)
        self.operators = ChebyshevOperators(hessians)
        self.active = (self.operators.largest > 0.0).astype(np.int64)  # nothing interacts in the others
        self.largest = np.where(self.active, self.operators.largest, 1.0)
        d = np.array(hessians.dimensions)
        guess = (block / (d * sizes)) ** (2.0 / d)  # Debye's; a third of it spares nothing
        self.cut = np.minimum(guess, 0.5) * self.largest
        self.x = hessians.put(hessians.random(block, seeds.MODES))
        self.image, self.turned = hessians.zeros(*self.x.shape), hessians.zeros(*self.x.shape)
        self.values, self._residuals = np.zeros((len(sizes), block)), np.zeros((len(sizes), block))

    def filter(self) -> None:
        """Let what lies above the cut fade."""
        self.hessians.let_go(self.active)
        self.hessians.free(self.x)
        self.operators.filter(self.x, self.image, self.cut)
        self.hessians.free(self.x)

    def rotate(self) -> None:
        """Do a Rayleigh-Ritz step; the largest Ritz value is the next cut. A sample that is no minimum is given up."""
        on = self.hessians
        on.let_go(self.active)
        on.multiply(self.x, self.image)
        overlaps = on.overlaps(self.x, self.image)
        rotation = np.tile(np.eye(self.block), (on.n_samples, 1, 1))
        for s in map(int, np.flatnonzero(self.active)):
            try:
                self.values[s], rotation[s] = _ritz(*overlaps[s])
                low, high = self.values[s, [0, -1]] / self.largest[s]
                self.active[s] = low > ZERO and high > LEAST_CUT
            except (linalg.LinAlgError, ValueError):  # vectors too alike, or not numbers
                self.active[s] = 0
        on.rotate(rotation, self.x, self.turned)
        self.x, self.turned = self.turned, self.x
        self.cut = np.where(self.active, np.minimum(self.values[:, -1], 0.5 * self.largest), self.cut)

    def residuals(self) -> FloatArray:
        """(samples, block) |M x − θ x|."""
        self.hessians.let_go(self.active)
        self.hessians.multiply(self.x, self.image)
        self._residuals = self.hessians.residuals(self.values, self.x, self.image)
        return self._residuals

    def lowest(self, which: IntArray, numbers: IntArray) -> dict[int, RitzPairs]:
        """This number of Ritz pairs for the samples with a 1 in `which`."""
        vectors, found = self.hessians.get(self.x, int(numbers.max())), dict[int, RitzPairs]()
        for s in map(int, np.flatnonzero(which)):
            k = slice(0, numbers[s])
            mine = np.ascontiguousarray(vectors[s][k])
            found[s] = RitzPairs(self.values[s, k].copy(), mine, self._residuals[s, k].copy())
        return found


def _settled(values: FloatArray, residuals: FloatArray, numbers: IntArray) -> IntArray:
    """Flags (samples,): 1 where the wanted modes have converged and the next is known well enough to set a cut below it."""
    every = np.arange(len(values))
    wanted = np.arange(values.shape[1]) < numbers[:, None]
    worst, gap = np.where(wanted, residuals, 0.0).max(axis=1), values[every, numbers] - values[every, numbers - 1]
    fine = worst < 0.5 * RESIDUAL * np.abs(values[every, numbers - 1])
    return np.asarray(fine & (residuals[every, numbers] < 0.1 * gap), dtype=np.int64)


def _ritz(gram: FloatArray, image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ritz values, and the rotation to orthonormal Ritz vectors, from xᵀx and xᵀM x. Raises LinAlgError, ValueError."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / np.sqrt(np.diag(gram))
    both = np.outer(scale, scale)
    values, vectors = linalg.eigh(0.5 * (image + image.T) * both, 0.5 * (gram + gram.T) * both)
    return values, scale[:, None] * vectors
