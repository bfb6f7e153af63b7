"""Forces of a configuration under other guesses of what it is: another unit of length, other lengths, energies, a cutoff,
species exchanged.

Only the right guess balances the forces on hundreds of particles at once, by a single number. So a few particles and all
that they may meet are enough to look at, and a guess costs a millisecond.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import combinations_with_replacement, permutations, product
from math import ceil, exp, inf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import PotentialWarning, UsageError
from vitrify.formula import formula_of, pair_terms
from vitrify.glass import Glass, range_of
from vitrify.models import Model, Potential
from vitrify.models.catalogue import is_shipped, named
from vitrify.models.offers import cutoff_of, numbers_of
from vitrify.models.sizes import pair_length
from vitrify.physical_units import LENGTH_IN_FILE

from .mechanics import mechanics

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kinds = tuple[tuple[int, ...], tuple[int, int]]  # an exchange of species, and the two of a pair
Column = tuple[FloatArray, float, int]
LOOKED_AT = 100  # particles: 300 equations for one unknown
MOST_PAIRS = 200_000  # of these particles; more are met only where the unit of length is far off
MOST_KINDS = 10  # kinds of pairs, those of four species; a scan of each takes a second
STEP = 0.003  # of ln λ: a balance is felt from 0.01 away, where stiffness times that is the mean pair force
PACKED = (0.4, 3.0)  # N⟨λ^d⟩/V of glasses: from sparse sticky spheres to pressed soft ones
WIDEST = 0.35  # of ln λ_ij, either way
SLACK = 1.5  # beyond PACKED, in which guesses that leave the unit of length as it is are still tried
ASTRAY = 0.05  # of ln of a number, from where it was found small: a step beyond has left the valley
LIKELY = 0.05  # largest force, in mean |pair force|, of a guess that is told
SHARPER = 0.1  # that largest force over the one without the guess
SURE = 1e-3  # the same of a guess beyond which none is looked for
VALLEYS = 3  # of Σf² that are gone down into: the deepest need not be seen from afar
TINY = 1e-300  # in place of a zero that is divided by
BESIDE = 1.01  # times a number that is found, forces must be SHARP times as large, and above rounding's
SHARP, FELT = 10.0, 1e-8
REFINED = 30  # Newton steps at most; each doubles the digits
CUTOFFS = (1.1, 1.12, 1.15, 1.2, 1.25, 1.3, 1.4, 1.48, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 3.0)  # that people choose
SMOOTHINGS = (0, 1, 2, 3)


@dataclass(frozen=True)
class Guess:
    """What a configuration may be: its positions times `factor` are a glass of `model`, and its species k is species
    order[k] of that."""

    what: str  # what is guessed: "unit", "length", "energies", "potential" or "exchange"
    model: Model
    factor: float = 1.0
    order: tuple[int, ...] = ()
    kind: tuple[int, int] = (0, 0)  # species of the pair whose length is guessed

    def applied(self, glass: Glass) -> Glass:
        """The glass that a configuration is by this guess."""
        cell = Cell(glass.cell.matrix * self.factor)
        species = np.array(self.order)[glass.species] if self.order else glass.species
        return Glass(glass.positions * self.factor, cell, species, self.model, sizes=glass.sizes, topology=glass.topology)


@dataclass(frozen=True)
class Balanced:
    """A guess with its largest force in units of the mean |pair force|."""

    guess: Guess
    largest: float


@dataclass(frozen=True)
class Surroundings:
    """Some particles of a glass and all particles, or images of them, within a reach.

    source: (p,) which of the `number` particles; i, j: (p,) numbers of both ends in the glass; r_pd: (p, d) from i to j."""

    glass: Glass
    reach: float
    number: int
    source: IntArray
    i: IntArray
    j: IntArray
    r_pd: FloatArray
    kinds: dict[Kinds, IntArray] = field(default_factory=dict)  # what was found once
    columns: dict[tuple[int, int], Column] = field(default_factory=dict)

    @classmethod
    def of(cls, glass: Glass, reach: float) -> Surroundings:
        """Surroundings of particles that are chosen at random, the same ones each time."""
        n = glass.n_particles
        chosen = np.sort(np.random.default_rng(0).permutation(n)[:LOOKED_AT])
        shifts = _shifts(glass.cell, reach)
        found = [_within(glass, int(k), shifts, reach) for k in chosen]
        counts = [len(j) for j, _ in found]
        source = np.repeat(np.arange(len(chosen)), counts)
        return cls(
            glass, reach, len(chosen), source, chosen[source], np.concatenate([j for j, _ in found]),
            np.concatenate([r for _, r in found]),
        )  # fmt: skip

    @cached_property
    def squared(self) -> FloatArray:
        """r² of each pair, (p,)."""
        return np.asarray(np.einsum("pd,pd->p", self.r_pd, self.r_pd))

    def of_kind(self, order: tuple[int, ...], kind: tuple[int, int]) -> IntArray:
        """The pairs of two species, after an exchange of species."""
        if (order, kind) not in self.kinds:
            species = np.array(order)[self.glass.species] if order else self.glass.species
            a, b = species[self.i], species[self.j]
            self.kinds[order, kind] = np.flatnonzero((np.minimum(a, b) == kind[0]) & (np.maximum(a, b) == kind[1]))
        return self.kinds[order, kind]


def _shifts(cell: Cell, reach: float) -> FloatArray:
    """Cells, (s, d), in which images nearer than `reach` lie, once a difference is within half a period."""
    times = [range(-k, k + 1) for k in (ceil(x - 0.5) for x in (reach / cell.heights).tolist())]
    return np.array(list(product(*times)), dtype=float)


def _within(glass: Glass, k: int, shifts: FloatArray, reach: float) -> tuple[IntArray, FloatArray]:
    """All within reach of particle k: their numbers, and where they are from it."""
    cell = glass.cell
    apart = cell.fractions(glass.positions - glass.positions[k])
    r = cell.positions((apart - np.rint(apart))[:, None] + shifts)
    near = np.einsum("nsd,nsd->ns", r, r) < reach**2
    near[k] &= shifts.any(axis=1)
    return np.nonzero(near)[0], r[near]


@dataclass(frozen=True)
class Forces:
    """Forces on the particles that are looked at, by kind of pair and per ε_ij.

    by_kind: (number · d, kinds); sizes: (kinds,) Σ|φ'| of their pairs; n_pairs: those within their range."""

    by_kind: FloatArray
    sizes: FloatArray
    n_pairs: int

    def balance(self, energies: FloatArray) -> FloatArray:
        """Force components in units of the mean |pair force| for these ε_ij."""
        return np.asarray(self.by_kind @ energies * (self.n_pairs / (self.sizes @ energies)))

    def best_energies(self) -> FloatArray | None:
        """ε_ij that balance the forces best, the first of them 1: the vector that the matrix of forces makes smallest.
        None where one of them is not positive."""
        if len(self.sizes) < 2 or not (self.sizes > 0.0).all():
            return None
        rows = self.by_kind / self.sizes
        energies = np.linalg.svd(rows, full_matrices=False)[2][-1] / self.sizes
        energies = energies / energies[0] if energies[0] else energies
        return np.asarray(energies) if (energies > 0.0).all() else None


