"""Which particles there are: fractions, interaction lengths, masses and names of the species."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor, isclose
from typing import Any

from vitrify.errors import UsageError, check, hint, shown

from .plain_numbers import DECIMAL, finite_number, shortest

Lengths = tuple[tuple[float, ...], ...]
LEAST_PARTICLES, MOST_PARTICLES = 2, 100_000_000  # of one glass: a pair, and more than a machine's memory holds
MOST_SPECIES = 127  # a particle's species is kept in eight bits
EXTREMES = (1e-6, 1e6)  # of lengths and masses; beyond them powers of these leave what a computer holds
SYMMETRIC = 1e-12  # relative difference of λ_ij and λ_ji that is rounding
LABEL = re.compile(r"[\w.+-]{1,32}")  # no blanks, commas, quotes or brackets, which mean something in files and texts
LONGEST = 200_000  # characters of the readable form; 127 species have 160,000
PARTS = ("lengths", "masses", "labels")
EXAMPLE = "[0.8:0.2; lengths 1,0.8,0.88]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Species of a glass former; the default is the paper's 50:50 mixture of small (A) and large (B) particles.

    Its readable form is "[0.8:0.2; lengths 1,0.8,0.88; masses 1,2; labels Ni,P]": fractions, the upper triangle of the
    lengths row by row (AA, AB, BB), then masses and labels where they are not 1 and A, B, C. Raises UsageError."""

    composition: tuple[float, ...] = (0.5, 0.5)  # fractions, sum to 1
    lengths: Lengths = ((1.0, 1.18), (1.18, 1.4))  # λ_ij, in λ(small, small)
    masses: tuple[float, ...] = ()  # 1 each unless given
    labels: tuple[str, ...] = ()  # A, B, C, ... unless given

    def __post_init__(self) -> None:
        composition = _numbers("composition", self.composition)
        n = len(composition)
        right = all(x > 0 for x in composition) and isclose(sum(composition), 1.0)
        check(right, "mixture", "composition", composition, "positive, summing to 1")
        check(n <= MOST_SPECIES, "mixture", "number of species", n, f"at most {MOST_SPECIES}")
        for name, value in {
            "composition": composition,
            "lengths": _symmetric(n, self.lengths),
            "masses": _masses(n, self.masses),
            "labels": _labels(n, self.labels),
        }.items():
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        n = self.n_species
        above = (self.lengths[i][j] for i in range(n) for j in range(i, n))
        parts = [":".join(map(shortest, self.composition)), f"lengths {','.join(map(shortest, above))}"]
        if self.masses != (1.0,) * n:
            parts.append(f"masses {','.join(map(shortest, self.masses))}")
        if self.labels != _usual_labels(n):
            parts.append(f"labels {','.join(self.labels)}")
        return f"[{'; '.join(parts)}]"

    @classmethod
    def parse(cls, text: str) -> Mixture:
        """Read the readable form; blanks do not matter, nor do the brackets. Raises UsageError."""
        if not isinstance(text, str) or len(text) > LONGEST:
            raise UsageError(f"mixture {shown(text)} must be a text of at most {LONGEST:,} characters, like {EXAMPLE}")
        fractions, parts = _parts(text)
        values = {name: _decimals(text, name, parts[name]) for name in ("lengths", "masses") if name in parts}
        composition = _decimals(text, "fractions", fractions)
        return cls(
            composition=tuple(composition),
            lengths=_square(text, len(composition), values["lengths"]),
            masses=tuple(values.get("masses", ())),
            labels=tuple(x.strip() for x in parts.get("labels", ())),
        )

    @property
    def n_species(self) -> int:
        return len(self.composition)

    @property
    def largest_length(self) -> float:
        """Largest λ_ij."""
        return self.largest_length_of(range(self.n_species))

    def largest_length_of(self, species: Iterable[int]) -> float:
        """Largest λ_ij among these species."""
        present = list(species)
        return max(self.lengths[i][j] for i in present for j in present)

    def counts(self, n_particles: int) -> tuple[int, ...]:
        """Particles of each species; raises UsageError where the fractions do not give whole numbers."""
        require_number(n_particles)
        exact = [x * n_particles for x in self.composition]
        if not all(isclose(x, round(x), abs_tol=1e-9) for x in exact):
            ratio = ":".join(f"{100 * x:g}" for x in self.composition)
            raise UsageError(
                f"n_particles is {n_particles}, but a {ratio} mixture needs a whole number of each species"
                f"; take {self.nearest(n_particles)}"
            )
        return tuple(round(x) for x in exact)

    def nearest(self, n_particles: int) -> int:
        """The smallest number from here on that divides, searched over what any two-digit composition needs."""
        for n in range(n_particles, n_particles + 1000):
            if all(isclose(x * n, floor(x * n + 0.5), abs_tol=1e-9) for x in self.composition):
                return n
        return n_particles

    def could_have(self, counts: Sequence[int]) -> bool:
        """Whether so many particles of each species may be of this mixture: its fractions, rounded to whole particles.

        A fraction written with two digits or more may itself be rounded, as 0.333 is for a third."""
        n = sum(counts)
        exact = [(count, x * n, _rounding(x) * n) for count, x in zip(counts, self.composition, strict=True)]
        return all(abs(count - x) < 1.0 or abs(count - x) <= slack for count, x, slack in exact)

    def with_counts(self, counts: Sequence[int]) -> Mixture:
        """The species that are there, in the fractions in which they are."""
        present = [k for k, count in enumerate(counts) if count]
        return Mixture(
            composition=tuple(counts[k] / sum(counts) for k in present),
            lengths=tuple(tuple(self.lengths[i][j] for j in present) for i in present),
            masses=tuple(self.masses[k] for k in present),
            labels=tuple(self.labels[k] for k in present),
        )


