"""The form of the forces that leads a liquid and the rough part of a quench: the cheapest that is good enough for both."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numba import float32
from numpy.typing import NDArray

from vitrify.backends import Cpu, backend
from vitrify.backends.single import as_float32, in_single, single
from vitrify.formula import Formula, kept_with_formula
from vitrify.kernels.forces import slope_of
from vitrify.kernels.leading_forces import single_slope_of, table_of
from vitrify.models import Potential
from vitrify.models.offers import cutoff_of, numbers_of

GOOD_ENOUGH = 5e-6  # of a pair force and the typical one, rms; forces of liquids are then good to 2e-6
HOTTEST = 100.0  # φ in ε at the closest approach that is looked at: 4 k_B T at T = 25
TYPICAL = 1.0  # φ in ε where contacts begin whose mean force is the typical one
NEAREST = 0.05  # of the cutoff: the closest approach of what is never as strong as that
LOOKED_AT = 500  # distances


class Lead(Enum):
    """A form of the forces."""

    EXACT = "the potential's own function"
    LIQUID = "its liquid_slope()"
    SINGLE = "its own function in single precision"
    SINGLE_LIQUID = "its liquid_slope() in single precision"

    @property
    def is_single(self) -> bool:
        """Whether it is of single precision."""
        return self in (Lead.SINGLE, Lead.SINGLE_LIQUID)


def leading_form(formula: Formula, potential: Potential) -> Lead:
    """The form that leads the liquid of a potential of this formula."""
    member = ("lead", numbers_of(potential), cutoff_of(potential))
    if member not in formula.kernels:
        formula.kernels[member] = _chosen(formula, potential)
    lead: Lead = formula.kernels[member]
    return lead


def _chosen(formula: Formula, potential: Potential) -> Lead:
    """The first that is good enough, from the cheapest on."""
    has_own = formula.liquid_slope is not None
    for lead in (Lead.SINGLE_LIQUID, Lead.SINGLE) if has_own else (Lead.SINGLE,):
        if error_in_single(formula, potential, lead) < GOOD_ENOUGH:
            return lead
    return Lead.LIQUID if has_own else Lead.EXACT


def error_in_single(formula: Formula, potential: Potential, lead: Lead) -> float:
    """The rms error of a pair force in single precision, over the pair force itself and the typical one; infinite where
    it cannot be told, or its function cannot be compiled so."""
    u = _distances2(potential, HOTTEST)
    exact, slopes = potential.evaluate(u)[1], np.empty(len(u), dtype=np.float32)
    try:
        with np.errstate(over="ignore"):  # constants beyond single precision are infinite, and so is the error
            _table(formula, lead)(u.astype(np.float32), single_numbers(np.array(numbers_of(potential))), slopes)
    except Exception:  # of Numba's compiler, which raises all kinds: a function that single precision does not know
        return np.inf
    force, error = np.sqrt(u) * np.abs(exact), np.sqrt(u) * np.abs(slopes - exact)
    with np.errstate(invalid="ignore"):  # of a potential that is zero
        error = float(np.sqrt(np.mean((error / (force + _typical_force(potential))) ** 2)))
    return error if np.isfinite(error) else np.inf


def single_numbers(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Numbers of a potential in single precision; infinite where they are beyond it, and then nothing leads by them."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _typical_force(potential: Potential) -> float:
    """Mean √u |φ_u| over distances at which particles in contact may stand."""
    u = _distances2(potential, TYPICAL)
    return float(np.mean(np.sqrt(u) * np.abs(potential.evaluate(u)[1])))


def _distances2(potential: Potential, strongest: float) -> NDArray[np.float64]:
    """u from where φ falls below `strongest` to just below the cutoff, in equal steps of r."""
    cutoff = cutoff_of(potential)
    r = np.linspace(NEAREST, 1.0, LOOKED_AT, endpoint=False) * cutoff
    phi = potential.evaluate(r**2)[0]
    beyond = np.flatnonzero(~(phi < strongest))
    closest = r[beyond[-1] + 1] if len(beyond) and beyond[-1] + 1 < len(r) else r[0]
    return np.linspace(closest, cutoff, LOOKED_AT, endpoint=False) ** 2


@kept_with_formula
def single_slope(formula: Formula, lead: Lead, machine: Any) -> Any:
    """The inlined φ_u of a float32 as a float32, on a machine; on a GPU what meets a whole number is a double meanwhile."""
    inline = machine.inline
    if lead is Lead.SINGLE_LIQUID and formula.liquid_slope is not None:
        slope = inline(in_single(formula.liquid_slope))
    else:
        slope = inline(slope_of(inline(in_single(formula.radial))))
    kinds = (single, as_float32) if isinstance(machine, Cpu) else (float32, float32)
    return inline(single_slope_of(slope, *kinds))


@kept_with_formula
def _table(formula: Formula, lead: Lead) -> Any:
    return backend().compile(table_of(single_slope(formula, lead, backend())))
