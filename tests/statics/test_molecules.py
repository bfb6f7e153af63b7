"""Bonds and angles of molecules: against LAMMPS on the same data file, automatic differentiation, and closed forms."""

import numpy as np
import pytest
from tests.lammps_runs import energy_and_forces, lammps

import vitrify
from vitrify import Glass, models
from vitrify.contacts import Contacts
from vitrify.kernels.state import TWICE_KINETIC
from vitrify.models.molecule import bond_terms
from vitrify.observables import energy_by_term
from vitrify.preparation import liquid
from vitrify.preparation.liquid import set_velocities
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.hessian import Hessian
from vitrify.statics.pairs import Pairs
from vitrify.statics.quasilocalised import softest_mode
from vitrify.statics.strain import strain_force

PAIRS = "lennard_jones(rc=2.5, smooth_to=0) [1; lengths 1]"
CHAIN = "{sites 5; bonds fene(k=30, r0=1.5) chain}"
SPRINGS = "{sites 5; bonds harmonic(k=40, r0=0.9) 1-2,2-3; bonds harmonic(k=70, r0=1.1) 3-4,4-5; exclude 1-3}"
BENT = "{sites 5; bonds fene() chain; angles harmonic(k=5, theta0=105) 1-2-3,2-3-4; angles cosine(k=2) 3-4-5; exclude 1-4}"
MOLECULES = {"chain": CHAIN, "springs": SPRINGS, "bent": BENT}


def glass_of(molecule, n_molecules=12, edge=5.6, seed=1, jitter=0.06):
    """Molecules at random, too near to each other as little as can be."""
    rng = np.random.default_rng(seed)
    model = models.parse(f"{PAIRS} {molecule}")
    shape = model.molecule
    best, found = 0.0, None
    grid = np.array([(x, y, z) for x in range(4) for y in range(4) for z in range(4)], dtype=float)
    for _ in range(100):
        start = grid[rng.permutation(len(grid))[:n_molecules]] * edge / 4
        sites = start[:, None] + shape.placed(n_molecules, rng, 3)
        sites += jitter * rng.uniform(-1, 1, sites.shape)
        x = sites.reshape(-1, 3) % edge
        apart = x[:, None] - x
        apart -= edge * np.rint(apart / edge)
        nearest = np.sqrt((apart**2).sum(axis=2) + 100.0 * np.eye(len(x))).min()
        if nearest > best:
            best, found = nearest, x
    species = np.zeros(len(found), dtype=int)
    return Glass(found, edge, species, model, topology=shape.topology(n_molecules))


