"""A flattened batch of independent samples, their particles sorted by bin, with its neighbour list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends import program as programs
from vitrify.backends.program import layout_of
from vitrify.backends.threads import shared_out
from vitrify.backends.vectors import KEPT, upper_half
from vitrify.cell import TICKS, Cell, from_ticks, to_ticks
from vitrify.errors import UsageError
from vitrify.formula import Formula, formula_of, kept_with_formula
from vitrify.glass import Glass, range_of
from vitrify.kernels import bonds, many_body, motion
from vitrify.kernels import neighbours as lists
from vitrify.kernels.contacts import vector_in_cell, vector_in_cube
from vitrify.kernels.forces import INDEX_MASK, MOST_KINDS, PairForm, forces_of, slope_of
from vitrify.kernels.leading_forces import leading_forces_of
from vitrify.kernels.state import COLUMNS, DEGREES, STALE2
from vitrify.kernels.views import Bins, Candidates, Kept, Motion, PairView, Rows, Way
from vitrify.leading import Lead, leading_form, single_numbers, single_slope
from vitrify.models import Model
from vitrify.models.molecule import angle_slope, bond_terms
from vitrify.models.offers import number_array, numbers_of
from vitrify.models.sizes import pair_length
from vitrify.models.topology import Topology, by_particle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
UNIT_BALL = {2: 3.142, 3: 4.19}  # volume by dimension
SKIN = 0.4  # of the distance of neighbours; measured best for liquids of N = 3,000, flat from 0.3 to 0.45
ROUNDING = 2e-6  # lists are made with distances in single precision
SORT_EVERY = 20  # lists between two sortings of the particles themselves: neighbours in space stay neighbours in memory
PARTIAL = 6  # sums that a chunk may leave
SPANS = (1, 2, 3)  # bins that the range of a list may cover
BONDS, ANGLES = "bonds", "angles"
SIZE_KINDS = 6  # of particles with sizes of their own, by which the reach of their lists is told apart


class Batch:
    """State of many samples of one model: arrays over all their particles, sample s in first[s] ... first[s + 1].

    `label` is each particle's number within its own sample before sorting; a sample's results depend on its own rows
    only, so they are the same bit for bit in a batch of any size. Ticks have three components; the third is zero in two
    dimensions. `formula` is the potential's as it was when the batch was made, `lead` the form of its forces that leads a
    liquid. boxes: as a Glass takes them; cubes (or squares) beside other cells are moved by the kernels for those,
    and so differ in last bits from what they are alone; sizes: of the particles of each sample, where the
    mixture has them; they ride in the fourth word of a record of ticks; topologies: of each sample, where particles are
    bound to each other. Raises UsageError where the model cannot be used, or where a particle would meet two images of one
    neighbour."""

    def __init__(
        self,
        model: Model,
        boxes: Sequence[Any],
        positions: list[FloatArray],
        species: list[NDArray[Any]],
        sizes: list[FloatArray] | None = None,
        topologies: list[Topology] | None = None,
    ) -> None:
        numbers = [len(x) for x in positions]
        n = sum(numbers)
        self.model, self.formula = model, formula_of(model.potential)
        self.cells = [Cell.of(box, x.shape[1]) for box, x in zip(boxes, positions, strict=True)]
        self.is_cubic = all(x.is_cubic for x in self.cells)
        for s, (cell, kinds) in enumerate(zip(self.cells, species, strict=True)):
            require_height(cell, range_of(kinds, None if sizes is None else sizes[s], model), model)
        self.first = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int64)
        self.ticks, self.anchor = records(n, np.int64), records(n, np.int64)  # where it is, and where the list was made
        for s, (x, cell) in enumerate(zip(positions, self.cells, strict=True)):
            self.ticks[self.rows(s), : cell.dimension] = to_ticks(cell.fractions(x))
        if sizes is not None:
            self.sizes[:, 3] = np.concatenate(sizes)
        self.species = np.concatenate(species).astype(np.int64)
        self.label = np.concatenate([np.arange(m) for m in numbers])
        self.force, self.velocity, self.travel, self.mass, self.inverse_mass = (records(n) for _ in range(5))
        self.direction, self.previous = records(n), records(n)  # of a minimiser
        self.mass[:] = np.array(model.mixture.masses)[self.species][:, None]
        self.inverse_mass[:] = 1.0 / self.mass
        beyond = model.potential.many_body()
        self.moments = np.zeros((n, beyond.n_moments) if beyond else (1, 1))
        self.carried = [  # what moves with its particle when a sample is sorted
            self.ticks, self.species, self.label, self.mass, self.inverse_mass, self.force, self.velocity, self.travel,
            self.direction, self.previous,
        ]  # fmt: skip
        self.topologies = topologies
        self.bound, self._bound_labels = self._bound(numbers)
        if topologies is not None:
            self.carried += [*self._bound_labels, self.bound.bond_types, self.bound.angle_types]
        self.anchor[:] = self.ticks
        self.h = np.array([in_space(x) for x in self.cells])  # (samples, 6) xx, yy, zz, xy, xz, yz of h = matrixᵀ
        self.tick_length = self.h[:, 0] / TICKS  # of cubes
        self.h_ticks, self.inverse_h = self.h / TICKS, np.array([_inverse(h) for h in self.h]) * TICKS
        self.counts = np.zeros(n, dtype=np.int64)
        density = max(m / cell.volume for m, cell in zip(numbers, self.cells, strict=True))
        lengths = np.array(model.mixture.lengths)
        there = np.bincount(self.species, minlength=len(lengths)) > 0
        width = row_width(model, density, np.flatnonzero(there).tolist(), self.dimension)
        self.neighbours = _aligned((n, width), np.uint32)
        self.kept = self._kept((n, width))
        self.numbers = number_array(model.potential)
        self.inverse_length2 = lengths**-2.0
        self.cutoff2 = float(model.potential.cutoff) ** 2
        self.form = pair_form(model)._replace(cell=not self.is_cubic)
        self.lead, self.energies = lead_of(model, self.form), np.array(model.mixture.energies)
        self.cutoffs2, self.coefficients = _of_pairs(model, self.formula)
        # what the list tells particles apart by: their species, where these are few
        self.kind, ranges = _kinds(model, self.species, there, self.sizes[:, 3])
        if self.kind is not self.species:
            self.carried.append(self.kind)
        rounding = ROUNDING * max(1.0 if self.is_cubic else roughness(x) for x in self.cells)
        skin = skin_of(model)
        self.reach2 = np.where(ranges > 0.0, (ranges + skin + rounding) ** 2, 0.0)
        self.layout = layout_of(numbers, backend())
        self.state = np.zeros((len(numbers), COLUMNS))
        self.state[:, STALE2] = (0.5 * skin) ** 2  # two particles have then come closer by a skin at most
        self.state[:, DEGREES] = [float(self.dimension) * (m - 1) for m in numbers]
        self._partial = np.zeros((len(self.layout.chunk_first), PARTIAL))
        self._lists_made = np.zeros(len(numbers), dtype=np.int64)
        self._bins: dict[int, tuple[IntArray, int]] = {}  # by sample: cells and reach stay what they are
        self._candidates = _Candidates(max(numbers), len(self.reach2))

    @property
    def sizes(self) -> FloatArray:
        """(n, 4) the records of ticks read as doubles: the last is the particle's size."""
        return self.ticks.view(np.float64)

    @property
    def bound_by(self) -> str:
        """What particles are bound by: BONDS, BONDS and ANGLES, or nothing."""
        if self.topologies is None:
            return ""
        return ANGLES if any(len(x.angles) for x in self.topologies) else BONDS

    @property
    def n_samples(self) -> int:
        return len(self.cells)

    @property
    def dimension(self) -> int:
        """The number of dimensions, 2 or 3."""
        return self.cells[0].dimension

    @property
    def boxes(self) -> list[float]:
        """The edges of cubes or squares. Raises UsageError for other cells."""
        return [x.edge for x in self.cells]

    @property
    def shape(self) -> NDArray[np.float32]:
        """(samples, 6) h in units of its first entry: what lists make lengths of differences with, where it is no
        cube's."""
        return np.asarray(self.h / self.h[:, :1], dtype=np.float32)

    def rows(self, s: int) -> slice:
        """The particles of sample s."""
        return slice(int(self.first[s]), int(self.first[s + 1]))

    def size(self, s: int) -> int:
        """The number of particles of sample s."""
        return int(self.first[s + 1] - self.first[s])

    def require_cubes(self, done: str) -> None:
        """Raise UsageError for cells in which particles cannot be `done`."""
        if not self.is_cubic:
            raise UsageError(f"the cell is {self.cells[0]}, must be a cube or a square for its particles to be {done}")

    def pair_view(self) -> PairView:
        """The arrays that every force kernel takes."""
        return PairView(
            self.ticks, self.neighbours, self.counts, self.species, self.inverse_length2,
            self.numbers, self.cutoff2, self.tick_length, self.h_ticks, self.energies, self.cutoffs2, self.coefficients,
            self.sizes, self.model.mixture.nonadditivity, single_numbers(self.numbers), self.moments, self.kept,
        )  # fmt: skip

    def way(self) -> Way:
        """The arrays that say how far particles have gone."""
        return Way(
            self.ticks, self.ticks.reshape(-1), self.anchor, self.travel, self.tick_length, self.h_ticks, self.inverse_h
        )

    def motion(self) -> Motion:
        """The arrays that every program takes that moves particles."""
        velocity, mass, inverse_mass, direction, previous = (
            x.reshape(-1) for x in (self.velocity, self.mass, self.inverse_mass, self.direction, self.previous)
        )
        return Motion(
            self.layout, self.pair_view(), self.way(), self.force, self.force.reshape(-1), velocity, mass, inverse_mass,
            self.direction, direction, previous, self._partial, self.state, self.bound,
        )  # fmt: skip

    def reach2_ticks(self, s: int) -> NDArray[np.float32]:
        """Squared range of the list by kind, in units of (L/2^32)², L the length of the first vector."""
        return (self.reach2 / (float(self.tick_length[s]) * 2.0**32) ** 2).astype(np.float32)

    def rebuild(self, s: int) -> None:
        """List the neighbours of sample s anew, in longer rows where they do not fit; now and then sort its particles."""
        rows = self.rows(s)
        self._settle(s)
        found = self._candidates.sort(self, s)
        if self._lists_made[s] % SORT_EVERY == 0:
            order = (found.sorted.entries[: rows.stop - rows.start] & INDEX_MASK).astype(np.int64)
            for array in self.carried:
                array[rows] = array[order]
            self.anchor[rows] = self.ticks[rows]
            found = self._candidates.sort(self, s)
        self._lists_made[s] += 1
        while (longest := found.list(self, s)) > self.neighbours.shape[1] - KEPT:
            wider = _aligned((len(self.ticks), places(longest + lists.PAD)), np.uint32)
            wider[:, : self.neighbours.shape[1]] = self.neighbours
            self.neighbours, self.kept = wider, self._kept(wider.shape)
            for other in range(self.n_samples):
                self._list_later(other)
        if self.topologies is not None:
            self._settle_bound(s)
            backend().compile(bonds.leave_out)(rows.start, rows.stop, self.bound.apart, self.neighbours, self.counts)
        self._list_later(s)

    def _list_later(self, s: int) -> None:
        """Of the list of sample s, where one thread has all of it, what a sweep that meets each bond once goes through."""
        if keeps_bonds(self.formula, backend()) and self.size(s) < programs.BIG:
            rows = self.rows(s)
            backend().compile(many_body.list_later)(rows.start, rows.stop, self.neighbours, self.counts, self.kept)

    def _kept(self, shape: tuple[int, int]) -> Kept:
        """Space for the bonds that one sweep keeps for the next."""
        n, width = shape if keeps_bonds(self.formula, backend()) else (1, 1)
        near, later = _aligned((n * width,), np.uint32), _aligned((n * width,), np.uint32)
        here, there = _aligned((n * width,), np.float64), _aligned((n * width,), np.float64)
        counts, later_begin, later_counts = (np.zeros(n, dtype=np.int64) for _ in range(3))
        return Kept(near, here, there, counts, later, later_begin, later_counts)

    def _bound(self, numbers: list[int]) -> tuple[bonds.BoundView, list[IntArray]]:
        """What particles are bound by, before their places are known, and the same by their labels."""
        molecule, n = self.model.molecule, len(self.ticks)
        if self.topologies is None or molecule is None:
            empty = np.full((1, 1), -1, dtype=np.int64)
            corners = np.full((1, 1, 3), -1, dtype=np.int64)
            return bonds.BoundView(empty, empty, np.zeros((1, 5)), corners, empty, np.zeros((1, 5)), empty), []
        parts = [_bound_by_label(x, m, molecule.exclude) for x, m in zip(self.topologies, numbers, strict=True)]
        far, bond_types, corners, angle_types, apart = (_as_wide(x) for x in zip(*parts, strict=True))
        places = [np.full_like(x, -1) for x in (far, corners, apart)]
        laws, angle_laws = (molecule.numbers(kind) for kind in ("bonds", "angles"))
        assert len(far) == n
        view = bonds.BoundView(places[0], bond_types, laws, places[1], angle_types, angle_laws, places[2])
        return view, [far, corners, apart]

    def _settle_bound(self, s: int) -> None:
        """Find where the particles are now that those of sample s are bound to."""
        rows = self.rows(s)
        where = np.full(self.size(s) + 1, -1, dtype=np.int64)  # the last is that of no particle
        where[self.label[rows]] = np.arange(rows.start, rows.stop)
        for place, label in zip((self.bound.far, self.bound.corners, self.bound.apart), self._bound_labels, strict=True):
            place[rows] = where[label[rows]]

    def positions(self, s: int) -> FloatArray:
        """Positions of sample s in its cell, in the order in which they were given."""
        rows = self.rows(s)
        positions = np.empty((rows.stop - rows.start, self.dimension))
        positions[self.label[rows]] = self.cells[s].positions(from_ticks(self.ticks[rows, : self.dimension]))
        return positions

    def relabel(self, s: int) -> None:
        """Let sample s keep the order in which it stands: neighbours in space are near each other in memory ever after.
        Particles of molecules stay as they are numbered."""
        if self.topologies is not None:
            return
        rows = self.rows(s)
        self.label[rows] = np.arange(rows.stop - rows.start)

    def glass(self, s: int, **provenance: str | float) -> Glass:
        """Sample s as a Glass."""
        rows = self.rows(s)
        species = np.empty(rows.stop - rows.start, dtype=np.int8)
        species[self.label[rows]] = self.species[rows]
        sizes = None
        if self.form.sizes:
            sizes = np.empty(len(species))
            sizes[self.label[rows]] = self.sizes[rows, 3]
        topology = None if self.topologies is None else self.topologies[s]
        return Glass(self.positions(s), self.cells[s], species, self.model, dict(provenance), sizes, topology)

    def ranges2(self) -> FloatArray:
        """(species, species) squared range of each pair; of particles with sizes that of the largest."""
        if self.form.sizes:
            return np.full((1, 1), self.model.cutoff**2)
        return np.asarray((self.cutoffs2 if self.form.cutoffs else self.cutoff2) / self.inverse_length2)

    def squared_lengths(self, source: NDArray[np.int64], target: NDArray[np.int64]) -> FloatArray:
        """(p,) λ_ij² of pairs of particles, in the order in which these stand."""
        if not self.form.sizes:
            return np.asarray(1.0 / self.inverse_length2[self.species[source], self.species[target]])
        size = self.sizes[:, 3]
        return np.asarray(pair_length(size[source], size[target], self.model.mixture.nonadditivity) ** 2)

    def _settle(self, s: int) -> None:
        _settle(self.is_cubic)(self.first[s], self.first[s + 1], s, self.way())

    def bins(self, s: int) -> tuple[IntArray, int]:
        """Bins along the axes, (3,), and how many of them the range of the list covers: small bins hold fewer candidates,
        in shorter runs. In two dimensions one bin lies across the plane."""
        if s not in self._bins:
            self._bins[s] = self._best_bins(s)
        return self._bins[s]

    def _best_bins(self, s: int) -> tuple[IntArray, int]:
        cell, reach = self.cells[s], float(np.sqrt(self.reach2.max()))
        per_volume = (self.first[s + 1] - self.first[s]) / cell.volume

        def vectors(span: int) -> Any:  # a home bin costs some time as well, shared by its particles
            inside, columns = (reach / span) ** cell.dimension * per_volume, (2 * span + 1) ** 2
            run = (2 * span + 1) ** (cell.dimension - 2) * inside
            return columns * (run / KEPT + 0.5 + 0.5 / max(inside, 1.0))

        span, grid = min(SPANS, key=vectors), np.ones(3, dtype=np.int64)
        grid[: cell.dimension] = np.maximum((span * cell.heights / reach).astype(np.int64), 1)
        return grid, span


