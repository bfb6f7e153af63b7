"""Units of files and of laboratories: which physical lengths, energies and masses the model's λ, ε and m stand for.

Inside all is in ε, λ and m. A file in Å or m is divided by λ when it is read; a number in ε, λ and m becomes one in GPa,
THz or Å by the powers of these in its unit, which its column says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import pi
from typing import Any

from vitrify.errors import UsageError, check, hint, shown, wrong
from vitrify.models.plain_numbers import finite_number
from vitrify.short_forms import Fact, ShortForm

LENGTH_IN_FILE = "lambda_in_file"  # of the provenance of a glass: λ in the unit of length of the file that it is from
STYLES = ("lj", "metal", "real", "si")  # as LAMMPS calls its unit styles
OPTIONS = {"length": "--lambda", "energy": "--epsilon", "mass": "--mass"}
LETTERS = {"length": "λ", "energy": "ε", "mass": "m"}
EXAMPLES = {  # argon, by style: what a sentence names as an example
    "metal": {"length": "3.405", "energy": "0.0103", "mass": "39.95"},
    "real": {"length": "3.405", "energy": "0.238", "mass": "39.95"},
    "si": {"length": "3.405e-10", "energy": "1.65e-21", "mass": "6.634e-26"},
}
NAMES = {  # of the units that a style's files have
    "lj": {"length": "the file's unit of length"},
    "metal": {"length": "Å", "energy": "eV", "mass": "g/mol"},
    "real": {"length": "Å", "energy": "kcal/mol", "mass": "g/mol"},
    "si": {"length": "m", "energy": "J", "mass": "kg"},
}
MOST = 1e60  # of a length, an energy or a mass, whose powers are still numbers
ANGSTROM, GIGAPASCAL, TERAHERTZ = 1e-10, 1e9, 1e12
TOKEN = re.compile(r"√|[()/]|k_B|[ελm][⁰¹²³⁴⁵⁶⁷⁸⁹]*|1")
SUPERSCRIPTS, RAISED = (str.maketrans(*x) for x in (("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"), ("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")))


@dataclass(frozen=True, slots=True)
class Physical:
    """A unit of the laboratory: its name, the end of a key such as shear_modulus_GPa, and how many of it one reduced unit
    is."""

    name: str
    suffix: str
    factor: float


@dataclass(frozen=True, slots=True)
class Powers:
    """A unit as ε^energy λ^length m^mass k_B^boltzmann."""

    energy: Fraction = Fraction(0)
    length: Fraction = Fraction(0)
    mass: Fraction = Fraction(0)
    boltzmann: Fraction = Fraction(0)

    def times(self, other: Powers, power: Fraction) -> Powers:
        """This unit times another to a power."""
        return Powers(*(getattr(self, x) + power * getattr(other, x) for x in Powers.__slots__))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Units(ShortForm):
    """The units of a file, by LAMMPS' names, and the values of the model's λ(small, small), ε and m in them.

    style: "metal" (Å, eV, g/mol), "real" (Å, kcal/mol, g/mol), "si" (m, J, kg) or "lj", where only `length` may differ from
    1. Pressures and frequencies exist where ε and m are given. Raises UsageError."""

    style: str = "lj"
    length: float = 0.0  # λ in the file's unit; 0: not given, which is 1 in lj
    energy: float = 0.0  # ε; 0: not given
    mass: float = 0.0  # m; 0: not given

    def _facts(self) -> list[Fact]:
        given = {x: getattr(self, x) for x in OPTIONS}
        names = NAMES.get(self.style, {})
        return [
            Fact("style", self.style, self.style),
            *(
                Fact(LETTERS[x], f"{v:g} {names.get(x, '')}".strip(), f"{LETTERS[x]} = {v:g} {names.get(x, '')}".strip())
                for x, v in given.items()
                if v
            ),
        ]

    def __post_init__(self) -> None:
        known = isinstance(self.style, str) and self.style in STYLES
        check(known, "", "units", self.style, f"one of {', '.join(STYLES)}{hint(self.style, STYLES)}")
        for name in OPTIONS:
            object.__setattr__(self, name, _positive(self.style, name, getattr(self, name)))
        if self.style == "lj":
            given = next((x for x in ("energy", "mass") if getattr(self, x)), "")
            if given:
                raise UsageError(
                    f"{LETTERS[given]} is {getattr(self, given):g} ({OPTIONS[given]}), but units are lj, which have no "
                    "unit for it; add --units metal, real or si"
                )
            object.__setattr__(self, "length", self.length or 1.0)
        elif not self.length:
            unit, example = NAMES[self.style]["length"], EXAMPLES[self.style]["length"]
            raise UsageError(
                f"units {self.style} have lengths in {unit}, and λ of the model is not given in {unit}: add it, such as "
                f"--lambda {example} (in Python length={example})"
            )

    @classmethod
    def given(
        cls, style: str | None, *, length: float | None = None, energy: float | None = None, mass: float | None = None
    ) -> Units | None:
        """The units of what was given on a command line; None where nothing was. Raises UsageError."""
        numbers = {"length": length, "energy": energy, "mass": mass}
        for name, x in numbers.items():
            check(x is None or x > 0.0, "", OPTIONS[name], x, "a positive number")
        if style is None and not any(numbers.values()):
            return None
        return cls(style=style or "lj", **{name: x for name, x in numbers.items() if x})

    @property
    def lacking(self) -> str:
        """A sentence on what cannot be told in physical units, and what to add; empty where nothing lacks."""
        absent = [] if self.style == "lj" else [x for x in ("energy", "mass") if not getattr(self, x)]
        if not absent:
            return ""
        lost = "energies, pressures and frequencies are" if "energy" in absent else "frequencies are"
        adds = " and ".join(f"{OPTIONS[x]} ({LETTERS[x]} in {NAMES[self.style][x]})" for x in absent)
        return f"{lost} only given in ε, λ and m; {adds} would show them in {self.energy_name}, GPa and THz"

    @property
    def energy_name(self) -> str:
        """The unit in which energies are told, eV or kcal/mol."""
        return "kcal/mol" if self.style == "real" else "eV"

    def physical(self, unit: str) -> Physical | None:
        """The unit in which a number in a reduced unit such as "ε/λ³" is told. None of plain numbers, of lj, and where ε or
        m is needed and not given. Frequencies, √(ε/m)/λ inside, are angular there and ω/2π in THz."""
        powers = powers_of(unit)
        if self.style == "lj" or powers is None or powers == Powers():
            return None
        if (powers.energy and not self.energy) or (powers.mass and not self.mass):
            return None
        name, suffix, of_it = self._told(powers)
        return Physical(name, suffix, self._value(powers) / of_it)

    def _value(self, powers: Powers) -> float:
        """One reduced unit in SI."""
        from scipy import constants

        joule, metre, kilogram = _in_si(self.style)
        parts = (
            (self.energy * joule, powers.energy), (self.length * metre, powers.length),
            (self.mass * kilogram, powers.mass), (constants.k, powers.boltzmann),
        )  # fmt: skip
        value = 1.0
        for base, power in parts:
            value *= base ** float(power) if power else 1.0
        return value

    def _told(self, powers: Powers) -> tuple[str, str, float]:
        """Name, end of keys and value in SI of the unit in which such a number is told: that of its kind, else one of the
        energy's unit, Å and g/mol."""
        from scipy import constants

        energy, ending = self.energy_name, self.energy_name.replace("/", "_per_")
        joule, gram_per_mole = _in_si("real" if self.style == "real" else "metal")[0], 1e-3 / constants.N_A
        kinds = {
            LENGTH: ("Å", "angstrom", ANGSTROM),
            ENERGY: (energy, ending, joule),
            TEMPERATURE: ("K", "K", 1.0),
            PRESSURE: ("GPa", "GPa", GIGAPASCAL),
            STIFFNESS: ("N/m", "N_per_m", 1.0),
            FORCE: (f"{energy}/Å", f"{ending}_per_angstrom", joule / ANGSTROM),
            FREQUENCY: ("THz", "THz", 2.0 * pi * TERAHERTZ),
            EIGENVALUE: ("THz²", "THz2", (2.0 * pi * TERAHERTZ) ** 2),
            MASS: ("g/mol", "g_per_mol", gram_per_mole),
        }
        if powers in kinds:
            return kinds[powers]
        parts = [
            (energy, ending, joule, powers.energy),
            ("Å", "angstrom", ANGSTROM, powers.length),
            ("(g/mol)", "g_per_mol", gram_per_mole, powers.mass),
            ("K", "K", 1.0 / constants.k, -powers.boltzmann),
        ]
        there = [x for x in parts if x[3]]
        value = 1.0
        for *_, base, power in there:
            value *= base ** float(power)
        over = "".join(f"/{x[0]}{_raised(-x[3])}" for x in there if x[3] < 0)
        under = "".join(f"_per_{x[1]}{_raised(-x[3], plain=True)}" for x in there if x[3] < 0)
        name = "".join(f"{x[0]}{_raised(x[3])}" for x in there if x[3] > 0) or "1"
        suffix = "_".join(f"{x[1]}{_raised(x[3], plain=True)}" for x in there if x[3] > 0)
        return name + over, (suffix + under).removeprefix("_"), value


