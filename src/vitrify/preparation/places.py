"""Arrays of samples on their way: the batch's own, or copies on a GPU, where their lists are made too."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from vitrify.backends import Cpu
from vitrify.backends.program import ACTIVE, BEGINS, STOPPED, Line, Program, layout_of
from vitrify.backends.vectors import KEPT
from vitrify.batch import PARTIAL, SORT_EVERY, Batch, displacement_body, places, require_pairs_alone
from vitrify.errors import UsageError
from vitrify.formula import compiling
from vitrify.kernels import listing, motion
from vitrify.kernels import neighbours as lists
from vitrify.kernels.state import LEFT, STALE, STATUS
from vitrify.kernels.views import Candidates, Kept, Listing, Motion, PairView, Rows, Way
from vitrify.leading import single_numbers

from .programs import runner

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

LISTS = "lists"  # new neighbour lists, where the particles are now
COARSE = 12  # particles of a chunk where lists are made: one thread goes over all chunks of a sample
LISTS_AT_ONCE = 25  # that samples on a GPU have renewed before their ways hear of it
CARRIED = ("velocity", "travel", "mass", "inverse_mass", "direction", "previous")  # in the order of Listing.carried


class OnHost:
    """The batch's own arrays."""

    def __init__(self, batch: Batch, machine: Cpu) -> None:
        self.batch, self.machine = batch, machine
        self.view = batch.motion()

    def done(self, what: str, samples: list[int]) -> list[int]:
        """Do this for these samples; those for which it is done: all."""
        batch, active = self.batch, self.batch.layout.active
        if what == LISTS:
            for s in samples:
                batch.rebuild(s)
            if self.view.pair.neighbours is not batch.neighbours:
                self.view = batch.motion()
            return samples
        for s in samples:
            active[s] = BEGINS
        with compiling(batch.formula):
            run = runner(batch.formula, batch.form, batch.lead, batch.bound_by, what, self.machine)
            run(self.view, batch.neighbours.shape[1], samples)
        for s in samples:
            active[s] = STOPPED
        return samples

    def upload(self, name: str) -> None:
        """Do nothing: the arrays are the batch's own."""

    def download(self) -> None:
        """Do nothing: the arrays are the batch's own."""


