"""Mixtures of particles: species with their fractions and what pairs of them have, or a size for each particle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations
from math import floor, isclose
from typing import Any

from vitrify.errors import Mistakes, UsageError, hint, refuse, shown, wrong
from vitrify.keys import Number, Own, key
from vitrify.short_forms import Fact, ShortForm

from .plain_numbers import DECIMAL, finite_number, shortest
from .sizes import EXAMPLE as SIZES_EXAMPLE
from .sizes import Sizes, pair_length, sizes_of

Table = tuple[tuple[float, ...], ...]  # (species, species), symmetric
LEAST_PARTICLES, MOST_PARTICLES = 2, 100_000_000  # of one glass: a pair, and more than a machine's memory holds
MOST_SPECIES = 127  # a particle's species is kept in eight bits
EXTREMES = (1e-6, 1e6)  # of lengths, energies and masses; beyond them powers of these leave what a computer holds
CUTOFFS = (0.01, 1000.0)  # of a pair, in λ_ij
SYMMETRIC = 1e-12  # relative difference of λ_ij and λ_ji that is rounding
LABEL = re.compile(r"[\w.+-]{1,32}")  # no blanks, commas, quotes or brackets, which mean something in files and texts
LONGEST = 200_000  # characters of the readable form; 127 species have 160,000
TABLES = ("lengths", "energies", "cutoffs")  # of pairs: the upper triangle, row by row
PARTS = (*TABLES, "masses", "labels", "sizes", "nonadditivity")
LIST = {"type": "array", "items": {"type": "number"}}
PAIRS = Own(
    "a list of pairs (AA, AB, BB) or a table of one row per species",
    {"type": "array", "items": {"anyOf": [{"type": "number"}, LIST]}},
)
PAPERS_COMPOSITION, PAPERS_LENGTHS = (0.5, 0.5), ((1.0, 1.18), (1.18, 1.4))
EXAMPLE = "[0.8:0.2; lengths 1,0.8,0.88]"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mixture(ShortForm):
    """Species of a glass former, or a size for each particle; the default is the paper's 50:50 mixture of small (A) and
    large (B) particles.

    Of pairs of species there are the lengths λ_ij, the energies ε_ij in units of the potential's own ε, and cutoffs in
    units of λ_ij: tables, or their upper triangle row by row (AA, AB, BB). With `sizes` there are no species, and two
    particles have λ_ij = ½ (λ_i + λ_j)(1 − nonadditivity |λ_i − λ_j|).

    The readable form is "[0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5; cutoffs 2.5,2.5,2.5; masses 1,2; labels Ni,P]"
    or "[sizes power_law 1,2.22,-3; nonadditivity 0.1]"; energies, masses and nonadditivity stand in it where they are not
    1, 1 and 0, cutoffs where they are given, labels where they are not A, B, C. Raises UsageError."""

    composition: tuple[float, ...] = key(  # sum to 1
        Own("a list of positive numbers that sum to 1", LIST), "fraction of each species", PAPERS_COMPOSITION
    )
    lengths: Table = key(
        PAIRS, "lengths λ_ij of the pairs, in units of λ(small, small)", PAPERS_LENGTHS, otherwise="1, 1.18, 1.4"
    )
    energies: Table = key(PAIRS, "energies ε_ij of the pairs, in units of the potential's ε", (), otherwise="1 each")
    cutoffs: Table = key(
        PAIRS, "distance at which the potential of each pair ends, in units of λ_ij", (), otherwise="the potential's own"
    )
    masses: tuple[float, ...] = key(
        Own("a list of positive numbers, one per species", LIST), "mass of each species, in m", (), otherwise="1 each"
    )
    labels: tuple[str, ...] = key(
        Own("a list of names of letters, digits and . + - _", {"type": "array", "items": {"type": "string"}}),
        "name of each species", (), otherwise="A, B, C, ...",
    )  # fmt: skip
    sizes: Sizes | None = key(  # of single particles, in λ
        Own(f'a text such as "{SIZES_EXAMPLE[6:]}"', {"type": "string"}),
        "distribution of the sizes of single particles, instead of species", None, otherwise="none",
    )  # fmt: skip
    nonadditivity: float = key(
        Number(least=0.0), "n_a in λ_ij = ½ (λ_i + λ_j)(1 − n_a |λ_i − λ_j|), in 1/λ; only together with sizes", 0.0
    )

    def _facts(self) -> list[Fact]:
        return [Fact("mixture", str(self), str(self))]

    def __post_init__(self) -> None:
        sizes = sizes_of(self.sizes)
        if sizes is not None:
            _be_of_one_species(self, sizes)
        composition = _composition(self.composition)
        n, mistakes = len(composition), Mistakes()
        parts: dict[str, Callable[[], object]] = {
            "composition": lambda: composition,
            "lengths": lambda: _symmetric(n, "lengths", self.lengths),
            "energies": lambda: _symmetric(n, "energies", self.energies) if _given(self.energies) else _ones(n),
            "cutoffs": lambda: _symmetric(n, "cutoffs", self.cutoffs, CUTOFFS) if _given(self.cutoffs) else (),
            "masses": lambda: _masses(n, self.masses),
            "labels": lambda: _labels(n, self.labels),
            "sizes": lambda: sizes,
            "nonadditivity": lambda: _nonadditivity(self.nonadditivity, sizes),
        }
        for name, settled in parts.items():
            with mistakes.noted():
                object.__setattr__(self, name, settled())
        refuse("the mixture", mistakes)

    def __str__(self) -> str:
        n = self.n_species
        if self.sizes is None:
            parts = [":".join(map(shortest, self.composition)), f"lengths {_upper(self.lengths)}"]
        else:
            parts = [f"sizes {self.sizes}"]
        if self.nonadditivity:
            parts.append(f"nonadditivity {shortest(self.nonadditivity)}")
        if self.energies != _ones(n):
            parts.append(f"energies {_upper(self.energies)}")
        if self.cutoffs:
            parts.append(f"cutoffs {_upper(self.cutoffs)}")
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
        composition = tuple(_decimals(text, "fractions", fractions)) if fractions else (1.0,)
        values: dict[str, Any] = {
            x: _square(text, x, len(composition), _decimals(text, x, parts[x])) for x in TABLES if x in parts
        }
        if "sizes" in parts:
            if composition != (1.0,):
                raise UsageError(f"mixture {shown(text)} has fractions and sizes, must have species or sizes")
            values["sizes"] = Sizes.parse(",".join(parts["sizes"]))
        if "nonadditivity" in parts:
            values["nonadditivity"] = _one(text, _decimals(text, "nonadditivity", parts["nonadditivity"]))
        if "masses" in parts:
            values["masses"] = tuple(_decimals(text, "masses", parts["masses"]))
        if "labels" in parts:
            values["labels"] = tuple(x.strip() for x in parts["labels"])
        return cls(composition=composition, **values)

    @property
    def n_species(self) -> int:
        return len(self.composition)

    @property
    def largest_length(self) -> float:
        """Largest λ_ij; where particles have sizes, the largest of these, which no pair exceeds."""
        return max(map(max, self.lengths)) if self.sizes is None else self.sizes.largest

    def shortest_length(self, i: int, j: int) -> float:
        """λ_ij of two species; where particles have sizes, the shortest of any two."""
        if self.sizes is None:
            return self.lengths[i][j]
        a, b, n_a = self.sizes.least, self.sizes.largest, self.nonadditivity
        return float(min(a, pair_length(a, b, n_a)))  # λ_ij is concave in the larger size

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

    def other_order(self, counts: Sequence[int]) -> tuple[int, ...] | None:
        """The order of species in which so many particles of each may be of this mixture, where it is another one: those
        that are called species k are its species order[k]. None where there is none, or of more than four species."""
        orders = permutations(range(self.n_species)) if self.n_species <= 4 else ()
        fitting = (x for x in orders if self.could_have([counts[x.index(k)] for k in range(self.n_species)]))
        return next((x for x in fitting if x != tuple(range(self.n_species))), None)

    def with_counts(self, counts: Sequence[int]) -> Mixture:
        """The species that are there, in the fractions in which they are."""
        present = [k for k, count in enumerate(counts) if count]
        tables: dict[str, Any] = {name: _among(present, getattr(self, name)) for name in TABLES if getattr(self, name)}
        return replace(
            self,
            composition=tuple(counts[k] / sum(counts) for k in present),
            **tables,
            masses=tuple(self.masses[k] for k in present),
            labels=tuple(self.labels[k] for k in present),
        )

    def with_names(self, names: Mapping[str, str]) -> Mixture:
        """The mixture with other names of its species. names: label → name, such as {"A": "Cu", "B": "Zr"}; labels that it
        leaves out stay. Raises UsageError for labels that are not there, and names that cannot be labels."""
        if not (isinstance(names, Mapping) and all(isinstance(x, str) for x in names.values())):
            raise UsageError(f'names is {shown(names)}, must give names to labels, such as {{"A": "Cu", "B": "Zr"}}')
        unknown = next((x for x in names if x not in self.labels), None)
        if unknown is not None:
            raise UsageError(f"names has {shown(unknown)}, must name only the labels {', '.join(self.labels)}")
        return replace(self, labels=tuple(names.get(x, x) for x in self.labels))


def require_number(n_particles: int) -> None:
    """Raise UsageError unless a glass can have so many particles."""
    if not LEAST_PARTICLES <= n_particles <= MOST_PARTICLES:
        shown = n_particles if abs(n_particles) < 2**63 else "beyond 64 bits"  # Python refuses to print the longest
        raise UsageError(f"n_particles is {shown}, must be at least {LEAST_PARTICLES} and at most {MOST_PARTICLES:,}")


def _in_order(values: object) -> list[Any]:
    """The values that are given one per species; none of a set, which has no order, nor of a text."""
    return list(values) if isinstance(values, Iterable) and not isinstance(values, str | set | frozenset) else []


def _numbers(name: str, values: object) -> tuple[float, ...]:
    """Finite numbers of a list, a tuple or an array."""
    given = _in_order(values)
    found = [x for x in map(finite_number, given) if x is not None]
    if len(found) != len(given) or not given:
        raise wrong("mixture", name, values, "a list of finite numbers")
    return tuple(found)


def _composition(given: object) -> tuple[float, ...]:
    """Fractions of species, each positive, with sum 1."""
    composition = _numbers("composition", given)
    n = len(composition)
    if not (all(x > 0 for x in composition) and isclose(sum(composition), 1.0)):
        raise wrong("mixture", "composition", composition, "positive, summing to 1")
    if n > MOST_SPECIES:
        raise wrong("mixture", "number of species", n, f"at most {MOST_SPECIES}", path=("composition",))
    return composition


def _symmetric(n: int, name: str, given: object, bounds: tuple[float, float] = EXTREMES) -> Table:
    """A table of pairs that is symmetric to the last bit, from itself or from its upper triangle row by row; of a table
    the half above the diagonal counts."""
    rows = _in_order(given)
    if all(finite_number(x) is not None for x in rows):
        table = [list(row) for row in _unfolded(n, list(map(float, rows)))] if len(rows) == n * (n + 1) // 2 else []
    else:
        table = [list(_numbers(name, row)) for row in rows]
    if len(table) != n or any(len(row) != n for row in table):
        may_be = f"a {n} by {n} table, one row per species, or its upper triangle row by row{_pairs_of(n)}"
        raise wrong("mixture", name, given, may_be)
    low, high = bounds
    positive = all(low <= x <= high for row in table for x in row)
    alike = all(isclose(table[i][j], table[j][i], rel_tol=SYMMETRIC) for i in range(n) for j in range(i))
    if not (positive and alike):
        raise wrong("mixture", name, given, f"symmetric and positive, {low:g} to {high:g}")
    return tuple(tuple(table[min(i, j)][max(i, j)] for j in range(n)) for i in range(n))


def _unfolded(n: int, above: list[float]) -> Table:
    """The table of which this is the upper triangle, row by row."""
    at = dict(zip(((i, j) for i in range(n) for j in range(i, n)), above, strict=True))
    return tuple(tuple(at[min(i, j), max(i, j)] for j in range(n)) for i in range(n))


def _upper(table: Table) -> str:
    """The upper triangle of a table, row by row."""
    return ",".join(shortest(x) for i, row in enumerate(table) for x in row[i:])


def _ones(n: int) -> Table:
    return ((1.0,) * n,) * n


def _given(values: object) -> bool:
    """Whether anything was given: an empty list or tuple is nothing."""
    return not (isinstance(values, Sequence) and not isinstance(values, str) and len(values) == 0)


def _among(present: list[int], table: Table) -> Table:
    """A table of pairs of these species alone."""
    return tuple(tuple(table[i][j] for j in present) for i in present)


def _be_of_one_species(mixture: Mixture, sizes: Sizes) -> None:
    """Require that particles with sizes are one species, whose length is the unit of the sizes."""
    fractions, lengths = tuple(_in_order(mixture.composition)), [tuple(_in_order(x)) for x in _in_order(mixture.lengths)]
    if fractions not in (PAPERS_COMPOSITION, (1.0,)) or lengths not in (list(PAPERS_LENGTHS), [(1.0,)]):
        raise UsageError(
            f"mixture: sizes {sizes} replace the fractions and lengths of species; give only one of the two", name="sizes"
        )
    scaled = _given(mixture.energies) and _symmetric(1, "energies", mixture.energies) != _ones(1)
    if scaled or _given(mixture.cutoffs):
        given = "energies" if scaled else "cutoffs"
        raise UsageError(
            f"mixture: {given} belong to pairs of species, but a mixture with sizes {sizes} has no species", name=given
        )
    object.__setattr__(mixture, "composition", (1.0,))
    object.__setattr__(mixture, "lengths", ((1.0,),))


def _nonadditivity(given: object, sizes: Sizes | None) -> float:
    """n_a, which must leave a length to the most unequal pair."""
    value = finite_number(given)
    if value is None or value < 0.0:
        raise wrong("mixture", "nonadditivity", given, "a number of at least 0")
    if value and sizes is None:
        raise UsageError(
            f"mixture: nonadditivity is {value:g}, but it needs sizes, which are not given",
            name="nonadditivity",
            value=value,
        )
    if sizes and not pair_length(sizes.least, sizes.largest, value) > 0.1 * sizes.least:
        most = (1.0 - 0.2 * sizes.least / (sizes.least + sizes.largest)) / (sizes.largest - sizes.least)
        raise UsageError(
            f"mixture: nonadditivity is {value:g}, so that the smallest and largest of sizes {sizes} would not interact; "
            f"it must be below {most:.3g}",
            name="nonadditivity",
            value=value,
        )
    return value


def _masses(n: int, given: object) -> tuple[float, ...]:
    if isinstance(given, Sequence) and not given:
        return (1.0,) * n
    masses, (low, high) = _numbers("masses", given), EXTREMES
    right = len(masses) == n and all(low <= x <= high for x in masses)
    if not right:
        raise wrong("mixture", "masses", masses, f"{n} positive numbers, {low:g} to {high:g}")
    return masses


def _labels(n: int, given: object) -> tuple[str, ...]:
    if isinstance(given, Sequence) and not given:
        return _usual_labels(n)
    labels = _in_order(given)
    right = all(isinstance(x, str) and LABEL.fullmatch(x) for x in labels) and len(labels) == len(set(labels)) == n
    if not right:
        may_be = f"{n} different names of letters, digits and . + - _, of at most 32 characters"
        raise wrong("mixture", "labels", given, may_be)
    return tuple(str(x) for x in labels)


def _usual_labels(n: int) -> tuple[str, ...]:
    """A to Z, then A1 to Z1 and on."""
    return tuple(f"{chr(ord('A') + k % 26)}{k // 26 or ''}" for k in range(n))


def _rounding(fraction: float) -> float:
    """Half a unit of the last decimal place of a fraction as it is written; none where that is the first: 0.5 is a half."""
    places = -int(Decimal(repr(fraction)).as_tuple().exponent)
    return 0.5 * 10.0**-places if places >= 2 else 0.0


def _parts(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Fractions, and the lists behind the words that begin the other parts; no fractions where there are sizes instead."""
    inside = text.strip()
    if inside.startswith("[") != inside.endswith("]") or inside.count("[") > 1 or inside.count("]") > 1:
        raise UsageError(f"mixture {shown(text)} lacks a bracket or has one too many; write it like {EXAMPLE}")
    fractions, *rest = inside.removeprefix("[").removesuffix("]").split(";")
    if re.match(r"\s*sizes\b", fractions):
        fractions, rest = "", [fractions, *rest]
    found: dict[str, list[str]] = {}
    for part in rest:
        word, *values = re.split(r"\s+", part.strip(), maxsplit=1)
        if word not in PARTS or word in found or not values:
            raise UsageError(f"mixture {shown(text)}: {shown(part.strip())} {_wrong(word, found)}; write it like {EXAMPLE}")
        found[word] = values[0].split(",")
    if "lengths" not in found and "sizes" not in found:
        raise UsageError(f"mixture {shown(text)} lacks its interaction lengths; write it like {EXAMPLE}")
    return fractions.split(":") if fractions else [], found


def _one(text: str, values: list[float]) -> float:
    if len(values) != 1:
        raise UsageError(f"mixture {shown(text)} has {len(values)} numbers as its nonadditivity, must have one")
    return values[0]


def _wrong(word: str, found: dict[str, list[str]]) -> str:
    """Words for what is wrong with a piece of a readable form."""
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


def _square(text: str, name: str, n: int, above: list[float]) -> Table:
    """The table of which this is the upper triangle, row by row."""
    if len(above) != n * (n + 1) // 2:
        needed = f"{n * (n + 1) // 2}" + (_pairs_of(n) or ", the upper triangle row by row")
        raise UsageError(f"mixture {shown(text)} has {len(above)} {name}, must have {needed} for {n} species")
    return _unfolded(n, above)


def _pairs_of(n: int) -> str:
    """The pairs of a few species in the order of the upper triangle."""
    labels = _usual_labels(n)
    return f" ({','.join(f'{a}{b}' for k, a in enumerate(labels) for b in labels[k:])})" if n <= 4 else ""


PAPERS = Mixture()  # the one that is meant where none is given