@cache
def powers_of(unit: str) -> Powers | None:
    """The powers of ε, λ, m and k_B in a unit as columns have it: "ε/λ³", "√(ε/m)/λ", "ε/λ²/m". None of another text, such
    as s, and of λ^d, which is no one unit. A plain number, "1", has none of them."""
    tokens = TOKEN.findall(unit)
    if not unit or "".join(tokens) != unit:
        return None
    found, sign, root, within = Powers(), 1, Fraction(1), Fraction(1)
    for token in tokens:
        if token == "√":
            root = Fraction(1, 2)
        elif token == "(":
            within, sign = sign * root, 1
            root = Fraction(1)
        elif token == ")":
            within, sign = Fraction(1), 1
        elif token == "/":
            sign = -1
        else:
            found = found.times(_single(token), sign * within * root)
            root = Fraction(1)
    return found


def _single(token: str) -> Powers:
    """A unit of one letter with its power."""
    if token == "1":
        return Powers()
    if token == "k_B":
        return Powers(boltzmann=Fraction(1))
    power = Fraction(int(token[1:].translate(SUPERSCRIPTS) or 1))
    return Powers(**{next(x for x, letter in LETTERS.items() if letter == token[0]): power})


def _raised(power: Fraction, *, plain: bool = False) -> str:
    """A power behind a unit, as ⁴ or in a key as 4; none where it is 1."""
    if power == 1:
        return ""
    text = str(power).replace("/", "_")
    return text if plain or not text.isdigit() else text.translate(RAISED)


