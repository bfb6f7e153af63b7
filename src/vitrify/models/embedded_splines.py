"""Splines through the rows of a file of embedded atoms: pieces of fifth degree from row to row, four times differentiable.

Where the derivatives of a table are smooth is told, not mended: the fourth is made of straight pieces from row to row, and
in a table of few digits it is the noise of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError

from .setfl import EamFile

FloatArray = NDArray[np.float64]
DEGREE = 5
COEFFICIENTS = DEGREE + 1  # of a piece
QUIET = 1e-9  # of the largest value in the outer half: less is zero
ENDING = 0.6  # of the row before: what falls so from one row to the next is zero at the next
TAPER = 0.05  # of the cutoff, over which a function that does not end in zero is taken there
AT_ROW = 1e-3  # of a step: so near to a row the cutoff is there
NEAR_WELL = 10.0  # eV above the least energy of a pair: where interpolation is judged, since no liquid goes beyond
SHELLS = 12  # edges of fcc cells on each side, whose neighbours are looked at
DISTANCES = 4000  # at which the cold crystal is looked for
ATTRACTS_AT = 0.05  # of the cutoff: the shortest distance that is looked at


@dataclass(frozen=True, slots=True)
class EmbeddingError:
    """Errors of the interpolation of a file, each the largest of all elements and pairs of them.

    pair, embedding: of φ and F, in ε; density: of f, over the density of the cold crystal. They are those of leaving out
    every second row, which makes them larger than they are, over the distances and densities of liquids and glasses. noise:
    how much of the fourth derivative (of F, f and r φ) alternates from row to row, over its size, both rms: near 1 it is
    noise of the digits of the file, and near 0 smooth. tapered: functions that the file does not end in zero."""

    pair: float
    embedding: float
    density: float
    noise: tuple[float, float, float]
    tapered: int

    def __str__(self) -> str:
        f, rho, z = (f"{x:.1g}" for x in self.noise)
        ends = f"; {self.tapered} of the functions do not end in zero and were taken there" if self.tapered else ""
        return (
            f"interpolation is good in pair energies to {self.pair:.1g} ε, in embedding energies to {self.embedding:.1g} ε,"
            f" in densities to {self.density:.1g} (by leaving out every second row); of the fourth derivatives of F, f and "
            f"r φ {f}, {rho} and {z} is noise of the rows{ends}"
        )


@dataclass(frozen=True)
class EmbeddedSplines:
    """The functions of chosen elements of a file, as pieces.

    embedding: (elements, n_ρ, 6); density: (centre, far, pieces, 6); pair: (i, j, pieces, 6) of r φ; polynomials in the
    distance from their first row, in rows. The last piece of an embedding is its straight continuation."""

    content: EamFile
    chosen: tuple[int, ...]

    @cached_property
    def pieces(self) -> int:
        """From row to row, up to the cutoff; what ends one row before it is zero there."""
        rows = int(self.content.pair.shape[1])
        return min(int(np.ceil(self.content.cutoff / self.content.r_step - AT_ROW)), rows)

    @property
    def cutoff(self) -> float:
        """The row at which all functions of r end."""
        return self.pieces * self.content.r_step

    @cached_property
    def embedding(self) -> FloatArray:
        found = []
        for k in self.chosen:
            rows = self.content.embedding[k]
            pieces = _pieces(_through(rows))
            end = _values(pieces, np.array([len(rows) - 1.0]))
            last = np.array([end[0, 0], end[1, 0], 0.0, 0.0, 0.0, 0.0])
            found.append(np.vstack([pieces, last]))
        return np.array(found)

    @cached_property
    def density_rows(self) -> FloatArray:
        """(centre, far, rows) f up to the cutoff."""
        return np.array([[self._ended(self.content.density_at(i, j)) for j in self.chosen] for i in self.chosen])

    @cached_property
    def pair_rows(self) -> FloatArray:
        """(i, j, rows) r φ up to the cutoff."""
        return np.array([[self._ended(self.content.pair_of(i, j)) for j in self.chosen] for i in self.chosen])

    @cached_property
    def density(self) -> FloatArray:
        return _each(lambda rows: _pieces(_through(rows, ends=True)), self.density_rows)

    @cached_property
    def pair(self) -> FloatArray:
        return _each(lambda rows: _pieces(_through(rows, ends=True)), self.pair_rows)

    def _ended(self, rows: FloatArray) -> FloatArray:
        """Rows up to the cutoff, the last of them zero."""
        n = self.pieces + 1
        ended = rows[:n].copy() if len(rows) >= n else np.append(rows, 0.0)
        if self._is_cut(rows):
            x = np.clip((np.arange(n) / (n - 1.0) - (1.0 - TAPER)) / TAPER, 0.0, 1.0)
            ended *= 1.0 - x**5 * (126.0 - 420.0 * x + 540.0 * x**2 - 315.0 * x**3 + 70.0 * x**4)  # four derivatives
        ended[-1] = 0.0
        return ended

    def _is_cut(self, rows: FloatArray) -> bool:
        """Whether a function is more than nothing where the file ends it."""
        quiet = QUIET * float(np.abs(rows[len(rows) // 2 :]).max())
        if len(rows) > self.pieces:
            return abs(float(rows[self.pieces])) > quiet
        return abs(float(rows[-1])) > max(quiet, ENDING * abs(float(rows[-2])))

    # --- the cold crystal ---------------------------------------------------------------------------------------------

    @cached_property
    def cold(self) -> list[tuple[float, float]]:
        """Distance of neighbours and density at a particle in the fcc crystal of least energy of each element. Raises
        UsageError where there is none."""
        return [self._cold(k) for k in range(len(self.chosen))]

    def _cold(self, k: int) -> tuple[float, float]:
        shells, numbers = _fcc_shells()
        x = np.linspace(ATTRACTS_AT * self.cutoff, 0.9 * self.cutoff, DISTANCES)
        density = sum(n * self.density_of(k, k, x * s)[0] for s, n in zip(shells, numbers, strict=True))
        pairs = sum(0.5 * n * self.pair_energy(k, k, x * s)[0] for s, n in zip(shells, numbers, strict=True))
        energy = self.embedding_of(k, np.asarray(density))[0] + pairs
        inside = np.flatnonzero((energy[1:-1] < energy[:-2]) & (energy[1:-1] <= energy[2:])) + 1
        if len(inside) == 0:
            raise UsageError(
                f"potential {self.content.file!r}: the fcc crystal of {self.content.elements[self.chosen[k]]} has no "
                "energy that is least at any distance, so that nothing holds it together"
            )
        at = int(inside[np.argmin(energy[inside])])
        return float(x[at]), float(np.asarray(density)[at])

    # --- values -------------------------------------------------------------------------------------------------------

    def embedding_of(self, k: int, rho: FloatArray) -> FloatArray:
        """(5, n) F and its derivatives by ρ."""
        x = rho / self.content.rho_step
        return _values(self.embedding[k], x) / self.content.rho_step ** np.arange(DEGREE)[:, None]

    def density_of(self, i: int, j: int, r: FloatArray) -> FloatArray:
        """(5, n) the density at an i of a j at a distance, and its derivatives."""
        return self._of_r(self.density[i, j], r)

    def pair_energy(self, i: int, j: int, r: FloatArray) -> FloatArray:
        """(3, n) φ, φ' and φ''."""
        z = self._of_r(self.pair[i, j], r)
        phi = z[0] / r
        slope = (z[1] - phi) / r
        return np.array([phi, slope, (z[2] - 2.0 * slope) / r])

    def _of_r(self, pieces: FloatArray, r: FloatArray) -> FloatArray:
        step = self.content.r_step
        found = _values(pieces, np.minimum(r, self.cutoff) / step) / step ** np.arange(DEGREE)[:, None]
        return np.where(r < self.cutoff, found, 0.0)

    def contact(self, i: int, j: int, r: FloatArray) -> FloatArray:
        """(3, n) energy, slope and curvature of a pair among the others of a dense configuration: φ + F'_i f + F'_j f, with
        F' at the densities of cold crystals."""
        first, second = (float(self.embedding_of(k, np.array([self.cold[k][1]]))[1, 0]) for k in (i, j))
        densities = first * self.density_of(i, j, r)[:3] + second * self.density_of(j, i, r)[:3]
        return np.asarray(self.pair_energy(i, j, r) + densities)

    # --- errors -------------------------------------------------------------------------------------------------------

    @cached_property
    def error(self) -> EmbeddingError:
        """The error of the interpolation."""
        species, step = range(len(self.chosen)), self.content.r_step
        r = step * np.arange(self.pieces + 1)
        pair, density, embedding, tapered = 0.0, 0.0, 0.0, 0
        noise: list[list[float]] = [[], [], []]
        for i in species:
            rho, rows = self.cold[i][1], self.content.embedding[self.chosen[i]]
            at = np.arange(len(rows)) * self.content.rho_step
            looked = (at > 0.5 * rho) & (at < 1.5 * rho)
            embedding = max(embedding, _left_out(rows, looked, ends=False))
            noise[0].append(_noise(self.embedding[i][looked[:-1].nonzero()[0]]))
            for j in species:
                energy = self.contact(i, j, np.maximum(r, step))[0]
                looked = (r > 0.0) & (energy < energy[1:].min() + NEAR_WELL) & (r > ATTRACTS_AT * self.cutoff)
                looked[: int(np.flatnonzero(~looked)[-1]) + 1 if (~looked).any() else 0] = False
                apart = _left_out(self.pair_rows[i, j], looked, ends=True, weight=1.0 / np.maximum(r, step))
                pair = max(pair, apart)
                density = max(density, _left_out(self.density_rows[i, j], looked, ends=True) / rho)
                places = looked[:-1].nonzero()[0]
                noise[1].append(_noise(self.density[i, j][places]))
                noise[2].append(_noise(self.pair[i, j][places]))
                own = self.chosen[i], self.chosen[j]
                tapered += self._is_cut(self.content.density_at(*own)) + (
                    i <= j and self._is_cut(self.content.pair_of(*own))
                )
        return EmbeddingError(pair, embedding, density, (max(noise[0]), max(noise[1]), max(noise[2])), int(tapered))


