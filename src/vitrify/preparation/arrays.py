"""Where the arrays of a batch stand while its samples go forward in step: the batch's own, or copies on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import Cpu
from vitrify.backends.vectors import KEPT
from vitrify.batch import SORT_EVERY, Batch, places, records
from vitrify.kernels import displacement, in_step
from vitrify.kernels import neighbours as lists
from vitrify.kernels.forces import INDEX_MASK
from vitrify.kernels.views import PairView

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

STATE = ("ticks", "anchor", "travel", "force", "velocity", "mass", "inverse_mass", "direction", "previous")  # (n, 4) each


class OnHost:
    """The batch's own arrays; threads share out a big sample."""

    def __init__(self, batch: Batch, machine: Cpu) -> None:
        self.batch, self.machine = batch, machine
        self.direction, self.previous = records(len(batch.ticks)), records(len(batch.ticks))
        batch.carried += [self.direction, self.previous]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.batch, name)

    def pair(self) -> PairView:
        """What a force body takes."""
        return self.batch.pair_view()

    def rebuild(self, busy: NDArray[np.int64], stale: NDArray[Any]) -> None:
        """New lists where they are stale: so a sample's results do not depend on the others."""
        for s in np.flatnonzero(busy * stale):
            self.batch.rebuild(int(s))

    def download(self) -> None:
        """Nothing: the arrays are the batch's own."""

    def leave(self) -> None:
        """Give the batch back without what a minimiser carried along."""
        mine = (id(self.direction), id(self.previous))
        self.batch.carried = [x for x in self.batch.carried if id(x) not in mine]