def glass_batch(glass: Glass) -> Batch:
    """A batch of one glass."""
    sizes = None if glass.sizes is None else [glass.sizes]
    topologies = None if glass.topology is None else [glass.topology]
    return Batch(glass.model, [glass.box], [glass.positions], [glass.species], sizes, topologies)


def _bound_by_label(topology: Topology, n: int, exclude: str) -> tuple[IntArray, ...]:
    """The bonds of each particle of a sample, their types, its angles and theirs, and whom it does not meet in a pair."""
    (i, j), angles = topology.bonds.T, topology.angles
    far, bond_types = by_particle(n, np.append(i, j), np.append(j, i), np.tile(topology.bond_types, 2))
    corners, angle_types = by_particle(n, angles.T.ravel(), np.tile(angles, (3, 1)), np.tile(topology.angle_types, 3))
    apart = topology.excluded(n, exclude)
    return far, bond_types, corners, angle_types, *by_particle(n, apart[:, 0], apart[:, 1])


def _as_wide(rows: Sequence[IntArray]) -> IntArray:
    """Rows of all samples in one array, as wide as the widest."""
    width = max(x.shape[1] for x in rows)
    padded = [np.pad(x, ((0, 0), (0, width - x.shape[1]), *[(0, 0)] * (x.ndim - 2)), constant_values=-1) for x in rows]
    return np.concatenate(padded)


