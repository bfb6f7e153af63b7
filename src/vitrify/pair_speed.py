"""The time that the compiled force of a pair takes, beside that of another potential."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from vitrify.backends import backend
from vitrify.errors import UsageError
from vitrify.formula import Formula, kept_with_formula, not_compiled
from vitrify.kernels.forces import slope_of
from vitrify.models import Potential
from vitrify.models.offers import cutoff_of, name_of, numbers_of

PAIRS = 1024  # of one sweep: their numbers stay in the nearest cache
SWEEPS = 200  # of one measurement, a tenth of a millisecond or more
MEASUREMENTS = 15  # of which the shortest counts: others were disturbed
NEAREST = 0.4  # of the cutoff


def nanoseconds_of_force(potential: Potential, yardstick: Potential) -> tuple[float, float]:
    """Nanoseconds that φ_u of one pair takes on one core, of a potential and of the one it is compared with, which are
    timed in turns. Raises UsageError for what cannot be compiled."""
    both = [_sweep(x) for x in (potential, yardstick)]
    times = [[_seconds(x) for x in both] for _ in range(MEASUREMENTS)]
    own, other = (1e9 * min(x) / (PAIRS * SWEEPS) for x in zip(*times, strict=True))
    return own, other


def _sweep(potential: Potential) -> tuple[Any, ...]:
    """The compiled loop and its arguments."""
    cutoff = cutoff_of(potential)
    u = np.linspace(NEAREST * cutoff, cutoff, PAIRS) ** 2
    try:
        kernel = _slopes(Formula(potential))
        arguments = (u, np.array(numbers_of(potential)), cutoff**2, np.empty(PAIRS))
        kernel(*arguments)
    except UsageError:
        raise
    except Exception as error:  # of Numba's compiler, which raises all kinds
        raise UsageError(f"{name_of(potential)}: {not_compiled(error)}") from None
    return kernel, *arguments


@kept_with_formula
def _slopes(formula: Formula) -> Any:
    """The kernel that gives φ_u at each u, masked at the cutoff as the loop over pairs does it."""
    slope_at = backend().inline(slope_of(backend().inline(formula.radial)))

    def slopes(u, numbers, cutoff2, found):  # type: ignore[no-untyped-def]  # it is compiled
        for k in range(len(u)):
            slope = slope_at(u[k], numbers)
            found[k] = slope if (u[k] < cutoff2) & (u[k] > 0.0) else 0.0

    return backend().compile(slopes)


def _seconds(sweep: tuple[Any, ...]) -> float:
    kernel, *arguments = sweep
    begin = perf_counter()
    for _ in range(SWEEPS):
        kernel(*arguments)
    return perf_counter() - begin
