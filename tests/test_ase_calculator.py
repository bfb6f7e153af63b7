"""The calculator of ASE against automatic differentiation of the definition, in any cell and direction, and ASE's own
optimisers with it."""

import jax
import numpy as np
import pytest

from samples import energy_function
from vitrify import Glass, quench_glass
from vitrify.errors import UsageError
from vitrify.models import Mixture
from vitrify.models.catalogue import parse, pss

pytest.importorskip("ase")
from ase.optimize import FIRE, LBFGS

VOIGT = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
PRINTED = 1e-11  # of the energy: what the sixteen digits of Table II leave, with which the definition is written
STRAIN = np.array([[0.02, 0.08, -0.05], [0.0, -0.01, 0.06], [0.0, 0.0, 0.015]])


def plane(model):
    rng = np.random.default_rng(3)
    spots = np.stack(np.meshgrid(np.arange(6), np.arange(6), indexing="ij"), -1).reshape(-1, 2)
    matrix = np.array([[7.5, 0], [0.7, 7.2]])
    return Glass((spots + 0.2 * rng.random(spots.shape)) / 6 @ matrix, matrix, np.arange(36) % 2, model)


GLASSES = {
    "cube": lambda made: made("pss"),
    "kob_andersen": lambda made: made("kob_andersen"),
    "sizes": lambda made: made("polydisperse"),
    "tilted": lambda made: made("lennard_jones").strained(STRAIN),
    "plane": lambda made: plane(pss(rc=1.2)),
}


def true_values(glass):
    """U, forces (n, 3) and ∂U/∂γ/V, (3, 3), of the definition, by JAX."""
    energy, nothing = energy_function(glass), np.zeros((glass.dimension, glass.dimension))
    forces, stress = np.zeros((glass.n_particles, 3)), np.zeros((3, 3))
    value, (slope, virial) = jax.jit(jax.value_and_grad(energy, argnums=(0, 1)))(glass.positions, nothing)
    forces[:, : glass.dimension] = -slope
    stress[: glass.dimension, : glass.dimension] = virial / glass.volume
    return float(value), forces, stress


@pytest.mark.parametrize("turned", [False, True], ids=["standard form", "turned"])
@pytest.mark.parametrize("name", GLASSES)
def test_energy_forces_and_stress_are_those_of_the_definition(name, turned, made):
    glass = GLASSES[name](made)
    glass = glass.with_positions(glass.positions + 0.01 * np.random.default_rng(1).normal(size=glass.positions.shape))
    d, turn = glass.dimension, np.eye(3)
    if turned:
        turn[:d, :d], _ = np.linalg.qr(np.random.default_rng(5).normal(size=(d, d)))
        turn[0] *= np.sign(np.linalg.det(turn))
    atoms = glass.to_ase()
    atoms.cell, atoms.positions = np.array(atoms.cell) @ turn, atoms.positions @ turn
    atoms.calc = glass.model.calculator()
    energy, forces, stress = true_values(glass)
    forces, stress = forces @ turn, turn.T @ stress @ turn
    scale = np.abs(forces).max()  # sums of thousands of terms, in another order
    assert atoms.get_potential_energy() == pytest.approx(energy, rel=PRINTED)
    assert atoms.get_potential_energies().sum() == pytest.approx(energy, rel=PRINTED)
    np.testing.assert_allclose(atoms.get_forces(), forces, atol=1e-11 * scale)
    np.testing.assert_allclose(atoms.get_stress(), [stress[k] for k in VOIGT], atol=1e-11 * np.abs(stress).max())


def test_stress_is_the_slope_of_ases_own_strain(made):
    """dE/dε/V by central differences, with the cell strained as ASE does it."""
    atoms = made("pss").to_ase()
    atoms.calc = made("pss").model.calculator()
    found, step = atoms.get_stress(), 1e-6
    for k, (i, j) in enumerate(VOIGT):
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[i, j] += 0.5 * sign * step
            strain[j, i] += 0.5 * sign * step
            strained = atoms.copy()
            strained.set_cell(atoms.cell[:] @ strain, scale_atoms=True)
            strained.calc = atoms.calc
            energies.append(strained.get_potential_energy())
        slope = (energies[0] - energies[1]) / (2 * step) / atoms.get_volume()
        assert found[k] == pytest.approx(slope, abs=1e-6)  # round-off of E, 1e-16 · 1e3 ε, over step · V


