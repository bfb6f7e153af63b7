"""Numbers by which claims are judged, taken from a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import hypot, inf, isfinite

from vitrify.ensemble import EnsembleSummary, Estimate
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured, Sizes
from vitrify.report.gathered import Gathered, Study

Quantity = Callable[[Gathered], Estimate]
Place = tuple[str, float]  # a set and a control parameter in it, such as ("DSS", 0.55)
Finding = Callable[[Study], Evidence]
ENDS = {
    "QSS": (6.0, 20.0),
    "DSS": (0.55, 1.20),
    "CSS": (1.1, 1.5),
}  # a trend is told from one of the paper's ends to the other
NEAR = 1e-9  # two control parameters are one, as in `Study.at`
BY_SIZE = "QLM by N"  # one system at several N
BESIDE = {
    "IPL": "n",
    "QSS q=12 by T": "T",
    "QSS q=20 by T": "T",
    "CSS beyond the paper": "r_c",
    BY_SIZE: "N",
}  # of single claims


# Quantities


def of_glasses(x: Gathered) -> Sizes:
    """The ensemble's own glasses."""
    return Sizes(x.spec.n_particles, x.summary.n_samples)


def of_modes(x: Gathered) -> Sizes:
    """The glasses whose low-frequency modes are known."""
    return Sizes(x.micro.of_modes.n_particles, x.micro.of_modes.n_glasses)


def of_dipoles(x: Gathered) -> Sizes:
    """The glasses whose dipole responses are known."""
    return Sizes(x.micro.of_dipoles.n_particles, x.micro.of_dipoles.n_glasses)


def fewest(*sizes: Sizes) -> Sizes:
    """The smallest number and size of glasses among those on which several quantities are measured."""
    return Sizes(min(x.n_particles for x in sizes), min(x.n_samples for x in sizes))


def measured(label: str, estimate: Estimate, sizes: Sizes, *, by_samples: bool = True) -> Measured:
    """A number on glasses of these sizes."""
    return Measured(label, estimate, sizes.n_particles, sizes.n_samples, by_samples=by_samples)


def sizes_of(parts: Iterable[Measured]) -> Sizes:
    """The smallest of several numbers' sizes, or none for no number."""
    every = [Sizes(x.n_particles, x.n_samples) for x in parts]
    return fewest(*every) if every else Sizes()


@dataclass(frozen=True, slots=True)
class Observed:
    """A quantity of an ensemble with its name, the observables that it takes, and the glasses on which it is measured."""

    name: str
    of: Quantity
    takes: tuple[str, ...] = ("elasticity",)
    glasses: Callable[[Gathered], Sizes] = of_glasses

    def __call__(self, found: Gathered) -> Estimate:
        return self.of(found)


def enough(quantity: Observed, least: Sizes) -> Observed:
    """The quantity, made unknown where its glasses are fewer or smaller than required. It serves a quantity next to one
    that takes fewer glasses."""

    def of(x: Gathered) -> Estimate:
        there = quantity.glasses(x)
        known = there.n_particles >= least.n_particles and there.n_samples >= least.n_samples
        return quantity(x) if known else UNKNOWN

    return replace(quantity, of=of)


def summary(quantity: Callable[[EnsembleSummary], Estimate]) -> Quantity:
    """A macroscopic quantity of an ensemble."""
    return lambda x: quantity(x.summary)


def divided(above: Estimate, below: Estimate) -> Estimate:
    """A ratio of two independent numbers."""
    if not (isfinite(above.value) and isfinite(below.value)) or below.value == 0 or above.value == 0:
        return UNKNOWN
    value = above.value / below.value
    return Estimate(value, abs(value) * hypot(above.error / above.value, below.error / below.value))