class OnDevice:
    """Copies on a GPU, where lists are made too."""

    ticks: Any
    anchor: Any
    travel: Any
    force: Any
    velocity: Any
    mass: Any
    inverse_mass: Any

    def __init__(self, batch: Batch, machine: Gpu) -> None:
        self.batch, self.machine = batch, machine
        n, put = len(batch.ticks), machine.put
        self.direction, self.previous = put(records(n)), put(records(n))
        for name in STATE[:-2]:
            setattr(self, name, put(getattr(batch, name)))
        self.species, self.label = put(batch.species), put(batch.label)
        self.kind = None if batch.kind is batch.species else put(batch.kind)  # None: the species
        self.neighbours, self.counts = put(batch.neighbours), put(batch.counts)
        self.numbers, self.tick_length = put(batch.numbers), put(batch.tick_length)
        self.inverse_length2 = put(batch.inverse_length2)
        self.energies, self.cutoffs2 = put(batch.energies), put(batch.cutoffs2)
        self.coefficients = put(batch.coefficients)
        self.single_numbers = put(batch.numbers.astype(np.float32))
        self._lists_made = 0
        self._make_room(n)

    def pair(self) -> PairView:
        """What a force body takes."""
        return PairView(
            self.ticks, self.neighbours, self.counts, self.species, self.inverse_length2, self.numbers,
            self.batch.cutoff2, self.tick_length, self.energies, self.cutoffs2, self.coefficients,
            self.ticks.view(np.float64), self.batch.model.mixture.nonadditivity, self.single_numbers,
        )  # fmt: skip

    def rebuild(self, busy: NDArray[np.int64], stale: NDArray[Any]) -> None:
        """New lists for all samples that still move, stale or not; now and then their particles are sorted."""
        del stale
        n, moving = len(self.batch.ticks), self.machine.put(busy)
        self._settle(n, 1, moving, self._sample_of, self.tick_length, self.ticks, self.anchor, self.travel)
        self._sort(moving)
        if self._lists_made % SORT_EVERY == 0:
            self._permute(n, moving)
            self._sort(moving)
        self._lists_made += 1
        while (longest := self._list(n, moving)) > self.neighbours.shape[1] - KEPT:
            self.neighbours = self.machine.put(np.zeros((n, places(longest)), dtype=np.uint32))
            moving = self.machine.put(np.ones_like(busy))  # rows of the others went with the narrow ones

    def download(self) -> None:
        """Bring the particles home to the batch."""
        for name in ("ticks", "anchor", "travel", "velocity", "force", "species", "label"):
            getattr(self.batch, name)[:] = self.machine.get(getattr(self, name))

    def leave(self) -> None:
        """Nothing to give back."""

    def _make_room(self, n: int) -> None:
        batch, put = self.batch, self.machine.put
        samples = range(batch.n_samples)
        bins = [batch.bins(s) for s in samples]
        grids = np.array([grid for grid, _ in bins])
        self._sample_of, self._first = put(sample_of(batch)), put(batch.first)
        self._grid, self._span = put(grids), put(np.array([span for _, span in bins]))
        self._bin_start = put(np.zeros((batch.n_samples, int(grids.prod(axis=1).max()) + 1), dtype=np.int64))
        self._shape = put(batch.shape)
        self._reach2 = put(np.array([batch.reach2_ticks(s) for s in samples]))
        self._bin_of, self._lengths = put(np.zeros(n, dtype=np.int64)), put(np.zeros(n, dtype=np.int64))
        self._upper = put(np.zeros((3, n), dtype=np.int32))
        self._limit = put(np.zeros((len(batch.reach2), n), dtype=np.float32))
        self._entries = put(np.zeros(n, dtype=np.uint32))
        self._shares, self._share_first, self._share_last, _ = (put(x) for x in shares_of(batch.first))
        self._partial, self._longest = put(np.zeros((self._share_first.size, 1))), put(np.zeros(batch.n_samples))
        each, inline = self.machine.each, self.machine.inline
        vectors = self.machine.vectors
        self._settle, self._sort_each = each(in_step.settle_one), each(in_step.sort_of(inline(lists.sort_by_bin)))
        parts = (
            in_step.bin_along,
            lists.pieces,
            lists.run_around,
            lists.extend_row_of(vectors, cubic=batch.is_cubic),
            lists.end_row_of(vectors),
        )
        self._row = each(in_step.row_of(*[inline(x) for x in parts]))
        self._gather, self._longest_of_share = each(in_step.gather_rows), each(in_step.longest_of_share)
        self._longest_of_sample = each(in_step.longest_of_sample)

    def _sort(self, moving: Any) -> None:
        self._sort_each(
            self.batch.n_samples, 1, moving, self._first, self._grid, self.ticks,
            self.species if self.kind is None else self.kind, self._reach2, self._bin_of, self._bin_start, self._upper,
            self._limit, self._entries,
        )  # fmt: skip

    def _permute(self, n: int, moving: Any) -> None:
        for name in (*STATE, "species", "label", *(() if self.kind is None else ("kind",))):
            old = getattr(self, name)
            rows = old.reshape((n, 4 if name in STATE else 1))
            new = self.machine.put(np.empty(rows.shape, dtype=old.dtype))
            self._gather(n, 1, moving, self._sample_of, self._entries, np.uint32(INDEX_MASK), rows, new)
            setattr(self, name, new.reshape(old.shape))

    def _list(self, n: int, moving: Any) -> int:
        self._row(
            n, 1, moving, self._sample_of, self._first, self._grid, self._span, self._bin_start, self._upper,
            self._limit, self._entries, self._shape, self.neighbours, self.counts, self._lengths,
        )  # fmt: skip
        share = (self._share_first, self._share_last)
        self._longest_of_share(len(self._share_first), 1, *share, self._lengths, self._partial)
        self._longest_of_sample(self.batch.n_samples, 1, self._shares, self._partial, self._longest)
        return int(self.machine.get(self._longest).max())


Arrays = OnHost | OnDevice


def placed(batch: Batch, machine: Cpu | Gpu) -> Arrays:
    """The arrays of a batch where this machine's kernels find them."""
    return OnHost(batch, machine) if isinstance(machine, Cpu) else OnDevice(batch, machine)


def sample_of(batch: Batch) -> NDArray[np.int64]:
    """(n,) the sample of each particle."""
    return np.repeat(np.arange(batch.n_samples), np.diff(batch.first))


def shares_of(first: NDArray[np.int64], size: int = in_step.SHARE) -> tuple[NDArray[np.int64], ...]:
    """The shares of all samples: shares[s] ... shares[s + 1] are those of s; first, last and sample of each."""
    numbers = -(-np.diff(first) // size)
    shares = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int64)
    of = np.repeat(np.arange(len(numbers)), numbers)
    begin = first[of] + size * (np.arange(shares[-1]) - shares[of])
    return shares, begin, np.minimum(begin + size, first[of + 1]), of


def moved2_body(machine: Cpu | Gpu) -> Any:
    """displacement.moved2, for this machine."""
    return machine.inline(displacement.moved2)
