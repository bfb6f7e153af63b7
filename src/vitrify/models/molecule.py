"""Molecules: particles that are bound to each other, with the laws of their bonds and angles.

The readable form stands behind that of the pair potential and its mixture, as in
"lennard_jones(rc=2.5) [1; lengths 1] {sites 10; bonds fene(k=30, r0=1.5) chain}"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from vitrify.errors import UsageError, check, hint, shown
from vitrify.short_forms import Fact, ShortForm

from .mixture import EXTREMES, LABEL
from .plain_numbers import DECIMAL, finite_number, shortest
from .topology import Topology, distinct

HARMONIC, FENE, COSINE = 0.0, 1.0, 2.0  # what begins the numbers of a law
LAWS: dict[str, dict[str, tuple[float, dict[str, float | None]]]] = {  # name -> kind, parameters with their defaults
    "bonds": {
        "harmonic": (HARMONIC, {"k": None, "r0": None}),
        "fene": (FENE, {"k": 30.0, "r0": 1.5, "epsilon": 1.0, "sigma": 1.0}),
    },
    "angles": {"harmonic": (HARMONIC, {"k": None, "theta0": None}), "cosine": (COSINE, {"k": None})},
}
WIDTH = {"bonds": 2, "angles": 3}  # sites that one of them binds
EXCLUDED = ("none", "1-2", "1-3", "1-4", "molecules")  # pairs of a molecule that do not interact as pairs
MOST_SITES = 10_000
LONGEST = 200_000  # characters of the readable form
NEAREST = 0.01  # of R0², what a bond of FENE's is taken to be short of R0 at least: beyond it only a start is
EXAMPLE = "{sites 10; bonds fene(k=30, r0=1.5) chain; angles cosine(k=1) chain; exclude 1-2}"
PART = re.compile(r"(bonds|angles)\s+([a-z]\w*)\s*\(([^()]*)\)\s*(.*)", re.ASCII | re.DOTALL)
ARGUMENT = re.compile(rf"\s*([a-z]\w*)\s*=\s*({DECIMAL.pattern})\s*", re.ASCII)
PLACES = re.compile(r"[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4}){1,2}")


def bond_terms(s: float, law: Any) -> tuple[float, float, float, float, float]:
    """φ, φ_s ... φ_ssss of a bond at s = r², in ε. law: the numbers of `Law`.

    harmonic: K (r − R0)²; fene: −½ K R0² ln(1 − r²/R0²) + 4 ε ((σ/r)¹² − (σ/r)⁶) + ε, whose second part ends at 2^(1/6) σ.
    Both are those of LAMMPS."""
    k, length, epsilon, sigma = law[1], law[2], law[3], law[4]
    if law[0] == 0.0:
        r = math.sqrt(s)
        bent = k * length / r
        return (
            k * (r - length) * (r - length),
            k - bent,
            0.5 * bent / s,
            -0.75 * bent / (s * s),
            1.875 * bent / (s * s * s),
        )
    most = length * length
    left = max(most - s, NEAREST * most)
    pull = 0.5 * k * most / left
    phi, first = -0.5 * k * most * math.log(left / most), pull
    second, third = pull / left, 2.0 * pull / (left * left)
    fourth = 6.0 * pull / (left * left * left)
    v = sigma * sigma / s
    if v * v * v > 0.5:  # r < 2^(1/6) σ
        six, four = v * v * v, 4.0 * epsilon
        phi += four * (six * six - six) + epsilon
        first += four * (3.0 * six - 6.0 * six * six) / s
        second += four * (42.0 * six * six - 12.0 * six) / (s * s)
        third += four * (60.0 * six - 336.0 * six * six) / (s * s * s)
        fourth += four * (3024.0 * six * six - 360.0 * six) / (s * s * s * s)
    return phi, first, second, third, fourth


def angle_slope(c: float, law: Any) -> float:
    """∂U/∂cos θ of an angle at c = cos θ, in ε. law: the numbers of `Law`.

    harmonic: K (θ − θ0)²; cosine: K (1 + cos θ). Both are those of LAMMPS."""
    if law[0] == 2.0:
        return float(law[1])
    inside = max(-1.0, min(1.0, c))
    sine = max(math.sqrt(1.0 - inside * inside), 1e-3)  # straight angles have no slope; LAMMPS takes the same sine there
    return float(-2.0 * law[1] * (math.acos(inside) - law[2]) / sine)


@dataclass(frozen=True, slots=True)
class Law:
    """The law of some bonds, or of some angles, with all its parameters: lengths in λ(small, small), energies in ε and
    angles in degrees. Raises UsageError."""

    kind: str  # "bonds" or "angles"
    name: str
    parameters: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        known = LAWS[self.kind]
        if self.name not in known:
            raise UsageError(
                f"molecule: {self.kind} have no law {self.name!r}{hint(self.name, known)}; known are {', '.join(known)}"
            )
        takes, given = known[self.name][1], dict(self.parameters)
        for name in given:
            if name not in takes:
                raise UsageError(f"molecule: {self.name} of {self.kind} has no {name!r}; it takes {', '.join(takes)}")
        values: list[tuple[str, float]] = []
        for name, default in takes.items():
            value = finite_number(given.get(name, default))
            low, high = (0.0, 180.0) if name == "theta0" else EXTREMES
            right = value is not None and low <= value <= high
            owner = f"molecule: {self.name} of {self.kind}"
            check(right, owner, name, given.get(name, default), f"a number from {low:g} to {high:g}")
            values.append((name, float(value or 0.0)))
        object.__setattr__(self, "parameters", tuple(values))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={shortest(x)}' for name, x in self.parameters)})"

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its kind and parameters, as bond_terms and angle_slope take them: (5,), angles in radians."""
        values = [math.radians(x) if name == "theta0" else x for name, x in self.parameters]
        return (LAWS[self.kind][self.name][0], *values, *[0.0] * (4 - len(values)))

    @property
    def longest(self) -> float:
        """The length that a bond must stay below; infinite where there is none."""
        return dict(self.parameters)["r0"] if self.name == "fene" else math.inf

    @property
    def rest(self) -> float:
        """The length of a bond at which its energy is lowest, in λ(small, small)."""
        if self.name == "harmonic":
            return dict(self.parameters)["r0"]
        return _rest(self.numbers, self.longest)

    def curvature(self, energy: float) -> float:
        """φ'' in ε/λ² of a bond that is shorter than at rest by so much energy."""
        rest, phi0 = self.rest, bond_terms(self.rest**2, self.numbers)[0]
        s = next(
            (x * x for x in rest * np.linspace(1.0, 0.5, 501) if bond_terms(x * x, self.numbers)[0] - phi0 > energy),
            0.25 * rest * rest,
        )
        _, first, second, _, _ = bond_terms(s, self.numbers)
        return 4.0 * s * second + 2.0 * first