class _Candidates:
    """Scratch arrays of the list builder, for one sample at a time."""

    def __init__(self, n: int, n_kinds: int) -> None:
        capacity = places(n)
        self.bin_of = np.zeros(n, dtype=np.int64)
        self.sorted, self.near = _candidates(n_kinds, capacity), _candidates(n_kinds, capacity)
        self.bins = Bins(np.zeros(3, dtype=np.int64), 0, np.zeros(2, dtype=np.int64))

    def sort(self, batch: Batch, s: int) -> _Candidates:
        """The particles of sample s by bin."""
        (grid, span), start = batch.bins(s), self.bins.start
        if len(start) != grid.prod() + 1:
            start = np.zeros(grid.prod() + 1, dtype=np.int64)
        self.bins, rows = Bins(grid, span, start), batch.rows(s)
        sort, reach2 = backend().compile(lists.sort_by_bin), batch.reach2_ticks(s)
        sort(rows.start, rows.stop, batch.ticks, batch.kind, reach2, self.bin_of, self.bins, self.sorted)
        return self

    def list(self, batch: Batch, s: int) -> int:
        """The rows of the sample that was sorted, one slab of bins per thread where it is big; returns the longest."""
        big = len(self.bin_of) >= programs.BIG
        in_reach = int(np.diff(self.bins.start).max()) * (2 * self.bins.span + 1) ** 3
        most = places(min(in_reach, len(self.bin_of)))
        slabs, shape, rows = int(self.bins.grid[0]), batch.shape[s], Rows(batch.neighbours, batch.counts)

        def slab(first: int, last: int) -> Any:
            near = _candidates(len(self.near.limit), most) if big else self.near
            return _list(batch.is_cubic)(first, last, self.bins, self.sorted, shape, near, rows)

        return int(max(shared_out(slab, slabs, grain=1) if big else [slab(0, slabs)]))


