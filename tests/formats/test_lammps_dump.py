"""Dumps that LAMMPS' own writer made of glasses (files/write_dumps.py) are read as they come."""

from pathlib import Path

import numpy as np
import pytest

from vitrify.errors import ModelOverridden, SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.observables import measure
from vitrify.physical_units import Units

FILES = Path(__file__).parent / "files"
SPECIES = {"1": "A", "2": "B"}
HEAD = (
    "ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{n}\nITEM: BOX BOUNDS pp pp pp\n-4 4\n0 8\n1 9\nITEM: ATOMS {columns}\n"
)
ROWS = ["1 A 1 1 1", "2 B 3 3 3", "3 A 5 5 5", "4 B 7 7 7"]


def text(rows=ROWS, n=4, columns="id typelabel x y z", step=0, head=HEAD):
    return head.format(step=step, n=n, columns=columns) + "\n".join(rows) + "\n"


@pytest.fixture
def read(tmp_path):
    def read(content, model="pss(rc=1.2)", **options):
        path = tmp_path / "a.lammpstrj"
        path.write_text(content)
        return Glass.read(path, model, **options)

    return read


def same_glass(found, original, digits):
    """Cell and distances of all pairs to so many digits, since LAMMPS may have moved all of it."""
    assert np.allclose(found.cell.matrix, original.cell.matrix, rtol=0, atol=10.0**-digits)
    moved = original.cell.fractions(found.positions - original.positions)
    assert np.abs(moved - np.rint(moved)).max() < 10.0**-digits
    assert np.array_equal(found.species, original.species)


@pytest.mark.parametrize(("name", "species"), [
    ("dump_space.lammpstrj", SPECIES), ("dump_scaled.lammpstrj", SPECIES), ("dump_unwrapped.lammpstrj", {"Cu": "A", "Zr": "B"}),
])  # fmt: skip
def test_a_triclinic_glass_is_measured_as_the_one_that_was_dumped(name, species):
    original = Glass.read(FILES / "space.xyz")
    found = Glass.read(FILES / name, "kob_andersen()", species)
    same_glass(found, original, 14)
    ours, theirs = measure(original), measure(found)
    for x in ("shear_modulus", "shear_modulus_xz", "bulk_modulus", "pressure", "energy_per_particle"):
        assert getattr(theirs, x) == pytest.approx(getattr(ours, x), rel=1e-9), x  # of solves to 1e-10
    assert theirs.is_minimum
    assert found.provenance == {"timestep": 7}


def test_a_plane_with_three_periods_is_one():
    original, found = (
        Glass.read(FILES / "plane.xyz"),
        Glass.read(FILES / "plane_dump_space.lammpstrj", "kob_andersen_2d()", SPECIES),
    )
    assert found.dimension == 2
    same_glass(found, original, 14)
    assert measure(found).shear_modulus == pytest.approx(measure(original).shear_modulus, rel=1e-9)


def test_without_a_z_a_dump_is_a_plane(tmp_path):
    lines = (FILES / "plane_dump_space.lammpstrj").read_text().splitlines()
    flat = [x.removesuffix(" z") if x.startswith("ITEM: ATOMS") else x for x in lines]
    flat = [" ".join(x.split()[:4]) if len(x.split()) == 5 and not x.startswith("ITEM") else x for x in flat]
    (tmp_path / "flat.dump").write_text("\n".join(flat) + "\n")
    assert np.array_equal(
        Glass.read(tmp_path / "flat.dump", "kob_andersen_2d()", SPECIES).positions,
        Glass.read(FILES / "plane_dump_space.lammpstrj", "kob_andersen_2d()", SPECIES).positions,
    )


def test_six_digits_are_no_minimum_until_they_are_quenched():
    found = Glass.read(FILES / "dump_six_digits.lammpstrj", "kob_andersen()", SPECIES)
    same_glass(found, Glass.read(FILES / "space.xyz"), 5)
    with pytest.raises(SampleFailure, match="force"):
        measure(found)


def test_frames_by_number():
    first = Glass.read(FILES / "dump_space.lammpstrj", "kob_andersen()", SPECIES, frame=0)
    assert first.provenance == {"timestep": 0}
    every = dict(Glass.read_all(FILES / "dump_space.lammpstrj", "kob_andersen()", SPECIES))
    assert [x.provenance["timestep"] for x in every.values()] == [0, 7]
    assert np.array_equal(every[0].positions, first.positions)
    moved = every[0].cell.fractions(every[0].positions - every[1].positions - [0.7, 0.3, 0.0])
    assert np.abs(moved - np.rint(moved)).max() < 1e-14


def test_species_are_asked_for_by_their_types():
    with pytest.raises(UsageError, match=r"species '1' is none of A, B; map it, such as --species 1=A"):
        Glass.read(FILES / "dump_space.lammpstrj", "kob_andersen()")
    with pytest.raises(UsageError, match="does not say which model"):
        Glass.read(FILES / "dump_space.lammpstrj")
    with pytest.raises(UsageError, match="other fractions"):
        Glass.read(FILES / "dump_space.lammpstrj", "kob_andersen()", {"1": "B", "2": "A"})


def test_rows_in_any_order_and_without_ids(read):
    straight, mixed = read(text()), read(text(ROWS[::-1]))
    assert np.array_equal(straight.positions, mixed.positions)
    bare = read(text([x.split(None, 1)[1] for x in ROWS], columns="typelabel x y z"))
    assert np.array_equal(bare.positions, straight.positions)


