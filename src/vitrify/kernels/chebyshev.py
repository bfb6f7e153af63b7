"""The Chebyshev recurrence on the Hessian, old ← gain (M x − centre x) + keep old, in turn from x to y and back: filters and
moments are made of it, and Lanczos steps of its single steps."""

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


def forth(view):
    """Part: from x to y."""
    return view.x, view.y


def back(view):
    """Part: from y to x."""
    return view.y, view.x


def recurrence_of(lanes: Lanes, triple: Any, put_triple: Any, product: Any, ends: Any, later: int) -> Any:
    """Particle: its part of a step, the `later`-th from now."""

    def recurrence(i, s, c, view):
        k = view.done[s] + later
        if k < view.degree[s]:
            x, old = ends(view)
            gain, keep, centre = view.plan[s, k, 0], view.plan[s, k, 1], view.plan[s, k, 2]
            f, here, before = product(i, c, view.springs, x), triple(x, i, c), triple(old, i, c)
            new = (
                gain * (f[0] - centre * here[0]) + keep * before[0],
                gain * (f[1] - centre * here[1]) + keep * before[1],
                gain * (f[2] - centre * here[2]) + keep * before[2],
            )
            put_triple(old, i, c, new)

    return recurrence


def end(s, view):
    """Sample: two steps more are done."""
    view.done[s] += 2
    if view.done[s] >= view.degree[s]:
        view.layout.going[s] = STOPPED


def settle_of(triple: Any, put_triple: Any) -> Any:
    """Particle: let x be what came last, wherever that stands."""

    def settle(i, s, c, view):
        if view.degree[s] % 2 == 1:
            put_triple(view.x, i, c, triple(view.y, i, c))

    return settle
