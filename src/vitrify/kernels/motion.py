"""Motion of particles and how far they have gone: staleness of lists, capped descent, leapfrog under a thermostat.

Ticks become lengths in `displacement` alone, and lengths become ticks in `advance` alone; where the cell is no cube, in
`displacement_in_cell_of` and `advance_in_cell`: the loops of cubes, with one number to multiply by, are vector code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import uint64

from vitrify.backends.program import STOPPED

from .state import (
    COUPLING,
    DEGREES,
    DONE,
    DRIFT,
    HEAT,
    LEFT,
    MSD,
    RESCALE,
    STALE,
    STALE2,
    STATUS,
    TEMPERATURE,
    TIME_STEP,
    TWICE_KINETIC,
)

BEYOND, LARGEST, SECOND, SUM = 0, 1, 2, 3  # columns of `partial`


def join_of(sums: int, largest: int = 0) -> Callable[..., None]:
    """Add one row of `partial` to another: so many sums, then so many maxima."""
    columns = sums + largest

    def join(row, other, view):
        partial = view.partial
        for k in range(sums):
            partial[row, k] += partial[other, k]
        for k in range(sums, columns):
            partial[row, k] = max(partial[row, k], partial[other, k])

    return join


def join_looks(row, other, view):
    """Join what `look` leaves, and SUM."""
    partial = view.partial
    partial[row, BEYOND] += partial[other, BEYOND]
    lower = min(partial[row, LARGEST], partial[other, LARGEST])
    partial[row, SECOND] = max(partial[row, SECOND], lower, partial[other, SECOND])
    partial[row, LARGEST] = max(partial[row, LARGEST], partial[other, LARGEST])
    partial[row, SUM] += partial[other, SUM]


def displacement(i, s, way):
    """Displacement of one particle of a cube since its list was made."""
    x, anchor, scale = way.ticks, way.anchor, way.tick_length[s]
    return (
        float(x[i, 0] - anchor[i, 0]) * scale,
        float(x[i, 1] - anchor[i, 1]) * scale,
        float(x[i, 2] - anchor[i, 2]) * scale,
    )


def displacement_in_cell_of(vector: Any) -> Callable[..., Any]:
    """The displacement in a cell of any shape. vector: of a difference in ticks, see contacts.py."""

    def displacement_in_cell(i, s, way):
        x, anchor = way.ticks, way.anchor
        return vector(
            float(x[i, 0] - anchor[i, 0]), float(x[i, 1] - anchor[i, 1]), float(x[i, 2] - anchor[i, 2]), way.h[s]
        )  # fmt: skip

    return displacement_in_cell


def advance(first, last, s, way, length, vector):
    """x ← x + length·vector for particles first ... last of a cube. vector: (4 n,)."""
    x, factor = way.x, length * (1.0 / way.tick_length[s])
    for e in range(uint64(4 * first), uint64(4 * last)):  # flat over components, unsigned: vector code
        x[e] += int(factor * vector[e])


def advance_in_cell(first, last, s, way, length, vector):
    """Advance a particle in a cell of any shape: fractional coordinates change by h⁻¹·vector."""
    x, inverse = way.ticks, way.inverse_h[s]
    for i in range(uint64(first), uint64(last)):
        vx, vy, vz = length * vector[4 * i], length * vector[4 * i + 1], length * vector[4 * i + 2]
        x[i, 0] += int(inverse[0] * vx + inverse[3] * vy + inverse[4] * vz)
        x[i, 1] += int(inverse[1] * vy + inverse[5] * vz)
        x[i, 2] += int(inverse[2] * vz)


def settle_of(displacement: Any) -> Callable[..., None]:
    """Particle: add the displacement since the list was made to `travel`, and begin anew from here."""

    def settle(i, s, way):
        dx, dy, dz = displacement(i, s, way)
        way.travel[i, 0] += dx
        way.travel[i, 1] += dy
        way.travel[i, 2] += dz
        for d in range(3):
            way.anchor[i, d] = way.ticks[i, d]

    return settle


# --- the list ------------------------------------------------------------------------------------------------------------
# It is stale when the mean of its sample's two largest displacements is beyond √STALE2. No pair has come closer by more
# than twice that mean, which renews lists less often than twice the largest would.


def moved2_of(displacement: Any) -> Callable[..., float]:
    """Squared displacement of one particle since its list was made."""

    def moved2(i, s, way):
        dx, dy, dz = displacement(i, s, way)
        return dx * dx + dy * dy + dz * dz

    return moved2


def look_of(moved2: Any) -> Callable[..., None]:
    """Chunk: how many of its particles are beyond √STALE2, and the two largest squared displacements where these decide."""

    def look(c, first, last, s, view):
        limit, way, beyond = view.state[s, STALE2], view.way, 0
        for i in range(uint64(first), uint64(last)):  # a count is vector code, a maximum is not
            beyond += 1 if moved2(i, s, way) > limit else 0
        largest = second = 0.0
        if beyond == 1 or (beyond == 0 and view.layout.chunks[s + 1] - view.layout.chunks[s] > 1):
            for i in range(uint64(first), uint64(last)):
                moved = moved2(i, s, way)
                second = max(second, min(moved, largest))
                largest = max(largest, moved)
        view.partial[c, BEYOND] = beyond
        view.partial[c, LARGEST], view.partial[c, SECOND] = largest, second

    return look


def is_stale(s, view):
    """Whether the list of a sample is stale, from what its chunks have seen."""
    beyond = largest = second = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        beyond += view.partial[c, BEYOND]
        second = max(second, min(view.partial[c, LARGEST], largest), view.partial[c, SECOND])
        largest = max(largest, view.partial[c, LARGEST])
    return beyond > 1.0 or (beyond == 1.0 and 0.25 * (largest**0.5 + second**0.5) ** 2 > view.state[s, STALE2])


def step_ended_of(is_stale: Any) -> Callable[..., None]:
    """Sample: one step less is left; stop where none is, or where the list is stale."""

    def step_ended(s, view):
        row = view.state[s]
        row[LEFT] -= 1.0
        if is_stale(s, view):
            row[STATUS] = STALE
        elif row[LEFT] <= 0.0:
            row[STATUS] = DONE
        else:
            return
        view.layout.active[s] = STOPPED

    return step_ended


def force_of(forces: Any) -> Callable[..., None]:
    """Particle: its force."""

    def force(i, s, view, scratch):
        forces(i, s, view.pair, scratch, view.force)

    return force


def slopes_of(slopes: Any) -> Callable[..., None]:
    """Particle: the slopes of the energy of its surrounding; see kernels/many_body.py."""

    def of_particle(i, s, view, scratch):
        slopes(i, s, view.pair, scratch)

    return of_particle


def stage_of(upper_half: Any) -> Callable[..., None]:
    """Particle: the upper halves of its ticks to where a block of threads shares them; see displacement_shared_of."""

    def stage(i, s, view, scratch):
        shared, first = scratch
        if first >= 0:
            at = 3 * (i - first)
            for d in range(3):
                shared[at + d] = upper_half(view.way.ticks[i, d])

    return stage


# --- start ---------------------------------------------------------------------------------------------------------------


def descend_of(advance: Any, look: Any, cap: float, soft_force: float) -> Callable[..., None]:
    """Chunk: each particle follows its own force, by `cap` at most: whatever the overlaps at the start, none explodes."""

    def descend(c, first, last, s, view):
        force = view.force
        for i in range(first, last):
            strength = (force[i, 0] ** 2 + force[i, 1] ** 2 + force[i, 2] ** 2) ** 0.5
            advance(i, i + 1, s, view.way, cap / max(strength, soft_force), view.f)
        look(c, first, last, s, view)

    return descend


# --- the liquid ----------------------------------------------------------------------------------------------------------


def sum_heat(c, first, last, s, view):
    """Chunk: Σ m v²."""
    v, m, total = view.velocity, view.mass, 0.0
    for e in range(uint64(4 * first), uint64(4 * last)):
        total += v[e] * v[e] * m[e]
    view.partial[c, SUM] = total


def heat_of_sample(s, view):
    """Sample: Σ m v²."""
    total = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        total += view.partial[c, SUM]
    view.state[s, TWICE_KINETIC] = total


def thermostat(s, view):
    """Sample: its temperature now, and the factor of the next kick (Berendsen)."""
    row = view.state[s]
    now = row[TWICE_KINETIC] / row[DEGREES]
    row[HEAT] += now
    row[RESCALE] = max(1.0 + row[COUPLING] * (row[TEMPERATURE] / now - 1.0), 0.25) ** 0.5


def leap_of(advance: Any, look: Any) -> Callable[..., None]:
    """Chunk: v ← c v + (Δt/m) f, x ← x + Δt v, c the thermostat's factor; leaves Σ m v²."""

    def leap(c, first, last, s, view):
        f, v, m, w = view.f, view.velocity, view.mass, view.inverse_mass
        rescale, step, total = view.state[s, RESCALE], view.state[s, TIME_STEP], 0.0
        for e in range(uint64(4 * first), uint64(4 * last)):
            now = rescale * v[e] + step * w[e] * f[e]
            v[e] = now
            total += now * now * m[e]
        view.partial[c, SUM] = total
        advance(first, last, s, view.way, step, v)
        look(c, first, last, s, view)

    return leap