def forces_of(near: Surroundings, guess: Guess) -> Forces | None:
    """The forces under a guess; None where so few pairs interact that nothing can hold."""
    columns = [_column(near, guess, kind) for kind in _kinds(guess.model)]
    sizes, n_pairs = np.array([x[1] for x in columns]), sum(x[2] for x in columns)
    if n_pairs <= near.number * near.glass.dimension or not sizes.sum() > 0.0:
        return None
    return Forces(np.stack([x[0] for x in columns], axis=1), sizes, n_pairs)


def _column(near: Surroundings, guess: Guess, kind: tuple[int, int]) -> Column:
    """Forces per ε_ij of one kind of pair, Σ|φ'| and number of these pairs. While the length of one kind is varied, those
    of the others stay."""
    if guess.what != "length" or kind == guess.kind:
        return _fresh_column(near, guess, kind)
    if kind not in near.columns:
        near.columns[kind] = _fresh_column(near, guess, kind)
    return near.columns[kind]


def _fresh_column(near: Surroundings, guess: Guess, kind: tuple[int, int]) -> Column:
    chosen = near.of_kind(guess.order, kind)
    slope, n_pairs = _tension(near, guess, kind, chosen)
    each = slope[:, None] * near.r_pd[chosen] * guess.factor
    force = np.stack([np.bincount(near.source[chosen], x, near.number) for x in each.T], axis=1)
    size = float((np.abs(slope) * np.sqrt(near.squared[chosen])).sum() * guess.factor)
    return np.asarray(force, dtype=np.float64).ravel(), size, n_pairs


