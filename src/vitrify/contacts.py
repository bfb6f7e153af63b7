"""Which particles touch, which of them hold each other in place, and whether that makes a solid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.batch import Batch, glass_batch
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.kernels.pair_terms import count_pairs, fill_pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
D = 3  # dimensions
LEAST_CONTACTS = D + 1  # of a particle that they hold: with fewer they cannot push from all sides
NO_SOLID = "no solid: the particles no longer touch"
REMEDY = "a higher density would press them together"
# ε/λ; a mean pair force below it makes a quench look at the contacts. Below jamming hertzian() goes from 1e-3 to 1e-14 at
# once; above, 1e-4 is a few thousandths of an overlap, and looking changes nothing.
FAINT = 1e-4


@dataclass(frozen=True)
class Contacts:
    """Pairs of particles within the range of their species, each met at both of its ends."""

    positions: FloatArray  # (n, 3)
    box: float
    source: IntArray  # (p,)
    target: IntArray  # (p,)

    @classmethod
    def of(cls, glass: Glass) -> Contacts:
        """All contacts of a configuration."""
        batch = glass_batch(glass)
        batch.rebuild(0)
        start, target, _ = compressed(batch)
        source = np.repeat(np.arange(glass.n_particles), np.diff(start))
        return cls(glass.positions, glass.box, batch.label[source], batch.label[target])

    @property
    def n_particles(self) -> int:
        return len(self.positions)

    @cached_property
    def rattlers(self) -> BoolArray:
        """(n,) the particles that fewer than d + 1 contacts hold, contacts with other rattlers not counted."""
        held = np.ones(self.n_particles, dtype=bool)
        while True:
            between = held[self.source] & held[self.target]
            enough = held & (np.bincount(self.source[between], minlength=len(held)) >= LEAST_CONTACTS)
            if (enough == held).all():
                return ~held
            held = enough

    @cached_property
    def spans(self) -> bool:
        """Does the largest part of what is held meet its own periodic image? A cluster that floats in the box does not."""
        from scipy import sparse
        from scipy.sparse.csgraph import breadth_first_order, connected_components

        between = ~(self.rattlers[self.source] | self.rattlers[self.target])
        i, j, n = self.source[between], self.target[between], self.n_particles
        graph = sparse.csr_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
        part = connected_components(graph, directed=False)[1]
        of_largest = np.bincount(part[i], minlength=1).argmax()
        root = int(np.flatnonzero(part == of_largest)[0])
        tree = np.asarray(breadth_first_order(graph, root, directed=False)[1], dtype=np.int64)
        inside = part[i] == of_largest
        return bool(_windings(self.positions / self.box, tree, root, i[inside], j[inside]).any())


def _windings(fraction: FloatArray, tree: IntArray, root: int, i: IntArray, j: IntArray) -> FloatArray:
    """How often each loop that a pair i-j closes on a spanning tree goes around the box, (p, 3). tree: (n,) parents."""
    parent = np.where(tree < 0, root, tree)
    parent[root] = root
    crossed = np.rint(fraction - fraction[parent])  # faces of the box on the way from its parent
    while (parent != parent[parent]).any():  # ways twice as long each time
        crossed = crossed + crossed[parent]
        parent = parent[parent]
    return np.asarray(crossed[i] + np.rint(fraction[j] - fraction[i]) - crossed[j])


def require_solid(contacts: Contacts, *, repulsive: bool, spanning: bool = True) -> None:
    """Raise SampleFailure where the particles do not hold each other: below jamming, or in clusters that float.

    repulsive: all pairs repel, so that N particles need at least d (N − 1) + 1 contacts (Maxwell); those that attract each
    other may do with fewer. spanning: clusters are looked for, which takes as long as listing the pairs."""
    n_pairs, n = len(contacts.source) // 2, contacts.n_particles
    held = ~contacts.rattlers
    n_held = int(held.sum())
    inner = int((held[contacts.source] & held[contacts.target]).sum()) // 2
    needed = D * (n_held - 1) + 1
    if n_pairs == 0:
        reason = "no two particles interact, so that moduli do not exist"
    elif n_held == 0:
        reason = f"of {n} particles none is held in place by its contacts, {n_pairs} in all"
    elif repulsive and inner < needed:
        reason = f"{n_held} of {n} particles need {needed} contacts to hold each other, and have {inner}"
    elif spanning and not contacts.spans:
        reason = "they float in clusters that nothing connects across the box"
    else:
        return
    raise SampleFailure(f"{NO_SOLID} ({reason}); {REMEDY}")


def compressed(batch: Batch) -> tuple[IntArray, IntArray, FloatArray]:
    """The list of a batch of one sample, cut at the range itself: start of each row, target and vector of each pair."""
    n = len(batch.ticks)
    cpu, number = backend(), np.zeros(n, dtype=np.int64)
    range2 = batch.ranges2()
    common = (
        0,
        n,
        batch.ticks,
        batch.species,
        batch.neighbours,
        batch.counts,
        range2,
        float(batch.tick_length[0]),
    )
    cpu.compile(count_pairs)(*common, number)
    start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    target, r_pd = np.empty(start[-1], dtype=np.int64), np.empty((start[-1], 3))
    cpu.compile(fill_pairs)(*common, start, target, r_pd)
    return _within_their_lengths(batch, start, target, r_pd) if batch.form.sizes else (start, target, r_pd)


def _within_their_lengths(
    batch: Batch, start: IntArray, target: IntArray, r_pd: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """The rows without the pairs that are farther apart than the range of their own sizes."""
    source = np.repeat(np.arange(len(batch.ticks)), np.diff(start))
    reduced2 = np.einsum("pd,pd->p", r_pd, r_pd) / batch.squared_lengths(source, target)
    near = reduced2 < batch.model.reduced_cutoff(0, 0) ** 2
    number = np.bincount(source[near], minlength=len(batch.ticks))
    return np.concatenate([[0], np.cumsum(number)]).astype(np.int64), target[near], r_pd[near]
