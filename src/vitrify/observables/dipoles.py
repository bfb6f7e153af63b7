"""How the response of a glass to local force dipoles decays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.statics import Hessian
from vitrify.statics.dipoles import Decay, bonds, decay

from .modes import hessian_of


def dipole_decay(
    glass: Glass,
    *,
    number: int = 64,
    seed: int = 8,
    hessian: Hessian | None = None,
    without_rattlers: bool = False,
    track: Callable[[NDArray[np.int64]], Iterable[int]] = iter,
) -> Decay:
    """c(r) of Eq. (A13) over `number` interacting pairs drawn at random, r in a0. Memory does not grow with `number`.

    without_rattlers: of the particles that hold each other. track: yields what it is given and may show how far it is.
    Raises SampleFailure for what is no minimum."""
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    every = bonds(hessian.pairs)
    chosen = np.random.default_rng(seed).choice(every, size=min(number, len(every)), replace=False)
    return decay(hessian, glass.spacing, chosen, track)