STICKINESS = Observed("stickiness", lambda x: x.summary.stickiness, ("mechanics",))
COORDINATION = Observed("z", lambda x: x.summary.coordination, ("mechanics",))
PRESSURE = Observed("p/p₀", lambda x: x.summary.p_over_p0, ("mechanics",))
PRESSURE_OVER_K = Observed("p/K", lambda x: x.summary.p_over_k, ("mechanics", "elasticity"))
G_OVER_K = Observed("G/K", lambda x: x.summary.g_over_k)
POISSON = Observed("ν", lambda x: x.summary.poisson_ratio)
CHI_G = Observed("χ_G", lambda x: x.summary.chi_g.chi)
CHI_K = Observed("χ_K", lambda x: x.summary.chi_k.chi)
CHI_RATIO = Observed("χ_K/χ_G", lambda x: divided(x.summary.chi_k.chi, x.summary.chi_g.chi))
# the window of the fit of A_g is limited by ω_g, which dipole responses give
PREFACTOR = Observed("A_g ω0⁵", lambda x: x.micro.prefactor, ("modes", "dipoles"), of_modes)
LENGTH = Observed("ξ_g/a0", lambda x: x.micro.length, ("dipoles",), of_dipoles)
FREQUENCY = Observed("ω_g/ω0", lambda x: x.micro.frequency, ("dipoles",), of_dipoles)
STZ = Observed("2 ξ_g³/a0³", lambda x: x.micro.stz, ("dipoles",), of_dipoles)
NUMBER = Observed("𝒩", lambda x: x.micro.number, ("modes", "dipoles"), lambda x: fewest(of_modes(x), of_dipoles(x)))


# Where they are taken


def members(study: Study, name: str) -> list[tuple[float, Gathered]]:
    """Ensembles of a set by rising control parameter. Of the paper's three sets these are the ones between the paper's own
    ends: ensembles that a user made beyond them are drawn, but the paper says nothing of them."""
    low, high = ENDS.get(name, (-inf, inf))
    return [(control, x) for control, x in study.of_set(name) if low - NEAR <= control <= high + NEAR]


def at(place: Place, quantity: Quantity) -> Finding:
    """A quantity of one ensemble."""

    def found(study: Study) -> Evidence:
        return _one(study, place, quantity)

    return found


def ratio(above: Place, below: Place, quantity: Quantity, *, less: float = 0.0) -> Finding:
    """A quantity of one ensemble over that of another; `less` is subtracted, so that 1 makes it a relative change."""

    def found(study: Study) -> Evidence:
        over, under = _one(study, above, quantity), _one(study, below, quantity)
        missing = (*over.missing, *under.missing)
        if missing:
            return Evidence(missing=missing)
        return Evidence((_quotient(over.parts[0], under.parts[0], less),))

    return found


def over_set(above: Place, name: str, quantity: Quantity) -> Finding:
    """A quantity of one ensemble over that of each of a set."""

    def found(study: Study) -> Evidence:
        over, under = _one(study, above, quantity), _all(study, name, quantity)
        missing = (*over.missing, *under.missing)
        if missing:
            return Evidence(missing=missing)
        return Evidence(tuple(_quotient(over.parts[0], x, 0.0) for x in under.parts))

    return found


def along(name: str, quantity: Quantity, *, against: Quantity | None = None) -> Finding:
    """A quantity of every ensemble of a set, from one of the paper's ends to the other, by rising control parameter.

    against: another quantity, by which the ensembles are sorted instead."""

    def found(study: Study) -> Evidence:
        ends = tuple(called((name, x)) for x in ENDS.get(name, ()) if study.at(name, x) is None)
        if ends:
            return Evidence(missing=ends)
        every = _all(study, name, quantity)
        if against is None or every.missing:
            return every
        other = [against(x).value for _, x in members(study, name)]
        return Evidence(tuple(replace(x, control=y) for x, y in zip(every.parts, other, strict=True)))

    return found


