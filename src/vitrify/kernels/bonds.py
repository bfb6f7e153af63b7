"""Forces of bonds and angles on one particle: a gather over those that it is part of, so it writes only its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .forces import INDEX_MASK


class BoundView(NamedTuple):
    """What each particle is bound by, where particles are now. A row ends with −1."""

    far: Any  # (n, w) int64: the particles that bonds lead to
    bond_types: Any  # (n, w)
    laws: Any  # (types, 5) of bonds
    corners: Any  # (n, a, 3) the particles of angles, the second of which each is about
    angle_types: Any  # (n, a)
    angle_laws: Any  # (types, 5)
    apart: Any  # (n, e) the particles of its molecule that do not interact with it as a pair


def force_of(terms: Any, slope_of_angle: Any, vector: Any, *, angles: bool) -> Callable[..., None]:
    """Particle: its force, to which those of its bonds and angles are added. vector: of a difference in ticks."""

    def force(i, s, view, scratch):
        bound, ticks, h = view.bound, view.pair.ticks, view.pair.h[s]
        fx = fy = fz = 0.0
        for k in range(bound.far.shape[1]):
            j = bound.far[i, k]
            if j < 0:
                break
            x, y, z = vector(
                float(ticks[j, 0] - ticks[i, 0]), float(ticks[j, 1] - ticks[i, 1]), float(ticks[j, 2] - ticks[i, 2]), h
            )
            slope = 2.0 * terms(x * x + y * y + z * z, bound.laws[bound.bond_types[i, k]])[1]
            fx, fy, fz = fx + slope * x, fy + slope * y, fz + slope * z
        if angles:
            for k in range(bound.corners.shape[1]):
                j, m, e = bound.corners[i, k, 0], bound.corners[i, k, 1], bound.corners[i, k, 2]
                if j < 0:
                    break
                ax, ay, az = vector(
                    float(ticks[j, 0] - ticks[m, 0]), float(ticks[j, 1] - ticks[m, 1]), float(ticks[j, 2] - ticks[m, 2]), h
                )
                bx, by, bz = vector(
                    float(ticks[e, 0] - ticks[m, 0]), float(ticks[e, 1] - ticks[m, 1]), float(ticks[e, 2] - ticks[m, 2]), h
                )
                a, b = (ax * ax + ay * ay + az * az) ** 0.5, (bx * bx + by * by + bz * bz) ** 0.5
                ax, ay, az, bx, by, bz = ax / a, ay / a, az / a, bx / b, by / b, bz / b
                c = ax * bx + ay * by + az * bz
                slope = slope_of_angle(c, bound.angle_laws[bound.angle_types[i, k]])
                to_a, to_b = slope / a, slope / b  # ∂U/∂a = slope (b̂ − c â)/|a|
                if i != e:
                    sign = -1.0 if i == j else 1.0
                    fx += sign * to_a * (bx - c * ax)
                    fy += sign * to_a * (by - c * ay)
                    fz += sign * to_a * (bz - c * az)
                if i != j:
                    sign = -1.0 if i == e else 1.0
                    fx += sign * to_b * (ax - c * bx)
                    fy += sign * to_b * (ay - c * by)
                    fz += sign * to_b * (az - c * bz)
        view.force[i, 0] += fx
        view.force[i, 1] += fy
        view.force[i, 2] += fz

    return force


def leave_out(first, last, apart, neighbours, counts):
    """Put each particle itself in the place of those in its row that do not interact with it as a pair: sums over pairs
    leave out what is nowhere from itself."""
    for i in range(first, last):
        for k in range(apart.shape[1]):
            j = apart[i, k]
            if j < 0:
                break
            for place in range(counts[i]):
                entry = neighbours[i, place]
                if entry & INDEX_MASK == j:
                    neighbours[i, place] = entry - j + i


def terms_of(bond_terms: Any) -> Any:
    """Fill terms (5, b) with φ, φ_s ... φ_ssss of bonds at squared distance s, (b,)."""

    def fill(squared, types, laws, terms):
        for k in range(len(squared)):
            values = bond_terms(squared[k], laws[types[k]])
            for order in range(5):
                terms[order, k] = values[order]

    return fill
