"""The formula of a potential as it is now, and what was compiled of it.

A potential says in `derivatives()` what its formula is; that function may reach constants of a module, arrays, defaults,
which a kernel freezes and a user changes. So kernels do not belong to a potential but to the content of its formula: they
are kept with it here, and on disk under it (see backends/fingerprint.py). What has no fingerprint is compiled for each
batch anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

import numpy as np
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends.fingerprint import NoFingerprintError, compiled_within, fingerprint
from vitrify.backends.interpreted import compile_anew, interpreted
from vitrify.errors import PotentialWarning, UsageError
from vitrify.kernels.forces import pair_terms_of
from vitrify.models import Potential, checking
from vitrify.models.catalogue import is_shipped
from vitrify.models.offers import cutoff_of, liquid_slope_of, name_of, numbers_of, radial_of
from vitrify.models.potentials import Radial

TRIED = (0.3, 0.5, 0.62, 0.71, 0.8, 0.88, 0.94)  # parts of u_c at which compiled and plain function are compared
LASTING_DIGITS = 12  # of numbers in an identity that outlives a processor: exp() and pow() differ in their last bits
SAME = 1e-6  # of the largest value further out: sums in another order differ by 1e-13, single precision by 1e-7


class Formula:
    """The radial functions of a potential, with the kernels that were built of them.

    key: their fingerprint; None where there is none, and `reason` says why."""

    def __init__(self, potential: Potential) -> None:
        self.potential = potential  # the first one that was met; others of this formula may differ in numbers and cutoff
        self.radial, self.liquid_slope = radial_of(potential), liquid_slope_of(potential)
        self.many_body = potential.many_body()
        self.kernels: dict[Any, Any] = {}
        self.members: set[Any] = set()  # numbers and cutoffs that were found sound
        self.key, self.reason = _identity(self.radial, self.liquid_slope, self.many_body)
        if self.key is not None and not is_shipped(potential):
            _renew_helpers(self.radial, self.liquid_slope)

    def admit(self, potential: Potential) -> None:
        """Raise UsageError where derivatives are wrong or cannot be compiled; warn where they do not vanish at the cutoff,
        once a class. What was admitted once is not looked at again."""
        member = (numbers_of(potential), cutoff_of(potential))
        if member in self.members:
            return
        report = checking.examine(potential)
        if report.faults:
            raise UsageError(report.faults[0])
        for number, sentence in enumerate(report.cautions):
            _warn_once((type(potential), number), sentence)
        if self.key is None:
            _warn_once((type(potential), self.reason), f"{report.name}: {_compiled_anew(self.reason)}")
        try:
            pair_terms(self)
            _compiled_liquid_slope(self)
        except UsageError:
            raise
        except Exception as error:  # of Numba's compiler, which raises all kinds
            raise UsageError(f"{name_of(potential)}: {not_compiled(error)}") from None
        self.members.add(member)


_known: dict[str, Formula] = {}
_helpers: dict[Any, str] = {}
_warned: set[Any] = set()


def formula_of(potential: Potential) -> Formula:
    """The formula of a potential. That of a family which the package does not ship is looked at anew each time, since what
    it reaches may have changed, and checked when it is first met. Raises UsageError."""
    if is_shipped(potential):
        return _shipped(potential)
    formula = _as_known(Formula(potential))
    formula.admit(potential)
    return _remembered(formula)


@cache
def _shipped(potential: Potential) -> Formula:
    """A formula whose parameters tell all."""
    return _remembered(_as_known(Formula(potential)))


def _as_known(formula: Formula) -> Formula:
    """The one of the same content that was met before, with its kernels."""
    return formula if formula.key is None else _known.get(formula.key, formula)


def _remembered(formula: Formula) -> Formula:
    if formula.key is not None:
        _known[formula.key] = formula
    return formula


def lasting_identity(potential: Potential) -> str:
    """An identity that tells the formula of a potential from others for as long as a store is kept: 16 hex digits.

    The same on every processor, and in every patch release of one Python (3.12, say). Raises UsageError where the formula
    cannot be told."""
    cutoff, numbers = cutoff_of(potential), numbers_of(potential)
    try:
        known: list[Any] = [cutoff, *numbers, radial_of(potential), liquid_slope_of(potential)]
        if (beyond := potential.many_body()) is not None:
            known.append(beyond)
        return fingerprint(known, digits=LASTING_DIGITS)[:16]
    except NoFingerprintError as error:
        raise UsageError(f"{name_of(potential)}: {_not_told(error)}") from None


def kept_with_formula(build: Callable[..., Any]) -> Callable[..., Any]:
    """Cache a function of a formula and options, as functools.cache does: what it builds lives as long as that formula."""

    @wraps(build)
    def kernel(formula: Formula, *options: Any, **named: Any) -> Any:
        known = (build, *options, *named.items())
        if known not in formula.kernels:
            formula.kernels[known] = build(formula, *options, **named)
        return formula.kernels[known]

    return kernel


@kept_with_formula
def pair_terms(formula: Formula) -> Any:
    """The kernel that gives φ and its four derivatives, found equal to the plain function.

    All kernels of a formula come from one source and have one identity. So this one, which gives all five values, is looked
    at for all: where it was found on disk and is another formula's, nothing is taken from there any more. Raises
    UsageError."""
    kernel = backend().compile(_pair_terms(formula))
    wrong = _disagreement(formula, kernel)
    if wrong:
        backend().trust_disk(False)
        formula.kernels.clear()
        kernel = backend().compile(_pair_terms(formula))
        wrong = _disagreement(formula, kernel)
        backend().trust_disk(bool(wrong))  # where compiling anew does not help, the disk is not to blame
    if wrong and not is_shipped(formula.potential):
        raise UsageError(f"{name_of(formula.potential)}: {wrong}")
    return kernel


def _compiled_liquid_slope(formula: Formula) -> None:
    """Compile a liquid's slope by itself, so that what cannot be compiled is told at the door."""
    if formula.liquid_slope is not None:
        slope = backend().inline(formula.liquid_slope)
        backend().compile(lambda u, numbers: slope(u, numbers))(
            0.9 * cutoff_of(formula.potential) ** 2, np.array(numbers_of(formula.potential))
        )