def leap_ended_of(heat_of_sample: Any, step_ended: Any) -> Callable[..., None]:
    """Sample: what a step leaves."""

    def leap_ended(s, view):
        heat_of_sample(s, view)
        step_ended(s, view)

    return leap_ended


# --- how far a liquid has gone -------------------------------------------------------------------------------------------


def sum_momentum(c, first, last, s, view):
    """Chunk: momentum and mass."""
    x = y = z = mass = 0.0
    for i in range(first, last):
        m = view.mass[4 * i]
        x, y, z = x + m * view.velocity[4 * i], y + m * view.velocity[4 * i + 1], z + m * view.velocity[4 * i + 2]
        mass += m
    view.partial[c, 0], view.partial[c, 1], view.partial[c, 2], view.partial[c, 3] = x, y, z, mass


def velocity_of_sample(s, view):
    """Sample: the velocity of its centre of mass."""
    begin, end = view.layout.chunks[s], view.layout.rows_end[s]
    mass = 0.0
    for c in range(begin, end):
        mass += view.partial[c, 3]
    for d in range(3):
        momentum = 0.0
        for c in range(begin, end):
            momentum += view.partial[c, d]
        view.state[s, DRIFT + d] = momentum / mass


def stand_still(i, s, view, scratch):
    """Particle: its velocity without that of the centre of mass."""
    for d in range(3):
        view.velocity[4 * i + d] -= view.state[s, DRIFT + d]


