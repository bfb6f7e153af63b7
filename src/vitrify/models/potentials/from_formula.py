"""A potential that a user wrote as a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check, shown
from vitrify.models.expressions import Expression, Program, names_in, program_of, read, written
from vitrify.models.plain_numbers import finite_number
from vitrify.models.potential import Potential, Radial, smooth_cutoff

SMOOTH = (0, 1, 2, 3, 4)  # derivatives that may vanish at the cutoff, beside φ itself
CUTOFFS = (0.01, 1000.0)  # as offers.CUTOFFS, which stands above
LOOKED_AT = 4000  # distances at which a formula must be a real number
ZOOMS = 12  # each an eighth of the interval before it about a maximum of |φ|: at a pole of first order 1e10 times as large
STEEP = 1e4  # times what a grid shows: from there on a maximum of |φ| is a pole
OVERFLOW = 0.25  # of the cutoff: particles at random places meet there, and must feel a force that is a number
CORE = 1e-3  # of the cutoff: the nearest distance at which particles must not attract each other without end
FLAT = 1e-12  # of the largest |φ| without the terms of the cutoff: what is left of a constant
Given = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class FromFormula(Potential):
    """φ(r) as a text says, and c0 + c2 u + ... added; φ and its derivatives to the smooth_to-th vanish at the cutoff.

    text: in its canonical form, as `canonical` gives it; given: parameters and their values, in the order of their names.
    Raises UsageError for what is no potential."""

    text: str
    cutoff: float  # in λ
    smooth_to: int = 2
    given: Given = ()

    summary: ClassVar[str] = "a formula of your own, smooth at its cutoff to the smooth_to-th derivative"

    def __post_init__(self) -> None:
        owner = _owner(self.text)
        check(finite_number(self.cutoff) is not None, owner, "cutoff", self.cutoff, "a number of λ")
        shortest, longest = CUTOFFS
        check(shortest <= self.cutoff <= longest, owner, "cutoff", self.cutoff, f"from {shortest:g} to {longest:g} λ")
        check(self.smooth_to in SMOOTH, owner, "smooth_to", self.smooth_to, "0, 1, 2, 3 or 4")
        _require_sound(self)

    def parameters(self) -> dict[str, float]:
        """The cutoff, the smoothness where it is not 2, and the parameters of the formula."""
        smooth = {} if self.smooth_to == 2 else {"smooth_to": self.smooth_to}
        return {"cutoff": self.cutoff, **smooth, **dict(self.given)}

    def numbers(self) -> tuple[float, ...]:
        return _numbers(self.text, self.cutoff, self.smooth_to, self.given)

    def derivatives(self) -> Radial:
        return _radial(_program(self.text, self.given), self.smooth_to)


def canonical(text: object, parameters: Mapping[str, float]) -> tuple[str, Given]:
    """The canonical text of a formula, and its parameters with their values. Raises UsageError for what cannot be read, and
    where a parameter is not in it."""
    given = tuple((name, _value(name, parameters[name])) for name in sorted(parameters))
    tree = read(text, [name for name, _ in given])
    owner = _owner(written(tree))
    for name, _ in given:
        if name not in names_in(tree):
            raise UsageError(f"{owner} has no {name!r}, whose value is given")
    if "r" not in names_in(tree):
        raise UsageError(f"{owner} has no r in it, so it is no potential")
    return written(tree), given


def _value(name: str, value: object) -> float:
    number = finite_number(value)
    if number is None or not abs(number) < 1e300:
        raise UsageError(f"formula: parameter {name} is {shown(value)}, must be a finite number")
    return number


def _owner(text: str) -> str:
    return f"formula {text!r}" if len(text) <= 60 else f"formula '{text[:57]}...'"


@cache
def _tree(text: str, names: tuple[str, ...]) -> Expression:
    return read(text, names)


def _program(text: str, given: Given) -> Program:
    """The derivatives. Parameters in exponents are compiled in, since a power of r by products is many times as fast as one
    of a number that arrives at run time."""
    tree = _tree(text, tuple(name for name, _ in given))
    fixed = _in_exponents(tree)
    numbers = tuple(x for x in given if x[0] in fixed)
    return program_of(tree, text, numbers, tuple(name for name, _ in given if name not in fixed))


def _in_exponents(tree: Expression) -> frozenset[str]:
    found = names_in(tree.parts[1]) if tree.kind == "^" else frozenset()
    return found.union(*map(_in_exponents, tree.parts))


@cache
def _radial(program: Program, smooth_to: int) -> Radial:
    return program.radial(smooth_to)


@cache
def _numbers(text: str, cutoff: float, smooth_to: int, given: Given) -> tuple[float, ...]:
    """The coefficients of the cutoff, then those parameters that are not compiled in."""
    program, values = _program(text, given), dict(given)
    bare = program.at(cutoff**2, values, smooth_to)
    if not all(map(isfinite, bare)):
        k = next(k for k, x in enumerate(bare) if not isfinite(x))
        what = f"its derivative of order {k} is" if k else "it is"
        raise UsageError(f"{_owner(text)}: {what} no finite number at the cutoff; take smooth_to={k - 1} or another cutoff")
    return (*smooth_cutoff(bare, cutoff**2, smooth_to=smooth_to), *(values[name] for name in program.parameters))


# --- what is no potential ------------------------------------------------------------------------------------------------


@cache
def _require_sound(potential: FromFormula) -> None:
    """Raise UsageError where the formula is not real and finite from r > 0 to the cutoff, attracts at the core, is zero, or
    jumps."""
    owner, cutoff, values = _owner(potential.text), potential.cutoff, dict(potential.given)
    tree = _tree(potential.text, tuple(values))
    _program(potential.text, potential.given)  # what cannot be differentiated has a sentence of its own

    def at(r: NDArray[np.float64]) -> NDArray[np.complex128]:
        with np.errstate(all="ignore"):
            return np.broadcast_to(_complex(tree, {**values, "r": r.astype(complex)}), r.shape)

    r = np.linspace(0.0, cutoff, LOOKED_AT + 1)[1:-1]
    phi = at(r)
    finite = np.isfinite(phi)
    if not finite.any() or not finite[int(finite.argmax()) :].all():
        bad = len(r) - 1 - int((~finite)[::-1].argmax())
        what = "singular" if bad > 0 and finite[bad - 1] else "no finite number"
        raise UsageError(f"{owner} is {what} at r = {r[bad]:.4g} λ, within its cutoff of {cutoff:g} λ")
    first = r[int(finite.argmax())]
    if first > OVERFLOW * cutoff:
        raise UsageError(
            f"{owner} is too steep: below r = {first:.4g} λ it is more than a computer can hold, which it "
            f"must be at most below {OVERFLOW * cutoff:.4g} λ, a quarter of its cutoff"
        )
    not_real = np.flatnonzero(finite & (np.abs(phi.imag) > 1e-9 * np.abs(phi)))
    if len(not_real):
        raise UsageError(f"{owner} is not real at r = {r[not_real[-1]]:.4g} λ, within its cutoff of {cutoff:g} λ")
    for i in _maxima(np.where(finite, np.abs(phi), np.inf)):
        where, size = _largest(at, r[i - 1], r[i + 1])
        if not size < STEEP * max(abs(phi[i - 1]), abs(phi[i + 1])):
            raise UsageError(f"{owner} is singular at r = {where:.4g} λ, within its cutoff of {cutoff:g} λ")
    _require_core(potential, owner, r[finite], phi.real[finite])
    _require_smooth(potential, owner)


def _require_core(potential: FromFormula, owner: str, r: NDArray[np.float64], bare: NDArray[np.float64]) -> None:
    """Raise UsageError where nothing is left, or particles would fall into each other."""
    coefficients = potential.numbers()[: potential.smooth_to + 1]
    phi = bare + np.polynomial.polynomial.polyval(r * r, coefficients)
    if not np.abs(phi).max() > FLAT * np.abs(bare).max():
        raise UsageError(f"{owner} is zero once it is smooth at the cutoff, so it is no potential")
    outer = phi[r > 0.1 * potential.cutoff]
    if phi[0] < 0.0 and phi[0] <= outer.min():
        raise UsageError(
            f"{owner} attracts at its core: it is {phi[0]:.3g} ε at r = {r[0]:.2g} λ, its least value, so particles would "
            "fall into each other; it must rise as r goes to 0"
        )


def _require_smooth(potential: FromFormula, owner: str) -> None:
    from vitrify.models.checking import examine  # it knows all potentials, and stands above them

    report = examine(potential)
    wrong = [*report.faults, *(x for x in report.cautions if " jumps by " in x)]
    if wrong:
        name, _, what = wrong[0].partition(": ")
        raise UsageError(f"{owner}: {what or name}")


def _maxima(size: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the largest of three neighbours, the two ends apart."""
    middle = size[1:-1]
    return np.flatnonzero((middle >= size[:-2]) & (middle >= size[2:]) & (middle > 0.0) & np.isfinite(middle)) + 1


def _largest(at: Any, left: float, right: float) -> tuple[float, float]:
    """The place and size of the largest |φ| between two distances, which are drawn together about it."""
    where, size = left, 0.0
    for _ in range(ZOOMS):
        r = np.linspace(left, right, 18)  # an even number, so that no round number is met again and again
        found = np.nan_to_num(np.abs(at(r)), nan=np.inf, posinf=np.inf)
        k = int(found.argmax())
        where, size = float(r[k]), float(found[k])
        left, right = float(r[max(k - 1, 0)]), float(r[min(k + 1, len(r) - 1)])
    return where, size


def _complex(tree: Expression, values: Mapping[str, Any]) -> Any:
    """The tree at complex distances, where what is not real shows."""
    if tree.kind == "number":
        return complex(float(tree.text))
    if tree.kind == "name":
        return {"l": 1.0, "epsilon": 1.0, "pi": np.pi, **values}[tree.text]
    parts = [np.asarray(_complex(x, values), dtype=complex) for x in tree.parts]
    if tree.kind == "call":
        return getattr(np, tree.text)(parts[0])
    if tree.kind == "negative":
        return -parts[0]
    left, right = parts
    operations = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}
    return operations[tree.kind](left, right)