def _fcc_shells() -> tuple[FloatArray, NDArray[np.int64]]:
    """Distances of neighbours in the fcc crystal, in units of the nearest, and how many there are."""
    k = np.arange(-SHELLS, SHELLS + 1)
    at = np.stack(np.meshgrid(k, k, k, indexing="ij"), -1).reshape(-1, 3)
    squared = np.einsum("id,id->i", at, at)[at.sum(1) % 2 == 0]
    squared, numbers = np.unique(squared[(squared > 0) & (squared <= SHELLS**2)], return_counts=True)
    return np.sqrt(squared / 2.0), numbers


def _each(make: Any, rows: FloatArray) -> FloatArray:
    return np.array([[make(x) for x in row] for row in rows])


def _through(rows: FloatArray, *, ends: bool = False) -> Any:
    """The spline through rows, at 0, 1, 2, ...; `ends`: its slope and curvature vanish at the last."""
    from scipy.interpolate import make_interp_spline  # a tenth of a second

    x = np.arange(len(rows), dtype=float)
    if not ends:
        return make_interp_spline(x, rows, k=DEGREE)
    knots = np.concatenate([np.zeros(COEFFICIENTS), x[3:-1], np.full(COEFFICIENTS, x[-1])])
    at_end: Any = (None, [(1, 0.0), (2, 0.0)])
    return make_interp_spline(x, rows, k=DEGREE, t=knots, bc_type=at_end)


