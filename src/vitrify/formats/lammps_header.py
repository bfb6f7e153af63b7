"""What stands above the sections of a LAMMPS data file: numbers of things, and the box."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, plain
from vitrify.models import Model
from vitrify.models.catalogue import parse

from .rows import number

BOUND = ("bond", "angle", "dihedral", "improper")  # what particles are bound by
COUNTS = (  # words behind one whole number
    "atoms",
    "atom types",
    *(f"{x}s" for x in BOUND),
    *(f"{x} types" for x in BOUND),
    *(f"extra {x} per atom" for x in (*BOUND, "special")),
    *("ellipsoids", "lines", "triangles", "bodies"),
)
NUMBERS = {  # and behind others, how many
    **{f"{x}lo {x}hi": 2 for x in "xyz"},
    **dict.fromkeys(("xy xz yz", "avec", "bvec", "cvec", "abc origin"), 3),
}
FLAT = (-0.5, 0.5)  # bounds along z where the header has none, as in LAMMPS
OURS = re.compile(r"(?P<model>.+) glass, units \w+")  # the first line of the files that we write
UNITS = re.compile(r"\bunits\s*=?\s*(lj|real|metal|si|cgs|electron|micro|nano)\b")  # LAMMPS' own words
COUNT = re.compile(r"[0-9]{1,18}")
LONGEST_TITLE = 200  # characters that are kept of a first line that others wrote


@dataclass(frozen=True, slots=True)
class Header:
    """The lines above the sections, in any order, without the first."""

    title: str  # the first line, which LAMMPS skips
    counts: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def take(self, words: list[str], line: int) -> None:
        """Keep what a line says. Raises UsageError."""
        first = next((k for k, word in enumerate(words) if word[0].isalpha()), len(words))
        key, given, told = " ".join(words[first:]), words[:first], f"line {line} cannot be read:"
        width = NUMBERS.get(key, 1 if key in COUNTS else 0)
        if not width:
            what = f"says {plain(key)[:40]!r}, which is not part of a header" if key else "belongs to no section"
            raise UsageError(f"line {line} {what}; a LAMMPS data file is expected")
        if key in self.counts or key in self.numbers:
            raise UsageError(f"{told} {key!r} is there twice")
        if len(given) != width:
            raise UsageError(f"{told} it has {len(given)} numbers before {key!r}, must have {width}")
        if key in NUMBERS:
            self.numbers[key] = [number(x, told) for x in given]
        elif COUNT.fullmatch(given[0]):
            self.counts[key] = int(given[0])
        else:
            raise UsageError(f"{told} {given[0][:40]!r} is no number of {key}")

    def vectors(self) -> NDArray[np.float64]:
        """(3, 3) vectors of the box as rows. Where it begins does not matter, since it is periodic. Raises UsageError."""
        general = [self.numbers.get(x, []) for x in ("avec", "bvec", "cvec")]
        if any(general):
            if not all(general):
                raise UsageError("its header has not all three of avec, bvec and cvec")
            return np.array(general)
        for x in "xy":
            if f"{x}lo {x}hi" not in self.numbers:
                raise UsageError(f"its header has no '{x}lo {x}hi', the bounds of its box")
        low, high = np.array([self.numbers.get(f"{x}lo {x}hi", FLAT) for x in "xyz"]).T
        vectors = np.diag(high - low)
        vectors[[1, 2, 2], [0, 0, 1]] = self.numbers.get("xy xz yz", (0.0, 0.0, 0.0))
        return vectors

    @property
    def units(self) -> str:
        """Units as the first line says them, as LAMMPS and vitrify write it; empty where it does not."""
        found = UNITS.search(self.title)
        return found[1] if found else ""

    @property
    def model(self) -> Model | None:
        """The model of a file that we wrote, where its readable form gives it back."""
        ours = OURS.fullmatch(self.title)
        if ours is not None:
            with suppress(UsageError):
                return parse(ours["model"])
        return None

    @property
    def comment(self) -> str:
        """What others wrote on the first line."""
        return "" if OURS.fullmatch(self.title) else plain(self.title)[:LONGEST_TITLE]

    def without_atoms(self, line: int) -> str:
        """The sentence about a file that has no particles up to a line."""
        if re.match(r"[0-9]+\s+atoms\b", self.title):
            return "has its number of atoms on the first line, which LAMMPS skips: put a line before it"
        if not self.counts.get("atoms"):
            return f"says no number of atoms up to line {line}; a LAMMPS data file is expected"
        return f"says {self.counts['atoms']} atoms, but has no section Atoms"