def _pair_terms(formula: Formula) -> Any:
    return pair_terms_of(backend().inline(formula.radial))


def _disagreement(formula: Formula, kernel: Any) -> str:
    """The difference of the compiled function from the plain one beyond rounding; empty where there is none."""
    numbers, cutoff2 = numbers_of(formula.potential), formula.potential.cutoff**2
    u = cutoff2 * np.array(TRIED)
    plain, compiled = _plain_values(formula.radial, u, numbers), np.empty((5, len(u)))
    kernel(u, np.ones(len(u)), np.array(numbers), compiled)
    far = np.isfinite(plain) & ~(np.abs(compiled - plain) <= SAME * _scale(plain, u))
    if not far.any():
        return ""
    k, i = np.argwhere(far)[0]
    return (
        f"{checking.SYMBOLS[k]} compiled is {compiled[k, i]:.9g} at u = {u[i]:.6g}, but {plain[k, i]:.9g} in plain Python; "
        "the function may only use floating-point numbers and mathematical functions, and no value that changes"
    )


def _plain_values(radial: Radial, u: NDArray[np.float64], numbers: tuple[float, ...]) -> NDArray[np.float64]:
    """(5, n) as Python itself gives them, or, where a helper is no Python without its compiler, as that compiled it."""
    try:
        own = interpreted(radial)
        return np.array([checking.values_at(own, x, numbers) for x in u]).T
    except Exception:  # of a user's code
        return np.array([checking.values_at(radial, x, numbers) for x in u]).T


def _scale(plain: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """(5, n) what a difference is measured by: the value here or further out, or what the next derivative makes of u."""
    near = np.vstack([np.abs(plain), np.zeros(len(u))])
    size = np.nan_to_num(np.maximum(near[:-1], near[1:] * u), nan=0.0, posinf=0.0)
    return np.asarray(np.maximum.accumulate(size[:, ::-1], axis=1)[:, ::-1] + checking.LEAST)


def _warn_once(of: Any, sentence: str) -> None:
    if of not in _warned:
        _warned.add(of)
        warnings.warn(sentence, PotentialWarning, stacklevel=4)


def _identity(*functions: Any) -> tuple[str | None, str]:
    try:
        return fingerprint(functions), ""
    except NoFingerprintError as error:
        return None, str(error)


def _renew_helpers(*functions: Any) -> None:
    """Compile helpers anew that Numba compiled, or may have, with other constants than they have now: by itself it never
    does."""
    for helper, now in compiled_within(functions):
        if _helpers.get(helper) != now:
            compile_anew(helper)
            _helpers[helper] = now


def _compiled_anew(reason: str) -> str:
    return (
        f"the formula uses {reason}, which may change unnoticed, so that it is compiled again for each glass; "
        "use numbers, NumPy arrays and plain functions"
    )


def _not_told(error: NoFingerprintError) -> str:
    return (
        f"its formula uses {error}, which may change unnoticed, so that a store cannot contain its "
        "glasses; use numbers, NumPy arrays and plain functions instead"
    )


@contextmanager
def compiling(formula: Formula) -> Iterator[None]:
    """Raise UsageError where Numba refuses a user's functions of an energy beyond pairs."""
    try:
        yield
    except NumbaError as error:
        if formula.many_body is None or is_shipped(formula.potential):
            raise
        allowed = "functions of many_body() may use + - * / ** and compare, and math.sqrt, math.exp and int"
        raise UsageError(f"{name_of(formula.potential)}: {not_compiled(error)}; {allowed}") from None


def not_compiled(error: Exception) -> str:
    """The end of a sentence on why Numba refused a function."""
    lines = [x.strip() for x in str(error).splitlines() if x.strip()]
    telling = [x for x in lines if not x.startswith(("Failed in", "During", "File", "-", "^", "<"))]
    reason = [*telling, type(error).__name__][0].rstrip(".")
    return (
        f"its function cannot be compiled ({reason}); it must be plain scalar Python, "
        "assign what it needs from self or other objects to variables before it, and put @numba.njit above functions "
        "that it calls"
    )
