"""Bodies that bring many samples, or one big one, forward in step: one launch does one thing to all particles.

Each is called as body(i, room, ...) for a particle, a share of SHARE particles, or a sample. Sums go from particles to
shares to samples in one fixed order, so results depend neither on the batch nor on the number of threads. `busy` is 1 for
the samples that still move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import int64, uint64

from .conjugate_gradients import ACCEPT, GROWTH, TRIALS

SHARE = 32  # particles a partial sum

# Columns of `state`, a row a sample: the line search of conjugate gradients between two launches.
PHASE, LAST, NEW2, HERE, LOW, LOW_SLOPE, HIGH, HIGH_SLOPE, TARGET, SLOPE, TRIAL, FURTHEST = range(12)
EVALUATIONS, TOLERANCE, LARGEST, BETA, MOVE, TURN, STALE = range(12, 19)
COLUMNS = 19
START, SEARCH, DONE, SPENT = 0.0, 1.0, 2.0, 3.0  # values of PHASE


def force_of(forces: Any) -> Callable[..., None]:
    """Particle: its force, where its sample is busy."""

    def body(i, room, busy, sample_of, pair, force):
        s = sample_of[i]
        if busy[s] == 1:
            forces(i, s, pair, room, force)

    return body


def pair_force_of(pair_force: Any) -> Callable[..., None]:
    """Particle: the sum of its |pair forces| and their number."""

    def body(i, room, busy, sample_of, pair, total, number):
        s = sample_of[i]
        if busy[s] == 1:
            pair_force(i, s, pair, total, number)

    return body


# --- molecular dynamics ----------------------------------------------------------------------------------------------


def kick_of(kick_and_drift: Any, moved2: Any) -> Callable[..., None]:
    """Particle: one leapfrog step; leaves m v² and its squared displacement since the list was made."""

    def body(i, room, busy, sample_of, step, rescale, tick_length, flat, ticks, anchor, heat, moved):
        s = sample_of[i]
        if busy[s] == 1:
            mass, inverse_mass, force, velocity, x = flat
            total = 0.0
            for e in range(4 * i, 4 * i + 3):
                total += kick_and_drift(
                    e, rescale[s], step[0], 1.0 / tick_length[s], mass, inverse_mass, force, velocity, x
                )
            heat[i] = total
            moved[i] = moved2(i, ticks, anchor, tick_length[s])

    return body


def sum_heat(c, room, share_first, share_last, heat, moved, partial):
    """Share: m v² and the two largest squared displacements."""
    total = largest = second = 0.0
    for i in range(share_first[c], share_last[c]):
        total += heat[i]
        second = max(second, min(moved[i], largest))
        largest = max(largest, moved[i])
    partial[c, 0], partial[c, 1], partial[c, 2] = total, largest, second


def thermostat(s, room, busy, first, shares, partial, temperature, coupling, stale2, rescale, kinetic, stale):
    """Sample: the temperature now, the factor of the next step, and whether its list is stale."""
    if busy[s] == 1:
        total = largest = second = 0.0
        for c in range(shares[s], shares[s + 1]):
            total += partial[c, 0]
            second = max(second, min(partial[c, 1], largest), partial[c, 2])
            largest = max(largest, partial[c, 1])
        now = total / (3.0 * (first[s + 1] - first[s] - 1))
        kinetic[s] = now
        rescale[s] = max(1.0 + coupling * (temperature / now - 1.0), 0.25) ** 0.5
        stale[s] = 1 if 0.25 * (largest**0.5 + second**0.5) ** 2 > stale2 else 0


# --- descent ---------------------------------------------------------------------------------------------------------


def descend_of(moved2: Any) -> Callable[..., None]:
    """Particle: a capped step along its own force."""

    def body(i, room, busy, sample_of, cap, soft_force, tick_length, force, ticks, anchor, moved):
        s = sample_of[i]
        if busy[s] == 1:
            strength = (force[i, 0] ** 2 + force[i, 1] ** 2 + force[i, 2] ** 2) ** 0.5
            step = cap / max(strength, soft_force) / tick_length[s]
            for d in range(3):
                ticks[i, d] += int(step * force[i, d])
            moved[i] = moved2(i, ticks, anchor, tick_length[s])

    return body


def move_of(moved2: Any) -> Callable[..., None]:
    """Particle: along the direction by the MOVE of its sample."""

    def body(i, room, busy, sample_of, state, tick_length, direction, ticks, anchor, moved):
        s = sample_of[i]
        if busy[s] == 1 and state[s, MOVE] != 0.0:
            move = state[s, MOVE] / tick_length[s]
            for d in range(3):
                ticks[i, d] += int(move * direction[i, d])
            moved[i] = moved2(i, ticks, anchor, tick_length[s])

    return body


def sum_slopes(c, room, share_first, share_last, force, direction, previous, moved, partial):
    """Share: f·f, f·(f − previous), f·d, max|f| and the two largest squared displacements."""
    force2 = mixed = slope = most = largest = second = 0.0
    for i in range(share_first[c], share_last[c]):
        for d in range(3):
            f = force[i, d]
            force2 += f * f
            mixed += f * (f - previous[i, d])
            slope += f * direction[i, d]
            most = max(most, abs(f))
        second = max(second, min(moved[i], largest))
        largest = max(largest, moved[i])
    partial[c, 0], partial[c, 1], partial[c, 2], partial[c, 3] = force2, mixed, slope, most
    partial[c, 4], partial[c, 5] = largest, second


def judge_of(next_target: Any) -> Callable[..., None]:
    """Sample: what conjugate_gradients.relax does between two force evaluations: goes on with a line search, or ends it."""

    def body(s, room, busy, shares, partial, budget, stale2, state):
        if busy[s] == 0:
            return
        row = state[s]
        force2 = mixed = slope = most = largest = second = 0.0
        for c in range(shares[s], shares[s + 1]):
            force2 += partial[c, 0]
            mixed += partial[c, 1]
            slope += partial[c, 2]
            most = max(most, partial[c, 3])
            second = max(second, min(partial[c, 4], largest), partial[c, 5])
            largest = max(largest, partial[c, 4])
        row[EVALUATIONS] += 1.0
        row[MOVE] = row[TURN] = row[STALE] = 0.0
        if row[PHASE] == SEARCH:
            row[TRIAL] += 1.0
            flat = abs(slope) <= ACCEPT * row[SLOPE] or (slope > 0.0 and row[HERE] >= row[FURTHEST])
            if not flat:
                next_target(row, slope)
            if not flat and row[TRIAL] < TRIALS:
                row[MOVE] = row[TARGET] - row[HERE]
                row[HERE] = row[TARGET]
                return
            row[LAST] = row[HERE]
            row[STALE] = 1.0 if 0.25 * (largest**0.5 + second**0.5) ** 2 > stale2 else 0.0
        row[LARGEST] = most
        sound = force2 == force2  # a maximum passes over what is not a number
        if not sound or most < row[TOLERANCE] or row[EVALUATIONS] >= budget:
            row[PHASE] = DONE if sound and most < row[TOLERANCE] else SPENT
            return
        row[BETA] = max(mixed / row[NEW2], 0.0) if row[NEW2] > 0.0 else 0.0
        row[SLOPE] = force2 + row[BETA] * slope  # f·(f + β d)
        if row[SLOPE] <= 0.0:
            row[BETA], row[SLOPE] = 0.0, force2
        row[NEW2] = force2
        row[TURN] = 1.0

    return body


def next_target(row, slope):
    """Where to look for the zero of the slope after one more value of it at HERE."""
    here = row[HERE]
    if slope > 0.0:
        step, fall = here - row[LOW], row[LOW_SLOPE] - slope
        row[LOW], row[LOW_SLOPE] = here, slope
        if row[HIGH] < 0.0:
            secant = here + (slope / fall * step if fall > 0.0 else GROWTH * step)
            row[TARGET] = min(secant, here + GROWTH * step, row[FURTHEST])
    else:
        row[HIGH], row[HIGH_SLOPE] = here, slope
    if row[HIGH] > 0.0:
        fraction = row[LOW_SLOPE] / (row[LOW_SLOPE] - row[HIGH_SLOPE])
        row[TARGET] = row[LOW] + (row[HIGH] - row[LOW]) * min(max(fraction, 0.1), 0.9)


def turn(c, room, busy, share_sample, share_first, share_last, state, force, direction, previous, partial):
    """Share: d ← f + β d where its sample turns; max|d|."""
    s = share_sample[c]
    if busy[s] == 1 and state[s, TURN] == 1.0:
        beta, longest = state[s, BETA], 0.0
        for i in range(share_first[c], share_last[c]):
            for d in range(3):
                direction[i, d] = force[i, d] + beta * direction[i, d]
                previous[i, d] = force[i, d]
                longest = max(longest, abs(direction[i, d]))
        partial[c, 0] = longest


def set_out(s, room, busy, shares, partial, cap, state):
    """Sample: begin the line search along a new direction."""
    if busy[s] == 1 and state[s, TURN] == 1.0:
        row, longest = state[s], 0.0
        for c in range(shares[s], shares[s + 1]):
            longest = max(longest, partial[c, 0])
        row[FURTHEST] = cap / longest
        row[LOW], row[LOW_SLOPE], row[HIGH], row[HIGH_SLOPE] = 0.0, row[SLOPE], -1.0, 0.0
        row[TARGET] = min(row[LAST], row[FURTHEST]) if row[LAST] > 0.0 else 1e-3 * row[FURTHEST]
        row[MOVE] = row[HERE] = row[TARGET]
        row[TRIAL], row[PHASE] = 0.0, SEARCH


# --- lists, where they are made in step too --------------------------------------------------------------------------


def sort_of(sort_by_bin: Any) -> Callable[..., None]:
    """Sample: its candidates by bin. Serial within a sample: a thousand of them keep a GPU busy enough."""

    def body(s, room, busy, first, grid, ticks, species, reach2, bin_of, bin_start, upper, limit, entries):
        if busy[s] == 1:
            a, b = first[s], first[s + 1]
            sort_by_bin(
                a, b, grid[s], ticks, species, reach2[s], bin_of[a:b], bin_start[s], upper[:, a:b], limit[:, a:b],
                entries[a:b],
            )  # fmt: skip

    return body


def bin_along(x, n_bins):
    """The bin of an upper half of ticks along one axis."""
    return int64(((uint64(x) & uint64(0xFFFFFFFF)) * uint64(n_bins)) >> uint64(32))


def row_of(bin_along: Any, pieces: Any, run_around: Any, extend_row: Any, end_row: Any) -> Callable[..., None]:
    """Particle: the row of the candidate that stands at its place. lengths: the rows' lengths."""

    def body(
        i, room, busy, sample_of, first, grid, span, bin_start, upper, limit, entries, shape, neighbours, counts, lengths
    ):
        s = sample_of[i]
        if busy[s] == 1:
            a, b, n = first[s], first[s + 1], grid[s]
            x, y, z = upper[0, i], upper[1, i], upper[2, i]
            cx, cy, cz = bin_along(x, n[0]), bin_along(y, n[1]), bin_along(z, n[2])
            count = uint64(0)
            for q in range(pieces(n, span[s])):
                begin, end = run_around(q, cx, cy, cz, n, span[s], bin_start[s])
                count = extend_row(
                    entries[i],
                    x,
                    y,
                    z,
                    begin,
                    end,
                    upper[:, a:b],
                    limit[:, a:b],
                    entries[a:b],
                    shape[s],
                    neighbours,
                    count,
                )
            end_row(entries[i], count, neighbours, counts)
            lengths[i] = count

    return body


