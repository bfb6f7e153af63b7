"""Tables of pair potentials: what is read, and that a glass by a table is the glass by the family that wrote it."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import vitrify
from samples import make
from vitrify import models
from vitrify.errors import UsageError
from vitrify.models import tables
from vitrify.models.catalogue import parse
from vitrify.statics import Hessian, Pairs


@pytest.fixture
def no_memory(monkeypatch):
    """A process that has read no table yet."""
    monkeypatch.setattr(tables, "_known", {})
    monkeypatch.setattr(tables, "_folders", [])
    tables._read.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def columns(path, r, energy, *more):
    np.savetxt(path, np.column_stack([r, energy, *more]), fmt="%.17g")
    return path


R = np.linspace(0.7, 2.5, 400)
LENNARD_JONES = 4 * (R**-12 - R**-6)


@pytest.mark.parametrize(
    ("family", "points"),
    [("lennard_jones(rc=1.8)", 3000), ("pss(rc=1.2)", 20_000), ("inverse_power(rc=1.48, smooth_to=3)", 2000)],
)
def test_a_table_that_a_family_wrote_is_that_family(folder, family, points):
    """φ, φ_u and φ_uu to the error that is told, which is found without knowing the family."""
    model = parse(family)
    model.write_lammps_table("own.table", points=points)
    potential = models.tabulated("own.table", "A:A").potential
    assert potential.cutoff == pytest.approx(model.potential.cutoff, rel=1e-15)
    u = np.linspace(0.8, 0.9999 * potential.cutoff**2, 5001)
    found, expected = (x.evaluate(u)[:3] for x in (potential, model.potential))
    told = potential.error
    for k, error in enumerate((told.energy, told.slope, told.stiffness)):
        scale = 1.0 if k == 0 else np.sqrt(np.mean(expected[k] ** 2))
        off = np.abs(found[k] - expected[k]) / scale
        assert np.sqrt(np.mean(off**2)) < 3.0 * error[1] + 1e-11
        assert off.max() < 3.0 * error[0] + 1e-10
    assert told.force_column[1] < 1e-7
    assert models.check(potential, speed=False).smooth_to >= 2


def test_a_glass_of_a_table_has_the_energy_the_moduli_and_the_modes_of_the_family(folder):
    glass = make("lennard_jones")
    glass.model.write_lammps_table("lj.table")
    table = models.tabulated("lj.table", "A:A")
    same = replace(glass, model=table)
    by_family, by_table = (vitrify.measure(x, force_tolerance=1e-6) for x in (glass, same))
    error = table.potential.error
    assert by_table.energy_per_particle == pytest.approx(by_family.energy_per_particle, abs=1e-9)
    for name in ("shear_modulus", "bulk_modulus", "shear_modulus_affine"):
        assert getattr(by_table, name) == pytest.approx(getattr(by_family, name), rel=100 * error.stiffness[0] + 1e-9)
    omega2 = [np.linalg.eigvalsh(Hessian(Pairs.of(x)).matrix().toarray())[3:9] for x in (glass, same)]
    np.testing.assert_allclose(omega2[1], omega2[0], rtol=100 * error.stiffness[0] + 1e-9)


def test_the_spline_is_four_times_differentiable(folder):
    """φ to φ_uuuu from both sides of a knot, and at the joint with the parabola below the first row φ to φ_uu."""
    potential = models.tabulated(columns("plain.txt", R, LENNARD_JONES)).potential
    numbers = potential.numbers()
    knot = numbers[0] + 100 / numbers[1]
    below, above = (potential.evaluate(np.array([knot * (1 + s * 1e-13)]))[:, 0] for s in (-1, 1))
    np.testing.assert_allclose(below, above, rtol=1e-8)
    below, above = (potential.evaluate(np.array([R[0] ** 2 * (1 + s * 1e-12)]))[:, 0] for s in (-1, 1))
    np.testing.assert_allclose(below[:3], above[:3], rtol=1e-6)
    core = potential.evaluate(np.linspace(1e-6, R[0] ** 2, 50))
    assert np.isfinite(core).all()
    assert np.all(core[1] < 0)  # it repels down to no distance


def test_fewer_rows_tell_a_larger_error(folder):
    told = [
        models.tabulated(columns(f"{n}.txt", r, 4 * (r**-12 - r**-6))).potential.error.energy[0]
        for n in (50, 200, 800)
        for r in [np.linspace(0.7, 2.5, n)]
    ]
    assert told[0] > 10 * told[1] > 100 * told[2] > 0
    assert "interpolation is good in energies to" in str(models.tabulated("50.txt").potential.error)


@pytest.mark.parametrize("smooth_to", [0, 1, 2, 3, 4])
def test_a_table_that_is_cut_ends_smoothly_to_the_order_asked_for(folder, smooth_to):
    columns("cut.txt", R, LENNARD_JONES)
    potential = models.tabulated("cut.txt", smooth_to=smooth_to).potential
    family = models.formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5, smooth_to=smooth_to).potential
    u = np.linspace(0.8, 6.2, 100)
    np.testing.assert_allclose(
        potential.evaluate(u)[:2], family.evaluate(u)[:2], atol=1e-3 if smooth_to > 2 else 1e-5, rtol=1e-3
    )
    assert np.all(
        np.abs(potential.evaluate(np.array([6.25 * (1 - 1e-14)]))[: smooth_to + 1, 0])
        < [1e-12, 1e-12, 1e-12, 1e-6, 1e-4][: smooth_to + 1]
    )


# --- content -------------------------------------------------------------------------------------------------------------


def test_the_name_names_the_rows_by_their_digest(folder, no_memory):
    columns("a.txt", R, LENNARD_JONES, -np.gradient(LENNARD_JONES, R))
    model = models.tabulated("a.txt")
    assert str(model) == f'tabulated("a.txt", digest="{model.potential.digest}")'
    assert (
        parse(str(model))
        == model
        == parse("tabulated('a.txt')")
        == models.tabulated(columns("b.txt", R, LENNARD_JONES)).__class__(str(model), model.potential)
    )
    other = models.tabulated(columns("a.txt", R, 1.1 * LENNARD_JONES))
    assert other.potential.digest != model.potential.digest
    assert parse(f"{model} [0.8:0.2; lengths 1,0.8,0.88]").potential == model.potential


def test_a_table_of_known_rows_has_its_own_name_and_force_column(folder, no_memory):
    force = 12 * R**-13.0
    for name, column in (("right.txt", force), ("wrong.txt", -force)):
        columns(name, R, R**-12.0, column)
    right, wrong = (models.tabulated(x) for x in ("right.txt", "wrong.txt"))
    assert wrong.potential.digest == right.potential.digest
    assert str(wrong) == f'tabulated("wrong.txt", digest="{wrong.potential.digest}")'
    assert right.potential.error.force_column[1] < 1e-6
    assert wrong.potential.error.force_column[1] > 1.0


def test_a_pickled_potential_travels_with_its_rows(folder, no_memory, monkeypatch):
    travelling = pickle.dumps(models.tabulated(columns("a.txt", R, LENNARD_JONES)))
    (folder / "a.txt").unlink()
    monkeypatch.setattr(tables, "_known", {})
    assert pickle.loads(travelling).potential.table.r.tolist() == R.tolist()


def test_rows_that_are_nowhere_are_told(folder, no_memory, monkeypatch):
    model = models.tabulated(columns("a.txt", R, LENNARD_JONES))
    monkeypatch.setattr(tables, "_known", {})
    columns("a.txt", R, 1.1 * LENNARD_JONES)  # of the same name, and not the same
    with pytest.raises(UsageError, match=f"table 'a.txt' with the digest {model.potential.digest} is not here"):
        tables.table_of(model.potential.digest, "a.txt")


def test_a_table_written_by_a_store_is_the_table_to_the_last_bit(folder, no_memory):
    table = models.tabulated(columns("a.txt", R, LENNARD_JONES / 3)).potential.table
    (folder / "copy.txt").write_text(table.text())
    assert models.tabulated("copy.txt").potential.digest == table.digest


LAMMPS = (
    "# comment\n\nLJ\nN 30 R 0.7 2.5\n\n"
    + "\n".join(f"{k + 1} {r} {r**-12.0} {12 * r**-13.0}" for k, r in enumerate(np.linspace(0.7, 2.5, 30)))
    + "\n"
)
PLAIN = "\n".join(f"{r} {r**-12.0}" for r in np.linspace(0.7, 2.5, 30)) + "\n"


def with_line(text, number, line):
    lines = text.splitlines()
    lines[number] = line
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("text", "told"), [
    ("", "has no rows"), ("# only a comment\n", "has no rows"),
    (PLAIN[:200], "rows, must have 24 to"),
    (with_line(PLAIN, 3, "0.9 nan"), "line 4 is not 2 finite numbers"), (with_line(PLAIN, 3, "0.9 1e999"), "line 4 is not 2 finite numbers"), (with_line(PLAIN, 3, "0.9"), "line 4 is not 2"),
    (with_line(PLAIN, 3, "0.9 1_0"), "line 4 is not 2"), (with_line(PLAIN, 3, "0.9 --1"), "line 4 is not 2"),
    (with_line(PLAIN, 3, "0.1 5"), "line 4: r must be positive and larger from row to row"), ("-1 1\n" + PLAIN, "line 1: r must be positive"),
    ("\n".join(f"{x} 1 2 3" for x in range(30)), "has 4 columns"),
    ("\n".join(LAMMPS.splitlines()[:20]), "section 'LJ' says 30 rows and has 15; it was cut off"),
    (LAMMPS.replace("N 30", "N 31"), "says 31 rows and has 30"), (LAMMPS.replace("N 30", "N 29"), "begins no section"), (LAMMPS + LAMMPS, "has section 'LJ' twice"),
    (LAMMPS.replace("R 0.7 2.5", "BITMAP 10 12"), "is a BITMAP table"), (LAMMPS.replace("N 30 R", "30 R"), "line 3 begins no section"),
    (LAMMPS + LAMMPS.replace("LJ", "IPL"), "has 2 sections; choose one of 'LJ', 'IPL'"),
    ("\n".join(f"{r} {-(r**-6.0)}" for r in np.linspace(0.7, 2.5, 30)), "attracts at its first row"),
    ("\n".join(f"{r} {10 * np.exp(-20 * (r - 1.8) ** 2) + 1 - r / 3}" for r in np.linspace(0.7, 2.5, 60)), "attracts at its"),
    ("\n".join(f"{r} 0" for r in np.linspace(0.7, 2.5, 30)), "attracts at its first row"),
    ("\n".join(f"{r} {1e300 * r**-12.0}" for r in np.linspace(0.7, 2.5, 30)), "has too few rows within 10 ε of its least energy"),
    ("\n".join(f"{r} {-1e300 * r**-12.0}" for r in np.linspace(0.7, 2.5, 30)), "attracts at its first row"),
])  # fmt: skip
def test_what_is_no_table_is_refused_in_one_sentence(folder, text, told):
    (folder / "bad.table").write_text(text)
    with pytest.raises(UsageError) as caught:
        models.tabulated("bad.table")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_tables_are_refused(folder):
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    for name, told in (
        ("absent", "is not there"),
        ("x" * 5000, "is not there"),
        ("bytes", "cannot be read"),
        (".", "is not there, or is no file"),
    ):
        with pytest.raises(UsageError, match=told):
            models.tabulated(name)
    (folder / "lj.table").write_text(LAMMPS)
    with pytest.raises(UsageError, match="has no section 'lj'"):
        models.tabulated("lj.table", "lj")
    with pytest.raises(UsageError, match=r"takes section, digest, smooth_to, not 'cutoff'"):
        parse('tabulated("lj.table", cutoff=2.5)')
    assert parse('tabulated("lj.table", section="LJ", smooth_to=1)').potential.smooth_to == 1
