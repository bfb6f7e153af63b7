"""Particles that nothing holds: counted, and left out on request, against dense algebra that never had them."""

import json
from dataclasses import asdict, fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from click.testing import CliRunner

from samples import energy_function
from vitrify.backends import backend
from vitrify.cli.main import cli
from vitrify.contacts import Contacts
from vitrify.errors import SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.models import Mixture, Model, catalogue
from vitrify.observables import dipole_decay, low_frequency_modes, measure, quasilocalised_mode
from vitrify.observables.elasticity import elasticities
from vitrify.preparation import Recipe, prepare_glass
from vitrify.statics import Hessian, Pairs

HERTZIAN = catalogue.hertzian()


@pytest.fixture(scope="module")
def packing():
    """The first packing of 100 Hertzian spheres near jamming of which one or more hang loose, and which is made at all."""
    for seed in range(1, 40):
        try:
            made = prepare_glass(
                HERTZIAN, n_particles=100, density=0.70, parent_temperature=0.01, rng=np.random.default_rng(seed),
                recipe=Recipe(melt_msd=1.0),
            )  # fmt: skip
        except SampleFailure:
            continue
        if loose(made).any():
            return made
    raise AssertionError("no packing has a rattler")


def loose(glass):
    """(n,) by peeling the matrix of contacts, as the definition says it."""
    r = glass.positions[None] - glass.positions[:, None]
    r -= glass.box * np.rint(r / glass.box)
    reach = glass.model.potential.cutoff * np.array(glass.model.mixture.lengths)[glass.species[:, None], glass.species]
    touch = (np.linalg.norm(r, axis=2) < reach) & ~np.eye(len(r), dtype=bool)
    while (few := (touch.sum(axis=1) < 4) & touch.any(axis=1)).any():
        touch[few] = touch[:, few] = False
    return ~touch.any(axis=1)


def dense(glass):
    """Moduli and eigenvalues of the particles that are not loose, of JAX's derivatives of an energy that knows no others."""
    held = ~loose(glass)
    inner = Glass(glass.positions[held], glass.box, glass.species[held], glass.model)
    energy, n = energy_function(inner), int(held.sum())

    def of(flat, gradient):
        return energy(flat.reshape(n, 3), gradient)

    x, zero = jnp.array(inner.positions.ravel()), jnp.zeros((3, 3))
    matrix = np.array(jax.hessian(of)(x, zero))
    mixed = np.array(jax.jacobian(jax.grad(of, argnums=1), argnums=0)(x, zero))
    born = np.array(jax.hessian(of, argnums=1)(x, zero))
    inverse = np.linalg.pinv(matrix, rcond=1e-9, hermitian=True)
    slope = np.trace(np.array(jax.grad(of, argnums=1)(x, zero)))
    shear = [(born[a, b, a, b] - mixed[a, b] @ inverse @ mixed[a, b]) / glass.volume for a, b in ((0, 1), (0, 2), (1, 2))]
    xi = np.einsum("aak->k", mixed)
    # x(η) = e^η x bends: ∂²U/∂η² has ∂U/∂η beside the quadratic form, and K takes three of them away
    bulk = (np.einsum("aabb->", born) + slope - 3 * slope - xi @ inverse @ xi) / (9 * glass.volume)
    return shear, bulk, np.linalg.eigvalsh(matrix)[3:]


def test_moduli_and_modes_are_those_of_a_system_that_never_had_rattlers(packing):
    shear, bulk, eigenvalues = dense(packing)
    found = measure(packing, without_rattlers=True)
    assert found.n_rattlers == loose(packing).sum() >= 1
    moduli = (found.shear_modulus, found.shear_modulus_xz, found.shear_modulus_yz, found.bulk_modulus)
    np.testing.assert_allclose(moduli, [*shear, bulk], rtol=1e-6)  # the solve is good to 1e-10 of a far larger Born part
    assert found.is_minimum
    assert found.zero_modes == 3
    modes, _ = low_frequency_modes(packing, number=12, without_rattlers=True)
    np.testing.assert_allclose(modes.eigenvalues, eigenvalues[:12], rtol=1e-8)
    assert modes.vectors.shape == (12, 100, 3)
    assert not modes.vectors[:, loose(packing)].any()
    np.testing.assert_allclose(np.sum(modes.vectors**2, axis=(1, 2)), 1.0)


