"""Lanczos steps on the Hessian from one vector per column, without reorthogonalisation: for the ends of a spectrum.

Vectors keep their lengths; the numbers that would set them to 1 go into the next product: with x̂ = g x a step is
new = g M x − h old − α g x, h = β/|old|, and β = |new|."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes
from vitrify.backends.program import STOPPED

G, H, ALONG = range(3)  # rows of `state`: g, h and α g
ROWS = 3


class LanczosView(NamedTuple):
    """Two vectors (n, 3, w), the first of length 1, and the tridiagonal matrices that come of them."""

    layout: Any
    width: int
    springs: Any
    x: Any
    y: Any
    state: Any  # (samples, ROWS, w), at first 1, 0, 0
    partial: Any  # (chunks, 1, w)
    diagonal: Any  # (samples, steps, w) α
    beside: Any  # (samples, steps, w) β
    done: Any  # (samples,) int64


def expand_of(lanes: Lanes, triple: Any, put_triple: Any, product: Any, ends: Any) -> Any:
    """Chunk: old ← g M x − h old; x·old."""
    load, put, splat = lanes.load, lanes.put, lanes.splat

    def expand(chunk, first, last, s, c, view):
        x, old = ends(view)
        g, h, along = load(view.state, s, G, c), load(view.state, s, H, c), splat(0.0)
        for i in range(first, last):
            f, here, before = product(i, c, view.springs, x), triple(x, i, c), triple(old, i, c)
            new = (g * f[0] - h * before[0], g * f[1] - h * before[1], g * f[2] - h * before[2])
            put_triple(old, i, c, new)
            along = along + here[0] * new[0] + here[1] * new[1] + here[2] * new[2]
        put(view.partial, chunk, 0, c, along)

    return expand


def along_of(summed: Any, later: int) -> Any:
    """Sample, column: α of the `later`-th step from now."""

    def along(s, c, view):
        k, row = view.done[s] + later, view.state[s]
        alpha = row[G, c] * summed(view.layout, view.partial, 0, s, c)
        view.diagonal[s, k, c], row[ALONG, c] = alpha, alpha * row[G, c]

    return along


def remove_of(lanes: Lanes, triple: Any, put_triple: Any, ends: Any) -> Any:
    """Chunk: new ← new − α g x; new·new."""
    load, put, splat = lanes.load, lanes.put, lanes.splat

    def remove(chunk, first, last, s, c, view):
        x, new = ends(view)
        along, size = load(view.state, s, ALONG, c), splat(0.0)
        for i in range(first, last):
            here, f = triple(x, i, c), triple(new, i, c)
            f = (f[0] - along * here[0], f[1] - along * here[1], f[2] - along * here[2])
            put_triple(new, i, c, f)
            size = size + f[0] * f[0] + f[1] * f[1] + f[2] * f[2]
        put(view.partial, chunk, 0, c, size)

    return remove


def beside_of(summed: Any, later: int) -> Any:
    """Sample, column: β of the `later`-th step from now, and the lengths of the next; nothing is left after β = 0."""

    def beside(s, c, view):
        k, row = view.done[s] + later, view.state[s]
        beta = summed(view.layout, view.partial, 0, s, c) ** 0.5
        view.beside[s, k, c] = beta
        row[H, c], row[G, c] = beta * row[G, c], 1.0 / beta if beta > 0.0 else 0.0

    return beside


def end(s, view):
    """Sample: two steps more are done."""
    view.done[s] += 2
    if view.done[s] >= view.diagonal.shape[1]:
        view.layout.active[s] = STOPPED
