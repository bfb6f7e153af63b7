"""Every line of "I have a LAMMPS glass" does what the page says, on a dump that LAMMPS wrote."""

import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli
from vitrify.glass import Glass
from vitrify.making import make_glass

pytestmark = pytest.mark.slow  # a page from its first line to its last

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "formats" / "files"
PAGE = (ROOT / "docs" / "lammps-glass.md").read_text()
LINES = [x for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for x in block.splitlines()]


def dump(glass, path):
    """As `dump custom id type x y z` writes with six digits."""
    edge, particles = glass.box, zip(glass.species, glass.positions, strict=True)
    rows = [f"{k + 1} {kind + 1} {x:g} {y:g} {z:g}" for k, (kind, (x, y, z)) in enumerate(particles)]
    head = (
        f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{glass.n_particles}\nITEM: BOX BOUNDS pp pp pp\n"
        + 3 * f"0 {edge:.16e}\n"
    )
    path.write_text(head + "ITEM: ATOMS id type x y z\n" + "\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lammps")
    shutil.copy(FILES / "dump_six_digits.lammpstrj", folder / "glass.lammpstrj")
    (folder / "runs").mkdir()
    for seed in range(4):
        made = make_glass("kob_andersen()", n_particles=260, density=1.2, parent_temperature=2.0, seed=seed)
        dump(made, folder / "runs" / f"{seed}.lammpstrj")
    return folder


@pytest.fixture(scope="module")
def said(place):
    """What each line printed, in the order of the page."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for line in LINES:
            words = [y for x in shlex.split(line)[1:] for y in (sorted(map(str, Path().glob(x))) if "*" in x else [x])]
            found[line] = CliRunner().invoke(cli, words)
    return found


def test_all_lines_but_the_first_end_well(said):
    assert [x.exit_code for x in said.values()] == [2] + [0] * (len(LINES) - 1), [x.output for x in said.values()]


def test_the_first_says_why_it_is_no_minimum(said):
    told = said[LINES[0]].output
    assert "not at mechanical equilibrium" in told
    for words in re.search(r"```text\nError: (.*?) \.\.\.\n", PAGE)[1].split("; "):
        assert words in told


def test_the_quenched_glass_is_the_one_that_was_dumped(said, place):
    found, original = Glass.read(place / "quenched.xyz"), Glass.read(FILES / "space.xyz")
    moved = original.cell.fractions(found.positions - original.positions)
    assert abs(moved - moved.round()).max() < 1e-5


def test_soft_spots_are_printed_and_written(said, place):
    told = said[next(x for x in LINES if "--soft-spots" in x)].output
    assert "the 3 softest of" in told
    assert (place / "modes.xyz").read_text().count("Lattice=") == 13


def test_the_table_has_a_row_of_each(said, place):
    table = pd.read_csv(place / "glasses.csv", keep_default_na=False)
    assert len(table) == 4
    assert (table["reason"] == "").all()
    assert (table["bulk_modulus"].astype(float) > 0).all()  # G of so small a glass may be negative in one plane


def test_the_ensemble_is_measured_and_reported(said, place):
    table = pd.read_csv(place / "mine.csv")
    assert len(table) == 4
    assert table["bulk_modulus"].gt(0).all()
    assert (place / "store-of-mine" / "report" / "index.html").exists()