@dataclass(frozen=True, slots=True)
class Bound:
    """The bonds, or the angles, of one law, by the sites of a molecule, from 0; an angle is about the second of three."""

    law: Law
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Molecule(ShortForm):
    """A molecule, of which all particles of a model are: so many sites, the bonds and angles between them, and the pairs of
    them that do not interact as pairs.

    exclude: "1-2" (default) those that a bond binds, as LAMMPS' special_bonds fene; "1-3" and "1-4" also those that are two
    or three bonds apart; "molecules" all pairs of one molecule; "none" no pair. species: labels of the sites, if not of
    any species at random. The readable form is "{sites 10; bonds fene(k=30, r0=1.5) chain; angles cosine(k=1)
    chain; exclude 1-2}" or, with sites from 1, "{sites A,B,A; bonds harmonic(k=500, r0=1) 1-2,2-3}". Raises UsageError."""

    n_sites: int
    bonds: tuple[Bound, ...]
    angles: tuple[Bound, ...] = ()
    exclude: str = "1-2"
    species: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole = isinstance(self.n_sites, int) and not isinstance(self.n_sites, bool)
        check(whole and 2 <= self.n_sites <= MOST_SITES, "molecule", "sites", self.n_sites, f"2 to {MOST_SITES:,}")
        check(self.exclude in EXCLUDED, "molecule", "exclude", self.exclude, f"one of {', '.join(EXCLUDED)}")
        for kind in WIDTH:
            seen: set[tuple[int, ...]] = set()
            for place in (x for bound in getattr(self, kind) for x in bound.places):
                _require_place(kind, place, self.n_sites)
                if min(place, place[::-1]) in seen:
                    raise UsageError(f"molecule: {kind} have {_written(place)} twice")
                seen.add(min(place, place[::-1]))
        apart = set(range(self.n_sites)) - {k for k, _ in self._tree()} - {0}
        if apart:
            raise UsageError(f"molecule: no bonds lead from site 1 to site {min(apart) + 1}; bind all sites to each other")

    def __str__(self) -> str:
        parts = [f"sites {','.join(self.species) or self.n_sites}"]
        for kind, width in WIDTH.items():
            for bound in getattr(self, kind):
                chain = bound.places == chained(self.n_sites, width)
                places = "chain" if chain else ",".join(map(_written, bound.places))
                parts.append(f"{kind} {bound.law} {places}")
        if self.exclude != "1-2":
            parts.append(f"exclude {self.exclude}")
        return f"{{{'; '.join(parts)}}}"

    def _facts(self) -> list[Fact]:
        return [Fact("molecule", str(self), str(self))]

    @classmethod
    def parse(cls, text: str) -> Molecule:
        """Read the readable form; blanks do not matter. Raises UsageError."""
        if not isinstance(text, str) or len(text) > LONGEST:
            raise UsageError(f"molecule {shown(text)} must be a text of at most {LONGEST:,} characters, like {EXAMPLE}")
        inside = text.strip()
        if not (inside.startswith("{") and inside.endswith("}")):
            raise UsageError(f"molecule {shown(text)} must stand in braces, like {EXAMPLE}")
        first, *rest = (x.strip() for x in inside[1:-1].split(";"))
        n_sites, species = _sites(text, first)
        found: dict[str, list[Bound]] = {kind: [] for kind in WIDTH}
        exclude = ""
        for part in rest:
            excluded, bound = re.fullmatch(r"exclude\s+(\S+)", part), PART.fullmatch(part)
            if excluded is not None and not exclude:
                exclude = excluded[1]
            elif bound is not None:
                law = Law(bound[1], bound[2], tuple(_arguments(text, bound[3])))
                found[bound[1]].append(Bound(law, _places(text, bound[1], bound[4], n_sites)))
            else:
                raise UsageError(f"molecule {shown(text)}: {shown(part)} cannot be read; write it like {EXAMPLE}")
        return cls(n_sites, tuple(found["bonds"]), tuple(found["angles"]), exclude or "1-2", species)

    def topology(self, n_molecules: int) -> Topology:
        """Which particles are bound where so many molecules follow one on the other, each with its sites in order."""
        first = self.n_sites * np.arange(n_molecules)

        def listed(every: tuple[Bound, ...], width: int) -> tuple[Any, Any]:
            places = [np.array(x.places, dtype=np.int64).reshape(-1, width) for x in every]
            one = np.concatenate([np.empty((0, width), dtype=np.int64), *places])
            types = np.repeat(np.arange(len(every)), [len(x) for x in places])
            return (first[:, None, None] + one).reshape(-1, width), np.tile(types, n_molecules)

        return Topology(*listed(self.bonds, 2), *listed(self.angles, 3))

    def numbers(self, kind: str) -> Any:
        """(types, 5) the numbers of all laws of bonds or of angles."""
        return np.array([x.law.numbers for x in getattr(self, kind)]).reshape(-1, 5)

    def placed(self, n_molecules: int, rng: np.random.Generator, dimension: int) -> Any:
        """Sites of so many molecules about their first, (n_molecules, n_sites, d), with bonds of their lengths at rest in
        directions at random: chains are random walks. Rings are closed by moving both ends of each bond, over and over."""
        x = np.zeros((n_molecules, self.n_sites, dimension))
        lengths = {place: bound.law.rest for bound in self.bonds for place in bound.places}
        for site, parent in self._tree():
            rest = lengths.get((site, parent)) or lengths[parent, site]
            x[:, site] = x[:, parent] + rest * _directions(rng, n_molecules, dimension)
        for _ in range(SWEEPS if len(lengths) >= self.n_sites else 0):
            for (i, j), rest in lengths.items():
                apart = x[:, j] - x[:, i]
                length = np.linalg.norm(apart, axis=1, keepdims=True)
                move = 0.5 * (1.0 - rest / np.maximum(length, 1e-9)) * apart
                x[:, i], x[:, j] = x[:, i] + move, x[:, j] - move
        return x

    def require_room(self, box: float) -> None:
        """Raise UsageError where a bond at rest is longer than half an edge of the box: it is taken to be the shortest way
        from one end to the other, around the box too, and could never be as long as it wants."""
        for law in (bound.law for bound in self.bonds):
            if law.rest > 0.5 * box:
                raise UsageError(
                    f"molecule: the bonds {law} are {law.rest:.4g} λ long at rest, must be at most half the box of "
                    f"{box:.4g} λ; take shorter bonds, more particles or a lower density"
                )

    def _tree(self) -> list[tuple[int, int]]:
        """Each site but the first with the one that it hangs on, in an order in which they can be placed."""
        partners: dict[int, list[int]] = {}
        for i, j in (place for bound in self.bonds for place in bound.places):
            partners.setdefault(i, []).append(j)
            partners.setdefault(j, []).append(i)
        reached, found = [0], list[tuple[int, int]]()
        seen = {0}
        for site in reached:
            for other in partners.get(site, []):
                if other not in seen:
                    seen.add(other)
                    reached.append(other)
                    found.append((other, site))
        return found


