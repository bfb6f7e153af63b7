"""Glass formers of the literature: their names are read everywhere, and their numbers are the published ones."""

from inspect import cleandoc

import numpy as np
import pytest

import vitrify
from samples import pair_scales, phi
from vitrify import Mixture, models
from vitrify.errors import UsageError
from vitrify.models.potentials import InversePower
from vitrify.statics import Pairs

KOB_ANDERSEN = "lennard_jones(rc=2.5) [0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5]"


@pytest.mark.parametrize("name", models.GLASS_FORMERS)
def test_a_name_is_a_short_way_of_writing(name):
    model = models.parse(f"{name}()")
    assert model == models.named(name) == getattr(models, name)() == models.parse(str(model))
    assert name in dir(models)
    former = models.GLASS_FORMERS[name]()
    assert former.mixture == model.mixture
    assert getattr(models, name).__doc__.startswith(cleandoc(models.GLASS_FORMERS[name].__doc__))
    assert f"{former.density:g}" in models.GLASS_FORMERS[name].__doc__
    assert models.check(model, speed=False).ok


def test_what_files_and_digests_say():
    assert str(models.kob_andersen()) == KOB_ANDERSEN
    assert str(models.bipl()) == "inverse_power(exponent=10, rc=1.48, smooth_to=3)"
    assert str(models.polydisperse_ipl()) == (
        "inverse_power(exponent=10, rc=1.4, smooth_to=3) [sizes power_law 1,2.22,-3; nonadditivity 0.1]"
    )
    assert str(models.hertzian_spheres()) == "hertzian() [0.5:0.5; lengths 1,1.2,1.4]"
    assert models.kob_andersen_2d().mixture.composition == (0.65, 0.35)


def test_a_name_takes_another_mixture_and_no_parameters():
    other = Mixture.parse("[0.5:0.5; lengths 1,0.8,0.88]")
    assert (
        models.kob_andersen(mixture=other)
        == models.lennard_jones(rc=2.5, mixture=other)
        == models.parse(f"kob_andersen() {other}")
    )
    with pytest.raises(UsageError, match=r"has no parameters, but rc is given; its potential is lennard_jones\(rc=2.5\)"):
        models.kob_andersen(rc=3.0)
    with pytest.raises(UsageError, match="did you mean 'kob_andersen'"):
        models.parse("kob_anderson()")


def test_kob_and_andersens_own_cutoff_is_truncated_and_shifted():
    """φ(r) − φ(2.5): what their paper has."""
    potential = models.lennard_jones(rc=2.5, smooth_to=0).potential
    r = np.array([0.95, 1.1, 1.5, 2.4])
    bare = lambda x: 4 * (x**-12 - x**-6)  # noqa: E731  # a formula
    np.testing.assert_allclose(potential.energy(r**2), bare(r) - bare(2.5), rtol=1e-13)
    assert models.check(potential, speed=False).smooth_to == 0


def test_ninarellos_coefficients_and_sizes():
    """c0 = −28 x_c^−12, c2 = 48 x_c^−14, c4 = −21 x_c^−16; sizes of mean 1 from p ~ λ⁻³."""
    model, xc = models.ninarello(), 1.25
    np.testing.assert_allclose(model.potential.numbers(), (-28 * xc**-12, 48 * xc**-14, -21 * xc**-16, 0), rtol=1e-12)
    sizes = model.mixture.sizes
    assert sizes.largest / sizes.least == pytest.approx(2.219, abs=1e-5)
    assert sizes.middle(100_000).mean() == pytest.approx(1.0, abs=1e-5)
    assert (sizes.law, sizes.numbers[2], model.mixture.nonadditivity) == ("power_law", -3.0, 0.2)


def test_the_soft_spheres_are_the_published_form():
    for model, xc in ((models.bipl(), 1.48), (models.polydisperse_ipl(), 1.4), (models.polydisperse_ipl_2d(), 1.5)):
        assert model.potential == InversePower(10, xc, 3)


@pytest.mark.parametrize(("name", "density", "temperature"), [
    ("kob_andersen", 1.2, 3.0), ("bipl", 0.82, 3.0), ("polydisperse_ipl", 0.58, 1.5), ("ninarello", 1.0, 1.0), ("hertzian_spheres", 0.938, 0.02),
])  # fmt: skip
def test_a_glass_of_each_against_a_double_loop(name, density, temperature):
    """Energy and forces by the definition, every pair and no list."""
    glass = vitrify.make_glass(
        f"{name}()", n_particles=200, density=density, parent_temperature=temperature, recipe=vitrify.Recipe(melt_msd=1.0)
    )
    i, j = np.nonzero(~np.eye(200, dtype=bool))
    r = glass.positions[j] - glass.positions[i]
    r -= glass.box * np.rint(r / glass.box)
    distance = np.linalg.norm(r, axis=1)
    lam, eps = pair_scales(glass.model.mixture, glass.species, glass.sizes, i, j)
    met = distance < glass.model.potential.cutoff * lam
    energy = 0.5 * np.sum(eps[met] * np.asarray(phi(glass.model.potential, distance[met] / lam[met])))
    found = vitrify.measure(glass)
    assert found.energy_per_particle == pytest.approx(energy / 200, rel=1e-9)
    assert found.coordination == pytest.approx(met.sum() / 200)
    assert found.is_minimum
    step = 1e-6  # a central difference of the plain formula
    slope = np.asarray(phi(glass.model.potential, distance[met] / lam[met] + step)) - np.asarray(
        phi(glass.model.potential, distance[met] / lam[met] - step)
    )
    force = (eps[met] / lam[met] * slope / (2 * step) / distance[met])[:, None] * r[met]
    total = np.zeros((200, 3))
    np.add.at(total, i[met], force)
    assert np.abs(total).max() < 1e-6 * found.mean_pair_force
    assert np.abs(Pairs.of(glass).forces()).max() < 1e-9 * found.mean_pair_force
