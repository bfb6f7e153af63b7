"""One step of the Chebyshev recurrence on the Hessian, eight vectors at once: filters and moments are made of it."""

from __future__ import annotations

from typing import Any

from vitrify.backends.eight import eight_of, put_eight


def step_of(product: Any) -> Any:
    """old ← gain (M x − centre x) + keep old; vectors (n_particles, 3, 8)."""

    def step(start, target, r, tension, stiffness, centre, gain, keep, x, old):
        for i in range(x.shape[0]):
            fx, fy, fz = product(i, start, target, r, tension, stiffness, x)
            put_eight(old, i, 0, gain * (fx - centre * eight_of(x, i, 0)) + keep * eight_of(old, i, 0))
            put_eight(old, i, 1, gain * (fy - centre * eight_of(x, i, 1)) + keep * eight_of(old, i, 1))
            put_eight(old, i, 2, gain * (fz - centre * eight_of(x, i, 2)) + keep * eight_of(old, i, 2))

    return step