def _candidates(n_kinds: int, n: int) -> Candidates:
    """Arrays for n candidates."""
    return Candidates(_aligned((3, n), np.int32), _aligned((n_kinds, n), np.float32), _aligned((n,), np.uint32))


def pair_form(model: Model) -> PairForm:
    """The features of a model's mixture that are compiled into the sums over pairs."""
    mixture = model.mixture
    scaled = any(x != 1.0 for row in mixture.energies for x in row)
    return PairForm(mixture.n_species, scaled, model.own_cutoffs, mixture.sizes is not None)


def lead_of(model: Model, form: PairForm) -> Lead:
    """The form of a model's forces that leads its liquid; cutoffs of pairs, sizes and cells that are no cubes have none in
    single precision."""
    formula = formula_of(model.potential)
    if formula.many_body is not None:
        return Lead.EXACT
    if form.cutoffs or form.sizes or form.cell:
        return Lead.LIQUID if formula.liquid_slope is not None else Lead.EXACT
    return leading_form(formula, model.potential)


def _of_pairs(model: Model, formula: Formula) -> tuple[FloatArray, FloatArray]:
    """u where the potential of each pair of species ends, and its coefficients; nothing where pairs have no cutoffs of
    their own."""
    if not model.own_cutoffs:
        return np.zeros((1, 1)), np.zeros((1, 1, 1))
    species = range(model.mixture.n_species)
    potentials = [[model.potential_of(min(i, j), max(i, j)) for j in species] for i in species]
    if any(formula_of(x) is not formula for row in potentials for x in row):
        raise UsageError(f"{model} has a cutoff for each pair, but the formula of its potential differs between cutoffs")
    cutoffs2 = np.array([[float(x.cutoff) ** 2 for x in row] for row in potentials])
    return cutoffs2, np.array([[numbers_of(x) for x in row] for row in potentials])


