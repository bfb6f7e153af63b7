"""Bonds and angles of molecules: against LAMMPS on the same data file, automatic differentiation, and closed forms."""

import numpy as np
import pytest

import vitrify
from tests.lammps_runs import energy_and_forces, lammps
from vitrify import Glass, UsageError, models
from vitrify.contacts import Contacts
from vitrify.models.molecule import bond_terms
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.hessian import Hessian
from vitrify.statics.pairs import Pairs
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
        pressure = engine.get_thermo("press")
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(energy, rel=1e-12)
    np.testing.assert_allclose(pairs.forces(), forces, rtol=0, atol=1e-11 * np.abs(forces).max())
    assert -np.trace(pairs.virial()) / (3 * glass.volume) == pytest.approx(pressure, rel=1e-11)
    read = Glass.read(tmp_path / "g.data")
    assert read.model == glass.model
    assert read.topology == glass.topology
