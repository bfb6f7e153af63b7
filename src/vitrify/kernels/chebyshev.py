"""One step of the Chebyshev recurrence on the Hessian, eight vectors at once: filters and moments are made of it."""

from __future__ import annotations

from typing import Any


def step_of(product: Any) -> Any:
    """old ← gain (M x − centre x) + keep old; vectors (n_particles, 3, 8), mx is working room."""

    def step(start, target, r, tension, stiffness, centre, gain, keep, x, old, mx):
        for i in range(x.shape[0]):
            product(i, start, target, r, tension, stiffness, x, mx)
            for a in range(3):
                for c in range(8):
                    old[i, a, c] = gain * (mx[i, a, c] - centre * x[i, a, c]) + keep * old[i, a, c]

    return step