class OnDevice:
    """Copies on a GPU. A sample's results depend on its own rows alone: its list is renewed when it asks for that."""

    def __init__(self, batch: Batch, machine: Gpu) -> None:
        batch.require_cubes("moved on a GPU")
        require_pairs_alone(batch.model)
        if batch.topologies is not None:
            raise UsageError(f"{batch.model} has molecules, which are moved on the CPU alone; leave the GPU out")
        self.batch, self.machine = batch, machine
        self._under_way: set[int] = set()  # samples that a program has not finished with
        self._lists_made = np.zeros(batch.n_samples, dtype=np.int64)
        self.layout = layout_of(np.diff(batch.first), machine)
        self.listing = self._listing()
        self.view = self._motion()

    def done(self, what: str, samples: list[int]) -> list[int]:
        """Do this for these samples, or a part of it; those for which it is done."""
        if what == LISTS:
            self._renew(np.array(samples))
            return samples
        machine, batch = self.machine, self.batch
        active = np.full(batch.n_samples, STOPPED, dtype=np.int64)
        active[samples] = [ACTIVE if s in self._under_way else BEGINS for s in samples]
        machine.set(self.layout.active, active)
        machine.set(self.view.state, batch.state)
        run = runner(batch.formula, batch.form, batch.lead, batch.bound_by, what, machine)
        on = self._ran(run)
        for _ in range(LISTS_AT_ONCE if run.repeats else 0):
            unfinished = (batch.state[:, STATUS] == STALE) & (batch.state[:, LEFT] > 0.0)
            stale = np.flatnonzero(unfinished & ~on & (active != STOPPED))
            if not len(stale):
                break
            self._renew(stale)
            active[:] = np.where(on, ACTIVE, STOPPED)
            active[stale] = BEGINS
            machine.set(self.layout.active, active)
            on = self._ran(run)
        self._under_way -= set(samples)
        if run.repeats:
            self._under_way |= {s for s in samples if on[s]}
        return [s for s in samples if s not in self._under_way]

    def _ran(self, run: Any) -> Any:
        """Samples that go on after some rounds, as a mask; `state` is then here."""
        run(self.view)
        self.batch.state[:] = self.machine.get(self.view.state)
        return self.machine.get(self.layout.active) != STOPPED

    def upload(self, name: str) -> None:
        """Bring this array of CARRIED from the batch to the GPU."""
        held = self.machine.get(self.listing.carried)
        held[CARRIED.index(name)] = getattr(self.batch, name)
        self.machine.set(self.listing.carried, held)

    def download(self) -> None:
        """Bring the particles home to the batch."""
        batch, get = self.batch, self.machine.get
        for array, value in zip((batch.ticks, batch.species, batch.kind, batch.label), self.listing[2:6], strict=True):
            array[:] = get(value)
        batch.anchor[:], batch.force[:] = get(self.view.way.anchor), get(self.view.force)
        for name, value in zip(CARRIED, get(self.listing.carried), strict=True):
            getattr(batch, name)[:] = value

    def _renew(self, samples: Any) -> None:
        """Make new lists of these samples; now and then their particles are sorted."""
        run, machine = self._run, self.machine
        unsorted = samples[self._lists_made[samples] % SORT_EVERY == 0]
        if len(unsorted):
            run("permute", unsorted)
        self._lists_made[samples] += 1
        run("renew", samples)
        width = self.listing.rows.neighbours.shape[1]
        while (longest := int(machine.get(self.listing.longest)[samples].max())) > width - KEPT:
            wider = np.zeros((len(self.batch.ticks), places(longest)), dtype=np.uint32)
            wider[:, :width], width = machine.get(self.listing.rows.neighbours), wider.shape[1]
            rows = Rows(machine.put_by_column(wider), self.listing.rows.counts)
            self.listing = self.listing._replace(rows=rows)
            self.view = self.view._replace(pair=self.view.pair._replace(neighbours=rows.neighbours))
            run("renew", samples)

    def _run(self, what: str, samples: Any) -> None:
        active = np.full(self.batch.n_samples, STOPPED, dtype=np.int64)
        active[samples] = ACTIVE
        self.machine.set(self.layout.active, active)
        list_programs(self.machine)[what](self.listing)

    def _listing(self) -> Listing:
        batch, put = self.batch, self.machine.put
        n, samples = len(batch.ticks), range(batch.n_samples)
        coarse = layout_of(np.diff(batch.first), self.machine, COARSE)._replace(active=self.layout.active)
        grids, spans = (np.array(x) for x in zip(*(batch.bins(s) for s in samples), strict=True))
        most, kinds = int(grids.prod(axis=1).max()), len(batch.reach2)

        def zeros(*shape: int, kind: Any = np.int64) -> Any:
            return put(np.zeros(shape, dtype=kind))

        ticks, rows = put(batch.ticks), self.machine.put_by_column(np.zeros_like(batch.neighbours, order="F"))
        carried = put(np.array([getattr(batch, name) for name in CARRIED]))
        travel = carried[CARRIED.index("travel")]
        lengths = (put(x) for x in (batch.tick_length, batch.h_ticks, batch.inverse_h))
        way = Way(ticks, ticks.reshape(4 * n), put(batch.anchor), travel, *lengths)
        return Listing(
            layout=coarse, way=way, ticks=ticks, species=put(batch.species), kind=put(batch.kind),
            label=put(batch.label), carried=carried,
            spare_ticks=zeros(n, 4), spare_species=zeros(n), spare_kind=zeros(n), spare_label=zeros(n),
            spare=zeros(len(CARRIED), n, 4, kind=np.float64),
            reach2=put(np.array([batch.reach2_ticks(s) for s in samples])),
            grid=put(grids), span=put(spans), shape=put(batch.shape), inside=zeros(len(samples), most, kind=np.int32),
            bin_start=zeros(len(samples), most + 1), bin_of=zeros(n), anywhere=zeros(n),
            within=zeros(coarse.chunk_first.shape[0]),
            candidates=Candidates(zeros(3, n, kind=np.int32), zeros(kinds, n, kind=np.float32), zeros(n, kind=np.uint32)),
            rows=Rows(rows, zeros(n)), lengths=zeros(n), longest=zeros(len(samples)),
        )  # fmt: skip

    def _motion(self) -> Motion:
        batch, put, x = self.batch, self.machine.put, self.listing
        n = len(batch.ticks)
        pair = PairView(
            x.ticks, x.rows.neighbours, x.rows.counts, x.species, put(batch.inverse_length2), put(batch.numbers),
            batch.cutoff2, x.way.tick_length, x.way.h, put(batch.energies), put(batch.cutoffs2),
            put(batch.coefficients), x.ticks.view(np.float64), batch.model.mixture.nonadditivity,
            put(single_numbers(batch.numbers)), put(batch.moments), Kept(*map(put, batch.kept)),
        )  # fmt: skip
        force = put(batch.force)
        velocity, _, mass, inverse_mass, direction, previous = (x.carried[a].reshape(4 * n) for a in range(len(CARRIED)))
        partial = self.machine.put_by_column(np.zeros((self.layout.chunk_first.shape[0], PARTIAL)))
        return Motion(
            self.layout, pair, x.way, force, force.reshape(4 * n), velocity, mass, inverse_mass,
            x.carried[CARRIED.index("direction")], direction, previous, partial, put(batch.state),
            type(batch.bound)(*map(put, batch.bound)),
        )  # fmt: skip


