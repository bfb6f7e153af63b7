"""The energy of the angles between bonds of molecules, and its derivatives.

An angle is between two of the directed bonds of Pairs, a and b, from its middle to its ends, with U a function of
cos θ = a·b/(|a||b|). Its derivatives by a and b are truncated series along a displacement, of whole arrays of angles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.kernels.hessian import Blocks, Springs
from vitrify.models.molecule import COSINE

from .surroundings import BeyondPairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ORDERS = 4  # coefficients of a series: to the third derivative of a force


@dataclass(frozen=True)
class Angles(BeyondPairs):
    """The angles of a configuration."""

    term: ClassVar[str] = "angles"

    sides: IntArray  # (m, 2) the bonds from the middle of each angle to its ends
    laws: FloatArray  # (m, 5) as angle_slope takes them

    @classmethod
    def of_glass(cls, glass: Glass, start: IntArray, target: IntArray, r_pd: FloatArray, places: IntArray) -> Angles:
        """Those of a glass. places: of the sides of its angles among the pairs, as contacts.bonds_of has them."""
        topology, molecule = glass.topology, glass.model.molecule
        assert topology is not None
        assert molecule is not None
        sides = places[: 2 * len(topology.angles)].reshape(2, -1).T
        return cls(start, target, r_pd, sides, molecule.numbers("angles")[topology.angle_types])

    def series(self, delta_pd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """U of each particle, that of the angles about it, (n,), and the coefficients of the series of ∂U/∂r of each bond
        r + t δ, (4, p, 3)."""
        energy, of_sides = self._series(delta_pd[self.sides])
        gradient = np.zeros((ORDERS, *self.r_pd.shape))
        for order, k in np.ndindex(ORDERS, 2):
            np.add.at(gradient[order], self.sides[:, k], of_sides[order, :, k])
        middle = self.source[self.sides[:, 0]]
        return np.asarray(np.bincount(middle, energy, len(self.start) - 1), dtype=np.float64), gradient

    def blocks(self, springs: Springs) -> Blocks:
        """M of these and of the pairs, as rows of blocks."""
        m, n = len(self.sides), len(self.start) - 1
        curvature = np.empty((m, 2, 3, 2, 3))  # second derivatives by the sides
        for side, axis in np.ndindex(2, 3):
            delta = np.zeros((m, 2, 3))
            delta[:, side, axis] = 1.0
            curvature[:, :, :, side, axis] = self._series(delta)[1][1]
        aa, ab, bb = curvature[:, 0, :, 0], curvature[:, 0, :, 1], curvature[:, 1, :, 1]
        ba = ab.transpose(0, 2, 1)
        middle, (a, b) = self.source[self.sides[:, 0]], self.target[self.sides].T
        i, j = self.source, self.target
        pull = springs.tension[:, None, None] * np.eye(3)
        pull = pull + springs.stiffness[:, None, None] * np.einsum("pa,pb->pab", self.r_pd, self.r_pd)
        rows = np.concatenate([i, a, b, a, middle, b, middle])
        columns = np.concatenate([j, b, a, middle, a, middle, b])
        of_a, of_b = aa + ab, ba + bb
        turned = (of_a.transpose(0, 2, 1), of_b.transpose(0, 2, 1))
        values = np.concatenate([pull, -ab, -ba, of_a, turned[0], of_b, turned[1]])
        others = rows != columns  # a particle's own image moves with it
        place, which = np.unique(rows[others] * n + columns[others], return_inverse=True)
        block = np.zeros((len(place), 3, 3))
        np.add.at(block, which, values[others])
        start = np.searchsorted(place, n * np.arange(n + 1)).astype(np.int64)
        return Blocks(start, place % n, block.reshape(-1, 9))

    def _series(self, delta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """U of each angle, (m,), and the series of its derivatives by its sides, (4, m, 2, 3), which move by t δ. delta:
        (m, 2, 3)."""
        sides = np.zeros((ORDERS, len(self.sides), 2, 3))
        sides[0], sides[1] = self.r_pd[self.sides], delta
        a, b = sides[:, :, 0], sides[:, :, 1]
        squared = _dot(a, a), _dot(b, b)
        inverse = _quotient(_one(len(self.sides)), _root(_product(*squared)))  # 1/(|a||b|)
        cosine = _product(_dot(a, b), inverse)
        energy, slope = self._law(cosine)
        found = np.empty_like(sides)
        for k, (own, other) in enumerate(((a, b), (b, a))):
            along = _quotient(cosine, squared[k])
            for d in range(3):
                turn = _product(inverse, other[:, :, d]) - _product(along, own[:, :, d])
                found[:, :, k, d] = _product(slope, turn)
        return energy, found

    def _law(self, cosine: FloatArray) -> tuple[FloatArray, FloatArray]:
        """U of each angle, and the series of ∂U/∂cos θ, of that of cos θ."""
        k, rest = self.laws[:, 1], self.laws[:, 2]
        straight = self.laws[:, 0] == COSINE
        one = _one(len(k))
        angle = np.empty_like(cosine)
        angle[0] = np.arccos(np.clip(cosine[0], -1.0, 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):  # of straight angles, whose law may be of the cosine
            per_sine = _quotient(one, _root(one - _product(cosine, cosine)))
            for order in range(1, ORDERS):
                parts = [j * cosine[j] * per_sine[order - j] for j in range(1, order + 1)]
                angle[order] = -sum(parts) / order
            away = angle - rest * one
            slope = -2.0 * k * _product(away, per_sine)
        energy = np.where(straight, k * (1.0 + cosine[0]), k * away[0] ** 2)
        return energy, np.where(straight, k * one, slope)


def _one(m: int) -> FloatArray:
    """The series of 1, (4, m)."""
    one = np.zeros((ORDERS, m))
    one[0] = 1.0
    return one


def _product(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.array([sum(x[i] * y[k - i] for i in range(k + 1)) for k in range(ORDERS)])


def _dot(x: FloatArray, y: FloatArray) -> FloatArray:
    """Scalar product of vectors, (4, m, 3)."""
    return np.asarray(sum(_product(x[:, :, d], y[:, :, d]) for d in range(3)))


def _quotient(x: FloatArray, y: FloatArray) -> FloatArray:
    found: list[FloatArray] = []
    for k in range(ORDERS):
        found.append((x[k] - sum(found[i] * y[k - i] for i in range(k))) / y[0])
    return np.array(found)


def _root(x: FloatArray) -> FloatArray:
    found = [np.sqrt(x[0])]
    for k in range(1, ORDERS):
        found.append((x[k] - sum(found[i] * found[k - i] for i in range(1, k))) / (2.0 * found[0]))
    return np.array(found)
