"""Lowest modes of many small glasses at once, with the proof of statics.modes that none is missing.

Subspace iteration on a Chebyshev filter of M: products, overlaps and rotations go on the machine, for all samples in step;
dense matrices of the size of the subspace are diagonalised here. What does not come out, statics.modes does alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from vitrify.backends import Cpu
from vitrify.backends.threads import threads
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.statics.hessian import Hessian
from vitrify.statics.modes import RESIDUAL, ZERO, Modes, _count_below, lowest_modes
from vitrify.statics.pairs import Pairs

from .chebyshev import filter_in_step, largest_in_step
from .pairs import FloatArray, IntArray, PairsInStep

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

ROUNDS = 40  # of filtering; some ten are typical
LEAST_CUT = 1e-5  # of the largest eigenvalue; a filter of degree 1,000. 1e-2 is typical


@dataclass(frozen=True, slots=True)
class Subspace:
    """Ritz pairs of one sample, by rising eigenvalue."""

    eigenvalues: FloatArray  # (k,)
    vectors: FloatArray  # (k, n, 3)
    residuals: FloatArray  # (k,)

    @property
    def edge(self) -> float:
        """Between the last two eigenvalues."""
        return float(self.eigenvalues[-2:].mean())


def modes_in_step(
    glasses: Sequence[Glass], number: int, machine: Cpu | Gpu, *, block: int | None = None
) -> list[Modes | SampleFailure]:
    """modes.lowest_modes of each glass. block: vectors a sample, half as many again as modes unless given.

    Takes three to four times the products of lowest_modes, which is the better way on a CPU."""
    hessians = [Hessian(Pairs.of(x)) for x in glasses]
    block = -(-(block or number + number // 2 + 16) // 8) * 8
    suited = [
        s
        for s, x in enumerate(hessians)
        if 1 < number + 1 < block < 3 * (x.pairs.n_particles - 1) and x.pairs.dimension == 3
    ]
    subspaces: dict[int, Subspace] = {}
    if suited:
        found = subspaces_in_step(PairsInStep([hessians[s].pairs for s in suited], machine), number, block)
        subspaces = {suited[k]: x for k, x in found.items()}
    with ThreadPoolExecutor(threads()) as pool:
        counted = dict(zip(subspaces, pool.map(lambda s: _counted(hessians[s], subspaces[s]), subspaces), strict=True))
    return [_proven_modes(subspaces[s]) if counted.get(s) == number else _alone(x, number) for s, x in enumerate(hessians)]


def _counted(hessian: Hessian, found: Subspace) -> int | None:
    """Modes below the edge of a subspace."""
    return _count_below(hessian, found.edge)


def _proven_modes(found: Subspace) -> Modes:
    """All but the last, which was there to set the edge by."""
    return Modes(found.eigenvalues[:-1], found.vectors[:-1], found.residuals[:-1], found.edge, "inertia")


def _alone(hessian: Hessian, number: int) -> Modes | SampleFailure:
    try:
        return lowest_modes(hessian, number)
    except SampleFailure as failure:
        return failure


def subspaces_in_step(pairs: PairsInStep, number: int, block: int) -> dict[int, Subspace]:
    """The number + 1 lowest Ritz pairs of those samples whose `number` lowest converged, by sample."""
    iteration, found = SubspaceIteration(pairs, block), dict[int, Subspace]()
    for _ in range(ROUNDS):
        if not iteration.going.any():
            break
        iteration.filter()
        iteration.rotate()
        done = iteration.going * _settled(iteration.values, iteration.residuals(), number)
        if done.any():
            found.update(iteration.lowest(done, number + 1))
            iteration.going -= done
    return found


class SubspaceIteration:
    """A block of vectors a sample, which turn into its lowest modes. `going` samples go on; the others keep what they have.

    values: (samples, block) Ritz values of the last rotation."""

    def __init__(self, pairs: PairsInStep, block: int) -> None:
        self.pairs, self.block, sizes = pairs, block, np.diff(pairs.first)
        largest = largest_in_step(pairs)
        self.going = (largest > 0.0).astype(np.int64)  # nothing interacts in the others
        self.largest = np.where(self.going, largest, 1.0)
        guess = (block / (3.0 * sizes)) ** (2.0 / 3.0)  # Debye's; a third of it spares nothing
        self.cut = np.minimum(guess, 0.5) * self.largest
        begin = [np.random.default_rng(5).normal(size=(n, 3, block)) for n in sizes]
        self.x = pairs.machine.put(np.concatenate(begin))
        self.image, self.turned = pairs.zeros(3, block), pairs.zeros(3, block)
        self.values, self._residuals = np.zeros((pairs.n_samples, block)), np.zeros((pairs.n_samples, block))

    def filter(self) -> None:
        """Let what lies above the cut fade."""
        busy = self._busy()
        self.pairs.free(busy, self.x)
        filter_in_step(self.pairs, self.going, self.x, self.image, self.cut, self.largest)
        self.pairs.free(busy, self.x)

    def rotate(self) -> None:
        """Rayleigh-Ritz; the largest Ritz value is the next cut. What is no minimum is given up."""
        pairs, busy = self.pairs, self._busy()
        pairs.multiply(busy, self.x, self.image)
        overlaps = pairs.overlaps(busy, self.x, self.image)
        rotation = np.tile(np.eye(self.block), (pairs.n_samples, 1, 1))
        for s in map(int, np.flatnonzero(self.going)):
            try:
                self.values[s], rotation[s] = _ritz(*overlaps[s])
                low, high = self.values[s, [0, -1]] / self.largest[s]
                self.going[s] = low > ZERO and high > LEAST_CUT
            except (linalg.LinAlgError, ValueError):  # vectors too alike, or not numbers
                self.going[s] = 0
        on_rotation, particles = pairs.machine.put(rotation), pairs.threads(pairs.n, self.block)
        pairs.launch.rotate(*particles, pairs.on_sample_of, on_rotation, self.x, self.turned)
        self.x, self.turned = self.turned, self.x
        self.cut = np.where(self.going, np.minimum(self.values[:, -1], 0.5 * self.largest), self.cut)

    def residuals(self) -> FloatArray:
        """(samples, block) |M x − θ x|."""
        pairs, busy = self.pairs, self._busy()
        pairs.multiply(busy, self.x, self.image)
        shares, partial = pairs.few, pairs.partial(pairs.few.number, 1, self.block)
        theta, threads = pairs.machine.put(self.values.copy()), pairs.threads(shares.number, self.block)
        pairs.launch.residual(*threads, busy, shares.on_parts, theta, self.x, self.image, partial)
        self._residuals = np.sqrt(pairs.totals(busy, partial))
        return self._residuals

    def lowest(self, which: IntArray, number: int) -> dict[int, Subspace]:
        """So many Ritz pairs of the samples with a 1 in `which`."""
        vectors, first, k = self.pairs.machine.get(self.x), self.pairs.first, slice(0, number)
        return {
            s: Subspace(
                self.values[s, k].copy(),
                np.ascontiguousarray(vectors[first[s] : first[s + 1], :, k].transpose(2, 0, 1)),
                self._residuals[s, k].copy(),
            )
            for s in map(int, np.flatnonzero(which))
        }

    def _busy(self) -> Any:
        return self.pairs.machine.put(self.going.copy())


def _settled(values: FloatArray, residuals: FloatArray, number: int) -> IntArray:
    """(samples,) 1 where the wanted modes have converged and the next is known well enough to set a cut below it."""
    worst, gap = residuals[:, :number].max(axis=1), values[:, number] - values[:, number - 1]
    fine = worst < 0.5 * RESIDUAL * np.abs(values[:, number - 1])
    return np.asarray(fine & (residuals[:, number] < 0.1 * gap), dtype=np.int64)


def _ritz(gram: FloatArray, image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ritz values, and the rotation to orthonormal Ritz vectors, from xᵀx and xᵀM x. Raises LinAlgError, ValueError."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / np.sqrt(np.diag(gram))
    both = np.outer(scale, scale)
    values, vectors = linalg.eigh(0.5 * (image + image.T) * both, 0.5 * (gram + gram.T) * both)
    return values, scale[:, None] * vectors
