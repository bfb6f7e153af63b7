"""The decay of a glass's response to local force dipoles."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.glass import Glass
from vitrify.statics import Hessian
from vitrify.statics.dipoles import Decay, bonds, decay

from .modes import hessian_of


def dipole_decay(
    glass: Glass,
    *,
    number: int = 64,
    seed: int = seeds.DIPOLES_CHOSEN,
    hessian: Hessian | None = None,
    without_rattlers: bool = False,
    track: Callable[[NDArray[np.int64]], Iterable[int]] = iter,
) -> Decay:
    """c(r) of Eq. (A13) over `number` interacting pairs drawn at random, r in a0. Memory does not grow with `number`.

    without_rattlers: take only the particles that hold each other. track: yields what it is given and may show progress.
    Raises SampleFailure for a glass that is no minimum."""
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    every = bonds(hessian.pairs)
    chosen = np.random.default_rng(seed).choice(every, size=min(number, len(every)), replace=False)
    return decay(hessian, glass.spacing, chosen, track)
