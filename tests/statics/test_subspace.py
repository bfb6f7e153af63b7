"""Modes of a matrix that is known by noisy products, against those of the matrix itself."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from vitrify.statics.subspace import Subspace

SIZE = 60
EIGENVALUES = np.sort(np.random.default_rng(2).uniform(0.5, 6.0, SIZE))  # of M: many lie near the fifth


@dataclass
class Noisy:
    """What a subspace asks of differences: products with M + E, E a random symmetric matrix that they do not know."""

    noise: float  # of a product, in |M·v| of any v
    seed: int
    d: int = 0
    size: int = SIZE
    product_error: float = field(init=False)
    scale: float = field(init=False)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        error = rng.normal(size=(SIZE, SIZE))
        self.scale, self.product_error = float(np.sqrt(np.mean(EIGENVALUES**2))), self.noise
        self.matrix = np.diag(EIGENVALUES) + (error + error.T) / np.sqrt(2.0 * SIZE) * self.noise * self.scale

    def product(self, v):
        return self.matrix @ v

    def free(self, v):
        return np.array(v)


@pytest.mark.parametrize("noise", [1e-9, 0.01, 0.03])
def test_no_more_modes_are_counted_than_noise_leaves_certain(noise):
    """A mode of M may stand above the edge in M + E, though by no more than the norm of E."""
    for seed in range(40):
        found = Subspace(Noisy(noise, seed)).lowest(5)
        assert np.sum(found.counted_below > EIGENVALUES) <= 5
    if noise < 1e-6:
        assert found.counted_below == pytest.approx(0.5 * EIGENVALUES[4:6].sum(), rel=1e-6)