@pytest.fixture(scope="module")
def with_dust(packing):
    """The same packing, and five specks in its voids that touch nothing."""
    lengths = ((1.0, 1.18, 0.6), (1.18, 1.4, 0.8), (0.6, 0.8, 0.2))
    kinds = Mixture(composition=(0.475, 0.475, 0.05), lengths=lengths, masses=(1.0,) * 3, labels=("A", "B", "C"))
    rng, places = np.random.default_rng(0), []
    while len(places) < 5:
        place = rng.random(3) * packing.box
        away = packing.positions - place
        away -= packing.box * np.rint(away / packing.box)
        reach = np.array([0.6, 0.8])[packing.species]
        if (np.linalg.norm(away, axis=1) > reach + 0.01).all() and all(np.linalg.norm(place - x) > 0.3 for x in places):
            places.append(place)
    positions, species = np.concatenate([packing.positions, places]), np.append(packing.species, [2] * 5)
    return Glass(positions, packing.box, species, Model("hertzian", HERTZIAN.potential, kinds))


def test_dust_in_the_voids_changes_no_modulus_and_no_mode(packing, with_dust):
    before, after = measure(packing, without_rattlers=True), measure(with_dust, without_rattlers=True)
    assert after.n_rattlers == before.n_rattlers + 5
    for name in (
        "shear_modulus",
        "shear_modulus_xz",
        "shear_modulus_yz",
        "shear_modulus_affine",
        "bulk_modulus",
        "pressure",
    ):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-9), name
    assert (after.zero_modes, after.is_minimum) == (3, True)
    assert after.a0 == pytest.approx((with_dust.box**3 / 105) ** (1 / 3))  # of the whole glass
    assert after.omega0 == pytest.approx(np.sqrt(after.shear_modulus * with_dust.volume / 105) / after.a0)
    few, many = (low_frequency_modes(x, number=10, without_rattlers=True)[0] for x in (packing, with_dust))
    np.testing.assert_allclose(many.eigenvalues, few.eigenvalues, rtol=1e-9)
    assert many.vectors.shape == (10, 105, 3)
    assert not many.vectors[:, 100:].any()


def test_the_other_observables_leave_them_out_too(packing, with_dust):
    few, many = (quasilocalised_mode(x, without_rattlers=True) for x in (packing, with_dust))
    assert many.values["frequency"] == pytest.approx(few.values["frequency"], rel=1e-7)
    assert many.values["participation_ratio"] == pytest.approx(few.values["participation_ratio"] * 100 / 105, rel=1e-6)
    assert many.vector.shape == (105, 3)
    assert not many.vector[100:].any()
    for f in fields(many.split):
        assert not getattr(many.split, f.name)[loose(with_dust)].any()
        assert getattr(many.split, f.name).shape == (105,)
    assert sum(many.split.sums.values()) == pytest.approx(many.values["frequency"] ** 2, rel=1e-9)
    few, many = (dipole_decay(x, number=8, without_rattlers=True) for x in (packing, with_dust))
    assert many.dipoles.sum() > 0
    assert few.dipoles.shape == many.dipoles.shape


def test_without_the_flag_they_are_counted_and_the_moduli_are_the_same(packing, with_dust):
    plain, without = measure(with_dust), measure(with_dust, without_rattlers=True)
    assert plain.n_rattlers == without.n_rattlers
    spectrum = np.linalg.eigvalsh(Hessian(Pairs.of(with_dust)).matrix().toarray())
    assert plain.zero_modes == (np.abs(spectrum) < 1e-11).sum() >= 3 + 15  # a gap of six decades above it
    assert not plain.is_minimum
    assert plain.shear_modulus == pytest.approx(without.shear_modulus, rel=1e-6)
    assert plain.bulk_modulus == pytest.approx(without.bulk_modulus, rel=1e-6)
    for act in (lambda x: low_frequency_modes(x, number=3), quasilocalised_mode):
        with pytest.raises(SampleFailure, match=r"rattlers.*--without-rattlers"):
            act(with_dust)


def test_a_glass_without_rattlers_is_measured_to_the_same_bits(pss_glass):
    assert measure(pss_glass, without_rattlers=True) == measure(pss_glass)
    assert measure(pss_glass).n_rattlers == 0
    one, two = (low_frequency_modes(pss_glass, number=4, without_rattlers=x)[0] for x in (False, True))
    assert np.array_equal(one.vectors, two.vectors)