def _tension(near: Surroundings, guess: Guess, kind: tuple[int, int], chosen: IntArray) -> tuple[FloatArray, int]:
    """φ'/r of the chosen pairs per ε_ij, (p,), zero beyond their range, and how many are within it."""
    model, potential = guess.model, guess.model.potential_of(*kind)
    squared = near.squared[chosen] * guess.factor**2
    length2 = np.full(len(chosen), model.mixture.lengths[kind[0]][kind[1]] ** 2)
    if near.glass.sizes is not None:
        a, b = near.glass.sizes[near.i[chosen]], near.glass.sizes[near.j[chosen]]
        length2 = pair_length(a, b, model.mixture.nonadditivity) ** 2
    inside = np.flatnonzero(squared < cutoff_of(potential) ** 2 * length2)
    slope = np.zeros(len(chosen))
    slope[inside] = 2.0 * _terms(potential, squared[inside], 1.0 / length2[inside])[1]
    return np.nan_to_num(slope, nan=0.0, posinf=1e200, neginf=-1e200), len(inside)


def _terms(potential: Potential, squared: FloatArray, inverse2: FloatArray) -> FloatArray:
    """φ, φ_s ... φ_ssss, (5, p), s = r²."""
    terms = np.empty((5, len(squared)))
    pair_terms(formula_of(potential))(squared, inverse2, np.array(numbers_of(potential)), terms)
    return terms


def _kinds(model: Model) -> list[tuple[int, int]]:
    """The kinds of pairs, (A, A), (A, B), ..."""
    return list(combinations_with_replacement(range(model.mixture.n_species), 2))


def _energies(model: Model) -> FloatArray:
    return np.array([model.mixture.energies[a][b] for a, b in _kinds(model)])


def length_in_file(glass: Glass) -> float:
    """λ in the unit of length of the file that the glass is from, as it was given; 1 where nothing was said."""
    said = glass.provenance.get(LENGTH_IN_FILE, 1.0)
    return said if isinstance(said, float) and said > 0.0 else 1.0


# --- guesses ---


def likely_guess(glass: Glass) -> Balanced | None:
    """The guess that balances the forces of a configuration, where there is one: of species that are exchanged, of the
    potential's cutoff, of energies, of the unit of length, and of one λ_ij. A force may be left that is a tenth of the one
    without the guess, and at most 0.05 of the mean |pair force|; the forces of a crystal, which balance whatever its unit
    of length, tell none."""
    if glass.model.potential.many_body() is not None:  # forces of pairs alone are searched by
        return _if_reduced(glass)
    with warnings.catch_warnings():  # of potentials that do not vanish at a cutoff that is only tried
        warnings.simplefilter("ignore", PotentialWarning)
        search = _Search.of(glass)
        return search.best() if search else None


def _if_reduced(glass: Glass) -> Balanced | None:
    """The guess that lengths which a unit was given for are in λ already, by all of the energy."""
    guess = Guess("unit", glass.model, factor=length_in_file(glass))
    if guess.factor == 1.0:
        return None
    found = mechanics(guess.applied(glass))
    scale = found["mean_pair_force"]
    largest = found["max_force"] / scale if scale else inf
    return Balanced(guess, largest) if largest < LIKELY else None