def require_number(n_particles: int) -> None:
    """Raise UsageError unless a glass can have so many particles."""
    if not LEAST_PARTICLES <= n_particles <= MOST_PARTICLES:
        shown = n_particles if abs(n_particles) < 2**63 else "beyond 64 bits"  # Python refuses to print the longest
        raise UsageError(f"n_particles is {shown}, must be at least {LEAST_PARTICLES} and at most {MOST_PARTICLES:,}")


def _in_order(values: object) -> list[Any]:
    """What is given one a species; nothing of a set, which has no order, nor of a text."""
    return list(values) if isinstance(values, Iterable) and not isinstance(values, str | set | frozenset) else []


def _numbers(name: str, values: object) -> tuple[float, ...]:
    """Finite numbers of a list, a tuple or an array."""
    given = _in_order(values)
    found = [x for x in map(finite_number, given) if x is not None]
    if len(found) != len(given) or not given:
        raise UsageError(f"mixture: {name} is {shown(values)}, must be a list of finite numbers")
    return tuple(found)


def _symmetric(n: int, lengths: object) -> Lengths:
    """λ_ij as a table that is symmetric to the last bit: the half above the diagonal counts."""
    table = [_numbers("lengths", row) for row in _in_order(lengths)]
    if len(table) != n or any(len(row) != n for row in table):
        raise UsageError(f"mixture: lengths is {shown(lengths)}, must be a {n} by {n} table, one row a species")
    low, high = EXTREMES
    positive = all(low <= x <= high for row in table for x in row)
    alike = all(isclose(table[i][j], table[j][i], rel_tol=SYMMETRIC) for i in range(n) for j in range(i))
    if not (positive and alike):
        raise UsageError(f"mixture: lengths is {shown(lengths)}, must be symmetric and positive, {low:g} to {high:g}")
    return tuple(tuple(table[min(i, j)][max(i, j)] for j in range(n)) for i in range(n))


def _masses(n: int, given: object) -> tuple[float, ...]:
    if isinstance(given, Sequence) and not given:
        return (1.0,) * n
    masses, (low, high) = _numbers("masses", given), EXTREMES
    right = len(masses) == n and all(low <= x <= high for x in masses)
    check(right, "mixture", "masses", masses, f"{n} positive numbers, {low:g} to {high:g}")
    return masses


def _labels(n: int, given: object) -> tuple[str, ...]:
    if isinstance(given, Sequence) and not given:
        return _usual_labels(n)
    labels = _in_order(given)
    right = all(isinstance(x, str) and LABEL.fullmatch(x) for x in labels) and len(labels) == len(set(labels)) == n
    if not right:
        may_be = f"{n} different names of letters, digits and . + - _, of at most 32 characters"
        raise UsageError(f"mixture: labels is {shown(given)}, must be {may_be}")
    return tuple(str(x) for x in labels)


def _usual_labels(n: int) -> tuple[str, ...]:
    """A to Z, then A1 to Z1 and on."""
    return tuple(f"{chr(ord('A') + k % 26)}{k // 26 or ''}" for k in range(n))


def _rounding(fraction: float) -> float:
    """Half a unit of the last decimal place of a fraction as it is written; none where that is the first: 0.5 is a half."""
    places = -int(Decimal(repr(fraction)).as_tuple().exponent)
    return 0.5 * 10.0**-places if places >= 2 else 0.0


def _parts(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Fractions, and the lists behind the words that begin the other parts."""
    inside = text.strip()
    if inside.startswith("[") != inside.endswith("]") or inside.count("[") > 1 or inside.count("]") > 1:
        raise UsageError(f"mixture {shown(text)} lacks a bracket or has one too many; write it like {EXAMPLE}")
    fractions, *rest = inside.removeprefix("[").removesuffix("]").split(";")
    found: dict[str, list[str]] = {}
    for part in rest:
        word, *values = re.split(r"\s+", part.strip(), maxsplit=1)
        if word not in PARTS or word in found or not values:
            raise UsageError(f"mixture {shown(text)}: {shown(part.strip())} {_wrong(word, found)}; write it like {EXAMPLE}")
        found[word] = values[0].split(",")
    if "lengths" not in found:
        raise UsageError(f"mixture {shown(text)} lacks its interaction lengths; write it like {EXAMPLE}")
    return fractions.split(":"), found


def _wrong(word: str, found: dict[str, list[str]]) -> str:
    """What is wrong with a part of a readable form."""
    if word in found:
        return "is given twice"
    if word in PARTS:
        return "has no values"
    return f"is none of {', '.join(PARTS)}{hint(word, PARTS)}"


def _decimals(text: str, name: str, words: list[str]) -> list[float]:
    for word in words:
        if not DECIMAL.fullmatch(word.strip()):
            raise UsageError(f"mixture {shown(text)}: {shown(word.strip())} among its {name} is no number")
    return [float(x) for x in words]


def _square(text: str, n: int, above: list[float]) -> Lengths:
    """The table of which this is the upper triangle, row by row."""
    if len(above) != n * (n + 1) // 2:
        pairs = ",".join(f"{a}{b}" for k, a in enumerate(_usual_labels(n)) for b in _usual_labels(n)[k:])
        needed = f"{n * (n + 1) // 2}" + (f" ({pairs})" if n <= 4 else ", the upper triangle row by row")
        raise UsageError(f"mixture {shown(text)} has {len(above)} lengths, must have {needed} for {n} species")
    at = dict(zip(((i, j) for i in range(n) for j in range(i, n)), above, strict=True))
    return tuple(tuple(at[min(i, j), max(i, j)] for j in range(n)) for i in range(n))


PAPERS = Mixture()  # the one that is meant where none is given