# LBFGS begins with a stiffness of 70 eV/Å², far below that of contacts in ε/λ², and would step beyond them
@pytest.mark.parametrize(("optimiser", "options"), [(FIRE, {}), (LBFGS, {"alpha": 1000.0})], ids=["FIRE", "LBFGS"])
def test_ases_optimisers_find_the_inherent_state(optimiser, options, made):
    glass = made("pss")
    pushed = glass.with_positions(glass.positions + 1e-3 * np.random.default_rng(1).normal(size=glass.positions.shape))
    atoms = pushed.to_ase()
    atoms.calc = glass.model.calculator()
    assert optimiser(atoms, logfile=None, **options).run(fmax=1e-7, steps=3000)
    found, wanted = Glass.from_ase(atoms), quench_glass(pushed)
    np.testing.assert_allclose(true_values(found)[0], true_values(wanted)[0], rtol=1e-13)
    away = glass.cell.nearest(found.positions - wanted.positions)
    np.testing.assert_allclose(away - away.mean(axis=0), 0.0, atol=1e-6)  # fmax over the softest ω²


def test_electronvolts_and_angstroms(made):
    """ε = 0.3 eV and λ = 2.5 Å: the same glass drawn larger."""
    glass = made("pss")
    energy, forces, stress = true_values(glass.with_positions(1.001 * glass.positions))
    atoms = glass.with_positions(1.001 * glass.positions).to_ase({"A": "Cu", "B": "Zr"})
    atoms.cell, atoms.positions = 2.5 * np.array(atoms.cell), 2.5 * atoms.positions
    atoms.calc = glass.model.calculator({"Cu": "A", "Zr": "B"}, epsilon=0.3, length=2.5)
    assert atoms.get_potential_energy() == pytest.approx(0.3 * energy, rel=PRINTED)
    np.testing.assert_allclose(atoms.get_forces(), 0.3 / 2.5 * forces, atol=1e-11 * np.abs(forces).max())
    wanted = [0.3 / 2.5**3 * stress[k] for k in VOIGT]
    np.testing.assert_allclose(atoms.get_stress(), wanted, atol=1e-11 * np.abs(stress).max())


def test_any_composition_is_calculated():
    """A pair at the minimum of φ(r/λ_BB), of atoms that are all of one species: −ε, less what the smoothing adds."""
    ase = pytest.importorskip("ase")
    model = parse("pss(rc=1.2)")
    distance = 1.4 * 2.0 ** (1 / 6)
    atoms = ase.Atoms("Zr2", positions=[[0, 0, 0], [0, 0, distance]], cell=[9, 9, 9], pbc=True)
    atoms.calc = model.calculator({"Cu": "A", "Zr": "B"})
    assert atoms.get_potential_energy() == pytest.approx(-1.0, abs=1e-12)
    np.testing.assert_allclose(atoms.get_forces(), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "word"), [({"epsilon": 0}, "epsilon is 0, must be positive"), ({"length": "x"}, "length is 'x'")]
)
def test_units_that_cannot_be_are_told(options, word):
    with pytest.raises(UsageError, match=word):
        pss().calculator(**options)


def test_atoms_that_the_model_cannot_have_are_told():
    atoms = plane(pss(mixture=Mixture(labels=("Cu", "Zr")))).to_ase()
    atoms.calc = pss().calculator({"Cu": "A"})
    with pytest.raises(UsageError, match="species 'Zr' is none of A, B"):
        atoms.get_potential_energy()
    atoms.calc = pss().calculator({"Cu": "A", "Zr": "B"})
    atoms.pbc = False
    with pytest.raises(UsageError, match="not periodic"):
        atoms.get_potential_energy()
