"""The soft spots of a glass: its softest nonlinear modes of one kind, each with its place, its size and what lies around
it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import check
from vitrify.glass import Glass
from vitrify.short_forms import Fact, ShortForm, brief, span
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import Order, cubic_force
from vitrify.statics.census import LEAST_STARTS, STARTS_A_MODE, Counted, census
from vitrify.statics.mode_energy import EnergySplit

from .modes import hessian_of
from .quasilocalised import facts_of_mode, in_numbers

FloatArray = NDArray[np.float64]
KINDS: tuple[Order, ...] = get_args(Order)
SHELL = 0.5  # thickness of a shell of a profile, in a0: two or three to a core
CENTRINGS = 20  # turns in which a core is centred; two or three are enough for a mode that has one
CENTRED = 1e-12  # change of its place, in the least height of the cell, at which a core is centred


@dataclass(frozen=True, slots=True, repr=False)
class Profile(ShortForm):
    """A mode by shells of distance from its core. The last one goes on without end: it begins below half the least height
    of the cell, beyond which shells are cut by faces, and so the shells sum to the whole."""

    UNITS: ClassVar[Mapping[str, str]] = {"inner": "in λ"}

    inner: FloatArray  # (s,) least distance of each shell, λ, from 0 in steps of a0/2
    particles: NDArray[np.int64]  # (s,)
    square: FloatArray  # (s,) Σ|π_i|², in all 1
    split: EnergySplit  # (s,) each: particles' shares of k₊, k₋, f₊, f₋ of Eqs. (8)-(10), in all ω²


@dataclass(frozen=True, slots=True, repr=False)
class SoftSpot(ShortForm):
    """One mode π, |π| = 1, and the place where it is."""

    values: dict[str, float]  # by the names of `measure --json`
    core: FloatArray  # (d,) in the cell: mean place of particles with weights |π_i|⁴
    found_by: int  # starts that led to it
    vector: FloatArray  # (n, d)
    split: EnergySplit  # (n,) each: particles' shares
    coupling: FloatArray  # F of Eq. (A15), (d, d)
    profile: Profile

    def _facts(self) -> list[Fact]:
        return [
            Fact("particles", f"{len(self.vector):,}", f"{len(self.vector):,} particles"),
            *facts_of_mode(self.values),
            Fact("size", f"{self.size:.3g} λ"),
            Fact("core", f"({brief(self.core)}) λ", f"core at ({brief(self.core)}) λ"),
            Fact("found by", f"{self.found_by} starts"),
        ]

    @property
    def frequency(self) -> float:
        """ω = √(π·M·π), in √(ε/m)/λ."""
        return self.values["frequency"]

    @property
    def size(self) -> float:
        """Radius of gyration about the core with weights |π_i|⁴, in λ."""
        return self.values["size"]


@dataclass(frozen=True, slots=True, repr=False)
class SoftSpots(ShortForm):
    """The softest modes by rising frequency, and the census that they come from."""

    spots: tuple[SoftSpot, ...]
    found: int  # different modes of the census, of which these are the softest
    starts: int
    lost: int  # starts that led to none

    def _facts(self) -> list[Fact]:
        low = f"{span(np.array([x.frequency for x in self.spots]))} √(ε/m)/λ"
        return [
            Fact("spots", f"{len(self.spots)}", f"{len(self.spots)} softest of {self.found} found"),
            Fact("found", f"{self.found}", ""),
            Fact("ω", low, f"ω = {low}"),
            Fact(
                "starts",
                f"{self.starts}, {self.lost} of them led to none",
                f"{self.starts} starts, {self.lost} led to none",
            ),
        ]


def soft_spots(
    glass: Glass,
    number: int,
    *,
    kind: Order = "quartic",
    starts: int = 0,
    hessian: Hessian | None = None,
    without_rattlers: bool = False,
) -> SoftSpots:
    """The `number` softest nonlinear modes of a kind that a census finds, or all of them where it finds fewer: "quartic",
    "cubic", "pseudo-harmonic" or "participation" (stationary points of (π·M·π)²/U''''::ππππ, (π·M·π)³/(U''':πππ)²,
    (π·M·π)²/Σ_<ij> (π_ij·π_ij)², (π·M·π)²/Σ_i (π_i·π_i)²).

    starts: of the iteration; 0 for four to a mode that is wanted, at least 40. without_rattlers: take only the particles
    that hold each other; rattlers stand still in the modes. Raises SampleFailure where none is found, and UsageError for
    an impossible number or kind."""
    for name, value, least in (("number", number, 1), ("starts", starts, 0)):
        whole = isinstance(value, int | np.integer) and value >= least
        check(whole, "soft spots", name, value, f"a whole number, at least {least}")
    check(kind in KINDS, "soft spots", "kind", kind, f"one of {', '.join(KINDS)}")
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    found = census(hessian, kind, starts=starts or max(STARTS_A_MODE * number, LEAST_STARTS))
    spots = tuple(_spot(glass, hessian.pairs, x) for x in found.modes[:number])
    return SoftSpots(spots, len(found.modes), found.starts, found.lost)


def core_of(cell: Cell, positions: FloatArray, weight: FloatArray) -> tuple[FloatArray, float]:
    """Mean place of weighted particles in a periodic cell, (d,), and their radius of gyration about it, in λ: the place c
    with Σ w (x − c) = 0, each x the image nearest to c. The search begins at the circular mean of fractional coordinates.

    positions: (n, d); weight: (n,), of any sum."""
    weight = weight / weight.sum()
    angle = 2.0 * np.pi * cell.fractions(positions)
    place = cell.positions(np.arctan2(weight @ np.sin(angle), weight @ np.cos(angle)) / (2.0 * np.pi))
    for _ in range(CENTRINGS):
        shift = weight @ _shortest(cell, positions - place)
        place = place + shift
        if np.linalg.norm(shift) < CENTRED * cell.heights.min():
            break
    away = _shortest(cell, positions - place)
    return cell.wrapped(place[None])[0], float(np.sqrt(weight @ np.einsum("id,id->i", away, away)))


def _shortest(cell: Cell, vectors: FloatArray) -> FloatArray:
    """The shortest image of each vector, (n, d), also where it is longer than half the least height of a skew cell."""
    near = cell.nearest(vectors)
    if cell.is_orthogonal:
        return near
    shifts = np.array(list(product((-1, 0, 1), repeat=cell.dimension))) @ cell.matrix
    images = near[:, None] + shifts
    return np.asarray(images[np.arange(len(near)), np.argmin(np.einsum("isd,isd->is", images, images), axis=1)])


def profile_of(glass: Glass, core: FloatArray, vector: FloatArray, split: EnergySplit) -> Profile:
    """|π|² and the four energies by shells about a core. vector: (n, d); split: (n,) each."""
    away = glass.cell.nearest(glass.positions - core)
    width = SHELL * glass.spacing
    shells = int(0.5 * float(glass.cell.heights.min()) / width) + 1
    place = np.minimum((np.sqrt(np.einsum("id,id->i", away, away)) / width).astype(np.int64), shells - 1)

    def summed(share: FloatArray) -> FloatArray:
        return np.bincount(place, share, minlength=shells).astype(np.float64)

    square = summed(np.einsum("id,id->i", vector, vector))
    parts = EnergySplit(*(summed(getattr(split, x.name)) for x in fields(split)))
    inner = width * np.arange(shells, dtype=np.float64)
    return Profile(inner, np.bincount(place, minlength=shells), square, parts)


def _spot(glass: Glass, pairs: Pairs, counted: Counted) -> SoftSpot:
    """All numbers of one mode, for all particles of the glass."""
    mode = counted.mode
    found = in_numbers(glass, pairs, mode)
    core, size = core_of(glass.cell, glass.positions, np.einsum("id,id->i", found.vector, found.vector) ** 2)
    values = {
        **found.values,
        "size": size,
        "derivative": mode.derivative,
        "cubic": float(np.vdot(mode.vector, cubic_force(pairs, mode.vector))),
    }
    profile = profile_of(glass, core, found.vector, found.split)
    return SoftSpot(values, core, counted.found_by, found.vector, found.split, found.coupling, profile)
