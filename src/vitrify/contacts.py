"""Contacts: particles that touch, those that hold each other in place, and whether that makes a solid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.batch import Batch, glass_batch, least_height
from vitrify.cell import TICKS, Cell, to_ticks
from vitrify.errors import SampleFailure
from vitrify.glass import Glass, range_of
from vitrify.kernels import contacts as kernels
from vitrify.public_names import only
from vitrify.short_forms import Fact, ShortForm

__all__ = ["Contacts", "contacts_of", "require_solid"]
__dir__ = only(__all__)
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Listed = tuple[IntArray, IntArray, FloatArray]  # source, target and vector of pairs
ONE_VECTOR = 1e-6  # in λ: nearer than this two vectors between two particles are one
NO_SOLID = "no solid: the particles no longer touch"
REMEDY = "a higher density would press them together"
# ε/λ; a mean pair force below it makes a quench look at the contacts. Below jamming hertzian() goes from 1e-3 to 1e-14 at
# once; above, 1e-4 is a few thousandths of an overlap, and looking changes nothing.
FAINT = 1e-4


@dataclass(frozen=True, repr=False)
class Contacts(ShortForm):
    """Pairs of particles within the range of their species, each met at both of its ends; in a small cell also of a
    particle with several images of another, or with its own."""

    positions: FloatArray  # (n, d)
    cell: Cell
    source: IntArray  # (p,)
    target: IntArray  # (p,)
    r_pd: FloatArray  # (p, 3) from source to target

    def _facts(self) -> list[Fact]:
        pairs, rattlers = f"{len(self.source) // 2:,}", f"{int(self.rattlers.sum()):,}"
        return [
            Fact("particles", f"{self.n_particles:,}", f"{self.n_particles:,} particles"),
            Fact("contacts", pairs, f"{pairs} contacts"),
            Fact("rattlers", rattlers, f"{rattlers} rattlers"),
        ]

    @classmethod
    def of(cls, glass: Glass) -> Contacts:
        """The contacts of a configuration, bonds among them."""
        pairs = contacts_of(glass)
        return cls(glass.positions, glass.cell, *(pairs if glass.topology is None else joined(pairs, bonds_of(glass))[0]))

    @property
    def n_particles(self) -> int:
        return len(self.positions)

    @cached_property
    def rattlers(self) -> BoolArray:
        """(n,) the particles that fewer than d + 1 contacts hold, contacts with other rattlers not counted: they cannot
        push from all sides."""
        held = np.ones(self.n_particles, dtype=bool)
        while True:
            between = held[self.source] & held[self.target]
            enough = held & (np.bincount(self.source[between], minlength=len(held)) > self.cell.dimension)
            if (enough == held).all():
                return ~held
            held = enough

    @cached_property
    def spans(self) -> bool:
        """Whether the largest cluster of what is held meets its own periodic image; one that floats in the box does not."""
        from scipy import sparse
        from scipy.sparse.csgraph import breadth_first_order, connected_components

        between = ~(self.rattlers[self.source] | self.rattlers[self.target])
        i, j, n = self.source[between], self.target[between], self.n_particles
        graph = sparse.csr_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
        part = connected_components(graph, directed=False)[1]
        of_largest = np.bincount(part[i], minlength=1).argmax()
        root = int(np.flatnonzero(part == of_largest)[0])
        parent = np.asarray(breadth_first_order(graph, root, directed=False)[1], dtype=np.int64)
        inside = part[i] == of_largest
        return bool(
            _windings(np.where(parent < 0, root, parent), i[inside], j[inside], self._images[between][inside]).any()
        )

    @cached_property
    def _images(self) -> IntArray:
        """(p, d) in which image of the cell the target of each pair lies."""
        d = self.cell.dimension
        within = self.positions[self.target] - self.positions[self.source]
        return np.rint(self.cell.fractions(self.r_pd[:, :d] - within)).astype(np.int64)


def _windings(parent: IntArray, i: IntArray, j: IntArray, image: IntArray) -> IntArray:
    """Windings around the cell of the loop that each pair i-j closes on a spanning tree, (p, d). parent: (n,) of the tree,
    whose root is its own; image: (p, d) of the cell, in which j lies."""
    crossed = np.zeros((len(parent), image.shape[1]), dtype=np.int64)  # on the way from the parent, by any of their pairs
    children, pair = np.unique(np.where((parent[j] == i) & (i != j), j, -1), return_index=True)
    crossed[children[children >= 0]] = image[pair[children >= 0]]
    while (parent != parent[parent]).any():  # ways twice as long each time
        crossed = crossed + crossed[parent]
        parent = parent[parent]
    return np.asarray(crossed[i] + image - crossed[j])


def require_solid(contacts: Contacts, *, repulsive: bool, spanning: bool = True) -> None:
    """Raise SampleFailure where the particles do not hold each other: below jamming, or in clusters that float.

    repulsive: all pairs repel, so that N particles need at least d (N − 1) + 1 contacts (Maxwell); those that attract each
    other may do with fewer. spanning: clusters are looked for, which takes as long as listing the pairs."""
    n_pairs, n = len(contacts.source) // 2, contacts.n_particles
    held = ~contacts.rattlers
    n_held = int(held.sum())
    inner = int((held[contacts.source] & held[contacts.target]).sum()) // 2
    needed = contacts.cell.dimension * (n_held - 1) + 1
    if n_pairs == 0:
        reason = "no two particles interact, so that moduli do not exist"
    elif n_held == 0:
        reason = f"none of {n} particles is held in place by its contacts, of which there are {n_pairs}"
    elif repulsive and inner < needed:
        reason = f"{n_held} of {n} particles need {needed} contacts to hold each other, but have {inner}"
    elif spanning and not contacts.spans:
        reason = "they float in clusters that nothing connects across the box"
    else:
        return
    raise SampleFailure(f"{NO_SOLID} ({reason}); {REMEDY}")


def contacts_of(glass: Glass) -> tuple[IntArray, IntArray, FloatArray]:
    """Source and target of each pair of a configuration that interacts as one, (p,), by source and then by target; its
    vector, (p, 3).

    Where the cell is too small for a list, that of copies of it side by side tells who meets whose image."""
    cell = glass.cell
    reach = range_of(glass.species, glass.sizes, glass.model)
    times = np.ceil(least_height(cell, reach, glass.model) / cell.heights).astype(np.int64)
    if (times > 1).any():
        return _contacts_with_images(glass, times)
    source, target, r_pd = _listed(glass_batch(glass))
    order = np.lexsort((target, source))
    return source[order], target[order], r_pd[order]


def bonds_of(glass: Glass) -> Listed:
    """Source, target and vector of each bond of a configuration, from both of its ends, and then those of the sides of its
    angles, from and to the middle: by the shortest vector in the cell."""
    topology = glass.topology
    assert topology is not None  # asked for of molecules alone
    (i, j), (a, middle, b) = topology.bonds.T, topology.angles.T
    source, target = np.concatenate([i, j, middle, middle, a, b]), np.concatenate([j, i, a, b, middle, middle])
    ticks, d = to_ticks(glass.cell.fractions(glass.positions)), glass.dimension
    r_pd = np.zeros((len(source), 3))
    r_pd[:, :d] = glass.cell.positions((ticks[target] - ticks[source]) / TICKS)  # ticks turn over as the cell does
    return source, target, r_pd


def joined(pairs: Listed, bonds: Listed) -> tuple[Listed, IntArray, IntArray]:
    """Pairs with bonds among them, by source and then by target, and where each pair and each bond is there: a bond of two
    particles that meet as a pair is that pair."""
    n = int(max(x.max(initial=0) for x in (*pairs[:2], *bonds[:2]))) + 1
    listed = tuple(np.concatenate([x, y]) for x, y in zip(pairs, bonds, strict=True))
    key, near = listed[0] * n + listed[1], np.full(len(bonds[0]), len(listed[0]), dtype=np.int64)
    order = np.argsort(key, kind="stable")  # pairs stay in their order, before bonds
    first = np.searchsorted(key[order], key[len(pairs[0]) :])
    most = int(np.bincount(np.unique(key, return_inverse=True)[1]).max(initial=0))
    for step in range(most - 1, -1, -1):
        at = order[np.minimum(first + step, len(order) - 1)]
        same = (key[at] == key[len(pairs[0]) :]) & (np.abs(listed[2][at] - bonds[2]).max(axis=1) < ONE_VECTOR)
        near = np.where(same, at, near)  # the first of those that are one
    kept = np.arange(len(listed[0])) < len(pairs[0])
    kept[near] = True
    order = order[kept[order]]
    place = np.empty(len(kept), dtype=np.int64)
    place[order] = np.arange(len(order))
    source, target, r_pd = (x[order] for x in listed)
    return (source, target, r_pd), place[: len(pairs[0])], place[near]


def _contacts_with_images(glass: Glass, times: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """contacts_of where a particle may meet several images of another. times: (d,) copies along the axes."""
    cell, n, d = glass.cell, glass.n_particles, glass.dimension
    shifts = np.stack(np.meshgrid(*(np.arange(x) for x in times), indexing="ij"), axis=-1).reshape(-1, 1, d)
    fractions = cell.fractions(glass.positions)
    copies = cell.positions((fractions + shifts).reshape(-1, d))  # the first n are the particles themselves
    species = np.tile(glass.species, len(shifts))
    sizes = None if glass.sizes is None else [np.tile(glass.sizes, len(shifts))]
    alone = glass.model.with_molecules(None)  # what does not interact as a pair is left out below
    source, target, r_pd = _listed(Batch(alone, [cell.repeated(times)], [copies], [species], sizes))
    here = source < n
    source, target, r_pd = source[here], target[here] % n, r_pd[here]
    ticks = to_ticks(fractions)
    if glass.topology is not None and glass.model.molecule is not None:
        near = np.abs(r_pd[:, :d] - cell.positions((ticks[target] - ticks[source]) / TICKS)).max(axis=1) < ONE_VECTOR
        apart = glass.topology.excluded(n, glass.model.molecule.exclude)
        meet = ~(near & np.isin(source * n + target, apart[:, 0] * n + apart[:, 1]))
        source, target, r_pd = source[meet], target[meet], r_pd[meet]
    exact = (ticks[target] - ticks[source]) / TICKS  # and a whole number, which is the image's
    image = np.rint(cell.fractions(r_pd[:, :d]) - exact)
    away = np.zeros((len(image), 3))
    away[:, :d] = cell.positions(exact + image)
    turned = np.where(source < target, 1, -1)[:, None] * image  # one order of the images at both ends of a pair
    order = np.lexsort((*turned.T, target, source))
    return source[order], target[order], away[order]


def _listed(batch: Batch) -> tuple[IntArray, IntArray, FloatArray]:
    """The list of a batch of one sample, cut at the range itself: source, target and vector of each pair, in the order and
    by the numbers in which its particles were given."""
    batch.rebuild(0)
    n, number = len(batch.ticks), np.zeros(len(batch.ticks), dtype=np.int64)
    list_view = (0, n, batch.ticks, batch.species, batch.neighbours, batch.counts, batch.ranges2(), batch.h[0] / TICKS)
    count, fill = _compiled(batch.is_cubic)
    count(*list_view, number)
    target, r_pd, found = _filled(fill, list_view, number)
    if (found != number).any():  # as rarely as a distance is the range to the last bit
        target, r_pd, found = _filled(fill, list_view, batch.counts)
        there = np.arange(len(target)) - np.repeat(np.cumsum(batch.counts) - batch.counts, batch.counts)
        inside = there < np.repeat(found, batch.counts)
        target, r_pd = target[inside], r_pd[inside]
    source = np.repeat(np.arange(n), found)
    if batch.form.sizes:
        near = _within_their_lengths(batch, source, target, r_pd)
        source, target, r_pd = source[near], target[near], r_pd[near]
    return batch.label[source], batch.label[target], r_pd


def _filled(fill: Any, list_view: tuple[Any, ...], places: IntArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Rows with so many places filled with pairs, and the number of pairs that each should have."""
    start = np.concatenate([[0], np.cumsum(places)]).astype(np.int64)
    target, r_pd, found = np.empty(start[-1], dtype=np.int64), np.empty((start[-1], 3)), np.empty_like(places)
    fill(*list_view, start, target, r_pd, found)
    return target, r_pd, found


def _within_their_lengths(batch: Batch, source: IntArray, target: IntArray, r_pd: FloatArray) -> BoolArray:
    """(p,) which pairs are nearer than the range of their own sizes."""
    reduced2 = np.einsum("pd,pd->p", r_pd, r_pd) / batch.squared_lengths(source, target)
    return np.asarray(reduced2 < batch.model.reduced_cutoff(0, 0) ** 2)


@cache
def _compiled(cubic: bool) -> tuple[Any, Any]:
    cpu = backend()
    vector = cpu.inline(kernels.vector_in_cube if cubic else kernels.vector_in_cell)
    return cpu.compile(kernels.count_of(vector)), cpu.compile(kernels.fill_of(vector))
