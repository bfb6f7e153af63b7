"""Why a configuration is not at mechanical equilibrium: a guess from its forces, and what to add then."""

from __future__ import annotations

from math import ceil, isfinite, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.statics import Hessian, Pairs

from .balance import Balanced, Guess, length_in_file, likely_guess
from .rounding import expected_force, lost_digits

TAKEN = 1e-3  # of the mean pair force: larger forces of rounding are not to be taken as they are
IN_LAMBDA = 1e-3  # departure from 1 of a guess at λ that means that lengths are in λ
STOPPED = 0.02  # max|f| in mean |pair force|, below which a minimiser came rather than a temperature
LARGE = 20_000  # particles; of more the force of a guess is that of those which were looked at
ALIKE = 1.5  # ratio of two temperatures that are one: of 30 particles each they scatter by 0.2
# swing of a coordinate in a0 from which on forces are those of a liquid; they are never harmonic there. PSS, Lennard-Jones
# and Kob-Andersen liquids have 0.012 to 0.02 at T = 0.1 to 0.3; glasses that are measured by another model 0.001 to 0.011.
HOT = 0.012
HOTTEST = 30.0  # ε/k_B, three times that of the hottest liquids that are quenched
LEAST = 10  # particles of a species whose forces give a temperature


def diagnosis(glass: Glass, pairs: Pairs, ratio: float) -> str:
    """A clause on the most likely cause of forces that do not balance, and what to add. It takes seconds at most.

    ratio: max|f| over mean |pair force|. In turn: digits that the file left out; another unit of length, other lengths,
    energies or cutoffs, species exchanged, under which the forces balance; a minimiser that was stopped early; a
    temperature; another model. Where no two particles meet, or they meet too closely, ratio is no number."""
    lost = lost_digits(pairs, ratio * float(np.abs(pairs.slope).mean()), unit=length_in_file(glass))
    if lost:
        return _of_digits(lost, pairs, ratio, length_in_file(glass))
    found = likely_guess(glass)
    if found:
        return _of_guess(found, glass)
    if ratio < STOPPED:
        return "most likely the minimiser that made it was stopped early"
    return _of_temperature(glass, pairs)


def dilution(glass: Glass) -> str:
    """The clause on a unit of length in which the particles would hold each other; empty where there is none."""
    found = likely_guess(glass)
    return f"; {_of_guess(found, glass)}" if found else ""


def _of_digits(lost: tuple[str, float], pairs: Pairs, ratio: float, unit: float) -> str:
    """The clause on digits, with the force that they make."""
    said, step = lost
    expected = expected_force(pairs, step / unit) / float(np.abs(pairs.slope).mean())
    small = ratio <= TAKEN
    way_on = f"or take it as it is with --force-tolerance {_next_decade(ratio)}" if small else "or let --quench remove them"
    forces = f"forces of about {expected:.1g} of the mean pair force"
    return f"its positions hold {said}, which alone makes {forces}: write more digits, {way_on}"


def _of_guess(found: Balanced, glass: Glass) -> str:
    """The clause on another unit, model or order of species."""
    largest = found.largest
    if glass.n_particles <= LARGE:
        pairs = Pairs.of(found.guess.applied(glass))
        largest = float(np.abs(pairs.forces()).max() / np.abs(pairs.slope).mean())
    balance = f"forces would balance, to {largest:.1g} of the mean pair force,"
    return f"a guess: {balance} {_said(found.guess, glass)}"