def _positive(style: str, name: str, given: Any) -> float:
    """A positive number; 0 where none is given."""
    number = finite_number(given)
    if number is None or number < 0.0 or (number and not 1.0 / MOST < number < MOST):
        unit = NAMES[style].get(name, "")
        raise wrong("", f"{LETTERS[name]} ({OPTIONS[name]})", given, f"a positive number{f' of {unit}' if unit else ''}")
    return number


def _in_si(style: str) -> tuple[float, float, float]:
    """Energy, length and mass of a style in J, m and kg."""
    from scipy import constants

    gram_per_mole = 1e-3 / constants.N_A
    return {
        "metal": (constants.e, ANGSTROM, gram_per_mole),
        "real": (constants.calorie * 1e3 / constants.N_A, ANGSTROM, gram_per_mole),
        "si": (1.0, 1.0, 1.0),
    }[style]


def units_of(given: object) -> Units | None:
    """Units, or those of a style by its name. Raises UsageError."""
    if given is None or isinstance(given, Units):
        return given
    if isinstance(given, str):
        return Units(style=given)
    raise UsageError(f'units is {shown(given)}, must be Units such as Units(style="metal", length=3.405)')


ONE = Fraction(1)
LENGTH, ENERGY, MASS = Powers(length=ONE), Powers(energy=ONE), Powers(mass=ONE)
TEMPERATURE = Powers(energy=ONE, boltzmann=-ONE)
PRESSURE, STIFFNESS = Powers(energy=ONE, length=Fraction(-3)), Powers(energy=ONE, length=Fraction(-2))
FORCE = Powers(energy=ONE, length=-ONE)
FREQUENCY = Powers(energy=ONE / 2, length=-ONE, mass=-ONE / 2)
EIGENVALUE = Powers(energy=ONE, length=Fraction(-2), mass=-ONE)