@dataclass
class _Search:
    """Guesses about one configuration, tried in turn."""

    near: Surroundings
    factors: tuple[float, float]  # of the unit of length, from and to
    start: float  # the largest force with no guess, in mean |pair force|; infinite where no particles meet

    @classmethod
    def of(cls, glass: Glass) -> _Search | None:
        """The search; None where so many pairs would be met that it takes too long."""
        d = glass.dimension
        packed = float((_diameters(glass) ** d).sum()) / glass.volume
        low, high = ((packed / x) ** (1.0 / d) for x in reversed(PACKED))
        sane = PACKED[0] / SLACK < packed < PACKED[1] * SLACK
        reach = range_of(glass.species, glass.sizes, glass.model) * max(1.0 / low, exp(WIDEST) if sane else 0.0)
        if LOOKED_AT * glass.density * 4.2 * reach**d > MOST_PAIRS or len(_kinds(glass.model)) > MOST_KINDS:
            return None
        near = Surroundings.of(glass, reach)
        found = forces_of(near, Guess("", glass.model)) if sane else None
        start = float(np.abs(found.balance(_energies(glass.model))).max()) if found else inf
        return cls(near, (low, high), start)

    def best(self) -> Balanced | None:
        """The first guess that leaves next to nothing of the forces, else the best one, if it is good enough."""
        best: Balanced | None = None
        for found in self._found():
            if best is None or found.largest < best.largest:
                best = found
            if best.largest < min(LIKELY, SURE * self.start):
                break
        if best is None or not best.largest < min(LIKELY, SHARPER * self.start):
            return None
        return self._in_few_digits(best)

    def _found(self) -> Iterator[Balanced]:
        model = self.near.glass.model
        if np.isfinite(self.start):
            guesses = [*_exchanges(model), *(x for x in _potentials(model) if self._meets_all(x.model))]
            yield from filter(None, map(self._tried, guesses))
            yield from self._with_energies(Guess("energies", model))
        low, high = (log(x) for x in self.factors)
        steps = np.exp(np.arange(low, high, STEP)).tolist()
        yield from self._scanned(lambda x: replace(Guess("unit", model), factor=x), steps)
        if np.isfinite(self.start) and model.mixture.sizes is None and model.mixture.n_species > 1:
            for kind in _kinds(model):
                yield from self._scanned(_length_of(model, kind), np.exp(np.arange(-WIDEST, WIDEST, STEP)).tolist())

    def _meets_all(self, model: Model) -> bool:
        """Whether all pairs within the range of a model were listed."""
        glass = self.near.glass
        return range_of(glass.species, glass.sizes, model) <= self.near.reach

    def _tried(self, guess: Guess) -> Balanced | None:
        f = self._forces(guess)
        return None if f is None else Balanced(guess, float(np.abs(f).max()))

    def _forces(self, guess: Guess) -> FloatArray | None:
        """Force components under a guess, in units of the mean |pair force|."""
        found = forces_of(self.near, guess)
        return None if found is None else found.balance(_energies(guess.model))

    def _with_energies(self, guess: Guess) -> Iterator[Balanced]:
        """The guess with the energies that balance its forces best."""
        found = forces_of(self.near, guess)
        energies = found.best_energies() if found else None
        if energies is not None:
            balanced = self._tried(_of_energies(guess, energies))
            if balanced:
                yield balanced

    def _scanned(self, guess_of: Callable[[float], Guess], values: Sequence[float]) -> Iterator[Balanced]:
        """The best of guesses by one number, refined from where the forces are least."""
        squares = [self._squared(guess_of(x)) for x in values]
        lowest = [
            (here, x)
            for here, x, before, after in zip(squares, values, [inf, *squares], [*squares[1:], inf], strict=False)
            if here < inf and here <= min(before, after)
        ]
        for _, x in sorted(lowest)[:VALLEYS]:
            there = self._refined(guess_of, x)
            here, beside = (sqrt(self._squared(guess_of(y))) for y in (there, there * BESIDE))
            if beside > max(SHARP * here, FELT):
                yield from filter(None, [self._tried(guess_of(there))])

    def _squared(self, guess: Guess) -> float:
        """Σf² under a guess; infinite where nothing can hold."""
        f = self._forces(guess)
        return inf if f is None else float(f @ f)

    def _refined(self, guess_of: Callable[[float], Guess], x: float) -> float:
        """The number at which Σf² is least, by Gauss and Newton from one that is near."""
        least, at, start = inf, x, x
        for _ in range(REFINED):
            h = 1e-6 * x
            here, up, down = (self._forces(guess_of(y)) for y in (x, x + h, x - h))
            if here is None or up is None or down is None or not float(here @ here) < least:
                break
            least, at = float(here @ here), x
            slope = (up - down) / (2.0 * h)
            x -= float(slope @ here / max(float(slope @ slope), TINY))
            if not abs(x / start - 1.0) < ASTRAY:
                break
        return at

    def _in_few_digits(self, found: Balanced) -> Balanced:
        """The same guess by numbers of as few digits as leave the forces as small, which its maker most likely had."""
        unit = length_in_file(self.near.glass)
        for digits in range(2, 15):
            rounded = self._tried(_rounded(found.guess, digits, unit))
            if rounded and rounded.largest <= max(2.0 * found.largest, 1e-9):
                return rounded
        return found