SWEEPS = 200  # over the bonds of a molecule with rings


def chained(n_sites: int, width: int) -> tuple[tuple[int, ...], ...]:
    """All runs of so many sites along a chain."""
    if width == 2:
        return tuple(pairwise(range(n_sites)))
    return tuple((k, k + 1, k + 2) for k in range(n_sites - 2))


def split_molecule(text: str) -> tuple[str, str]:
    """A model's readable form without its molecule, and that of the molecule; empty where there is none."""
    before, brace, rest = text.rpartition("{")
    return (before.rstrip(), brace + rest) if brace and text.rstrip().endswith("}") else (text, "")


def molecule_of(given: Molecule | str | None) -> Molecule | None:
    """A molecule, or what its readable form says. Raises UsageError."""
    if given is None or isinstance(given, Molecule):
        return given
    return Molecule.parse(given)


@cache
def _rest(numbers: tuple[float, ...], longest: float) -> float:
    """The length of least energy of a bond that must be shorter than `longest`."""
    r = np.linspace(0.01, 0.99, 981) * longest
    return float(r[np.argmin([bond_terms(x * x, numbers)[0] for x in r])])


def _directions(rng: np.random.Generator, n: int, dimension: int) -> Any:
    """(n, d) unit vectors."""
    v = rng.normal(size=(n, dimension))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _require_place(kind: str, place: tuple[int, ...], n_sites: int) -> None:
    whole = all(isinstance(x, int) and 0 <= x < n_sites for x in place)
    if not (len(place) == WIDTH[kind] and distinct(place) and whole):
        raise UsageError(
            f"molecule: {kind} have {_written(place)}, must have {WIDTH[kind]} different sites of 1 to {n_sites}"
        )