def placed(batch: Batch, machine: Cpu | Gpu) -> OnHost | OnDevice:
    """The arrays of a batch where this machine's kernels find them."""
    return OnHost(batch, machine) if isinstance(machine, Cpu) else OnDevice(batch, machine)


# --- lists on a GPU --------------------------------------------------------------------------------------------------


@cache
def list_programs(machine: Any) -> dict[str, Callable[..., None]]:
    """Programs of new lists where the particles are now, and of particles in the order of their bins."""
    settle = machine.inline(motion.settle_of(displacement_body(machine, cubic=True)))
    begin = (Line("particles", listing.settle_of(settle)), *sort_lines(machine))
    permute = (*begin, Line("particles", listing.take_out), Line("particles", listing.put_back))
    renew = (*begin, *_rows(machine))
    return {name: machine.program(Program(x, repeats=False)) for name, x in (("permute", permute), ("renew", renew))}


def sort_lines(machine: Any) -> tuple[Line, ...]:
    """Counting sort of candidates by bin."""
    bin_along, share = machine.inline(listing.bin_along), machine.inline(listing.share_of_bins)
    return (
        Line("chunks", listing.clear_of(share)),
        Line("particles", listing.count_of(bin_along, machine.tally)),
        Line("chunks", listing.sum_bins_of(share)),
        Line("samples", listing.scan_chunks),
        Line("chunks", listing.start_bins_of(share)),
        Line("particles", listing.fill_of(machine.tally)),
        Line("particles", listing.order),
    )


def _rows(machine: Any) -> tuple[Line, ...]:
    vectors = machine.vectors
    extend, end = lists.extend_row_of(vectors, cubic=True), lists.end_row_of(vectors)
    parts = (listing.bin_along, lists.columns_along, lists.around, lists.run_around, extend, end)
    row = listing.row_of(*[machine.inline(x) for x in parts])
    return (
        Line("particles", row),
        Line("chunks", listing.longest_of_chunk),
        Line("samples", listing.longest_of_sample),
    )
