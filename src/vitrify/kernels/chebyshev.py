"""The Chebyshev recurrence on the Hessian, old ← gain (M x − centre x) + keep old, in turn from x to y and back: filters,
and moments of the spectrum, are made of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes
from vitrify.backends.program import STOPPED


class RecurrenceView(NamedTuple):
    """A recurrence between two vectors, both (n, 3, w)."""

    layout: Any
    width: int
    springs: Any
    plan: Any  # (samples, steps, 3): gain, keep and centre of each step
    degree: Any  # (samples,) int64: how many steps a sample takes
    done: Any  # (samples,) int64: how many it has taken
    x: Any
    y: Any
    partial: Any  # (chunks, 2, w)
    sums: Any  # (samples, 2 steps, w): old·x and x·x after each step, where they are asked for


def forth(view):
    """Part: from x to y."""
    return view.x, view.y


def back(view):
    """Part: from y to x."""
    return view.y, view.x


def recurrence_of(lanes: Lanes, triple: Any, put_triple: Any, product: Any, ends: Any, later: int) -> Any:
    """Chunk: its part of a step, the `later`-th from now."""

    def recurrence(chunk, first, last, s, c, view):
        k = view.done[s] + later
        if k < view.degree[s]:
            x, old = ends(view)
            gain, keep, centre = view.plan[s, k, 0], view.plan[s, k, 1], view.plan[s, k, 2]
            for i in range(first, last):
                f, here, before = product(i, c, view.springs, x), triple(x, i, c), triple(old, i, c)
                new = (
                    gain * (f[0] - centre * here[0]) + keep * before[0],
                    gain * (f[1] - centre * here[1]) + keep * before[1],
                    gain * (f[2] - centre * here[2]) + keep * before[2],
                )
                put_triple(old, i, c, new)

    return recurrence


def sums_of(lanes: Lanes, triple: Any, ends: Any) -> Any:
    """Chunk: what it adds to the sums after a step."""
    put, splat = lanes.put, lanes.splat

    def sums(chunk, first, last, s, c, view):
        x, new = ends(view)
        mixed = same = splat(0.0)
        for i in range(first, last):
            a, b = triple(x, i, c), triple(new, i, c)
            mixed = mixed + a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
            same = same + b[0] * b[0] + b[1] * b[1] + b[2] * b[2]
        put(view.partial, chunk, 0, c, mixed)
        put(view.partial, chunk, 1, c, same)

    return sums


def record_of(summed: Any, later: int) -> Any:
    """Sample, column: keep the sums of the `later`-th step from now."""

    def record(s, c, view):
        k = view.done[s] + later
        if k < view.degree[s]:
            view.sums[s, 2 * k, c] = summed(view.layout, view.partial, 0, s, c)
            view.sums[s, 2 * k + 1, c] = summed(view.layout, view.partial, 1, s, c)

    return record


def end(s, view):
    """Sample: two steps more are done."""
    view.done[s] += 2
    if view.done[s] >= view.degree[s]:
        view.layout.active[s] = STOPPED


def settle_of(triple: Any, put_triple: Any) -> Any:
    """Particle: let x be what came last, wherever that stands."""

    def settle(i, s, c, view):
        if view.degree[s] % 2 == 1:
            put_triple(view.x, i, c, triple(view.y, i, c))

    return settle
