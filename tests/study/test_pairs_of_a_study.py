"""Kob-Andersen and polydisperse glasses by one study file: mixtures as keys, kept, measured, exported and read back."""

import numpy as np
import pytest
from click.testing import CliRunner

from stores import filled, glasses_of
from vitrify import Glass, measure, open_store
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.study import parse_study

STUDY = """
[study]
name = "pairs"
seed = 2

[defaults]
melt_msd = 1.0
observables = ["mechanics", "elasticity", "structure", { name = "modes", number = 5 }, "qlm"]

[[ensemble]]
name = "KA"
model = "lennard_jones(rc=2.5)"
density = 1.2
n_particles = 160
n_samples = 2
parent_temperature = 3.0

[ensemble.mixture]
composition = [0.8, 0.2]
lengths = [1, 0.8, 0.88]  # AA, AB, BB
energies = [[1, 1.5], [1.5, 0.5]]

[[ensemble]]
name = "POLY"
model = "inverse_power(exponent=10, rc=1.4, smooth_to=3)"
mixture = { sizes = "power_law 1,2.22,-3", nonadditivity = 0.1 }
density = 0.58
n_particles = 160
n_samples = 2
parent_temperature = 1.5
"""


def test_a_mixture_as_a_table_a_text_or_a_name_is_one_study():
    study = parse_study(STUDY)
    named = STUDY.replace('"lennard_jones(rc=2.5)"', '"kob_andersen()"').replace(
        STUDY[STUDY.index("[ensemble.mixture]") : STUDY.index('[[ensemble]]\nname = "POLY"')], ""
    )
    text = STUDY.replace(
        '{ sizes = "power_law 1,2.22,-3", nonadditivity = 0.1 }', '"sizes power_law 1,2.22,-3; nonadditivity 0.1"'
    )
    for other in map(parse_study, (named, text)):
        assert [x.digest for x in glasses_of(other)] == [x.digest for x in glasses_of(study)]
    definition = glasses_of(study)[0].definition
    assert definition["model"] == "lennard_jones(rc=2.5) [0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5]"
    without = parse_study(STUDY.replace("energies =", "# energies ="))
    assert glasses_of(without)[0].digest != glasses_of(study)[0].digest


@pytest.mark.parametrize(("old", "new", "word"), [
    ("energies = [[1, 1.5], [1.5, 0.5]]", "energys = [1, 1, 1]", "line 21: .*did you mean 'energies'"),
    ("[[1, 1.5], [1.5, 0.5]]", "[[1, 1.5], [1.4, 0.5]]", "line 21: ensemble 'KA': mixture: energies .* symmetric and positive"),
    ("[[1, 1.5], [1.5, 0.5]]", "[1, -1.5, 0.5]", "symmetric and positive"), ("lengths = [1, 0.8, 0.88]", "lengths = [1, 0.8]", r"upper triangle row by row \(AA,AB,BB\)"),
    ('"lennard_jones(rc=2.5)"', '"kob_andersen() [1; lengths 1]"', "has a mixture in it"),
    ('{ sizes = "power_law 1,2.22,-3", nonadditivity = 0.1 }', "3", "line 26: .*mixture is 3, must be a text such as .*, or a table"),
    ("power_law 1,2.22,-3", "power_law 0,2.22,-3", "line 26: ensemble 'POLY': mixture: sizes .* size 0"), ("nonadditivity = 0.1", "nonadditivity = 2", "the smallest and largest"),
])  # fmt: skip
def test_a_mistake_in_a_mixture_has_its_line(old, new, word):
    assert old in STUDY
    with pytest.raises(UsageError, match=word) as caught:
        parse_study(STUDY.replace(old, new))
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("pairs") / "store", STUDY)


def test_glasses_are_kept_with_their_sizes_and_measured(store, tmp_path):
    opened = open_store(store)
    for name in ("KA", "POLY"):
        table = opened.table(name)
        assert table["is_minimum"].all()
        assert (table["qlm_frequency"] > 0).all()
        for sample in range(2):
            glass = opened.glass(name, sample)
            assert (glass.sizes is None) == (name == "KA")
            assert measure(glass).shear_modulus == pytest.approx(table.loc[sample, "shear_modulus"], rel=1e-10)
    assert not np.array_equal(opened.glass("POLY", 0).sizes, opened.glass("POLY", 1).sizes)
    done = CliRunner().invoke(cli, ["export", str(store), "--glasses", str(tmp_path)])
    assert done.exit_code == 0, done.output
    back, kept = Glass.read(tmp_path / "POLY" / "000001.xyz"), opened.glass("POLY", 1)
    assert np.array_equal(back.sizes, kept.sizes)
    assert back.model == kept.model


def test_structure_of_particles_with_sizes(store):
    """g against r/λ_ij is the count of a double loop over that of an ideal gas of the same sizes."""
    opened = open_store(store)
    glass, found = opened.glass("POLY", 0), opened.results("POLY", "structure")[0].arrays
    i, j = np.triu_indices(160, 1)
    r = glass.positions[j] - glass.positions[i]
    r -= glass.box * np.rint(r / glass.box)
    lam = 0.5 * (glass.sizes[i] + glass.sizes[j]) * (1 - 0.1 * np.abs(glass.sizes[i] - glass.sizes[j]))
    edges = np.append(found["x"] - 0.005, found["x"][-1] + 0.005)
    shells = 4 / 3 * np.pi * np.diff(edges**3) * np.sum(lam**3) / glass.volume
    expected = np.histogram(np.linalg.norm(r, axis=1) / lam, edges)[0] / shells
    known = ~np.isnan(found["AA"])
    assert known.sum() > 100
    np.testing.assert_allclose(found["AA"][known], expected[known], rtol=0.02)


def test_the_report_is_drawn(store, tmp_path):
    done = CliRunner().invoke(cli, ["report", str(store), "--output", str(tmp_path / "report")])
    assert done.exit_code == 0, done.output
    assert "kob" not in done.output.lower()
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "energies 1,1.5,0.5" in page
