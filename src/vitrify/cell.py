"""A periodic cell in two or three dimensions: its vectors, and what lies where in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from vitrify.errors import UsageError, check, wrong
from vitrify.models.plain_numbers import finite_number
from vitrify.public_names import only

__all__ = ["Cell", "from_ticks", "standard_form", "to_ticks"]
__dir__ = only(__all__)
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TICKS = 2.0**64  # of a period: fractional coordinates as 64-bit integers have exact differences, which wrap by themselves
FLAT = 1e-9  # of the product of their lengths: the volume below which vectors count as lying in a plane
# Fractions this little outside [0, 1) stay as they are: in a cell that is not orthogonal a coordinate taken in by a vector
# is rounded, and would otherwise be taken out again when it is next looked at.
INSIDE = 1e-12
MOST_TURNS = 8  # of taking positions in: far ones are rounded, and are in after the second
IN_STANDARD_FORM = "must be a lower triangular matrix with rows a, b and c, a along x and b in the xy plane"


@dataclass(frozen=True, eq=False)
class Cell:
    """A parallelepiped with periodic faces; in two dimensions a parallelogram. Raises UsageError.

    matrix: (d, d), its vectors a, b (and c) as rows in λ, in the standard form of LAMMPS and ASE: a along x, b in the xy
    plane, right-handed. So x = f·matrix for fractional coordinates f, and the columns' matrix h = matrixᵀ, x = h·f, is
    upper triangular."""

    matrix: FloatArray

    def __post_init__(self) -> None:
        matrix = _vectors(self.matrix)
        if matrix.shape not in ((2, 2), (3, 3)):
            raise wrong("", "box", self.matrix, "a matrix of two or three vectors, one per row")
        _require_volume(matrix)
        if np.triu(matrix, 1).any() or not (np.diag(matrix) > 0).all():
            raise UsageError(f"box is {_rows(matrix)}, {IN_STANDARD_FORM}; vitrify.cell.standard_form turns it")
        matrix.flags.writeable = False
        object.__setattr__(self, "matrix", matrix)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and np.array_equal(self.matrix, other.matrix)

    def __hash__(self) -> int:
        return hash(self.matrix.tobytes())

    def __repr__(self) -> str:
        return f"Cell({self.matrix.tolist()})"

    @property
    def words(self) -> str:
        """Shape and edges, for a person."""
        d = self.dimension
        if self.is_cubic:
            return f"{'cubic' if d == 3 else 'square'} box of {self.edge:.4g} λ"
        lengths = " by ".join(f"{x:.4g}" for x in np.linalg.norm(self.matrix, axis=1))
        orthogonal = not (self.matrix - np.diag(np.diag(self.matrix))).any()
        return f"{'box' if orthogonal else 'tilted box'} of {lengths} λ"

    @classmethod
    def of(cls, box: Any, dimension: int) -> Cell:
        """A cell of an edge (a cube, a square), of d edges, or of its matrix; a cell stays itself. Raises UsageError."""
        if isinstance(box, Cell):
            return box
        edge = finite_number(box)
        values = np.full(dimension, edge) if edge is not None else _vectors(box)
        if values.ndim == 2:
            return cls(values)
        if values.shape != (dimension,) or not (values > 0).all():
            may_be = f"a positive length, {dimension} of them, or a {dimension} by {dimension} matrix of vectors"
            raise wrong("glass", "box", box, may_be)
        return cls(np.diag(values))

    @property
    def dimension(self) -> int:
        """The number of dimensions, 2 or 3."""
        return len(self.matrix)

    @cached_property
    def edges(self) -> FloatArray:
        """(d,) the diagonal of the matrix: the edges, where the cell is orthogonal."""
        return np.diag(self.matrix).copy()

    @cached_property
    def is_orthogonal(self) -> bool:
        return not np.tril(self.matrix, -1).any()

    @cached_property
    def is_cubic(self) -> bool:
        """A cube, or in two dimensions a square?"""
        return self.is_orthogonal and bool((self.edges == self.edges[0]).all())

    @property
    def edge(self) -> float:
        """Edge L of a cube or a square. Raises UsageError for other cells."""
        if not self.is_cubic:
            raise UsageError(f"the cell {_rows(self.matrix)} has no edge, must be a {NAMES[self.dimension]}")
        return float(self.edges[0])

    @cached_property
    def volume(self) -> float:
        """V in λ³; in two dimensions the area, in λ²."""
        return float(self.edges[0]) ** self.dimension if self.is_cubic else float(np.prod(self.edges))

    @cached_property
    def heights(self) -> FloatArray:
        """(d,) distances between opposite faces."""
        if self.is_orthogonal:
            return self.edges
        return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(self.matrix), axis=0))

    @cached_property
    def longest_wave(self) -> float:
        """The longest wavelength that fits, 1/|g| of the shortest vector g of the reciprocal lattice: L of a cube."""
        if self.is_orthogonal:
            return float(self.edges.max())
        reciprocal = np.linalg.inv(self.matrix)
        reach = np.ceil(np.linalg.norm(self.matrix, axis=1) / self.heights.max()).astype(int)  # |n_k| ≤ |g| |a_k|
        waves = np.array([n for n in product(*(range(-k, k + 1) for k in reach)) if any(n)])
        return float(1.0 / np.linalg.norm(waves @ reciprocal.T, axis=1).min())

    def fractions(self, positions: FloatArray) -> FloatArray:
        """f with x = f·matrix. positions: (..., d)."""
        x = np.asarray(positions, dtype=np.float64)
        if self.is_orthogonal:
            return np.asarray(x / self.edges)
        found = np.empty(x.shape)
        for d in reversed(range(self.dimension)):
            rest = x[..., d] - sum(found[..., k] * self.matrix[k, d] for k in range(d + 1, self.dimension))
            found[..., d] = rest / self.matrix[d, d]
        return found

    def positions(self, fractions: FloatArray) -> FloatArray:
        """x = f·matrix. fractions: (..., d)."""
        if self.is_orthogonal:
            return np.asarray(fractions * self.edges)
        columns = (
            sum(fractions[..., k] * self.matrix[k, d] for k in range(d, self.dimension)) for d in range(self.dimension)
        )
        return np.stack(list(columns), axis=-1)

    def wrapped(self, positions: FloatArray) -> FloatArray:
        """Positions taken into the cell; those that lie in it stay as they are, to the last bit. positions: (n, d)."""
        if self.is_orthogonal:
            inside = positions - self.edges * np.floor(positions / self.edges)
            return np.asarray(np.where(inside < self.edges, inside, 0.0))
        for _ in range(MOST_TURNS):
            fractions = self.fractions(positions)
            out = (fractions < -INSIDE) | (fractions >= 1.0 + INSIDE)
            if not out.any():
                break
            positions = positions - self.positions(np.where(out, np.floor(fractions), 0.0))
        return positions

    def nearest(self, vectors: FloatArray) -> FloatArray:
        """The shortest image of each vector that is no longer than half the least height; of the others one of the images.

        vectors: (..., d)."""
        return np.asarray(vectors - self.positions(np.rint(self.fractions(vectors))))

    def strained(self, gradient: FloatArray) -> Cell:
        """The cell of vectors (1 + gradient)·a, turned so that a lies along x. No fractional coordinate changes.

        gradient: (d, d) displacement gradient, ∂u_x/∂y at [0, 1]. An upper triangular one turns nothing."""
        d, given = self.dimension, np.asarray(gradient)
        numbers = given.shape == (d, d) and given.dtype.kind in "fiu"
        check(numbers, "cell", "gradient", gradient, f"a matrix of {d} times {d} numbers")
        return standard_form(self.matrix @ (np.eye(d) + given).T)[0]

    def repeated(self, times: IntArray) -> Cell:
        """The cell of so many copies side by side. times: (d,)."""
        return Cell(self.matrix * np.asarray(times)[:, None])

    def pairs_within(self, positions: FloatArray, reach: float) -> tuple[IntArray, FloatArray]:
        """Pairs i < j closer than `reach`, (p, 2), and the vector from i to j, (p, d).

        positions: in the cell; reach: at most half the least height."""
        if self.is_orthogonal:
            found = cKDTree(positions, boxsize=self.edges).query_pairs(reach, output_type="ndarray")
            return found, self.nearest(positions[found[:, 1]] - positions[found[:, 0]])
        owner, places = self._with_images(positions, reach)
        ends = cKDTree(places).query_pairs(reach, output_type="ndarray")  # in any order; the first n are no images
        ends = np.sort(ends, axis=1)
        i, j = ends.T
        ours = (i < len(positions)) & ((j < len(positions)) | (i < owner[j]))  # of an image's two pairs one
        i, j = i[ours], j[ours]
        return np.stack([i, owner[j]], axis=1), places[j] - places[i]

    def _with_images(self, positions: FloatArray, reach: float) -> tuple[IntArray, FloatArray]:
        """The particles, then those of their images that are nearer than `reach` to the cell: whose, and where."""
        fractions, rim = self.fractions(positions), reach / self.heights + INSIDE
        owners, places = [np.arange(len(positions))], [positions]
        for shift in product((-1, 0, 1), repeat=self.dimension):
            moved = fractions + shift
            near = ((moved > -rim) & (moved < 1.0 + rim)).all(axis=1) & any(shift)
            owners.append(np.flatnonzero(near))
            places.append(positions[owners[-1]] + self.positions(np.array(shift, dtype=float)))
        return np.concatenate(owners), np.concatenate(places)


NAMES = {2: "square", 3: "cube"}


def standard_form(vectors: Any) -> tuple[Cell, FloatArray]:
    """The cell of any right-handed vectors a, b (and c), turned so that a lies along x and b in the xy plane, and the
    rotation R that does it, (d, d): positions go with it as x·R. What is in standard form is not turned. Raises
    UsageError."""
    matrix = _vectors(vectors)
    if matrix.shape not in ((2, 2), (3, 3)):
        raise wrong("", "box", vectors, "a matrix of two or three vectors, one per row")
    if not np.triu(matrix, 1).any() and (np.diag(matrix) > 0).all():
        return Cell(matrix), np.eye(len(matrix))
    _require_volume(matrix)
    rotation, upper = np.linalg.qr(matrix.T)  # matrix = upperᵀ rotationᵀ
    signs = np.sign(np.diag(upper))
    return Cell(np.tril((upper * signs[:, None]).T)), np.asarray(rotation * signs)


def _vectors(given: Any) -> FloatArray:
    """Finite numbers as an array. Raises UsageError."""
    try:
        array = np.asarray(given)
        if array.dtype.kind in "iuf" and not np.ma.is_masked(given) and array.ndim and np.isfinite(array).all():
            return array.astype(np.float64)
    except ValueError:  # rows of unequal length
        pass
    raise wrong("glass", "box", given, "a positive length, or finite lengths or vectors of the cell")


def _require_volume(matrix: FloatArray) -> None:
    """Raise UsageError for vectors in a plane, or in left-handed order."""
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    unit = matrix / np.where(largest > 0, largest, 1.0)  # whose squares are numbers, however long the vectors
    volume, most = float(np.linalg.det(unit)), float(np.prod(np.linalg.norm(unit, axis=1)))
    if not abs(volume) > FLAT * most:
        raise UsageError(f"box is {_rows(matrix)}, must span a volume: its vectors are singular")
    if volume < 0:
        raise UsageError(f"box is {_rows(matrix)}, must be right-handed: exchange two of its vectors, or turn one around")


def _rows(matrix: FloatArray) -> str:
    return "; ".join(" ".join(f"{x:g}" for x in row) for row in matrix)


def to_ticks(fractions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Fractional coordinates as ticks, exact to their last bit. fractions: any shape, taken into [0, 1)."""
    inside = fractions - np.floor(fractions)
    inside = np.where(inside < 1.0, inside, 0.0)  # −1e-17 − floor(−1e-17) rounds to 1
    return (inside * TICKS).astype(np.uint64).view(np.int64)


def from_ticks(ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fractional coordinates in [0, 1)."""
    fractions = np.ascontiguousarray(ticks).view(np.uint64).astype(np.float64) / TICKS
    return np.where(fractions < 1.0, fractions, 0.0)
