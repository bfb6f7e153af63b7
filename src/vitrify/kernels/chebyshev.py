"""One step of the Chebyshev recurrence on the Hessian: filters, moments and Lanczos steps are made of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes


class RecurrenceView(NamedTuple):
    """Step `step` of a plan: old ← gain (M x − centre x) + keep old."""

    layout: Any
    width: int
    springs: Any
    plan: Any  # (samples, steps, 3): gain, keep and centre
    degree: Any  # (samples,) int64: how many steps a sample takes
    step: int
    x: Any  # (n, 3, w)
    old: Any


def recurrence_of(lanes: Lanes, triple: Any, put_triple: Any, product: Any) -> Any:
    """Particle: its part of the step."""

    def recurrence(i, s, c, view):
        if view.step < view.degree[s]:
            gain, keep, centre = view.plan[s, view.step, 0], view.plan[s, view.step, 1], view.plan[s, view.step, 2]
            f, x, old = product(i, c, view.springs, view.x), triple(view.x, i, c), triple(view.old, i, c)
            new = (
                gain * (f[0] - centre * x[0]) + keep * old[0],
                gain * (f[1] - centre * x[1]) + keep * old[1],
                gain * (f[2] - centre * x[2]) + keep * old[2],
            )
            put_triple(view.old, i, c, new)

    return recurrence
