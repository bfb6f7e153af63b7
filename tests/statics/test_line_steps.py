"""Steps of differences along a line, where a potential is rough on a scale of its own; derivatives by closed form."""

from types import SimpleNamespace

import numpy as np
import pytest

from vitrify.statics.differences import Differences

PLACES = np.random.default_rng(3).normal(size=(20, 3))
SPACING = 2.0


class Ripples(Differences):
    """U = Σ x²/2 + x⁴/24 + height cos(q x) over all coordinates, with noise of its forces."""

    def __init__(self, height, length, noise=0.0):
        self.calls = SimpleNamespace(positions=PLACES, offers_push=False)
        self.n, self.d = PLACES.shape
        self.size, self.spacing = PLACES.size, SPACING
        self.height, self.q, self.random_numbers = height, 2.0 * np.pi / length, np.random.default_rng(7)
        self.noise, self._line_level = max(noise, 1e-15), None

    def _forces(self, place):
        x = place.ravel()
        noise = self.noise * self.random_numbers.normal(size=x.shape)
        return -(x + x**3 / 6.0 - self.height * self.q * np.sin(self.q * x)) + noise

    def quartic(self, z):
        return self.free((1.0 + self.height * self.q**4 * np.cos(self.q * PLACES.ravel())) * z**3)


@pytest.mark.parametrize(("height", "length", "noise", "right"), [
    (0.0, 1.0, 0.0, 1e-9),  # smooth
    (1e-6, 0.02, 0.0, 1e-3), (1e-8, 0.004, 1e-12, 0.02), (1e-4, 0.1, 1e-12, 1e-4),  # an average over ripples is small
    (0.0, 1.0, 1e-9, 0.02),  # noise hides what finer steps have
])  # fmt: skip
def test_a_step_is_found_below_the_roughness(height, length, noise, right):
    of = Ripples(height, length, noise)
    z = of.free(np.random.default_rng(5).normal(size=of.size))
    found, expected = of.line(z, of.line_step(z)).quartic, of.quartic(z)
    assert np.linalg.norm(found - expected) < right * np.linalg.norm(expected)


@pytest.mark.parametrize("noise", [1e-15, 1e-13])
@pytest.mark.parametrize("strength", [0.3, 1.0, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("length", [0.3, 0.1, 0.03, 0.01])
def test_ripples_of_any_strength_are_seen_where_noise_does_not_hide_them(length, strength, noise):
    """Large steps agree on the smooth part. strength: fourth derivative of the ripples, in that of the rest."""
    of = Ripples(strength * (length / (2.0 * np.pi)) ** 4, length, noise)
    rng = np.random.default_rng(5)
    for _ in range(3):  # the first finds where later ones begin
        z = of.free(rng.normal(size=of.size))
        found, expected = of.line(z, of.line_step(z)).quartic, of.quartic(z)
        assert np.linalg.norm(found - expected) < 0.1 * np.linalg.norm(expected)


def test_steps_stay_large_where_noise_hides_all():
    of = Ripples(0.0, 1.0, 1e-3)
    assert of.line_step(of.free(np.random.default_rng(5).normal(size=of.size))) > 0.01 * SPACING
