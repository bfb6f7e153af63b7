"""Units of files and laboratories, against formulas written by hand with CODATA's constants and numbers of textbooks."""

import re
from math import pi, sqrt

import pytest
from hypothesis import given
from hypothesis.strategies import floats, sampled_from
from scipy import constants

from vitrify.errors import UsageError
from vitrify.physical_units import Powers, Units, powers_of
from vitrify.study.columns import columns

K, E, NA, CALORIE = constants.k, constants.e, constants.N_A, constants.calorie
LENGTH, TEMPERATURE, MOLAR = 3.405, 119.8, 39.948  # argon: σ in Å, ε/k_B in K, m in g/mol
EPSILON, LAMBDA, MASS = TEMPERATURE * K, LENGTH * 1e-10, MOLAR * 1e-3 / NA  # SI
ARGON = {
    "metal": Units(style="metal", length=LENGTH, energy=EPSILON / E, mass=MOLAR),
    "real": Units(style="real", length=LENGTH, energy=EPSILON * NA / (1e3 * CALORIE), mass=MOLAR),
    "si": Units(style="si", length=LAMBDA, energy=EPSILON, mass=MASS),
}


@pytest.fixture(params=ARGON)
def argon(request):
    return ARGON[request.param]


@pytest.mark.parametrize(
    ("unit", "name", "value"),
    [
        ("λ", "Å", LENGTH),
        ("ε/λ³", "GPa", EPSILON / LAMBDA**3 / 1e9),
        ("√(ε/m)/λ", "THz", sqrt(EPSILON / MASS) / LAMBDA / (2 * pi) / 1e12),
        ("ε/λ²/m", "THz²", EPSILON / LAMBDA**2 / MASS / (2 * pi) ** 2 / 1e24),
        ("ε/λ²", "N/m", EPSILON / LAMBDA**2),
        ("ε/k_B", "K", TEMPERATURE),
        ("m", "g/mol", MOLAR),
    ],
)
def test_argon_has_the_same_units_from_every_style(argon, unit, name, value):
    found = argon.physical(unit)
    assert (found.name, found.factor) == (name, pytest.approx(value, rel=1e-12))


def test_argon_is_what_textbooks_say():
    """Frenkel and Smit, Understanding Molecular Simulation, Table 3.1: P* = 1 is 41.9 MPa, ρ* = 1 is 1680 kg/m³, T* = 1 is
    119.8 K; the time √(m/ε)σ is 2.156 ps by their ε, σ and m."""
    metal = ARGON["metal"]
    assert 1e3 * metal.physical("ε/λ³").factor == pytest.approx(41.9, abs=0.05)
    assert metal.physical("ε/k_B").factor == pytest.approx(119.8)
    density = metal.physical("m/λ³")
    assert density.name == "(g/mol)/Å³"
    assert density.factor * 1e-3 / NA * 1e30 == pytest.approx(1680, abs=1)
    assert 1.0 / (2 * pi * metal.physical("√(ε/m)/λ").factor) == pytest.approx(2.156, abs=5e-4)


def test_energies_and_forces_are_in_the_files_own_unit_of_energy():
    assert ARGON["metal"].physical("ε").factor == pytest.approx(0.010324, abs=5e-7)
    assert (ARGON["metal"].physical("ε").name, ARGON["si"].physical("ε").name) == ("eV", "eV")
    assert ARGON["si"].physical("ε").factor == pytest.approx(EPSILON / E)
    kcal = ARGON["real"].physical("ε")
    assert (kcal.name, kcal.suffix) == ("kcal/mol", "kcal_per_mol")
    assert kcal.factor == pytest.approx(0.23806, abs=5e-5)  # LAMMPS' documentation: 0.238 kcal/mol of argon
    force = ARGON["real"].physical("ε/λ")
    assert (force.name, force.factor) == ("kcal/mol/Å", pytest.approx(kcal.factor / LENGTH))
    quartic = ARGON["metal"].physical("ε/λ⁴")
    assert (quartic.name, quartic.suffix) == ("eV/Å⁴", "eV_per_angstrom4")
    assert quartic.factor == pytest.approx(EPSILON / E / LENGTH**4)


@pytest.mark.parametrize("unit", ["1", "", "s", "ε/λ^d", "a0", "λ+1"])
def test_what_has_no_one_unit_is_left_alone(unit):
    assert ARGON["metal"].physical(unit) is None


def test_every_unit_of_every_column_is_known():
    """A new observable with a unit that nobody can read would have no numbers in GPa, without a word."""
    for name, column in columns().items():
        plain = column.unit in ("", "1", "s")
        assert plain == (powers_of(column.unit) in (None, Powers())), name
        if not plain:
            assert ARGON["metal"].physical(column.unit), name


@given(
    unit=sampled_from(["λ", "ε", "ε/λ³", "ε/λ²", "ε/λ⁴", "√(ε/m)/λ", "ε/λ²/m", "ε/k_B", "m", "ε/λ", "1/λ³"]),
    energy=floats(1e-3, 1e3), length=floats(0.1, 100), mass=floats(0.1, 1e3),
)  # fmt: skip
def test_metal_and_si_agree_whatever_the_numbers(unit, energy, length, mass):
    """The same ε, λ and m by way of eV, Å and g/mol, and of SI."""
    metal = Units(style="metal", length=length, energy=energy, mass=mass)
    si = Units(style="si", length=length * 1e-10, energy=energy * E, mass=mass * 1e-3 / NA)
    one, two = metal.physical(unit), si.physical(unit)
    assert (one.name, one.factor) == (two.name, pytest.approx(two.factor, rel=1e-12))


def test_lj_has_a_length_and_nothing_else():
    assert Units().length == 1.0
    assert Units(length=1.18).physical("ε/λ³") is None
    assert Units(length=1.18).lacking == ""


def test_what_lacks_is_told_with_what_to_add():
    bare = Units(style="metal", length=3.4)
    assert (bare.physical("λ").name, bare.physical("ε/λ³"), bare.physical("√(ε/m)/λ")) == ("Å", None, None)
    assert "--epsilon (ε in eV) and --mass (m in g/mol) would show them in eV, GPa and THz" in bare.lacking
    without_mass = Units(style="real", length=3.4, energy=0.2)
    assert without_mass.physical("ε/λ³").name == "GPa"
    assert without_mass.lacking.startswith("frequencies are only given in ε, λ and m; --mass")
    assert ARGON["si"].lacking == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"style": "metal"}, r"units metal have lengths in Å, and λ of the model is not given in Å: add it, such as --lambda"),
        ({"style": "si", "energy": 1e-21}, r"units si have lengths in m, .* --lambda 3.405e-10"),
        ({"style": "metall", "length": 1.0}, r"units is 'metall', must be one of lj, metal, real, si, did you mean 'metal'\?"),
        ({"style": "lj", "energy": 0.1}, r"ε is 0.1 \(--epsilon\), but units are lj, .*; add --units metal, real or si"),
        ({"style": "metal", "length": -1.0}, r"λ \(--lambda\) is -1.0, must be a positive number of Å"),
        ({"style": "metal", "length": float("nan")}, r"λ \(--lambda\) is nan"),
        ({"style": "metal", "length": 1.0, "mass": "40"}, r"m \(--mass\) is '40', must be a positive number of g/mol"),
        ({"style": "metal", "length": 1e-200}, r"λ \(--lambda\) is 1e-200"),
    ],
)  # fmt: skip
def test_mistakes_get_one_sentence(options, told):
    with pytest.raises(UsageError) as caught:
        Units(**options)
    assert re.search(told, str(caught.value))
