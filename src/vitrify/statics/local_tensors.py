"""Stress and elastic constants of the parts of a glass: sums over pairs, shared out to coarse cells.

The cell is divided into equal parallelepipeds, the coarse cells. A pair counts in each of them with the fraction of the
line between its two particles that lies inside (Mizuno, Mossa & Barrat, Phys. Rev. E 87, 042306 (2013))."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .elastic_tensor import VOIGT
from .pairs import Pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
AT_ONCE = 32_768  # pairs whose hundred or so numbers are held at a time: some 30 MB


def local_tensors(
    pairs: Pairs, response_vid: FloatArray, cells: tuple[int, ...]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stress (*cells, v), and Born and nonaffine parts of C_ijkl, (*cells, v, v), of each coarse cell under one strain of
    the whole glass.

    C_ijkl = ∂S_ij/∂E_kl of the second Piola-Kirchhoff stress S of a coarse cell, (1/V_c) Σ w t R_i R_j with w the
    fractions, t = φ'/r and R the pair's vector taken back by the strain. Its Born part is (1/V_c) Σ w k r_i r_j r_k r_l;
    the particles' motion u beside the strain, per E_kl, adds (1/V_c) Σ w [k r_i r_j r·Δu + t (r_i Δu_j + Δu_i r_j)]. Pairs
    keep their fractions, as if coarse cells went with the particles. Means over cells are the numbers of the glass; C_ijkl
    is not C_klij.

    response_vid: (v, n, 3) M⁺Ξ = −u of each strain; cells: number along each axis of the cell."""
    v, number = len(response_vid), int(np.prod(cells))
    total = np.zeros((number, v + 2 * v * v))
    for part in _parts(len(pairs.target)):
        total += _fractions(pairs, part, cells) @ _terms(pairs, part, response_vid)
    total *= 0.5 * number / pairs.volume  # every pair is met twice
    stress, born, nonaffine = np.split(total, [v, v + v * v], axis=1)
    return stress.reshape(*cells, v), born.reshape(*cells, v, v), nonaffine.reshape(*cells, v, v)


def _parts(number: int) -> Iterator[slice]:
    return (slice(first, first + AT_ONCE) for first in range(0, number, AT_ONCE))


def _terms(pairs: Pairs, part: slice, response_vid: FloatArray) -> FloatArray:
    """Terms of each pair in the sums, side by side, (p, v + v² + v²): t r_i r_j; k r_i r_j r_k r_l; and, for the strain
    of the last index, −k r_i r_j r·Δu − t (r_i Δu_j + Δu_i r_j)."""
    i, j = VOIGT[pairs.dimension].T
    r, spring, p = pairs.r_pd[part], pairs.springs, len(pairs.target[part])
    t, k = spring.tension[part], spring.stiffness[part]
    square = r[:, i] * r[:, j]
    apart = (response_vid[:, pairs.target[part]] - response_vid[:, pairs.source[part]]).transpose(1, 2, 0)  # −Δu, (p, 3, v)
    along = np.einsum("pd,pdv->pv", r, apart)
    turned = r[:, i, None] * apart[:, j] + r[:, j, None] * apart[:, i]
    stiff = k[:, None] * square
    born = stiff[:, :, None] * square[:, None, :]
    nonaffine = stiff[:, :, None] * along[:, None, :] + t[:, None, None] * turned
    return np.concatenate([t[:, None] * square, born.reshape(p, -1), nonaffine.reshape(p, -1)], axis=1)


def _fractions(pairs: Pairs, part: slice, cells: tuple[int, ...]) -> sparse.csr_array:
    """The fraction of each pair's line in each coarse cell, (cells, p)."""
    d, per_cell = pairs.dimension, np.array(cells)
    start = pairs.cell.fractions(pairs.positions[pairs.source[part]]) * per_cell
    place_ps, fraction_ps = line_fractions(start, pairs.cell.fractions(pairs.r_pd[part, :d]) * per_cell, cells)
    p, pieces = place_ps.shape
    entries = fraction_ps.ravel(), (place_ps.ravel(), np.repeat(np.arange(p), pieces))
    return sparse.csr_array(sparse.coo_array(entries, shape=(int(np.prod(cells)), p)))


def line_fractions(start: FloatArray, step: FloatArray, cells: tuple[int, ...]) -> tuple[IntArray, FloatArray]:
    """The pieces into which cell borders cut lines: number of the coarse cell, and fraction of the line, each (p, pieces).
    Lines with fewer pieces than others have some of no length.

    start, step: (p, d) from where and how far, in coarse cells."""
    ends = [np.zeros((len(start), 1)), np.ones((len(start), 1))]
    cuts = np.sort(np.concatenate([*ends, *(_cuts(start[:, a], step[:, a]) for a in range(len(cells)))], axis=1), axis=1)
    middle = 0.5 * (cuts[:, 1:] + cuts[:, :-1])
    inside = np.floor(start[:, None, :] + middle[:, :, None] * step[:, None, :]).astype(np.int64) % np.array(cells)
    return np.ravel_multi_index(tuple(np.moveaxis(inside, -1, 0)), cells), np.diff(cuts, axis=1)


def _cuts(start: FloatArray, step: FloatArray) -> FloatArray:
    """Where on a line, from 0 to 1, whole numbers lie along one axis, (p, the most of any line); 1 where there is none."""
    low, high = np.minimum(start, start + step), np.maximum(start, start + step)
    first = np.floor(low) + 1.0
    most = int(max((np.ceil(high) - first).max(initial=0.0), 0.0))
    border = first[:, None] + np.arange(most)
    crossed = border < high[:, None]
    length = np.where(crossed, step[:, None], 1.0)
    return np.where(crossed, (border - start[:, None]) / length, 1.0).clip(0.0, 1.0)