def _kinds(
    model: Model, species: NDArray[np.int64], there: NDArray[np.bool_], sizes: FloatArray
) -> tuple[NDArray[np.int64], FloatArray]:
    """(n,) what the list tells particles apart by, and (kinds, kinds) the largest range of any two of these; 0 where one of
    them is not there.

    The species themselves where there are at most MOST_KINDS. Else species of about one range are one kind, as are
    particles of about one size; these kinds are the distribution's, as a sample's list depends on itself alone."""
    mixture = model.mixture
    if mixture.sizes is not None:
        edges = np.unique(mixture.sizes.quantile(np.linspace(0.0, 1.0, SIZE_KINDS + 1)))
        kind = np.clip(np.searchsorted(edges, sizes, side="left") - 1, 0, max(len(edges) - 2, 0))
        low, high = (edges[:-1], edges[1:]) if len(edges) > 1 else (edges, edges)
        apart = np.maximum(np.subtract.outer(low, high), np.subtract.outer(low, high).T).clip(0.0)  # at least
        longest = 0.5 * np.add.outer(high, high) * (1.0 - mixture.nonadditivity * apart)
        return kind.astype(np.int64), model.reduced_cutoff(0, 0) * longest
    ranges = np.where(np.outer(there, there), np.array(model.ranges), 0.0)  # a species that is not there asks for no height
    if len(ranges) <= MOST_KINDS:
        return species, ranges
    kind_of = np.empty(len(ranges), dtype=np.int64)
    kind_of[np.argsort(np.diag(ranges), kind="stable")] = np.arange(len(ranges)) * MOST_KINDS // len(ranges)
    largest = np.zeros((MOST_KINDS, MOST_KINDS))
    np.maximum.at(largest, (kind_of[:, None], kind_of[None, :]), ranges)
    return kind_of[species], largest


