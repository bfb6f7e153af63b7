"""Tests that any model must pass, for the tests of your own models:

    from vitrify.testing import PotentialConformance

    class TestMine(PotentialConformance):
        model = "mine.py:mine"

pytest runs them all. `check_model_conforms(model)` runs them in one call, without pytest."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.batch import glass_batch
from vitrify.errors import PotentialWarning, UsageError, kind_and_text
from vitrify.formula import formula_of, lasting_identity
from vitrify.glass import Glass
from vitrify.models import Model, Potential
from vitrify.models.catalogue import model_of, parse
from vitrify.models.checking import PRIMES, SYMBOLS, PotentialReport, examine
from vitrify.models.offers import cutoff_of, radial_of
from vitrify.preparation.places import LISTS, OnHost
from vitrify.preparation.programs import FORCES
from vitrify.public_names import only
from vitrify.statics import Hessian, Pairs

__all__ = ["PotentialConformance", "check_model_conforms"]
__dir__ = only(__all__)
FloatArray = NDArray[np.float64]
Given = Model | Potential | str

SPACING = 1.15  # of the particles of the glass, in distances of neighbours, or less where the potential ends before
OF_CUTOFF = 0.8  # largest spacing in cutoffs: neighbours must meet
JITTER = 0.08  # of each position, in spacings
LOOKED_AT = 12  # coordinates of which derivatives are taken
STEP = 1e-5  # of a difference, in spacings; few pairs are as near to the cutoff, where a derivative may jump
STENCIL = ((-2, 1.0 / 12.0), (-1, -8.0 / 12.0), (1, 8.0 / 12.0), (2, -1.0 / 12.0))  # of a first derivative, to STEP⁴
SAME = 1e-5  # of the largest value of a particle: truncation, and a pair that passes the cutoff within a step
ROUNDING = 1e-12  # relative, of a sum over pairs in another order
ELSEWHERE = """
import pickle, sys
from vitrify.testing import _identity
model = pickle.load(sys.stdin.buffer)
print(repr((str(model), _identity(model))))
"""


class PotentialConformance:
    """Base of a test class, in which `model` is named: a Model, a Potential, or a readable form such as mine.py:mine."""

    model: ClassVar[Given]
    smooth_to: ClassVar[int] = 2  # derivatives of φ(r) up to this one must vanish at the cutoff

    def test_each_derivative_is_the_slope_of_the_one_before(self) -> None:
        """Over intervals, the change of each is the integral of the next; between pieces φ, φ_u and φ_uu do not jump."""
        report = self._report()
        _require(not report.faults, "; ".join(report.faults))
        jumps = [x for x in report.cautions if " jumps by " in x]
        _require(not jumps, "; ".join(jumps))

    def test_derivatives_vanish_at_the_cutoff(self) -> None:
        """Up to the one of `smooth_to`."""
        report = self._report()
        named = " to ".join(dict.fromkeys((PRIMES[0], PRIMES[max(self.smooth_to, 0)])))
        told = f"{report.name}: {named} must vanish at the cutoff"
        _require(self.smooth_to < 0 or report.smooth_to >= self.smooth_to, told)

    def test_it_is_finite_below_the_cutoff_and_nothing_beyond(self) -> None:
        """φ and its derivatives are numbers from r = λ/2 on, or from half the cutoff, and just above the cutoff too, where
        kernels compute before they mask."""
        potential = self._model().potential
        end, name = cutoff_of(potential) ** 2, type(potential).__name__
        inside = potential.evaluate(np.linspace(0.25 * min(1.0, end), end, 400, endpoint=False)[1:])
        bad = [symbol for symbol, row in zip(SYMBOLS, inside, strict=True) if not np.isfinite(row).all()]
        _require(not bad, f"potential {name}: {', '.join(bad)} must be finite below the cutoff")
        _require(
            not potential.evaluate(end * np.array([1.0, 1.5, 9.0])).any(), f"potential {name} must be 0 from the cutoff on"
        )
        try:
            beyond = bool(np.isfinite(radial_of(potential)(1.001 * end, potential.numbers())).all())
        except (ArithmeticError, ValueError):  # of a root, say
            beyond = False
        _require(beyond, f"potential {name}: derivatives() must be finite just above the cutoff")

    def test_it_compiles_and_is_the_same_compiled(self) -> None:
        """At several distances, to the last digits."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PotentialWarning)  # of the cutoff, which another test is about
            try:
                formula_of(self._model().potential)
            except UsageError as error:
                raise AssertionError(str(error)) from None

    def test_energy_is_the_sum_over_pairs(self) -> None:
        """The energy of a small glass is that of all its pairs, summed by NumPy, and of all surroundings, by plain
        Python."""
        glass = _glass(self._model())
        found, everyone = Pairs.of(glass).energy, range(glass.n_particles)
        each = np.array([0.5 * _energy_of(glass, glass.positions, i) for i in everyone])
        each += _surroundings_of(glass, glass.positions, everyone)
        close = abs(found - each.sum()) <= 100 * ROUNDING * np.abs(each).sum()
        _require(close, f"the energy of a glass of {glass.model} is {found:.9g}, must be {each.sum():.9g}")

    def test_forces_are_minus_the_gradient_of_the_energy(self) -> None:
        """By differences of the energy of a small glass, which NumPy sums, and plain Python beyond pairs."""
        glass = _glass(self._model())
        forces = Pairs.of(glass).forces()
        for i, d in _coordinates(glass):
            near, slope = _within_reach(glass, i), 0.0
            for k, w in STENCIL:
                moved = _moved(glass, i, d, k)
                slope += w * (_energy_of(glass, moved, i) + _surroundings_of(glass, moved, near).sum()) / _step(glass)
            off = abs(forces[i, d] + slope) - SAME * np.abs(forces[i]).max()
            told = f"a force of {glass.model} is {forces[i, d]:.9g}, but minus the slope of the energy is {-slope:.9g}"
            _require(off <= ROUNDING / STEP * np.abs(forces).max(), told)

    def test_particles_move_by_these_forces(self) -> None:
        """Forces of minimisers, which are compiled from other sums than those above; beyond pairs also from `along`,
        `located`, `turned` and `symmetric`."""
        glass = _glass(self._model())
        moving, forces = _moving_forces(glass), Pairs.of(glass).forces()
        off = np.abs(moving - forces).max() / np.abs(forces).max()
        told = f"forces by which particles of {glass.model} move differ by {off:.3g} of the largest from those above"
        _require(off <= SAME, told)

    def test_the_hessian_is_symmetric_and_minus_the_gradient_of_the_forces(self) -> None:
        """By differences of the forces on a small glass."""
        glass = _glass(self._model())
        matrix = Hessian(Pairs.of(glass)).matrix().toarray()
        largest = np.abs(matrix).max()
        _require(
            np.abs(matrix - matrix.T).max() <= 100 * ROUNDING * largest, f"the Hessian of {glass.model} is not symmetric"
        )
        for i, d in _coordinates(glass):
            moved = ((w, glass.with_positions(_moved(glass, i, d, k))) for k, w in STENCIL)
            column = -np.sum([w * Pairs.of(x).forces() for w, x in moved], axis=0) / _step(glass)
            own = matrix[:, glass.dimension * i + d]
            off = np.abs(own - column.ravel()).max() / largest
            told = f"the Hessian of {glass.model} differs from the slopes of the forces by {off:.3g} of its largest entry"
            _require(off <= SAME * np.abs(own).max() / largest + ROUNDING / STEP, told)

    def test_it_is_the_same_in_another_process(self) -> None:
        """It is pickled, and there it has the same readable form, values and identity, which stores keep results under."""
        model = self._model()
        environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            sent = pickle.dumps(model)
        except Exception as error:  # whatever such a model does not allow
            raise AssertionError(f"model {model} cannot be pickled: {kind_and_text(error)}") from error
        program = [sys.executable, "-W", "ignore", "-c", ELSEWHERE]
        done = subprocess.run(program, input=sent, env=environment, capture_output=True, check=False)
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        _require(done.returncode == 0, f"model {model} fails in another process: {lines[-1] if lines else done.returncode}")
        here, there = repr((str(model), _identity(model))), done.stdout.decode().strip()
        _require(there == here, f"model {model} is another in another process: {there}, and here {here}")

    def test_its_name_reads_back(self) -> None:
        """A readable form that can be read gives this very model. The name of a Model of your own making may be any."""
        model = self._model()
        try:
            found = parse(str(model))
        except UsageError:
            return
        _require(found == model, f"the readable form {str(model)!r} reads back as another model")

    def _model(self) -> Model:
        return _model_of(self.model)

    def _report(self) -> PotentialReport:
        return examine(self._model().potential)