def _said(guess: Guess, glass: Glass) -> str:
    """What a guess says, and how to say it to us."""
    model, before = guess.model, glass.model.mixture
    if guess.what == "unit":
        length = length_in_file(glass) / guess.factor
        if abs(length - 1.0) < IN_LAMBDA and length_in_file(glass) != 1.0:
            return "if its lengths are in λ already (--reduced; in Python leave units out)"
        return f"if λ is {length:.12g} in the file's unit of length (--lambda {length:.12g})"
    if guess.what == "exchange":
        labels = before.labels
        pairs = [(a, labels[b]) for a, b in zip(labels, guess.order, strict=True) if a != labels[b]]
        named = " and ".join(x for x, _ in pairs) if len(pairs) == 2 else ", ".join(x for x, _ in pairs)
        now = ", ".join(f"{a} is {b}" for a, b in pairs)
        as_option = ",".join(f"{a}={b}" for a, b in pairs)
        how = f"--species {as_option} of a file that has these names, else exchange the labels in --species"
        return f"if species {named} are exchanged: {now} ({how})"
    if guess.what == "potential":
        return f"if the potential is {model.name} (--model {_quoted(model)})"
    symbol = {"length": "λ", "energies": "ε"}[guess.what]
    tables = {"length": (before.lengths, model.mixture.lengths), "energies": (before.energies, model.mixture.energies)}
    old, new = tables[guess.what]
    changed = [
        f"{symbol}({before.labels[a]}, {before.labels[b]}) is {new[a][b]:.12g} and not {old[a][b]:.12g}"
        for a in range(len(old))
        for b in range(a, len(old))
        if new[a][b] != old[a][b]
    ]
    return f"if {', '.join(changed)} (--model {_quoted(model)})"


def _quoted(model: Model) -> str:
    return f'"{model}"'


def _of_temperature(glass: Glass, pairs: Pairs) -> str:
    """The clause on a thermal snapshot or another model. Thermal forces tell one temperature whatever is averaged: over a
    species, and, while the motion is harmonic, over soft directions (U above its minimum) as over stiff ones (f²)."""
    whole = _temperature(glass, pairs, None)
    if whole is None or not (isfinite(whole) and whole > 0.0):
        return f"most likely its model is not {glass.model}, or its particles overlap"
    parts = [x for k in range(glass.model.mixture.n_species) if (x := _temperature(glass, pairs, k)) is not None]
    alike = all(x > 0.0 for x in parts) and max(parts, default=1.0) <= ALIKE * min(parts, default=1.0)
    forces = f"its forces are those of a temperature of {whole:.2g} ε/k_B"
    if whole > HOTTEST:
        return f"{forces}, which is too high for a liquid: its particles overlap, or its model is not {glass.model}"
    if alike and (_swing(pairs, whole) > HOT * glass.spacing or _is_harmonic(pairs, whole)):
        return f"{forces}: most likely a thermal snapshot, whose inherent state --quench finds"
    return f"most likely its model is not {glass.model}; if it is, {forces}, and --quench finds its inherent state"


def _temperature(glass: Glass, pairs: Pairs, species: int | None) -> float | None:
    """The configurational temperature ⟨|f|²⟩/⟨tr M_ii⟩ over all particles, or those of a species, in ε/k_B: Rugh,
    PRL 78, 772 (1997). None of too few particles."""
    chosen = np.ones(glass.n_particles, dtype=bool) if species is None else glass.species == species
    if chosen.sum() < LEAST:
        return None
    stiffness = _stiffness(pairs)[chosen].sum()
    return float(np.sum(pairs.forces()[chosen] ** 2) / stiffness) if stiffness else None


def _stiffness(pairs: Pairs) -> NDArray[np.float64]:
    """tr M_ii of each particle, (n,)."""
    d = pairs.dimension
    return np.asarray(np.trace(Hessian(pairs).diagonal[:, :d, :d], axis1=1, axis2=2))


def _swing(pairs: Pairs, temperature: float) -> float:
    """Root of the mean square of a coordinate about its place, √(T/⟨M_aa⟩), were the neighbours to stand still, in λ."""
    return sqrt(temperature * pairs.dimension / float(_stiffness(pairs).mean()))


def _is_harmonic(pairs: Pairs, temperature: float) -> bool:
    """Whether f·M⁻¹·f is T for each degree of freedom, by equipartition. It is not asked of many particles."""
    if pairs.n_particles > LARGE:
        return False
    force = pairs.forces()
    found = Hessian(pairs).solve(force[None], tolerance=1e-3)
    freedom = pairs.dimension * (pairs.n_particles - 1)
    energy = float(np.vdot(force, found.x_mid[0])) / freedom
    return bool(found.converged.all()) and temperature / ALIKE < energy < temperature * ALIKE


def _next_decade(ratio: float) -> str:
    """A tolerance that takes a force: the next power of ten."""
    return f"{10.0 ** ceil(log10(ratio)):g}"