def test_what_bears_a_load_is_not_left_out(packing):
    """Every particle bears some rounding; with a tolerance below it none can go."""
    from vitrify.observables.modes import hessian_of

    with pytest.raises(SampleFailure, match=r"without its \d+ rattlers the glass is not at mechanical equilibrium"):
        hessian_of(packing, without_rattlers=True, force_tolerance=1e-30)


def test_rattlers_of_rattlers_are_rattlers():
    """A chain of five from a crystal into a hole: each link has two neighbours, and the last but one."""
    near = np.array([[0, 0, 0], [0.5, 0, 0], [1.0, 0, 0], [1.5, 0, 0]])
    tetrahedron = np.array([[0, 0, 0], [0.7, 0, 0], [0.35, 0.6, 0], [0.35, 0.2, 0.57], [0.35, 0.2, -0.57]]) + 4.0
    model = Model("h", HERTZIAN.potential, Mixture(composition=(1.0,), lengths=((0.8,),), masses=(1.0,), labels=("A",)))
    contacts = Contacts.of(Glass(np.concatenate([near, tetrahedron]), 8.0, np.zeros(9), model))
    assert contacts.rattlers.all()  # three of the five are held by four contacts, but not once the two tips are gone


@pytest.mark.parametrize("stretched", [1e-13, -1e-13])
def test_what_hangs_on_one_contact_without_a_force_turns_freely(pss_glass, stretched):
    """Two modes of it have a stiffness of rounding, whose sign makes no minimum of a glass that is none."""
    lengths = ((1.0, 1.18, 0.3), (1.18, 1.4, 0.3), (0.3, 0.3, 0.2))
    kinds = Mixture(composition=(80 / 161, 80 / 161, 1 / 161), lengths=lengths)
    reach = 0.3 * 2.0 ** (1 / 6) * (1.0 + stretched)  # PSS is at its minimum there
    positions = np.vstack([pss_glass.positions, pss_glass.positions[0] + np.array([reach, 0.0, 0.0])])
    model = Model("pss(rc=1.2)", pss_glass.model.potential, kinds)
    glass = Glass(positions, pss_glass.box, np.append(pss_glass.species, 2), model)
    right = measure(pss_glass)
    for found in (asdict(measure(glass)), elasticities([glass], backend())[0]):
        assert (found["zero_modes"], found["is_minimum"]) == (5, False)
        assert found["shear_modulus"] == pytest.approx(right.shear_modulus, rel=1e-9)
    held = measure(glass, without_rattlers=True)
    assert (held.n_rattlers, held.zero_modes, held.is_minimum) == (1, 3, True)


@pytest.mark.parametrize("number", [-1, 2.5, "3", None])
def test_what_is_no_number_of_modes_is_refused(pss_glass, number):
    with pytest.raises(UsageError, match="number is .*, must be a whole number"):
        low_frequency_modes(pss_glass, number=number)


def test_on_the_command_line(packing, tmp_path):
    glass, arrows = tmp_path / "g.xyz", tmp_path / "modes.xyz"
    packing.write(glass)
    run = CliRunner().invoke(
        cli, ["measure", str(glass), "--json", "--without-rattlers", "--modes", "2", "--qlm", "--write-modes", str(arrows)]
    )
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["n_rattlers"] == loose(packing).sum()
    assert found["is_minimum"]
    lines = arrows.read_text().splitlines()
    assert len(lines) == 3 * 102
    vectors = np.array([line.split()[4:7] for k, line in enumerate(lines) if k % 102 > 1], dtype=float).reshape(3, 100, 3)
    assert not vectors[:, loose(packing)].any()
    assert vectors[:, ~loose(packing)].any(axis=2).all()
    plain = CliRunner().invoke(cli, ["measure", str(glass)])
    assert plain.exit_code == 0
    assert "n_rattlers" in plain.stdout


def test_a_hessian_without_them_knows_its_particles(packing):
    rest = Pairs.of(packing).without_rattlers()
    assert rest.n_particles == 100 - loose(packing).sum()
    assert np.array_equal(rest.kept, ~loose(packing))
    assert Hessian(rest).matrix().shape == (3 * rest.n_particles,) * 2
    assert rest.in_glass(np.ones(rest.n_particles)).sum() == rest.n_particles
