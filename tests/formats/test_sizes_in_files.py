"""Particles with sizes of their own in files: extended xyz gives the same glass, others hold diameters."""

import re

import gsd.hoomd
import numpy as np
import pytest
from click.testing import CliRunner

import vitrify
from samples import GLASSES
from vitrify import Glass
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.formats.displacements import write_displacements

SOFT = "inverse_power(exponent=10, rc=1.2)"
MIXTURE = "sizes uniform 1,1.4; nonadditivity 0.1"


@pytest.fixture(scope="module")
def glass():
    rng = np.random.default_rng(3)
    x = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3) * 1.3 + 0.1 * rng.random((64, 3))
    model = f"{SOFT} [{MIXTURE}]"
    sizes = vitrify.models.parse(model).mixture.sizes.draw(64, rng)
    return vitrify.quench_glass(Glass(x, 5.2, np.zeros(64, dtype=int), model, {"seed": 3}, sizes))


def test_extxyz_keeps_every_digit_of_the_sizes(glass, tmp_path):
    glass.write(tmp_path / "g.xyz")
    back = Glass.read(tmp_path / "g.xyz")
    assert np.array_equal(back.sizes, glass.sizes)
    assert np.array_equal(back.positions, glass.positions)
    assert (back.model, back.provenance) == (glass.model, glass.provenance)
    assert vitrify.measure(back) == vitrify.measure(glass)
    head = (tmp_path / "g.xyz").read_text().splitlines()[1]
    assert "Properties=species:S:1:pos:R:3:radius:R:1" in head


def test_diameters_are_read_too_and_sizes_are_asked_for(glass, tmp_path):
    glass.write(tmp_path / "g.xyz")
    lines = (tmp_path / "g.xyz").read_text().splitlines()
    lines[1] = lines[1].replace(":Z:I:1:tags:I:1", "")  # which ASE needs
    rows = [line.removesuffix(" 0 0").rsplit(" ", 1) for line in lines[2:]]
    wide = [lines[0], lines[1].replace("radius", "diameter"), *(f"{a} {2 * float(b)!r}" for a, b in rows)]
    (tmp_path / "d.xyz").write_text("\n".join(wide) + "\n")
    assert np.array_equal(Glass.read(tmp_path / "d.xyz").sizes, glass.sizes)
    (tmp_path / "n.xyz").write_text(
        "\n".join([lines[0], lines[1].replace(":radius:R:1", ""), *(a for a, _ in rows)]) + "\n"
    )
    with pytest.raises(UsageError, match="has no particle sizes, which .* needs: add a column radius:R:1"):
        Glass.read(tmp_path / "n.xyz")
    (tmp_path / "x.xyz").write_text("\n".join([*lines[:2], f"{rows[0][0]} big", *(" ".join(x) for x in rows[1:])]) + "\n")
    with pytest.raises(UsageError, match="line 3 cannot be read: size 'big' is not a finite number"):
        Glass.read(tmp_path / "x.xyz")


def test_radii_that_somebody_drew_do_not_matter_to_a_model_without_sizes(pss_glass, tmp_path):
    pss_glass.write(tmp_path / "g.xyz")
    lines = (tmp_path / "g.xyz").read_text().splitlines()
    bare = [" ".join(x.split()[:4]) for x in lines[2:]]
    head = re.sub(r"pos:R:3\S*", "pos:R:3:radius:R:1", lines[1])
    drawn = [lines[0], head, *(f"{x} 0.5" for x in bare)]
    (tmp_path / "r.xyz").write_text("\n".join(drawn) + "\n")
    back = Glass.read(tmp_path / "r.xyz")
    assert back.sizes is None
    assert np.array_equal(back.positions, pss_glass.positions)


def test_lammps_and_gsd_hold_diameters(glass, tmp_path):
    glass.write(tmp_path / "g.data")
    lines = (tmp_path / "g.data").read_text().splitlines()
    rows = np.array([line.split() for line in lines[lines.index("Atoms # sphere") + 2 :]], dtype=float)
    assert np.array_equal(rows[:, 2], glass.sizes)
    np.testing.assert_allclose(rows[:, 3] * np.pi / 6 * rows[:, 2] ** 3, 1.0, rtol=1e-14)  # the mass
    assert np.array_equal(rows[:, 4:], glass.positions)
    glass.write(tmp_path / "g.gsd")
    with gsd.hoomd.open(tmp_path / "g.gsd") as file:
        assert np.array_equal(file[0].particles.diameter, glass.sizes.astype(np.float32))


def test_modes_are_drawn_with_their_radii(glass, tmp_path):
    write_displacements(glass, [("one", 1.0, np.ones((64, 3)))], tmp_path / "m.xyz")
    lines = (tmp_path / "m.xyz").read_text().splitlines()
    assert "disp:R:3:radius:R:1" in lines[1]
    assert np.array_equal([2 * float(x.split()[7]) for x in lines[2:]], glass.sizes)


@pytest.mark.parametrize("name", ["kob_andersen", "polydisperse"])
def test_the_mixture_may_stand_beside_the_model_on_the_command_line(name, tmp_path):
    model, _, density, temperature = GLASSES[name]
    potential, _, mixture = str(vitrify.models.parse(model)).partition(" [")
    files = [tmp_path / "a.xyz", tmp_path / "b.xyz"]
    how = ["--particles", "160", "--density", str(density), "--temperature", str(temperature), "--output"]
    for path, what in zip(files, ([model], [potential, "--mixture", mixture.rstrip("]")]), strict=True):
        done = CliRunner().invoke(cli, ["make", *what, *how, str(path)])
        assert done.exit_code == 0, done.output
    first, second = map(Glass.read, files)
    assert first.model == second.model == vitrify.models.parse(model)
    assert np.array_equal(first.positions, second.positions)
    bare = tmp_path / "bare.xyz"
    bare.write_text("".join(x.partition(" model=")[0].rstrip() + "\n" for x in files[0].read_text().splitlines()))
    told = CliRunner().invoke(cli, ["measure", str(bare), "--model", potential, "--mixture", mixture.rstrip("]"), "--json"])
    assert told.exit_code == 0, told.output
    assert told.stdout == CliRunner().invoke(cli, ["measure", str(files[0]), "--json"]).stdout


@pytest.mark.parametrize(("arguments", "word"), [
    (["make", "pss(rc=1.2) [1; lengths 1]", "--mixture", "1; lengths 1", "--particles", "100", "--density", "1", "--output", "x.xyz"], "has a mixture in it"),
    (["make", "pss(rc=1.2)", "--mixture", "1; lenghts 1", "--particles", "100", "--density", "1", "--output", "x.xyz"], "did you mean 'lengths'"),
    (["measure", "x.xyz", "--mixture", "1; lengths 1"], "write --model, --potential, --pair-table or --eam too"),
])  # fmt: skip
def test_a_mixture_given_twice_or_of_nothing_is_one_sentence(arguments, word):
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert word in done.output
