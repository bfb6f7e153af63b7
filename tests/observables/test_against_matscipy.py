"""Elastic constants of matscipy (Birch coefficients): G of Eq. (A1) = C_xyxy + (σ_yy − σ_xx)/2."""

import warnings

import numpy as np
import pytest

from cells import tilted
from vitrify.observables import elastic_constants, measure
from vitrify.statics.elastic_tensor import full_tensor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ase import Atoms
    from matscipy.calculators.pair_potential import PairPotential
    from matscipy.elasticity import Voigt_6x6_to_full_3x3x3x3


class Radial:
    """φ(r) for matscipy: value and two derivatives, from our φ(u) by the chain rule."""

    def __init__(self, potential, lam, energy=1.0):
        self.potential, self.lam, self.energy = potential, lam, energy
        self.cutoff = potential.cutoff * lam

    def __call__(self, r, *charges):
        return self.energy * self.potential.evaluate(np.asarray(r) ** 2 / self.lam**2)[0]

    def get_cutoff(self):
        return self.potential.cutoff * self.lam

    def first_derivative(self, r, *charges):
        return self.energy * 2 * r / self.lam**2 * self.potential.evaluate(r**2 / self.lam**2)[1]

    def second_derivative(self, r, *charges):
        _, d1, d2 = self.potential.evaluate(r**2 / self.lam**2)[:3]
        return self.energy * (2 / self.lam**2 * d1 + 4 * r**2 / self.lam**4 * d2)

    def derivative(self, n=1):
        return {1: self.first_derivative, 2: self.second_derivative}[n]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cell", [lambda glass: glass, tilted], ids=["cube", "tilted"])
@pytest.mark.parametrize("name", ["pss", "kob_andersen"])
def test_moduli_of_a_glass(name, cell, made):
    glass = cell(made(name))
    mixture, potential = glass.model.mixture, glass.model.potential
    numbers = np.array([1, 2])[glass.species]
    atoms = Atoms(numbers=numbers, positions=glass.positions, cell=glass.cell.matrix, pbc=True)
    kinds = [(i, j) for i in range(2) for j in range(i, 2)]
    calculator = PairPotential(
        {(i + 1, j + 1): Radial(potential, mixture.lengths[i][j], mixture.energies[i][j]) for i, j in kinds}
    )
    atoms.calc = calculator
    exact = {"x0": None, "rtol": 1e-12, "maxiter": None, "M": None, "callback": None, "atol": 1e-12}
    full = np.asarray(calculator.get_elastic_constants(atoms, cg_parameters=exact))
    if full.shape == (6, 6):
        full = Voigt_6x6_to_full_3x3x3x3(full)
    stress = atoms.get_stress(voigt=False)
    found = measure(glass)
    assert found.energy_per_particle == pytest.approx(atoms.get_potential_energy() / len(atoms), rel=1e-10)
    assert found.pressure == pytest.approx(-np.trace(stress) / 3, rel=1e-9)
    for name, (a, b) in {"shear_modulus": (0, 1), "shear_modulus_xz": (0, 2), "shear_modulus_yz": (1, 2)}.items():
        birch = full[a, b, a, b] + 0.5 * (stress[b, b] - stress[a, a])
        assert getattr(found, name) == pytest.approx(birch, rel=1e-6)
    assert found.bulk_modulus == pytest.approx(np.einsum("aabb", full) / 9, rel=1e-6)
    constants = elastic_constants(glass)
    np.testing.assert_allclose(constants.stress, stress, atol=1e-9 * np.abs(stress).max())
    scale = np.abs(full).max()  # its conjugate gradients stop at 1e-12 of the force
    np.testing.assert_allclose(full_tensor(constants.birch), full, atol=1e-8 * scale)
    born = calculator.get_born_elastic_constants(atoms)
    np.testing.assert_allclose(full_tensor(constants.born), born, atol=1e-9 * scale)
    np.testing.assert_allclose(
        full_tensor(constants.birch_born), calculator.get_birch_coefficients(atoms), atol=1e-9 * scale
    )
    relaxed = calculator.get_non_affine_contribution_to_elastic_constants(atoms, cg_parameters=exact)
    np.testing.assert_allclose(full_tensor(constants.nonaffine), -np.asarray(relaxed), atol=1e-8 * scale)
