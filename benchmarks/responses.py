"""Dipole responses and the softest quasilocalised mode; SciPy's SuperLU stands beside the responses. In processor time, so
that a busy machine does little harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from vitrify.statics import Hessian, Pairs
from vitrify.statics.dipoles import bonds, dipole_force, responses
from vitrify.statics.quasilocalised import iterate, softest_mode

from .stages import CLOCK
from .systems import PSS, glass
from .table import Row
from .timing import interleaved

NUMBER = 64  # responses of one glass, as many as an observable asks for


def rows(*, quick: bool) -> Iterator[Row]:
    """Many responses, one alone, modes."""
    made = glass(PSS.of_size(500) if quick else PSS)
    pairs, size = Pairs.of(made), f"{PSS.of_size(made.n_particles)}"
    chosen = np.random.default_rng(8).choice(bonds(pairs), size=NUMBER, replace=False)
    list(responses(Hessian(pairs), chosen[:8]))  # compiles

    def ours(count: int) -> float:
        return _seconds(lambda: list(responses(Hessian(pairs), chosen[:count])))

    def theirs(count: int) -> float:
        """M without its first particle, as ours, factored by SuperLU with the ordering for symmetric matrices."""
        matrix = Hessian(pairs).matrix()
        right = np.array([dipole_force(pairs, k, pairs.n_particles).ravel() for k in chosen[:count]])
        started = CLOCK()
        options = {"SymmetricMode": True}
        factor = splu(sparse.csc_matrix(matrix[3:, 3:]), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
        factor.solve(right[:, 3:].T)
        return CLOCK() - started

    spent = interleaved(
        {
            "many": lambda: ours(NUMBER),
            "their many": lambda: theirs(NUMBER),
            "one": lambda: ours(1),
            "their one": lambda: theirs(1),
        },
        3,
    )
    peer = "SciPy splu (SuperLU), symmetric mode"
    work = f"one dipole response of {NUMBER}, {size}"
    yield Row(work=work, ours=1e3 * spent["many"] / NUMBER, unit="ms", peer=peer, theirs=1e3 * spent["their many"] / NUMBER)
    work = f"a single dipole response, {size}"
    yield Row(work=work, ours=1e3 * spent["one"], unit="ms", peer=peer, theirs=1e3 * spent["their one"])
    yield from _modes(pairs, size)


def _modes(pairs: Pairs, size: str) -> Iterator[Row]:
    hessian = Hessian(pairs)
    softest_mode(hessian)  # compiles
    found = interleaved({"alone": lambda: _seconds(lambda: softest_mode(Hessian(pairs)))}, 5)
    work = f"softest quasilocalised mode: scan of all pairs, eight starts, {size}"
    yield Row(work=work, ours=found["alone"], at_most=0.5, peer="no peer known")
    chosen = bonds(pairs)[:: max(len(bonds(pairs)) // 8, 1)][:8]
    starts = list(responses(hessian, chosen))
    began = CLOCK()
    modes = [iterate(hessian, z) for z in starts]
    one = (CLOCK() - began) / len(modes)
    steps = np.median([x.steps for x in modes])
    residual = max(x.residual for x in modes)
    work = f"one nonlinear mode from a dipole response, {size}"
    note = f"mean of {len(modes)}; median {steps:.0f} steps, largest residual {residual:.0e}"
    yield Row(work=work, ours=one, peer="no peer known", note=note)


def _seconds(work: Callable[[], Any]) -> float:
    """Processor time of one call."""
    started = CLOCK()
    work()
    return CLOCK() - started
