"""A flattened batch of independent samples, sorted by cell, with its neighbour list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.glass import Glass
from vitrify.kernels import neighbours as lists
from vitrify.kernels.ticks import TICKS, from_ticks, to_ticks
from vitrify.model import Model

FloatArray = NDArray[np.float64]
SKIN = 0.5  # in λ(small, small); measured best for liquids of N = 3,000
ROUNDING = 2e-6  # lists are made with distances in single precision


class Batch:
    """State of many samples of one model: arrays over all their particles, sample s in first[s] ... first[s + 1].

    `label` is each particle's number within its own sample before sorting; a sample's results depend on its own rows
    only, so they are the same bit for bit in a batch of any size."""

    def __init__(self, model: Model, boxes: list[float], positions: list[FloatArray], species: list[NDArray[Any]]) -> None:
        sizes = [len(x) for x in positions]
        n = sum(sizes)
        self.model, self.boxes = model, list(boxes)
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.ticks = np.concatenate([to_ticks(x, box) for x, box in zip(positions, boxes, strict=True)])
        self.species = np.concatenate(species).astype(np.int64)
        self.label = np.concatenate([np.arange(m) for m in sizes])
        self.force, self.velocity, self.travel = (np.zeros((n, 3)) for _ in range(3))
        # what moves with its particle when a sample is sorted; a minimiser adds its own vectors
        self.carried = [self.ticks, self.species, self.label, self.force, self.velocity, self.travel]
        self.anchor = self.ticks.copy()  # where the list was made
        self.tick_length = np.array([box / TICKS for box in boxes])
        self.counts = np.zeros(n, dtype=np.int64)
        self.neighbours = np.zeros((n, self._row_guess()), dtype=np.uint32)
        self.numbers = np.array(model.potential.numbers())
        lengths = np.array(model.mixture.lengths)
        self.inverse_length2 = lengths**-2.0
        self.cutoff2 = float(model.potential.cutoff) ** 2
        self.reach2 = ((model.potential.cutoff * lengths + SKIN + ROUNDING) ** 2).astype(np.float32)
        self._scratch = _Scratch(max(sizes))

    @property
    def n_samples(self) -> int:
        return len(self.boxes)

    def rows(self, s: int) -> slice:
        """The particles of sample s."""
        return slice(int(self.first[s]), int(self.first[s + 1]))

    def pair_arguments(self) -> tuple[Any, ...]:
        """What every force kernel takes, in order."""
        return (
            self.ticks, self.neighbours, self.counts, self.species, self.inverse_length2,
            self.numbers, self.cutoff2, self.tick_length,
        )  # fmt: skip

    def rebuild(self, s: int) -> None:
        """Sort sample s by cell and list its neighbours anew, in longer rows where they do not fit."""
        rows = self.rows(s)
        cells = self._cells(s)
        order = self._sort(s, cells)
        for array in self.carried:
            array[rows] = array[rows][order]
        while (longest := self._list(s, cells)) > self.neighbours.shape[1]:
            wider = np.zeros((len(self.ticks), (longest // lists.PAD + 1) * lists.PAD), dtype=np.uint32)
            wider[:, : self.neighbours.shape[1]] = self.neighbours
            self.neighbours = wider
        self.anchor[rows] = self.ticks[rows]

    def positions(self, s: int) -> FloatArray:
        """Positions of sample s in [0, box), in the order in which they were given."""
        rows = self.rows(s)
        positions = np.empty((rows.stop - rows.start, 3))
        positions[self.label[rows]] = from_ticks(self.ticks[rows], self.boxes[s])
        return positions

    def glass(self, s: int, **provenance: str | float) -> Glass:
        """Sample s as a Glass."""
        rows = self.rows(s)
        species = np.empty(rows.stop - rows.start, dtype=np.int8)
        species[self.label[rows]] = self.species[rows]
        return Glass(self.positions(s), self.boxes[s], species, self.model, dict(provenance))

    def _row_guess(self) -> int:
        density = max((self.first[s + 1] - self.first[s]) / self.boxes[s] ** 3 for s in range(self.n_samples))
        volume = 4.19 * (self.model.cutoff + SKIN) ** 3
        return (int(1.15 * density * volume) // lists.PAD + 2) * lists.PAD

    def _cells(self, s: int) -> int:
        """Cells along an edge, each at least as long as the range of the list."""
        return max(int(self.boxes[s] / float(np.sqrt(self.reach2.max()))), 1)

    def _sort(self, s: int, cells: int) -> NDArray[np.int64]:
        scratch = self._scratch.for_cells(cells)
        n = int(self.first[s + 1] - self.first[s])
        sort = backend().compile(lists.sort_by_cell)
        sort(
            self.first[s],
            self.first[s + 1],
            cells,
            self.ticks,
            scratch.order,
            scratch.cell_start,
            scratch.cell_of,
        )
        return scratch.order[:n]

    def _list(self, s: int, cells: int) -> int:
        scratch = self._scratch
        build = backend().compile(lists.list_neighbours)
        return int(
            build(
                self.first[s],
                cells,
                self.ticks,
                self.species,
                self.reach2,
                float(self.tick_length[s]),
                scratch.cell_start,
                scratch.near,
                scratch.near_xyz,
                scratch.near2,
                self.neighbours,
                self.counts,
            )
        )


class _Scratch:
    """Working room of the list builder, for one sample at a time."""

    def __init__(self, n: int) -> None:
        self.order, self.cell_of = (np.zeros(n, dtype=np.int64) for _ in range(2))
        self.near = np.zeros((2, n), dtype=np.uint32)
        self.near_xyz = np.zeros((3, n), dtype=np.int32)
        self.near2 = np.zeros(n, dtype=np.float32)
        self.cell_start = np.zeros(2, dtype=np.int64)

    def for_cells(self, cells: int) -> _Scratch:
        if len(self.cell_start) != cells**3 + 1:
            self.cell_start = np.zeros(cells**3 + 1, dtype=np.int64)
        return self