def _pieces(spline: Any) -> FloatArray:
    """(pieces, 6) the polynomials of a spline from each of its rows on."""
    at = np.arange(int(spline.t[-1]), dtype=float)
    return np.stack([spline(at, nu=k) / factorial(k) for k in range(COEFFICIENTS)], axis=1)


def _values(pieces: FloatArray, x: FloatArray) -> FloatArray:
    """(5, n) value and four derivatives of pieces at places in rows."""
    piece = np.clip(x.astype(np.int64), 0, len(pieces) - 1)
    c, t = pieces[piece], x - piece
    found = []
    for k in range(DEGREE):
        weights = [factorial(m) / factorial(m - k) for m in range(k, COEFFICIENTS)]
        found.append(sum(w * c[:, k + m] * t**m for m, w in enumerate(weights)))
    return np.array(found)


def _left_out(rows: FloatArray, looked: NDArray[np.bool_], *, ends: bool, weight: Any = 1.0) -> float:
    """The largest error at rows between, of the spline through every second row."""
    last = len(rows) - 1
    kept = rows[last % 2 :: 2]
    at = (np.arange(len(rows)) - last % 2) / 2.0
    between = looked & (at % 1.0 != 0.0) & (at > 0.0)
    if not between.any():
        return 0.0
    apart = np.abs(_through(kept, ends=ends)(np.maximum(at, 0.0)) - rows) * weight
    return float(apart[between].max())


def _noise(pieces: FloatArray) -> float:
    """How much of the fourth derivative alternates from row to row, over its size, both rms."""
    fourth = pieces[:, 4]
    size = float(np.sqrt(np.mean(fourth**2))) if len(fourth) else 0.0
    return (
        float(np.sqrt(np.mean(np.diff(fourth, 2) ** 2))) / (4.0 * size) if size > 0.0 and len(fourth) > 2 else 0.0
    )  # a second difference