def test_elements_count_where_they_tell_the_types_apart(read):
    rows = [f"{k} {1 + k % 2} C {2 * k} 1 1" for k in range(1, 4)]
    found = read(text([*rows, "4 1 C 0 3 3"], columns="id type element x y z"), species=SPECIES)
    assert found.species.tolist() == [1, 0, 1, 0]


def test_all_types_are_named_in_the_advice(read):
    with pytest.raises(UsageError, match="map it, such as --species 1=A,2=B"):
        read(text([f"{k} {1 + k % 2} {2 * k} 1 1" for k in range(1, 5)], columns="id type x y z"))
    with pytest.raises(UsageError, match="say --species 1=A,2=B, else"):
        read(
            text([f"{k} {1 + (k > 4)} {k} 1 1" for k in range(1, 6)], n=5, columns="id type x y z"),
            "kob_andersen()",
            species={"1": "B", "2": "A"},
        )


def test_units_that_a_dump_says(read):
    said = "ITEM: UNITS\nmetal\n" + text()
    with pytest.raises(
        UsageError, match="says that its units are metal; give the value of λ in these units .--units metal --lambda"
    ):
        read(said)
    with pytest.raises(UsageError, match="says that its units are metal, but real was given"):
        read(said, units=Units(style="real", length=2.0))
    assert read(said, units=Units(style="metal", length=2.0)).box == 4.0
    with pytest.raises(UsageError, match="are lj, whose lengths are in λ: add --reduced"):
        read(said.replace("metal", "lj"), units=Units(style="metal", length=2.0))


def test_radii_diameters_and_masses(read):
    rows = [f"{k} 1 {2 * k} 1 1 {0.5 + 0.05 * k} 1" for k in range(1, 5)]
    model = "inverse_power(exponent=10, rc=1.2) [sizes uniform 1,1.5]"
    found = read(text(rows, columns="id type x y z radius mass"), model)
    assert found.sizes == pytest.approx([1.1, 1.2, 1.3, 1.4])
    rows = [f"{k} {'AB'[k % 2]} {2 * k} 1 1 {1 + k % 2}" for k in range(1, 5)]
    with pytest.warns(ModelOverridden, match="masses of other ratios than those of pss"):
        read(text(rows, columns="id typelabel x y z mass"))


def test_a_general_triclinic_box(read):
    head = HEAD.replace("BOX BOUNDS pp pp pp\n-4 4\n0 8\n1 9", "BOX BOUNDS abc origin pp pp pp\n0 8 0 1\n-8 0 0 2\n0 1 8 3")
    found = read(text(head=head))
    assert found.cell.matrix == pytest.approx(np.array([[8.0, 0, 0], [0, 8, 0], [1, 0, 8]]))
    distance = found.cell.pairs_within(found.positions, 3.5)[0]
    assert len(distance) >= 3


@pytest.mark.parametrize(("content", "word"), [
    ("", "is empty"),
    (text(n=5), "says 5 particles above line 9, but 4 lines follow"),
    (text(n=10**15), "says 1000000000000000 particles above line 9, but 4 lines follow"),
    (text().rstrip("\n"), "ends in the middle of line 13"),
    (text(["1 A 1 1", "2 B 3 3", "3 A 5 5", "4 B 7 7"], columns="id typelabel x y"), "names no column z, and its box is too high"),
    (text(n=0), "NUMBER OF ATOMS of 1 or more, but says '0'"),
    (text(n="٣"), "NUMBER OF ATOMS of 1 or more"),
    (text()[:60], "has no whole|ends on line|cannot be read|no BOX BOUNDS"),
    (text() + "junk\n", "line 14 should begin with 'ITEM: '"),
    (text(columns="id typelabel x y"), "line 10 cannot be read: it has 5 words, must have 4 columns, id typelabel x y"),
    (text(columns="id typelabel fx fy fz"), "names no columns with coordinates"),
    (text(columns="id id x y z"), "names a column twice"),
    (text(["1 A 1 1 nan", *ROWS[1:]]), "line 10 cannot be read: coordinate 'nan' is not a finite number"),
    (text(["1 A 1 1 1_0", *ROWS[1:]]), "line 10 cannot be read: coordinate '1_0' is not a finite number"),
    (text(["x A 1 1 1", *ROWS[1:]]), "line 10 cannot be read: id 'x' is not an integer"),
    (text(["2 A 1 1 1", *ROWS[1:]]), "has two particles of id 2"),
    (text(head=HEAD.replace("pp pp pp", "pp ff pp")), "not periodic in all directions"),
    (text(head=HEAD.replace("-4 4", "4 -4")), "leave no volume"),
    (text(head=HEAD.replace("-4 4", "-4 x")), "its BOX BOUNDS .* 'x' is not a finite number"),
    (text(head=HEAD.replace("-4 4", "-4")), "its BOX BOUNDS .* cannot be read"),
    (text(head=HEAD.replace("ITEM: BOX BOUNDS pp pp pp\n-4 4\n0 8\n1 9\n", "")), "no BOX BOUNDS of three lines"),
    ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ENTRIES\n2\n", "ends on line 4"),
])  # fmt: skip
def test_what_is_no_dump_is_refused_in_one_sentence(read, content, word):
    with pytest.raises(UsageError, match=word) as told:
        read(content)
    assert "\n" not in str(told.value)


def test_a_dump_is_known_by_its_content(tmp_path):
    (tmp_path / "dump.1000").write_text(text())
    assert Glass.read(tmp_path / "dump.1000", "pss(rc=1.2)").n_particles == 4
    (tmp_path / "what.1000").write_text("nothing")
    with pytest.raises(UsageError, match="has suffix '.1000', must be one of"):
        Glass.read(tmp_path / "what.1000", "pss(rc=1.2)")
