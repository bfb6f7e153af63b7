"""Sums over columns of vectors, and what changes columns by them: overlaps, rotations, residuals, translations."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes


class SumView(NamedTuple):
    """Sums over the particles of each sample: by chunk, then in all."""

    layout: Any
    width: int  # of partial: w, or w² for overlaps
    x: Any  # (n, 3, w)
    y: Any
    theta: Any  # (samples, 1, w)
    partial: Any  # (chunks, rows, width)
    found: Any  # (samples, rows, width)


class ChangeView(NamedTuple):
    """Columns y changed by columns x and numbers of the samples."""

    layout: Any
    width: int
    x: Any  # (n, 3, w)
    y: Any
    by: Any  # (samples, rows, w)


def summed(layout, partial, row, s, c):
    """Part: the sum over the chunks of a sample, in their order."""
    total = 0.0
    for chunk in range(layout.chunks[s], layout.chunks[s + 1]):
        total += partial[chunk, row, c]
    return total


def total_of(summed: Any) -> Any:
    """Sample, column: all sums."""

    def total(s, c, view):
        for row in range(view.partial.shape[1]):
            view.found[s, row, c] = summed(view.layout, view.partial, row, s, c)

    return total


def products_of(lanes: Lanes, triple: Any) -> Any:
    """Chunk: x·y and y·y, column by column."""
    put, splat = lanes.put, lanes.splat

    def products(chunk, first, last, s, c, view):
        mixed = same = splat(0.0)
        for i in range(first, last):
            x, y = triple(view.x, i, c), triple(view.y, i, c)
            mixed = mixed + x[0] * y[0] + x[1] * y[1] + x[2] * y[2]
            same = same + y[0] * y[0] + y[1] * y[1] + y[2] * y[2]
        put(view.partial, chunk, 0, c, mixed)
        put(view.partial, chunk, 1, c, same)

    return products


def sums_of(lanes: Lanes, triple: Any, put_triple: Any) -> Any:
    """Chunk: Σ_i x_i, column by column."""
    splat = lanes.splat

    def sums(chunk, first, last, s, c, view):
        x = y = z = splat(0.0)
        for i in range(first, last):
            here = triple(view.x, i, c)
            x, y, z = x + here[0], y + here[1], z + here[2]
        put_triple(view.partial, chunk, c, (x, y, z))

    return sums


def residuals_of(lanes: Lanes, triple: Any) -> Any:
    """Chunk: |y − θ x|², column by column."""
    load, put, splat = lanes.load, lanes.put, lanes.splat

    def residuals(chunk, first, last, s, c, view):
        theta, sum_ = load(view.theta, s, 0, c), splat(0.0)
        for i in range(first, last):
            x, y = triple(view.x, i, c), triple(view.y, i, c)
            for a in range(3):
                rest = y[a] - theta * x[a]
                sum_ = sum_ + rest * rest
        put(view.partial, chunk, 0, c, sum_)

    return residuals


def overlaps_of(lanes: Lanes, triple: Any) -> Any:
    """Chunk: entries (l, m) of xᵀx and of xᵀy; l w + m is the column."""
    put, splat = lanes.put, lanes.splat

    def overlaps(chunk, first, last, s, c, view):
        w = view.x.shape[2]
        left, right = c // w, c % w
        xx = xy = splat(0.0)
        for i in range(first, last):
            x, y = triple(view.x, i, right), triple(view.y, i, right)
            for a in range(3):
                xx = xx + view.x[i, a, left] * x[a]
                xy = xy + view.x[i, a, left] * y[a]
        put(view.partial, chunk, 0, c, xx)
        put(view.partial, chunk, 1, c, xy)

    return overlaps


def shift_of(lanes: Lanes, triple: Any, put_triple: Any) -> Any:
    """Particle: x ← x − Σ_i x_i/n, free of translations; found: the sums."""

    def shift(i, s, c, view):
        part = 1.0 / (view.layout.first[s + 1] - view.layout.first[s])
        x, sums = triple(view.x, i, c), triple(view.found, s, c)
        put_triple(view.x, i, c, (x[0] - part * sums[0], x[1] - part * sums[1], x[2] - part * sums[2]))

    return shift


def rotate_of(lanes: Lanes, put_triple: Any) -> Any:
    """Particle: y ← x R; by: R, (samples, w, w)."""
    load, splat = lanes.load, lanes.splat

    def rotate(i, s, c, view):
        fx = fy = fz = splat(0.0)
        for m in range(view.x.shape[2]):
            turned = load(view.by, s, m, c)
            fx, fy, fz = fx + view.x[i, 0, m] * turned, fy + view.x[i, 1, m] * turned, fz + view.x[i, 2, m] * turned
        put_triple(view.y, i, c, (fx, fy, fz))

    return rotate