def check_model_conforms(model: Given, *, smooth_to: int = 2) -> None:
    """Run all tests of `PotentialConformance` on a model. Raises AssertionError with a sentence about the first that it
    fails.

    smooth_to: the highest derivative of φ(r) that must vanish at the cutoff, -1 for none."""
    tests: Any = type("Checked", (PotentialConformance,), {"model": model, "smooth_to": smooth_to})()
    for name in vars(PotentialConformance):
        if name.startswith("test_"):
            getattr(tests, name)()


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _model_of(given: Given) -> Model:
    if isinstance(given, Potential):
        return Model("a potential of its own", given, given.usual_mixture)
    return model_of(given)


def _identity(model: Model) -> tuple[str, list[float]]:
    """The identity of the formula, and some of its values."""
    potential = model.potential
    u = cutoff_of(potential) ** 2 * np.array([0.5, 0.7, 0.9])
    return lasting_identity(potential), potential.evaluate(u).ravel().tolist()


# --- a small glass ----------------------------------------------------------------------------------------------------


@cache
def _glass_of(model: Model) -> Glass:
    rng = np.random.default_rng(5)
    mixture = model.mixture
    sizes = None if mixture.sizes is None else mixture.sizes.draw(1000, rng)
    mean = float(np.mean(mixture.lengths)) if sizes is None else float(np.mean(sizes))
    spacing = min(SPACING * mean * model.potential.neighbour_distance(), OF_CUTOFF * model.cutoff)
    side = max(int(np.ceil(2.0 * model.cutoff / spacing)) + 1, 4)
    sites = np.stack(np.meshgrid(*3 * [np.arange(side)], indexing="ij"), axis=-1).reshape(-1, 3)
    positions = spacing * (sites + JITTER * rng.standard_normal(sites.shape))
    species = rng.integers(mixture.n_species, size=len(sites)) if sizes is None else np.zeros(len(sites), dtype=int)
    drawn = None if mixture.sizes is None else mixture.sizes.draw(len(sites), rng)
    return Glass(positions, spacing * side, species.astype(np.int8), model, sizes=drawn)