def force_body(model: Model, *, liquid: bool = False) -> Any:
    """The inlined force on one particle of this model; `liquid`: in the form that leads molecular dynamics."""
    form = pair_form(model)
    return force_of_formula(formula_of(model.potential), form, lead_of(model, form) if liquid else Lead.EXACT, backend())


@kept_with_formula
def force_of_formula(formula: Formula, form: PairForm, lead: Lead, machine: Any, *, alone: bool = False) -> Any:
    """The inlined force on one particle, in this form, on a machine; of an energy beyond pairs once `slopes_of_formula` has
    run over all. alone: of kept bonds, for one thread that goes through a sample whose forces are cleared."""
    if formula.many_body is not None:
        vector = vector_body(form, machine)
        if keeps_bonds(formula, machine):
            return machine.inline(
                many_body.kept_force_of(vector, machine.vectors.fetch, sums_of(formula, machine, alone=alone))
            )
        return machine.inline(many_body.force_of(pulls_of_formula(formula, machine, near_of(machine, vector))))
    if lead.is_single:
        single = leading_forces_of(single_slope(formula, lead, machine), machine.vectors, machine.inline(upper_half), form)
        return machine.inline(single)
    cheaper = lead in (Lead.LIQUID, Lead.SINGLE_LIQUID)
    slope, vector = slope_body(formula, machine, liquid=cheaper), vector_body(form, machine)
    return machine.inline(forces_of(slope, machine.vectors, vector, form))


