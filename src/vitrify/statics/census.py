"""A census of the nonlinear modes of one glass: from many starts all over it, those that end in one mode counted as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure
from vitrify.short_forms import Fact, ShortForm, span
from vitrify.waiting import each

from .anharmonic import Order
from .dipoles import AT_ONCE, responses, softest_bonds
from .hessian import Hessian
from .quasilocalised import ARRIVED, STARTS_TO, QuasilocalisedMode, iterate, settled
from .stability import require_minimum

FloatArray = NDArray[np.float64]
# Least distance between two starts, in (V/N)^(1/d). In a glass of N = 1,000 (PSS, ρ = 0.60) 40 starts so far apart found
# the 20 lowest quartic modes of 300 starts; at 1.5 the first that they lacked was the 15th, at 2.5 the 13th.
APART = 1.0
STARTS_A_MODE, LEAST_STARTS = 4, 40  # starts for each mode that is wanted: 80 starts of that glass found the 29 lowest


@dataclass(frozen=True, slots=True, repr=False)
class Counted(ShortForm):
    """One mode, and the number of starts that led to it."""

    mode: QuasilocalisedMode
    found_by: int


@dataclass(frozen=True, slots=True, repr=False)
class Census(ShortForm):
    """Different modes by rising stiffness. There may be others: no scan proves that none is missing."""

    modes: tuple[Counted, ...]
    starts: int
    lost: int  # starts whose iteration did not converge

    def _facts(self) -> list[Fact]:
        low = span(np.array([x.mode.stiffness for x in self.modes]))
        return [
            Fact("modes", f"{len(self.modes)}", f"{len(self.modes)} modes"),
            Fact("ω²", f"{low} ε/λ²", f"ω² = {low} ε/λ²"),
            Fact(
                "starts",
                f"{self.starts}, {self.lost} of them led to none",
                f"{self.starts} starts, {self.lost} led to none",
            ),
        ]


def census(hessian: Hessian, order: Order = "quartic", *, starts: int) -> Census:
    """Iterate from responses to the softest bonds, no two of which are near each other, to the modes of a kind. Raises
    SampleFailure where no start converges, and for a glass that is no minimum.

    starts: the number of responses; a small glass has room for fewer. Starts count as led to one mode from an overlap of
    0.98 on: the largest of two different modes, of one small glass, was 0.95."""
    pairs = hessian.pairs
    require_minimum(hessian)
    spacing = (pairs.volume / pairs.n_particles) ** (1.0 / pairs.dimension)
    bonds = softest_bonds(hessian, starts, apart=APART * spacing).bonds
    found: list[QuasilocalisedMode] = []
    ends: list[int | None] = []
    for first in each(range(0, len(bonds), AT_ONCE), "starts of modes, {k} of {n}"):
        rows = np.array(list(responses(hessian, bonds[first : first + AT_ONCE], tolerance=STARTS_TO)))
        ends += [_end(hessian, z, order, found) for z in settled(hessian, rows, order)]
    if not found:
        raise SampleFailure(f"no nonlinear mode converged from {len(bonds)} starts")
    counted = [Counted(x, ends.count(k)) for k, x in enumerate(found)]
    return Census(tuple(sorted(counted, key=lambda x: x.mode.stiffness)), len(bonds), ends.count(None))


def _end(hessian: Hessian, z: FloatArray, order: Order, found: list[QuasilocalisedMode]) -> int | None:
    """Place of the mode to which a settled start leads; one that is new is added. None where it does not converge."""
    known = _same(z, found)
    if known is not None:
        return known
    mode = iterate(hessian, z, order)
    if not mode.converged:
        return None
    known = _same(mode.vector, found)
    if known is None:
        found.append(mode)
    return len(found) - 1 if known is None else known


def _same(z: FloatArray, modes: list[QuasilocalisedMode]) -> int | None:
    """Place of the mode that a displacement is one with, or None."""
    overlaps = np.array([abs(float(np.vdot(z, x.vector))) for x in modes])
    best = int(np.argmax(overlaps)) if modes else 0
    return best if modes and overlaps[best] >= ARRIVED else None