def begin_here(i, s, view, scratch):
    """Particle: its way begins here. For a list that was made here."""
    for d in range(3):
        view.way.travel[i, d] = 0.0


def sum_way_of(displacement: Any) -> Callable[..., None]:
    """Chunk: the sum of its particles' displacements since `travel` was zero."""

    def sum_way(c, first, last, s, view):
        way, x, y, z = view.way, 0.0, 0.0, 0.0
        for i in range(first, last):
            dx, dy, dz = displacement(i, s, way)
            x, y, z = x + way.travel[i, 0] + dx, y + way.travel[i, 1] + dy, z + way.travel[i, 2] + dz
        view.partial[c, 0], view.partial[c, 1], view.partial[c, 2] = x, y, z

    return sum_way


def drift(s, view):
    """Sample: the mean displacement."""
    n = view.layout.first[s + 1] - view.layout.first[s]
    for d in range(3):
        total = 0.0
        for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
            total += view.partial[c, d]
        view.state[s, DRIFT + d] = total / n


def sum_way2_of(displacement: Any) -> Callable[..., None]:
    """Chunk: the sum of |Δr − ⟨Δr⟩|²."""

    def sum_way2(c, first, last, s, view):
        way, row, total = view.way, view.state[s], 0.0
        for i in range(first, last):
            dx, dy, dz = displacement(i, s, way)
            x = way.travel[i, 0] + dx - row[DRIFT]
            y = way.travel[i, 1] + dy - row[DRIFT + 1]
            z = way.travel[i, 2] + dz - row[DRIFT + 2]
            total += x * x + y * y + z * z
        view.partial[c, 0] = total

    return sum_way2


def mean_squared_displacement(s, view):
    """Sample: the mean of |Δr − ⟨Δr⟩|²."""
    total = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        total += view.partial[c, 0]
    view.state[s, MSD] = total / (view.layout.first[s + 1] - view.layout.first[s])