def _diameters(glass: Glass) -> FloatArray:
    """(n,) λ_ii."""
    return np.diag(np.array(glass.model.mixture.lengths))[glass.species] if glass.sizes is None else glass.sizes


def _exchanges(model: Model) -> Iterator[Guess]:
    """Species in any other order; only those of four species are few enough."""
    n = model.mixture.n_species
    if n <= 4:
        yield from (Guess("exchange", model, order=x) for x in permutations(range(n)) if list(x) != list(range(n)))


def _potentials(model: Model) -> Iterator[Guess]:
    """The same family with other cutoffs, and other smoothness there."""
    family, parameters = model.name.partition("(")[0], model.potential.parameters()
    cutoff = next((x for x in ("rc", "xc", "cutoff") if x in parameters), None)
    if not is_shipped(model.potential) or cutoff is None:
        return
    smooth = any(x.name == "smooth_to" for x in fields(model.potential))  # type: ignore[arg-type]  # a dataclass, as shipped
    for rc, order in product((parameters[cutoff], *CUTOFFS), SMOOTHINGS if smooth else (None,)):
        changed: dict[str, float] = {cutoff: rc} if order is None else {cutoff: rc, "smooth_to": order}
        with suppress(UsageError):  # of a cutoff that is too short for this family
            other = named(family, mixture=model.mixture, **{**parameters, **changed})
            if other != model:
                yield Guess("potential", other)


def _length_of(model: Model, kind: tuple[int, int]) -> Callable[[float], Guess]:
    """Guesses of one λ_ij, by what it is multiplied with."""
    lengths = np.array(model.mixture.lengths)

    def guess(factor: float) -> Guess:
        other = lengths.copy()
        other[kind] = other[kind[::-1]] = lengths[kind] * factor
        mixture = replace(model.mixture, lengths=tuple(map(tuple, other.tolist())))
        return Guess("length", replace(model, mixture=mixture), kind=kind)

    return guess


def _of_energies(guess: Guess, energies: FloatArray) -> Guess:
    """A guess with other ε_ij, of which the first stays what it was."""
    mixture = guess.model.mixture
    scaled = (energies / energies[0] * mixture.energies[0][0]).tolist()
    try:
        return replace(guess, model=replace(guess.model, mixture=replace(mixture, energies=scaled)))
    except UsageError:  # of numbers beyond what a mixture may have, which are none that anybody had
        return guess


def _rounded(guess: Guess, digits: int, unit: float) -> Guess:
    """A guess by numbers with so many digits: λ in the file's unit, lengths, energies. unit: λ as it was given so far."""

    def short(x: float) -> float:
        return float(f"{x:.{digits}g}")

    mixture = guess.model.mixture
    if guess.what == "unit":
        return replace(guess, factor=unit / short(unit / guess.factor))
    if guess.what == "length":
        mixture = replace(mixture, lengths=tuple(tuple(map(short, row)) for row in mixture.lengths))
    elif guess.what == "energies":
        mixture = replace(mixture, energies=tuple(tuple(map(short, row)) for row in mixture.energies))
    return replace(guess, model=replace(guess.model, mixture=mixture))
