"""Test whether an inherent state is a minimum, and the number of its zero modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.errors import SampleFailure

from .hessian import Hessian
from .linear_solvers.inertia import count_below
from .pairs import Pairs

FloatArray = NDArray[np.float64]
ZERO = 1e-10  # eigenvalues below this part of the mean diagonal of M count as zero
SOFT = 1e-3  # length of a response in units of 1/(ZERO · mean diagonal): the force has parts of order 1 along all modes


@dataclass(frozen=True, slots=True)
class Stability:
    """Eigenvalues of M by sign. A minimum has exactly d zero ones (the translations) and no negative one."""

    zero_modes: int
    negative_modes: int
    translations: int  # d

    @property
    def is_minimum(self) -> bool:
        return self.negative_modes == 0 and self.zero_modes == self.translations


def random_vectors(pairs: Pairs, number: int, seed: int) -> FloatArray:
    """Normal vectors, (number, n, 3), free of translations; in two dimensions they lie in the plane."""
    vectors = np.random.default_rng(seed).normal(size=(number, pairs.n_particles, 3))
    vectors[:, :, pairs.dimension :] = 0.0
    return np.asarray(vectors - vectors.mean(axis=1, keepdims=True))


def random_force(pairs: Pairs) -> FloatArray:
    """The right-hand side that proves a minimum: (n, 3), normal, free of translations; the same for every glass."""
    return np.asarray(random_vectors(pairs, 1, seeds.PROBE_OF_MINIMUM)[0])


def probe(pairs: Pairs) -> FloatArray:
    """The random force for these pairs. A particle that meets nothing feels none, as nothing could answer there."""
    force, alone = random_force(pairs), pairs.isolated
    if alone.any():
        force[alone] = 0.0
        force[~alone] -= force[~alone].mean(axis=0)
    return force


def proves_minimum(hessian: Hessian, size: float) -> bool:
    """Tell whether a converged response to `probe` leaves no room for a mode that counts as zero. A mode of tiny positive
    κ, as of a particle that hangs on one contact without force, makes it as large as 1/κ. size: its length."""
    return _zero(hessian) * size < SOFT


def require_minimum(hessian: Hessian) -> None:
    """Raise SampleFailure for a glass that is no minimum, by one response to `probe`."""
    alone = hessian.pairs.isolated.any()
    if alone or not proves_minimum(hessian, float(np.linalg.norm(hessian.response(probe(hessian.pairs)[None])))):
        zero = "the glass is not a minimum: its Hessian has a zero mode beside the translations"
        raise SampleFailure(zero + hessian.pairs.told_of_rattlers())


def _zero(hessian: Hessian) -> float:
    """The magnitude below which an eigenvalue counts as zero."""
    return ZERO * float(np.abs(np.einsum("nii->ni", hessian.diagonal)).mean())


def stability(hessian: Hessian, *, certified: bool) -> Stability:
    """Count zero and negative eigenvalues.

    certified: conjugate gradients converged on `probe` and met positive curvature only. That is a proof: the
    residual's part along an eigenvector of eigenvalue κ is multiplied by Π(1 − κ/θ), θ > 0 the Ritz values, which is 1 for
    κ = 0 and more than 1 for κ < 0, so a converged residual leaves room for neither (but for a random force that misses
    an eigenvector to ten digits); `proves_minimum` sees what only counts as zero. A particle that meets nothing adds d
    zero modes. Otherwise eigenvalues are counted by the inertia of M − σ1 and M + σ1."""
    d = hessian.pairs.dimension
    if certified:
        return Stability(d * (1 + int(hessian.pairs.isolated.sum())), 0, d)
    matrix, cut = hessian.matrix(), _zero(hessian)
    negative = count_below(matrix, -cut)
    return Stability(count_below(matrix, cut) - negative, negative, d)