def everywhere(quantity: Quantity, *, but: tuple[Place, ...] = ()) -> Finding:
    """A quantity of every ensemble of the three sets, each once. `but` names the ensembles to leave out."""

    def found(study: Study) -> Evidence:
        excluded = {x.spec.name for place in but if (x := study.at(*place)) is not None}
        parts: dict[str, Measured] = {}
        missing: list[str] = []
        for name in SETS:
            every = along(name, quantity)(study)
            missing += every.missing
            for (_, x), part in zip(members(study, name), every.parts, strict=False):
                if x.spec.name not in excluded:
                    parts.setdefault(x.spec.name, part)
        return Evidence(missing=tuple(dict.fromkeys(missing))) if missing else Evidence(tuple(parts.values()))

    return found


def against_all_others(place: Place, quantity: Quantity) -> Finding:
    """A quantity of one ensemble, followed by that of each other ensemble of the three sets."""
    return each(at(place, quantity), everywhere(quantity, but=(place,)))


def each(*findings: Finding) -> Finding:
    """All numbers of several findings, one after the other. A claim that lacks one of them is not judged."""

    def found(study: Study) -> Evidence:
        every = [x(study) for x in findings]
        missing = tuple(dict.fromkeys(name for x in every for name in x.missing))
        if missing:
            return Evidence(missing=missing)
        return Evidence(
            tuple(part for x in every for part in x.parts), beside=tuple(part for x in every for part in x.beside)
        )

    return found


def together(groups: Mapping[str, Finding]) -> Finding:
    """Findings by the names of a rule `AllOf`."""

    def grouped(name: str, finding: Finding) -> Finding:
        def found(study: Study) -> Evidence:
            evidence = finding(study)
            return replace(evidence, parts=tuple(replace(x, group=name) for x in evidence.parts))

        return found

    return each(*(grouped(name, finding) for name, finding in groups.items()))


def sets(quantity: Quantity, *names: str) -> Finding:
    """A quantity along several sets, each as a group of its own."""
    return together({name: along(name, quantity) for name in names})


def beside(finding: Finding, *names: str, quantity: Quantity) -> Finding:
    """A finding together with a quantity along those of the named sets that the study has, which is shown but not
    judged."""

    def found(study: Study) -> Evidence:
        shown = [part for name in names for part in _all(study, name, quantity).parts]
        return replace(finding(study), beside=tuple(shown))

    return found


def _quotient(a: Measured, b: Measured, less: float) -> Measured:
    quotient = divided(a.estimate, b.estimate)
    shown = Estimate(quotient.value - less, quotient.error)
    return measured(f"{a.label} over {b.label}", shown, sizes_of((a, b)))


def _one(study: Study, place: Place, quantity: Quantity) -> Evidence:
    found = study.at(*place)
    if found is None:
        return Evidence(missing=(called(place),))
    return _measured([(place, found)], quantity)


def _all(study: Study, name: str, quantity: Quantity) -> Evidence:
    found = members(study, name)
    if not found:
        return Evidence(missing=(f"the set {name}",))
    return _measured([((name, control), x) for control, x in found], quantity)


def _measured(places: list[tuple[Place, Gathered]], quantity: Quantity) -> Evidence:
    lacking = [f"{called(place)}: {name}" for place, x in places for name in _lacking(x, quantity)]
    if lacking:
        return Evidence(missing=tuple(lacking))
    return Evidence(tuple(_part(place, x, quantity) for place, x in places))


def _lacking(x: Gathered, quantity: Quantity) -> list[str]:
    takes = quantity.takes if isinstance(quantity, Observed) else ()
    return [name for name in takes if x.spec.observable(name) is None]


def _part(place: Place, x: Gathered, quantity: Quantity) -> Measured:
    observed = quantity if isinstance(quantity, Observed) else Observed("", quantity)
    label = f"{observed.name} at {called(place)}" if observed.name else called(place)
    return replace(measured(label, quantity(x), observed.glasses(x)), control=place[1])


def called(place: Place) -> str:
    """A place as it reads in a sentence: "ρ = 0.55", or "n = 10 (IPL)" outside the three sets."""
    name, control = place
    symbol = SETS.get(name)
    return f"{symbol} = {control:g}" if symbol else f"{BESIDE.get(name, 'control')} = {control:g} ({name})"