def _glass(model: Model) -> Glass:
    if model.molecule is not None:
        raise UsageError(f"model {model} has molecules, which these tests cannot take; test model.with_molecules(None)")
    try:
        return _glass_of(model)
    except TypeError:  # a potential that has no hash
        return _glass_of.__wrapped__(model)


def _coordinates(glass: Glass) -> list[tuple[int, int]]:
    chosen = np.random.default_rng(6).integers([glass.n_particles, glass.dimension], size=(LOOKED_AT, 2))
    return [(int(i), int(d)) for i, d in chosen]


def _step(glass: Glass) -> float:
    return float(STEP * glass.density ** (-1.0 / glass.dimension))


def _moved(glass: Glass, i: int, d: int, steps: int) -> FloatArray:
    positions = glass.positions.copy()
    positions[i, d] += steps * _step(glass)
    return positions


def _energy_of(glass: Glass, positions: FloatArray, i: int) -> float:
    """Energy of all pairs of one particle, each ε_ij φ(r²/λ_ij²) at its nearest image."""
    mixture = glass.model.mixture
    between = _to_nearest(glass, np.delete(positions - positions[i], i, axis=0))
    squared = (between**2).sum(axis=1)
    if glass.sizes is not None:
        others = np.delete(glass.sizes, i)
        mean, difference = 0.5 * (others + glass.sizes[i]), np.abs(others - glass.sizes[i])
        return float(glass.model.potential.energy(squared / (mean * (1.0 - mixture.nonadditivity * difference)) ** 2).sum())
    total, kinds, own = 0.0, np.delete(glass.species, i), int(glass.species[i])
    for kind in range(mixture.n_species):
        u = squared[kinds == kind] / mixture.lengths[own][kind] ** 2
        energies = mixture.energies[own][kind] if mixture.energies else 1.0
        total += energies * float(glass.model.potential_of(own, kind).energy(u).sum())
    return total


def _within_reach(glass: Glass, i: int) -> list[int]:
    """The particles whose surroundings change where one moves a little, itself among them; none of an energy of pairs."""
    if glass.model.potential.many_body() is None:
        return []
    between = _to_nearest(glass, glass.positions - glass.positions[i])
    reach = glass.model.cutoff + 10 * _step(glass)
    return [int(j) for j in np.flatnonzero((between**2).sum(axis=1) < reach**2)]


def _surroundings_of(glass: Glass, positions: FloatArray, particles: Sequence[int]) -> FloatArray:
    """Energy beyond pairs of each of these particles, by the plain functions of the potential, bond by bond."""
    potential, species = glass.model.potential, glass.species.tolist()
    beyond, numbers = potential.many_body(), tuple(np.asarray(potential.numbers(), dtype=float).tolist())
    energies = np.zeros(len(particles))
    if beyond is None:
        return energies
    for at, i in enumerate(particles):
        between = _to_nearest(glass, positions - positions[i])
        squared = (between**2).sum(axis=1)
        met = np.flatnonzero((squared > 0.0) & (squared < potential.cutoff**2))
        bonds = [(*r, species[j]) for r, j in zip(between[met].tolist(), met.tolist(), strict=True)]
        energies[at] = beyond.energy_of(bonds, species[i], numbers)
    return energies


def _moving_forces(glass: Glass) -> FloatArray:
    """(n, d) forces by which particles move."""
    batch = glass_batch(glass)
    place = OnHost(batch, backend())
    for what in (LISTS, FORCES):
        place.done(what, [0])
    forces = np.empty((glass.n_particles, glass.dimension))
    forces[batch.label] = batch.force[:, : glass.dimension]
    return forces


def _to_nearest(glass: Glass, between: FloatArray) -> FloatArray:
    """Vectors to nearest images."""
    return np.asarray(between - glass.box * np.round(between / glass.box))