@kept_with_formula
def slopes_of_formula(formula: Formula, form: PairForm, machine: Any, *, alone: bool = False) -> Any:
    """The inlined slopes of the energy of one particle's surrounding, on a machine. alone: as in force_of_formula."""
    bodies, vector = bodies_of(formula, machine), vector_body(form, machine)
    if keeps_bonds(formula, machine):
        slope, sums = slope_body(formula, machine), sums_of(formula, machine, alone=alone)
        return machine.inline(many_body.keeping_slopes_of(bodies, slope, vector, machine.vectors.fetch, sums))
    return machine.inline(many_body.slopes_of(bodies, near_of(machine, vector)))


@kept_with_formula
def sums_of(formula: Formula, machine: Any, *, alone: bool) -> many_body.Sums:
    """Whose sums the sweeps over kept bonds add to, inlined on a machine."""
    sums = many_body.sums_of_both(bodies_of(formula, machine)) if alone else many_body.sums_of_one()
    return many_body.Sums(*map(machine.inline, sums))


def keeps_bonds(formula: Formula, machine: Any) -> bool:
    """Whether the first sweep over surroundings keeps bonds for the second, so that radial functions are computed once."""
    beyond = formula.many_body
    if beyond is None or beyond.along is None or machine.name != "cpu":
        return False
    return beyond.symmetric or beyond.turned is not None


@kept_with_formula
def pulls_of_formula(formula: Formula, machine: Any, near: many_body.Near) -> Any:
    """The inlined sums over all that pulls at one particle, on a machine."""
    slope = slope_body(formula, machine)
    return machine.inline(many_body.pulls_of(bodies_of(formula, machine), slope, near))


def all_listed(machine: Any, vector: Any) -> many_body.Near:
    """A sweep over all entries of a row. vector: of a difference in ticks."""
    return many_body.Near(machine.inline(many_body.gather_none), machine.inline(many_body.listed_of(vector)))


def near_of(machine: Any, vector: Any) -> many_body.Near:
    """A sweep that gathers what is near first, where a thread has memory for a row: not on a GPU."""
    if machine.name != "cpu":
        return all_listed(machine, vector)
    gather = many_body.gather_of(vector, machine.vectors.fetch)
    return many_body.Near(machine.inline(gather), machine.inline(many_body.gathered))


@kept_with_formula
def bodies_of(formula: Formula, machine: Any) -> many_body.Bodies:
    """The functions of the energy beyond pairs, inlined on a machine."""
    beyond, inline = formula.many_body, machine.inline
    assert beyond is not None  # asked for of such models alone
    own = {name: inline(getattr(beyond, name)) for name in many_body.OWN}
    load, store = inline(many_body.load_of(beyond.n_moments)), inline(many_body.store)
    turned = (lambda radial: radial) if beyond.symmetric else beyond.turned
    along, given = beyond.along and inline(beyond.along), inline(beyond.radial)
    located = beyond.located and inline(beyond.located)
    radial = given if located is None else inline(many_body.radial_of(located, given))
    return many_body.Bodies(
        radial=radial, located=located, of_located=given, **own, load=load, store=store, turned=turned and inline(turned),
        along=along,
    )  # fmt: skip


@cache
def bound_body(machine: Any, *, cell: bool, angles: bool) -> Any:
    """The body that adds the forces of bonds, and of angles, of one particle, on a machine."""
    vector = machine.inline(vector_in_cell if cell else vector_in_cube)
    return bonds.force_of(machine.inline(bond_terms), machine.inline(angle_slope), vector, angles=angles)


def displacement_body(machine: Any, *, cubic: bool) -> Any:
    """The inlined displacement of a particle since its list was made, on a machine."""
    in_cell = motion.displacement_in_cell_of(machine.inline(vector_in_cell))
    return machine.inline(motion.displacement if cubic else in_cell)


def vector_body(form: PairForm, machine: Any) -> Any:
    """The inlined vector of a difference in ticks on a machine."""
    return machine.inline(vector_in_cell if form.cell else vector_in_cube)


def slope_body(formula: Formula, machine: Any, *, liquid: bool = False) -> Any:
    """The inlined φ_u of a formula on a machine; `liquid`: in the form that leads molecular dynamics."""
    cheaper = formula.liquid_slope if liquid else None
    return machine.inline(cheaper or slope_of(machine.inline(formula.radial)))


