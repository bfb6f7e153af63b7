"""The instantaneous quench: minimisation of the energy from a liquid configuration to its inherent state."""

from __future__ import annotations

from dataclasses import dataclass

from vitrify.batch import SKIN
from vitrify.contacts import FAINT, Contacts, require_solid
from vitrify.errors import SampleFailure
from vitrify.kernels.state import CAP as LONGEST
from vitrify.kernels.state import (
    DONE,
    FIRE_STEP,
    FORCE2,
    LARGEST,
    LAST,
    LEFT,
    MEAN_FORCE,
    MOVE,
    REST,
    SEARCHING,
    SINCE,
    SPENT,
    STATUS,
    TOLERANCE,
)  # fmt: skip
from vitrify.leading import Lead

from .programs import AT_REST, PAIR_FORCE, ROUGH_MINIMISERS
from .samples import LISTS, Samples, Way
from .stages import Observer, Stage, tell

MEMORY = (MOVE, SEARCHING, LAST, FORCE2, FIRE_STEP, REST, SINCE)  # what a minimiser knows of its way so far
CAP = 0.14 * SKIN  # longest step of a component in one line search; a new list holds for several
ROUGH = 1e-3  # max|f|, in units of the mean pair force, down to which the liquid's cheaper forces lead
ROUGH_BUDGET = 30_000  # evaluations; 10,000 are many
SINGLE = 1e-4  # of the mean pair force: ten times what single precision leaves of forces that cancel
ROUNDING = 0.9  # of the tolerance: what is left is for positions rounded to doubles when they leave the batch


@dataclass(frozen=True, slots=True)
class QuenchRun:
    """A finished quench."""

    force_evaluations: int
    max_force: float  # largest |component|, in ε/λ
    mean_pair_force: float  # in ε/λ


def quench(
    samples: Samples,
    *,
    minimiser: str,
    force_tolerance: float,
    max_evaluations: int = 200_000,
    progress: Observer | None = None,
) -> dict[int, QuenchRun]:
    """Bring all samples to max|f component| < force_tolerance · min(1, mean |pair force|); returns the run of each.

    A sample fails where it does not get there, at once where the particles lose each other on the way."""
    told = _Told(progress)
    return samples.bring(lambda s: _quenching(samples, s, minimiser, force_tolerance, max_evaluations, told))


def _quenching(
    samples: Samples, s: int, minimiser: str, force_tolerance: float, max_evaluations: int, told: _Told
) -> Way[QuenchRun]:
    """The way of one sample: by the liquid's cheaper forces as far as these lead, then by the forces themselves."""
    row = samples.state[s]
    rough, mean = samples.batch.lead is not Lead.EXACT, 0.0
    # for the forces themselves, whatever becomes of the rough part
    kept = max(max_evaluations // 2, max_evaluations - ROUGH_BUDGET) if rough else 0
    row[[LONGEST, LEFT, *MEMORY]] = CAP, max_evaluations - kept, *(0.0 for _ in MEMORY)
    yield AT_REST
    while row[LEFT] > 0.0:
        yield LISTS
        if mean == 0.0:  # it costs as much as a list, and changes little on the way
            yield PAIR_FORCE
            mean = float(row[MEAN_FORCE])
        if mean == 0.0:  # a tolerance in units of it can never be met
            return without_forces(samples, s, max_evaluations - kept - int(row[LEFT]))
        tolerance = ROUNDING * force_tolerance * min(1.0, mean)
        row[TOLERANCE] = max(tolerance, ROUGH * min(1.0, mean), SINGLE * mean) if rough else tolerance
        yield ROUGH_MINIMISERS[minimiser] if rough else minimiser
        told(s, float(row[LARGEST]), tolerance)
        if row[STATUS] == DONE and not rough:
            yield PAIR_FORCE
            now = float(row[MEAN_FORCE])
            require_forces(samples, s, now)
            if now >= 0.5 * min(1.0, mean):
                return QuenchRun(max_evaluations - int(row[LEFT]), float(row[LARGEST]), now)
        if row[STATUS] == SPENT and not rough:
            break
        if row[STATUS] in (DONE, SPENT):
            row[LEFT] += kept
            row[SINCE] = 0.0
            rough, mean, kept = False, 0.0, 0
    yield PAIR_FORCE
    require_forces(samples, s, float(row[MEAN_FORCE]))
    spent = max_evaluations - int(row[LEFT])
    raise SampleFailure(f"the quench stopped at max|f| = {row[LARGEST]:.2g} after {spent} force evaluations")


class _Told:
    """Observer of many quenches, told the largest force of all samples and the smallest that is to be reached."""

    def __init__(self, progress: Observer | None) -> None:
        self.progress = progress
        self.now: dict[int, tuple[float, float]] = {}

    def __call__(self, s: int, largest: float, wanted: float) -> None:
        self.now[s] = largest, wanted
        if self.progress is not None:
            tell(self.progress, Stage("quench", max(x for x, _ in self.now.values()), min(y for _, y in self.now.values())))


def require_forces(samples: Samples, s: int, mean_force: float) -> None:
    """Raise SampleFailure where next to no force is left because the particles no longer hold each other.

    Below jamming a quench ends where particles just touch: their forces go on falling, and never balance."""
    if mean_force < FAINT:
        samples.place.download()
        require_solid(Contacts.of(samples.batch.glass(s)), repulsive=True)


def without_forces(samples: Samples, s: int, evaluations: int) -> QuenchRun:
    """The outcome of a sample in which no pair exerts a force: a solid at rest is quenched, all else a SampleFailure."""
    require_forces(samples, s, 0.0)
    return QuenchRun(evaluations, 0.0, 0.0)
