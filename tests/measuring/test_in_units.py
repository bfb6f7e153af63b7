"""Numbers in GPa, THz and Å beside the reduced ones, by the units of their columns."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import constants

import vitrify
from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.measuring.in_units import in_units
from vitrify.physical_units import Units
from vitrify.study import table_in_units

EPSILON, LAMBDA, MASS = 0.1 * constants.e, 2.5e-10, 40e-3 / constants.N_A
METAL = Units(style="metal", length=2.5, energy=0.1, mass=40.0)


@pytest.fixture(scope="module")
def numbers(pss_glass):
    return vitrify.measure(pss_glass)


def test_a_measurement_has_both(numbers):
    found = in_units(numbers, METAL)
    pascal = EPSILON / LAMBDA**3
    for name in ("shear_modulus", "shear_modulus_xz", "bulk_modulus", "pressure", "shear_modulus_affine"):
        assert found[f"{name}_GPa"] == pytest.approx(getattr(numbers, name) * pascal / 1e9, rel=1e-12), name
    assert found["energy_per_particle_eV"] == pytest.approx(0.1 * numbers.energy_per_particle)
    assert found["box_angstrom"] == pytest.approx(2.5 * numbers.box)
    assert found["a0_angstrom"] == pytest.approx(2.5 * numbers.a0)
    hertz = np.sqrt(EPSILON / MASS) / LAMBDA / (2 * np.pi)
    assert found["omega0_THz"] == pytest.approx(numbers.omega0 * hertz / 1e12, rel=1e-12)
    assert {x: found[x] for x in asdict(numbers)} == asdict(numbers)
    assert list(found).index("shear_modulus_GPa") == list(found).index("shear_modulus") + 1


def test_plain_numbers_and_texts_have_nothing_beside_them(numbers):
    more = set(in_units(numbers, METAL)) - set(asdict(numbers))
    assert not [
        x for x in more if x.startswith(("poisson_ratio", "g_over_k", "stickiness", "coordination", "model", "zero"))
    ]


def test_the_speed_of_sound_is_the_same_by_both_ways(pss_glass, numbers):
    """c = √(G/ρ) from GPa and kg/m³, and ω0 a0 from THz and Å: in m/s."""
    found = in_units(numbers, METAL)
    density = MASS * pss_glass.density / LAMBDA**3
    by_modulus = np.sqrt(found["shear_modulus_GPa"] * 1e9 / density)
    by_frequency = 2 * np.pi * found["omega0_THz"] * 1e12 * found["a0_angstrom"] * 1e-10
    assert by_frequency == pytest.approx(by_modulus, rel=1e-12)


def test_columns_of_observables_lists_and_modes():
    values = {
        "lowest_eigenvalues": [1.0, 4.0],
        "qlm": {"frequency": 2.0, "participation_ratio": 0.1, "k_plus": 3.0, "quartic": 5.0},
        "qlm_frequency": 2.0,
        "box": [[2.0, 0.0], [1.0, 2.0]],
        "shear_modulus": 3.0,
        "is_minimum": True,
    }
    found = in_units(values, METAL, 2)
    terahertz = np.sqrt(EPSILON / MASS) / LAMBDA / (2 * np.pi) / 1e12
    assert found["lowest_eigenvalues_THz2"] == pytest.approx([terahertz**2, 4 * terahertz**2])
    assert found["qlm"]["frequency_THz"] == found["qlm_frequency_THz"] == pytest.approx(2 * terahertz)
    assert found["qlm"]["k_plus_N_per_m"] == pytest.approx(3 * EPSILON / LAMBDA**2)
    assert "participation_ratio_angstrom" not in found["qlm"]
    assert found["box_angstrom"] == [[5.0, 0.0], [2.5, 5.0]]
    assert found["shear_modulus_N_per_m"] == pytest.approx(3 * EPSILON / LAMBDA**2)  # in two dimensions
    assert "is_minimum_GPa" not in found


def test_without_units_nothing_is_added(numbers):
    assert in_units(numbers, None) == asdict(numbers)
    assert in_units(numbers, "lj") == asdict(numbers)


def test_other_things_are_refused():
    with pytest.raises(UsageError, match="values is 3, must be a Measurement, or values by name"):
        in_units(3, METAL)
    with pytest.raises(UsageError, match="units is 3, must be Units"):
        in_units({}, 3)


@pytest.mark.parametrize(
    ("units", "factor"), [(METAL, 2.5), (Units(style="si", length=2.5e-10), 2.5e-10), (Units(length=1.7), 1.7)]
)
def test_a_file_in_other_lengths_is_the_same_glass(pss_glass, tmp_path, units, factor):
    """Written by hand, as another program would, in Å, in m, and in other diameters."""
    rows = "".join(
        f"{'AB'[k]} {x:.17g} {y:.17g} {z:.17g}\n"
        for k, (x, y, z) in zip(pss_glass.species, pss_glass.positions * factor, strict=True)
    )
    edge = pss_glass.box * factor
    head = f'Lattice="{edge:.17g} 0 0 0 {edge:.17g} 0 0 0 {edge:.17g}" Properties=species:S:1:pos:R:3 pbc="T T T"'
    (tmp_path / "g.xyz").write_text(f"{pss_glass.n_particles}\n{head}\n{rows}")
    read = Glass.read(tmp_path / "g.xyz", model="pss(rc=1.2)", units=units)
    np.testing.assert_allclose(read.positions, pss_glass.positions, rtol=1e-15, atol=1e-15 * pss_glass.box)
    assert read.box == pytest.approx(pss_glass.box, rel=1e-15)
    assert read.provenance["lambda_in_file"] == factor
    assert vitrify.measure(read).shear_modulus == pytest.approx(vitrify.measure(pss_glass).shear_modulus, rel=1e-9)
    read.write(tmp_path / "reduced.xyz")  # which is in λ, and does not say otherwise when it is read
    again = Glass.read(tmp_path / "reduced.xyz")
    assert np.array_equal(again.positions, read.positions)
    assert "lambda_in_file" not in again.provenance


def test_sizes_of_particles_are_lengths_too(made, tmp_path):
    glass = made("polydisperse")
    glass.write(tmp_path / "g.xyz")
    lines = (tmp_path / "g.xyz").read_text().splitlines()
    numbers = np.array([line.split()[1:] for line in lines[2:]], dtype=float) * 4.0
    rows = [f"A {' '.join(f'{x:.17g}' for x in row)}" for row in numbers]
    head = lines[1].replace(f"{glass.box:.17g}", f"{4.0 * glass.box:.17g}")
    (tmp_path / "g.xyz").write_text("\n".join([lines[0], head, *rows]) + "\n")
    read = Glass.read(tmp_path / "g.xyz", units=Units(style="metal", length=4.0))
    np.testing.assert_array_equal(read.sizes, glass.sizes)  # a power of two takes no digit
    np.testing.assert_array_equal(read.positions, glass.positions)


def test_a_table_of_samples_has_both():
    table = pd.DataFrame(
        {"ensemble": ["a", "a"], "n_particles": [100, 100], "shear_modulus": [1.0, 2.0], "g_over_k": [0.1, 0.2]}
    )
    found = table_in_units(table, METAL)
    assert list(found) == ["ensemble", "n_particles", "shear_modulus", "shear_modulus_GPa", "g_over_k"]
    pascal = EPSILON / LAMBDA**3
    np.testing.assert_allclose(found["shear_modulus_GPa"], [pascal / 1e9, 2 * pascal / 1e9])
    assert found.attrs["units"]["shear_modulus_GPa"] == "GPa"
    flat = table_in_units(table, METAL, [2])
    assert "shear_modulus_N_per_m" in flat
    both = table_in_units(table.assign(dimension=[2, 3]), METAL)
    assert [x for x in both if x.startswith("shear")] == ["shear_modulus"]  # which has no one unit