@cache
def _settle(cubic: bool) -> Any:
    cpu = backend()
    one = cpu.inline(motion.settle_of(displacement_body(cpu, cubic=cubic)))

    def settle(first: int, last: int, s: int, way: Way) -> None:
        for i in range(first, last):
            one(i, s, way)

    return cpu.compile(settle)


@cache
def _list(cubic: bool) -> Any:
    cpu = backend()
    parts = [cpu.inline(x) for x in (lists.run_around, lists.around, lists.columns_along)]
    collect = lists.collect_of(cpu.vectors, *parts)
    extend, end = lists.extend_row_of(cpu.vectors, cubic=cubic), lists.end_row_of(cpu.vectors)
    return cpu.compile(lists.list_neighbours_of(*[cpu.inline(x) for x in (collect, extend, end)]))


def skin_of(model: Model) -> float:
    """How much further than the cutoff a list reaches, in λ(small, small)."""
    return SKIN * model.potential.neighbour_distance()


def row_width(model: Model, density: float, species: Sequence[int] | None = None, dimension: int = 3) -> int:
    """Places in a row of the list that most likely hold the longest, of all species or of these."""
    mixture = model.mixture
    if mixture.sizes is not None:  # of a large particle among all
        lengths = pair_length(mixture.sizes.largest, mixture.sizes.middle(), mixture.nonadditivity)
        volume = float(np.mean((model.reduced_cutoff(0, 0) * lengths + skin_of(model)) ** dimension))
        return places(int(1.15 * density * UNIT_BALL[dimension] * volume))
    cutoff = model.cutoff if species is None else model.cutoff_of(species)
    return places(int(1.15 * density * UNIT_BALL[dimension] * (cutoff + skin_of(model)) ** dimension))


def require_pairs_alone(model: Model) -> None:
    """Raise UsageError for a model that only a CPU knows."""
    if model.potential.many_body() is not None:
        raise UsageError(f"{model} has an energy beyond pairs, which runs on a CPU alone; leave out --device cuda")


def least_height(cell: Cell, reach: float, model: Model) -> float:
    """The least height at which no particle of a model may meet two images of one neighbour within this range.

    The shortest image is told by fractional coordinates: in an orthogonal cell always, in others only of what is nearer
    than half the least height, and a list must not miss what comes within range."""
    return 2.0 * (reach if cell.is_orthogonal else reach + skin_of(model))


def require_height(cell: Cell, reach: float, model: Model) -> None:
    """Raise UsageError unless the cell has that height."""
    least, height = least_height(cell, reach, model), float(cell.heights.min())
    if height < least:
        beside = "" if cell.is_orthogonal else f" and the skin of a list, {skin_of(model):g}"
        raise UsageError(f"box is {height:.6g} high, must be at least twice the cutoff of {model}{beside}, {least:.6g}")


def in_space(cell: Cell) -> FloatArray:
    """(6,) xx, yy, zz, xy, xz, yz of h = matrixᵀ; in two dimensions with a third axis, along which nothing has a place."""
    h = np.diag([cell.edges[0]] * 3)
    h[: cell.dimension, : cell.dimension] = cell.matrix.T
    return h[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]


def _inverse(h: FloatArray) -> FloatArray:
    """(6,) the entries of h⁻¹, upper triangular too. h: (6,) as in_space has it."""
    xx, yy, zz, xy, xz, yz = h
    return np.array([1 / xx, 1 / yy, 1 / zz, -xy / (xx * yy), (xy * yz - xz * yy) / (xx * yy * zz), -yz / (yy * zz)])


def roughness(cell: Cell) -> float:
    """The factor by which the rounding of lengths may be larger than in a cube: x is a sum of terms that cancel."""
    return 4.0 * float(np.linalg.norm(cell.matrix, axis=1).max() / cell.heights.min())


def places(n: int) -> int:
    """Places for n neighbours or candidates: whole cache lines, with space for one vector written past the end."""
    return (n // KEPT + 2) * KEPT


def records(n: int, kind: Any = np.float64) -> NDArray[Any]:
    """(n, 4) zeros, a particle's three components and one that is not used: a record lies in one cache line."""
    return _aligned((n, 4), kind)


def _aligned(shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Zeros that begin on a cache line."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    buffer = np.zeros(size + 64, dtype=np.uint8)
    skip = -buffer.ctypes.data % 64
    aligned: NDArray[Any] = buffer[skip : skip + size].view(kind).reshape(shape)
    return aligned