COMMANDS = {
    "chain": ["special_bonds fene", "bond_style fene", "bond_coeff 1 30 1.5 1 1"],
    "springs": ["special_bonds lj 0 0 1", "bond_style harmonic", "bond_coeff 1 40 0.9", "bond_coeff 2 70 1.1"],
    "bent": [
        "special_bonds lj 0 0 0", "bond_style fene", "bond_coeff 1 30 1.5 1 1", "angle_style hybrid harmonic cosine",
        "angle_coeff 1 harmonic 5 105", "angle_coeff 2 cosine 2",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", MOLECULES)
def test_energy_pressure_and_forces_are_those_of_lammps(kind, tmp_path):
    glass = glass_of(MOLECULES[kind])
    glass.write(tmp_path / "g.data")
    style, *coefficients = COMMANDS[kind]
    styles = [x for x in coefficients if "style" in x]
    commands = [
        "atom_style molecular", style, *styles, "pair_style lj/cut 2.5", "pair_modify shift yes",
        f"read_data {tmp_path / 'g.data'}", "pair_coeff 1 1 1 1", *(x for x in coefficients if "coeff" in x),
    ]  # fmt: skip
    with lammps(*commands) as engine:
        energy, forces = energy_and_forces(engine)
        pressure, *by_term = (engine.get_thermo(x) for x in ("press", "evdwl", "ebond", "eangle"))
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(energy, rel=1e-12)
    split = energy_by_term(glass)
    assert list(split) == ["pairs", "bonds", *(["angles"] if kind == "bent" else [])]
    np.testing.assert_allclose([split.get(x, 0.0) for x in ("pairs", "bonds", "angles")], by_term, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(pairs.forces(), forces, rtol=0, atol=1e-11 * np.abs(forces).max())
    assert -np.trace(pairs.virial()) / (3 * glass.volume) == pytest.approx(pressure, rel=1e-11)
    read = Glass.read(tmp_path / "g.data")
    assert read.model == glass.model
    assert read.topology == glass.topology


# --- against automatic differentiation ------------------------------------------------------------------------------------


def apart_of(glass):
    """Pairs of one molecule that do not interact as pairs, by walks along the bonds of each particle."""
    n, steps = glass.n_particles, {"none": 0, "1-2": 1, "1-3": 2, "1-4": 3}[glass.model.molecule.exclude]
    near = [set() for _ in range(n)]
    for i, j in glass.topology.bonds.tolist():
        near[i].add(j)
        near[j].add(i)
    found = set()
    for i in range(n):
        reached = {i}
        for _ in range(steps):
            reached |= {k for j in reached for k in near[j]}
        found |= {(min(i, j), max(i, j)) for j in reached if j != i}
    return found


def energy_function(glass):
    """U of positions and a displacement gradient, written anew, for JAX."""
    import jax.numpy as jnp

    n, edge, molecule, topology = glass.n_particles, glass.box, glass.model.molecule, glass.topology
    i, j = np.array([x for x in zip(*np.triu_indices(n, 1), strict=True) if x not in apart_of(glass)]).T
    images = {}

    def vectors(x, a, b, gradient):
        r = x[b] - x[a]
        key = (len(a), int(a[0]), int(b[-1]))
        if key not in images:
            start = glass.positions[b] - glass.positions[a]
            images[key] = edge * np.rint(start / edge)
        return (r - images[key]) @ (jnp.eye(3) + gradient).T

    def energy(x, gradient):
        r2 = (vectors(x, i, j, gradient) ** 2).sum(axis=1)
        total = jnp.where(r2 < 6.25, 4 * (r2**-6 - r2**-3) - 4 * (2.5**-12 - 2.5**-6), 0.0).sum()
        for kind, bound in enumerate(molecule.bonds):
            p, q = topology.bonds[topology.bond_types == kind].T
            given = dict(bound.law.parameters)
            r = jnp.sqrt((vectors(x, p, q, gradient) ** 2).sum(axis=1))
            if bound.law.name == "harmonic":
                total += (given["k"] * (r - given["r0"]) ** 2).sum()
            else:
                repulsion = jnp.where(r < 2 ** (1 / 6), 4 * (r**-12 - r**-6) + 1, 0.0)
                total += (-0.5 * given["k"] * given["r0"] ** 2 * jnp.log(1 - (r / given["r0"]) ** 2) + repulsion).sum()
        for kind, bound in enumerate(molecule.angles):
            p, q, s = topology.angles[topology.angle_types == kind].T
            a, b = vectors(x, q, p, gradient), vectors(x, q, s, gradient)
            cosine = (a * b).sum(axis=1) / jnp.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
            given = dict(bound.law.parameters)
            if bound.law.name == "cosine":
                total += (given["k"] * (1 + cosine)).sum()
            else:
                total += (given["k"] * (jnp.arccos(cosine) - np.radians(given["theta0"])) ** 2).sum()
        return total

    return energy


@pytest.mark.parametrize("kind", ["springs", pytest.param("bent", marks=pytest.mark.slow)])
def test_all_derivatives_are_those_of_automatic_differentiation(kind):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    glass = glass_of(MOLECULES[kind], n_molecules=4, jitter=0.1)
    energy, x, none = energy_function(glass), jnp.array(glass.positions), jnp.zeros((3, 3))
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(float(energy(x, none)), rel=1e-11)
    gradient = jax.grad(energy)
    hessian = np.array(jax.jit(jax.jacobian(gradient))(x, none)).reshape(x.size, -1)
    found = Hessian(pairs).matrix().toarray()
    np.testing.assert_allclose(found, hessian, rtol=0, atol=1e-11 * np.abs(hessian).max())
    z = jnp.array(np.random.default_rng(2).normal(size=x.shape))

    def along(t):
        return gradient(x + t * z, none)

    third = jax.jit(jax.jacfwd(jax.jacfwd(jax.jacfwd(along))))(0.0)
    second = jax.jit(jax.jacfwd(jax.jacfwd(along)))(0.0)
    for found, expected in (
        (hessian_force(pairs, np.array(z)), jax.jit(jax.jacfwd(along))(0.0)),
        (cubic_force(pairs, np.array(z)), second),
        (quartic_force(pairs, np.array(z)), third),
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * float(np.abs(expected).max()))
    strain = np.random.default_rng(3).normal(size=(3, 3))

    def strained(y, gamma):
        return energy(y, gamma * strain)

    xi = jax.jit(jax.jacfwd(jax.grad(strained), argnums=1))(x, 0.0)
    xi = xi - gradient(x, none) @ strain  # positions move after the strain, not before it
    np.testing.assert_allclose(strain_force(pairs, strain), xi, rtol=0, atol=1e-10 * float(np.abs(xi).max()))
    stress = np.array(jax.grad(energy, argnums=1)(x, none))
    np.testing.assert_allclose(pairs.virial(), stress, rtol=0, atol=1e-10 * np.abs(stress).max())


def test_each_derivative_of_bonds_and_angles_is_the_slope_of_the_one_before():
    """Along a displacement, by differences of step h, whose error is h² over what it changes in."""
    glass, h = glass_of(BENT, n_molecules=4, jitter=0.1), 2e-5
    z = np.random.default_rng(2).normal(size=glass.positions.shape)
    ahead, behind = (Pairs.of(glass.with_positions(glass.positions + sign * h * z)) for sign in (1.0, -1.0))
    here = Pairs.of(glass)
    slopes = [
        (-(ahead.forces() - behind.forces()), hessian_force(here, z)),
        (hessian_force(ahead, z) - hessian_force(behind, z), cubic_force(here, z)),
        (cubic_force(ahead, z) - cubic_force(behind, z), quartic_force(here, z)),
    ]
    for change, found in slopes:
        np.testing.assert_allclose(change / (2.0 * h), found, rtol=0, atol=1e-4 * np.abs(found).max())
    matrix = Hessian(here).matrix()
    np.testing.assert_allclose(
        (matrix @ z.ravel()).reshape(-1, 3), slopes[0][1], rtol=0, atol=1e-12 * np.abs(slopes[0][1]).max()
    )


def test_bonds_have_the_derivatives_of_their_energies():
    for text in (
        "{sites 2; bonds fene(k=20, r0=1.6, epsilon=0.7, sigma=0.9) chain}",
        "{sites 2; bonds harmonic(k=50, r0=1.2) chain}",
    ):
        law = models.Molecule.parse(text).bonds[0].law
        for s in (0.7, 0.95, 1.8):
            central = (np.array(bond_terms(s + 1e-5, law.numbers)) - np.array(bond_terms(s - 1e-5, law.numbers))) / 2e-5
            np.testing.assert_allclose(central[:4], bond_terms(s, law.numbers)[1:], rtol=1e-6)
        bent = [bond_terms(law.rest**2 * x, law.numbers)[0] for x in (0.995, 1.0, 1.005)]
        assert bent[1] == min(bent)


# --- glasses that are made -------------------------------------------------------------------------------------------------


def made(model, n_particles, density, temperature, seed=1):
    return vitrify.make_glass(
        model, n_particles=n_particles, density=density, parent_temperature=temperature, seed=seed,
        recipe=vitrify.Recipe(melt_msd=1.0),
    )  # fmt: skip


@pytest.fixture(scope="module")
def polymer():
    return made("kremer_grest()", 200, 1.0, 2.0)


@pytest.fixture(scope="module")
def triangles():
    return made("lewis_wahnstrom_otp()", 198, 0.95, 1.5)


def require_sound(glass):
    pairs = Pairs.of(glass)
    assert np.abs(pairs.forces()).max() < 1e-9  # of statics; the quench has its own
    hessian = Hessian(pairs)
    eigenvalues = np.linalg.eigvalsh(hessian.matrix().toarray())
    assert np.abs(eigenvalues[:3]).max() < 1e-9
    assert eigenvalues[3] > 1e-3
    found = vitrify.measure(glass)
    assert 0.0 < found.shear_modulus < found.shear_modulus_affine
    assert found.shear_modulus == pytest.approx(modulus_by_strain(glass), rel=1e-3)
    mode = softest_mode(hessian)
    assert mode.residual < 1e-8
    assert eigenvalues[3] < mode.stiffness < 30.0 * eigenvalues[3]


def modulus_by_strain(glass, step=1e-4):
    """G from stresses of glasses that are strained by a little and quenched again."""
    stress = []
    for sign in (1.0, -1.0):
        gradient = np.zeros((3, 3))
        gradient[0, 1] = sign * step
        strained = vitrify.quench_glass(glass.strained(gradient))
        stress.append(Pairs.of(strained).virial()[0, 1] / glass.volume)
    return (stress[0] - stress[1]) / (2.0 * step)


def test_a_polymer_glass_is_made_and_measured(polymer):
    require_sound(polymer)
    assert polymer.topology == polymer.model.molecule.topology(20)
    bonds = polymer.cell.nearest(np.diff(polymer.positions.reshape(20, 10, 3), axis=1).reshape(-1, 3))
    lengths = np.linalg.norm(bonds, axis=1)
    assert 0.9 < lengths.min() < lengths.max() < 1.05  # chains are whole, about the 0.961 of a bond at rest
    assert Contacts.of(polymer).rattlers.sum() == 0


def test_triangles_of_stiff_bonds_are_made_and_measured(triangles):
    require_sound(triangles)
    x = triangles.positions.reshape(66, 3, 3)
    sides = [triangles.cell.nearest(x[:, j] - x[:, i]) for i, j in ((0, 1), (1, 2), (0, 2))]
    lengths = np.linalg.norm(sides, axis=2)
    np.testing.assert_allclose(
        lengths, np.array([1.0, 1.0, 2.0 * np.sin(np.radians(37.5))])[:, None] * np.ones(66), rtol=0.05
    )


def test_forces_in_motion_are_those_of_statics_in_any_cell():
    """Angles too: a quench that ends by its own forces is at rest by those of statics, in a cell that is no cube."""
    model = models.parse("lennard_jones(rc=1.8) [1; lengths 1]").with_molecules(
        "{sites 4; bonds fene() chain; angles harmonic(k=8, theta0=110) 1-2-3; angles cosine(k=3) 2-3-4; exclude 1-3}"
    )
    glass = made(model, 100, 0.9, 1.5)
    assert np.abs(Pairs.of(glass).forces()).max() < 1e-9
    sheared = vitrify.quench_glass(glass.strained(np.array([[0.0, 0.1, 0.05], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])))
    assert np.abs(Pairs.of(sheared).forces()).max() < 1e-9
    assert sheared.topology == glass.topology
    assert np.array_equal(np.array(sheared.cell.is_cubic), np.array(False))


def total_energies(time_step, blocks, steps, seed=1):
    """U + K per particle of a run at constant energy, mean of each block."""
    batch = random_start(models.kremer_grest(), n_particles=160, density=0.9, rng=np.random.default_rng(seed))
    samples = Samples(batch)
    set_velocities(samples, 1.0, [np.random.default_rng(2)])
    liquid.advance(samples, steps=4000, time_step=0.002, temperature=1.0)
    coupling, liquid.COUPLING = liquid.COUPLING, 0.0
    try:
        found = []
        for _ in range(blocks):
            liquid.advance(samples, steps=steps, time_step=time_step, temperature=1.0)
            before = samples.state[0, TWICE_KINETIC]
            potential = Pairs.of(batch.glass(0)).energy
            liquid.advance(samples, steps=1, time_step=time_step, temperature=1.0)
            after = samples.state[0, TWICE_KINETIC]  # the kinetic energy at a step is that between two half steps
            found.append((potential + 0.25 * (before + after)) / 160)
        return np.array(found)
    finally:
        liquid.COUPLING = coupling


def test_energy_is_kept_in_motion():
    energies = total_energies(0.002, 12, 50)
    assert np.ptp(energies) < 0.01  # of a kinetic energy of 1.5; the thermostat or a wrong force would move it by tenths


@pytest.mark.slow
def test_energy_does_not_drift():
    energies = total_energies(0.003, 100, 1000)
    assert abs(energies[-25:].mean() - energies[:25].mean()) < 3e-3


def test_the_energy_of_bonds_is_kept_where_rattlers_are_left_out():
    """A lattice of 32 molecules, each bond pressed by a quarter, and a molecule far from it, whose bond is drawn by a tenth."""
    model = models.parse("hertzian() [1; lengths 1] {sites 2; bonds harmonic(k=40, r0=0.9) chain}")
    lattice = 0.65 * np.array([(x, y, z) for y in range(4) for z in range(4) for x in range(4)], dtype=float)
    x = np.concatenate([lattice, [(7.0, 7.0, 7.0), (8.0, 7.0, 7.0)]])
    glass = Glass(x, 12.0, np.zeros(len(x), dtype=int), model, topology=model.molecule.topology(33))
    pairs = Pairs.of(glass)
    held = pairs.without_rattlers()
    assert held.n_particles == 64
    assert pairs.energy_by_term["bonds"] == pytest.approx(32 * 40 * 0.25**2 + 40 * 0.1**2, rel=1e-12)
    assert held.energy_by_term["bonds"] == pytest.approx(32 * 40 * 0.25**2, rel=1e-12)
    assert sum(held.energy_by_term.values()) == pytest.approx(held.energy, rel=1e-12)
