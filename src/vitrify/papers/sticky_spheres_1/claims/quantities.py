"""The numbers that claims are judged by, taken from a study."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, isfinite

from vitrify.ensemble import EnsembleSummary, Estimate
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured
from vitrify.report.gathered import Gathered, Study

Quantity = Callable[[Gathered], Estimate]
Place = tuple[str, float]  # a set and a control parameter in it, such as ("DSS", 0.55)


def summary(quantity: Callable[[EnsembleSummary], Estimate]) -> Quantity:
    """A macroscopic quantity, of an ensemble."""
    return lambda x: quantity(x.summary)


def at(place: Place, quantity: Quantity) -> Callable[[Study], Evidence]:
    """A quantity of one ensemble."""

    def found(study: Study) -> Evidence:
        return _one(study, place, quantity)

    return found


def ratio(above: Place, below: Place, quantity: Quantity, *, less: float = 0.0) -> Callable[[Study], Evidence]:
    """A quantity of one ensemble over that of another; `less` is subtracted, so that 1 makes it a relative change."""

    def found(study: Study) -> Evidence:
        over, under = _one(study, above, quantity), _one(study, below, quantity)
        missing = (*over.missing, *under.missing)
        if missing:
            return Evidence(missing=missing)
        a, b = over.parts[0], under.parts[0]
        quotient = divided(a.estimate, b.estimate)
        shown = Estimate(quotient.value - less, quotient.error)
        n_particles, n_samples = min(a.n_particles, b.n_particles), min(a.n_samples, b.n_samples)
        return Evidence((Measured(f"{a.label} over {b.label}", shown, n_particles, n_samples),))

    return found


def along(name: str, quantity: Quantity) -> Callable[[Study], Evidence]:
    """A quantity of every ensemble of a set, by rising control parameter."""

    def found(study: Study) -> Evidence:
        members = study.of_set(name)
        if len(members) < 2:
            return Evidence(missing=(f"the set {name}",))
        return Evidence(tuple(_measured((name, control), x, quantity) for control, x in members))

    return found


def everywhere(quantity: Quantity) -> Callable[[Study], Evidence]:
    """A quantity of every ensemble of the three sets, each once."""

    def found(study: Study) -> Evidence:
        parts: dict[str, Measured] = {}
        for name in SETS:
            for control, x in study.of_set(name):
                parts.setdefault(x.spec.name, _measured((name, control), x, quantity))
        return Evidence(tuple(parts.values()))

    return found


def divided(above: Estimate, below: Estimate) -> Estimate:
    """A ratio of two independent numbers."""
    if not (isfinite(above.value) and isfinite(below.value)) or below.value == 0 or above.value == 0:
        return UNKNOWN
    value = above.value / below.value
    return Estimate(value, abs(value) * hypot(above.error / above.value, below.error / below.value))


def _one(study: Study, place: Place, quantity: Quantity) -> Evidence:
    found = study.at(*place)
    if found is None:
        return Evidence(missing=(_named(place),))
    return Evidence((_measured(place, found, quantity),))


def _measured(place: Place, found: Gathered, quantity: Quantity) -> Measured:
    return Measured(_named(place), quantity(found), found.spec.n_particles, found.summary.n_samples, place[1])


def _named(place: Place) -> str:
    return f"{SETS.get(place[0], place[0])} = {place[1]:g}"