def longest_of_share(c, room, share_first, share_last, lengths, partial):
    """Share: its longest row."""
    longest = 0.0
    for i in range(share_first[c], share_last[c]):
        longest = max(longest, float(lengths[i]))
    partial[c, 0] = longest


def longest_of_sample(s, room, shares, partial, longest):
    """Sample: its longest row."""
    longest[s] = 0.0
    for c in range(shares[s], shares[s + 1]):
        longest[s] = max(longest[s], partial[c, 0])


def sum_pair_forces(c, room, share_first, share_last, total, number, partial):
    """Share: Σ |pair force| and the number of pairs."""
    forces = met = 0.0
    for i in range(share_first[c], share_last[c]):
        forces += total[i]
        met += number[i]
    partial[c, 0], partial[c, 1] = forces, met


def mean_pair_force(s, room, shares, partial, mean):
    """Sample: mean |pair force|; 0 where nothing interacts."""
    forces = met = 0.0
    for c in range(shares[s], shares[s + 1]):
        forces += partial[c, 0]
        met += partial[c, 1]
    mean[s] = forces / met if met > 0.0 else 0.0


def gather_rows(i, room, busy, sample_of, entries, mask, source, target):
    """Particle: row i of the sorted order, out of the row where it stood."""
    k = int64(entries[i] & mask) if busy[sample_of[i]] == 1 else i
    for d in range(source.shape[1]):
        target[i, d] = source[k, d]


def settle_one(i, room, busy, sample_of, tick_length, ticks, anchor, travel):
    """Particle: displacement.settle."""
    s = sample_of[i]
    if busy[s] == 1:
        for d in range(3):
            travel[i, d] += float(ticks[i, d] - anchor[i, d]) * tick_length[s]
            anchor[i, d] = ticks[i, d]