def _written(place: Iterable[int]) -> str:
    return "-".join(str(x + 1) for x in place)


def _sites(text: str, first: str) -> tuple[int, tuple[str, ...]]:
    """The number of sites, and their labels where the text gives these."""
    found = re.fullmatch(r"sites\s+(\S.*)", first)
    if found is None:
        raise UsageError(f"molecule {shown(text)} must begin with its sites, like {EXAMPLE}")
    if re.fullmatch(r"[0-9]{1,6}", found[1]):
        return int(found[1]), ()
    labels = tuple(x.strip() for x in found[1].split(","))
    if len(labels) < 2 or not all(map(LABEL.fullmatch, labels)):
        raise UsageError(f"molecule {shown(text)}: sites are {shown(found[1])}, must be a number or labels such as A,B,A")
    return len(labels), labels


def _arguments(text: str, given: str) -> Iterable[tuple[str, float]]:
    found: dict[str, float] = {}
    for part in given.split(",") if given.strip() else ():
        argument = ARGUMENT.fullmatch(part)
        if argument is None or argument[1] in found:
            raise UsageError(
                f"molecule {shown(text)}: {shown(part.strip())} cannot be read; write name=number once, like k=30"
            )
        found[argument[1]] = float(argument[2])
    return found.items()


def _places(text: str, kind: str, given: str, n_sites: int) -> tuple[tuple[int, ...], ...]:
    width = WIDTH[kind]
    if given.strip() == "chain":
        return chained(n_sites, width)
    words = [x.strip() for x in given.split(",")]
    if not all(PLACES.fullmatch(x) and x.count("-") == width - 1 for x in words):
        example = "1-2,2-3" if width == 2 else "1-2-3"
        raise UsageError(
            f"molecule {shown(text)}: {kind} are between {shown(given.strip())}, must be between sites such as {example}, "
            "or chain"
        )
    return tuple(tuple(int(k) - 1 for k in x.split("-")) for x in words)
