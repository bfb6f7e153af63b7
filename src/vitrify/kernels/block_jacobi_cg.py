"""Conjugate gradients on M x = b with a block-Jacobi preconditioner, each column on its own: the lines of a program.

A column ends when its residual has fallen to `tolerance` of its right-hand side, or at the first direction of negative
curvature; a sample when all of its columns have, or after max_steps."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes
from vitrify.backends.program import STOPPED

# Rows of `state`.
SOLVED, RZ, LIMIT, ALPHA, BETA = range(5)
ROWS = 5
UNSOLVED, CONVERGED, NEGATIVE = 0.0, 1.0, -1.0  # values of SOLVED


class SolveView(NamedTuple):
    """A solve and its scratch arrays. Vectors are (n, 3, w)."""

    layout: Any
    width: int
    springs: Any
    inverse: Any  # (n, 3, 3) of the diagonal blocks of M
    b: Any
    x: Any
    residual: Any
    d: Any  # direction
    image: Any  # M d
    state: Any  # (samples, ROWS, w)
    partial: Any  # (chunks, 2, w)
    steps: Any  # (samples,) int64
    tolerance: float
    max_steps: int


def preconditioned(inverse, i, r):
    """Part: D⁻¹ r of one particle; r may be lanes."""
    return (
        inverse[i, 0, 0] * r[0] + inverse[i, 0, 1] * r[1] + inverse[i, 0, 2] * r[2],
        inverse[i, 1, 0] * r[0] + inverse[i, 1, 1] * r[1] + inverse[i, 1, 2] * r[2],
        inverse[i, 2, 0] * r[0] + inverse[i, 2, 1] * r[1] + inverse[i, 2, 2] * r[2],
    )


def set_out_of(lanes: Lanes, triple: Any, put_triple: Any, preconditioned: Any) -> Any:
    """Chunk: begin at x = 0 along D⁻¹ b; b·b and b·D⁻¹ b."""
    put, splat = lanes.put, lanes.splat

    def set_out(chunk, first, last, s, c, view):
        zero = splat(0.0)
        size = along = zero
        for i in range(first, last):
            b = triple(view.b, i, c)
            z = preconditioned(view.inverse, i, b)
            put_triple(view.x, i, c, (zero, zero, zero))
            put_triple(view.residual, i, c, b)
            put_triple(view.d, i, c, z)
            for a in range(3):
                size = size + b[a] * b[a]
                along = along + z[a] * b[a]
        put(view.partial, chunk, 0, c, size)
        put(view.partial, chunk, 1, c, along)

    return set_out


def begin_of(summed: Any) -> Any:
    """Sample, column: an empty one is solved."""

    def begin(s, c, view):
        size, row = summed(view.layout, view.partial, 0, s, c), view.state[s]
        row[SOLVED, c] = CONVERGED if size == 0.0 else UNSOLVED
        row[RZ, c], row[LIMIT, c] = summed(view.layout, view.partial, 1, s, c), view.tolerance * view.tolerance * size

    return begin


def multiply_of(lanes: Lanes, triple: Any, put_triple: Any, product: Any) -> Any:
    """Chunk: M d, and d·M d."""
    put, splat = lanes.put, lanes.splat

    def multiply(chunk, first, last, s, c, view):
        curvature = splat(0.0)
        for i in range(first, last):
            f, d = product(i, c, view.springs, view.d), triple(view.d, i, c)
            put_triple(view.image, i, c, f)
            curvature = curvature + d[0] * f[0] + d[1] * f[1] + d[2] * f[2]
        put(view.partial, chunk, 0, c, curvature)

    return multiply


def advance_of(summed: Any) -> Any:
    """Sample, column: the length of the step along d; where d·M d is not positive the column ends."""

    def advance(s, c, view):
        curvature, row = summed(view.layout, view.partial, 0, s, c), view.state[s]
        if row[SOLVED, c] == UNSOLVED and not curvature > 0.0:
            row[SOLVED, c] = NEGATIVE
        row[ALPHA, c] = row[RZ, c] / curvature if row[SOLVED, c] == UNSOLVED else 0.0

    return advance


def step_of(lanes: Lanes, triple: Any, put_triple: Any, preconditioned: Any) -> Any:
    """Chunk: residual ← residual − α M d; residual·residual and residual·D⁻¹ residual."""
    load, put, splat = lanes.load, lanes.put, lanes.splat

    def step(chunk, first, last, s, c, view):
        alpha, size, along = load(view.state, s, ALPHA, c), splat(0.0), splat(0.0)
        for i in range(first, last):
            rest, image = triple(view.residual, i, c), triple(view.image, i, c)
            rest = (rest[0] - alpha * image[0], rest[1] - alpha * image[1], rest[2] - alpha * image[2])
            z = preconditioned(view.inverse, i, rest)
            put_triple(view.residual, i, c, rest)
            for a in range(3):
                size = size + rest[a] * rest[a]
                along = along + z[a] * rest[a]
        put(view.partial, chunk, 0, c, size)
        put(view.partial, chunk, 1, c, along)

    return step


def judge_of(summed: Any) -> Any:
    """Sample, column: has it converged, and if not, how much of d stays."""

    def judge(s, c, view):
        size, rz, row = (
            summed(view.layout, view.partial, 0, s, c),
            summed(view.layout, view.partial, 1, s, c),
            view.state[s],
        )
        if row[SOLVED, c] == UNSOLVED and size <= row[LIMIT, c]:
            row[SOLVED, c] = CONVERGED
        row[BETA, c] = rz / row[RZ, c] if row[SOLVED, c] == UNSOLVED else 0.0
        row[RZ, c] = rz

    return judge


def end(s, view):
    """Sample: it stops where no column goes on."""
    view.steps[s] += 1
    unsolved = False
    for c in range(view.width):
        unsolved = unsolved or view.state[s, SOLVED, c] == UNSOLVED
    if not unsolved or view.steps[s] >= view.max_steps:
        view.layout.active[s] = STOPPED


def turn_of(lanes: Lanes, triple: Any, put_triple: Any, preconditioned: Any) -> Any:
    """Particle: x ← x + α d, then d ← D⁻¹ residual + β d: together they read d once, and what the preconditioner makes is
    never stored."""
    load = lanes.load

    def turn(i, s, c, view):
        alpha, beta = load(view.state, s, ALPHA, c), load(view.state, s, BETA, c)
        x, d, z = triple(view.x, i, c), triple(view.d, i, c), preconditioned(view.inverse, i, triple(view.residual, i, c))
        put_triple(view.x, i, c, (x[0] + alpha * d[0], x[1] + alpha * d[1], x[2] + alpha * d[2]))
        put_triple(view.d, i, c, (z[0] + beta * d[0], z[1] + beta * d[1], z[2] + beta * d[2]))

    return turn
