"""An energy beyond pairs in a file of a user's own: what holds it together, how fast it moves, and what is told if it fails."""

import re

import numpy as np
import pytest

import vitrify
from vitrify import Mixture, Potential, models
from vitrify.errors import UsageError
from vitrify.models import ManyBody
from vitrify.preparation.liquid import time_step

METAL = """
from math import exp, sqrt

from vitrify import Mixture, Potential
from vitrify.models import ManyBody


def radial(s, mine, theirs, c):
    r = sqrt(s)
    end, slope, f = (1 - r / 2) ** 6, -3 * (1 - r / 2) ** 5, exp(-4 * (r - 1))
    return f * end, FUNCTION * end, f * (slope - 4 * end) / r, exp(-11 * (r - 1)) * (slope - 11 * end) / r


class Metal(Potential):
    cutoff = 2.0
    usual_mixture = Mixture(composition=(1.0,), lengths=((1.0,),))

    def derivatives(self):
        return lambda u, c: (0.0, 0.0, 0.0, 0.0, 0.0)

    def many_body(self):
        return ManyBody(
            2, radial, lambda radial, x, y, z: (radial[0], radial[1]), lambda p, q: (p[0] + q[0], p[1] + q[1]),
            lambda zero: (zero, zero), lambda m, mine, c: m[1] - sqrt(m[0] + 1e-30),
            lambda m, mine, c: (-0.5 / sqrt(m[0] + 1e-30), 1.0),
            lambda radial, x, y, z, slope: (
                (radial[2] * slope[0] + radial[3] * slope[1]) * x, (radial[2] * slope[0] + radial[3] * slope[1]) * y,
                (radial[2] * slope[0] + radial[3] * slope[1]) * z,
            ),
            symmetric=True, along=lambda radial: (radial[2], radial[3]),
        )
"""


def metal(folder, function="exp(-11 * (r - 1))"):
    file = folder / "metal.py"
    file.write_text(METAL.replace("FUNCTION", function))
    return models.from_file(file, "Metal")


class AsPairs(Potential):
    """Lennard-Jones, as an energy of moments that is linear in them: that of pairs."""

    cutoff = 2.5
    usual_mixture = Mixture(composition=(1.0,), lengths=((1.0,),))

    def derivatives(self):
        return lambda u, c: (0.0, 0.0, 0.0, 0.0, 0.0)

    def many_body(self):
        def radial(s, mine, theirs, c):
            w = 1.0 / (s * s * s)
            return 2.0 * (w * w - w), 2.0 * (6.0 * w - 12.0 * w * w) / s

        return ManyBody(
            1, radial, lambda radial, x, y, z: (radial[0],), lambda p, q: (p[0] + q[0],), lambda zero: (zero,),
            lambda m, mine, c: m[0], lambda m, mine, c: (1.0,),
            lambda radial, x, y, z, m: (radial[1] * m[0] * x, radial[1] * m[0] * y, radial[1] * m[0] * z), symmetric=True,
        )  # fmt: skip


def test_a_time_step_goes_by_two_particles_alone():
    one = Mixture(composition=(1.0,), lengths=((1.0,),))
    for temperature in (1.0, 5.0):
        pairs = time_step(vitrify.Model("pairs", models.lennard_jones(rc=2.5, smooth_to=0).potential, one), temperature)
        beyond = time_step(vitrify.Model("beyond", AsPairs(), one), temperature)
        assert beyond == pytest.approx(pairs, rel=0.01)  # one of them is shifted by its value at the cutoff


@pytest.mark.slow  # kernels of its own
def test_a_metal_in_a_file_is_made_and_measured(tmp_path):
    model = metal(tmp_path)
    assert model.mixture.n_species == 1
    glass = vitrify.make_glass(model, n_particles=200, density=1.15, parent_temperature=0.05, seed=1)
    found = vitrify.measure(glass)
    assert found.is_minimum
    assert 0.0 < found.shear_modulus < found.bulk_modulus


def test_what_does_not_compile_is_told_in_a_sentence(tmp_path):
    """A sine has no series."""
    model = metal(tmp_path, "sin(r)").potential
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(5)] * 3), -1).reshape(-1, 3) + 0.1 * rng.normal(size=(125, 3))
    glass = vitrify.Glass(sites, 5.0, np.zeros(125, dtype=int), vitrify.Model("metal", model, model.usual_mixture))
    with pytest.raises(UsageError) as caught:
        vitrify.measure(glass, force_tolerance=np.inf)
    assert re.search(r"Metal: its function cannot be compiled .*many_body\(\) may use", str(caught.value))
