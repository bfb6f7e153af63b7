"""The dimension of an ensemble: where it comes from, which digests say it, and what a store of another one is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import vitrify
from stores import filled, glasses_of
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.study import parse_study, product_statuses, read_study, write_manifest
from vitrify.study.orphans import not_asked_for

STUDIES = Path(__file__).parents[2] / "studies"
TEXT = """[study]
name = "flat"
seed = 3

[[ensemble]]
name = "a"
model = "{model}"
density = {density}
{dimension}
n_particles = 100
n_samples = 2
parent_temperature = 4.0
melt_msd = 1.0
observables = ["mechanics"]
"""


def study(dimension="", model="pss(rc=1.2)", density=0.7):
    return TEXT.format(dimension=dimension, model=model, density=density)


def only(text):
    return parse_study(text).ensembles[0]


def test_the_dimension_is_the_model_s_unless_given():
    assert only(study()).dimension == 3
    assert only(study("dimension = 2")).dimension == 2
    assert only(study(model="kob_andersen_2d()", density=1.2)).dimension == 2
    assert only(study("dimension = 3", model="polydisperse_ipl_2d()", density=0.3)).dimension == 3
    assert only(study("dimension = 2", model="bipl()", density=0.86)).dimension == 2
    by_default = study().replace("[[ensemble]]", "[defaults]\ndimension = 2\n\n[[ensemble]]")
    assert only(by_default).dimension == 2
    assert all(x.dimension == 3 for x in read_study(STUDIES / "paper.toml").ensembles)


@pytest.mark.parametrize(("line", "word"), [
    ("dimension = 4", "dimension is 4, must be 2 or 3"),
    ("dimension = 2.0", "dimension is 2.0, must be an integer"),
    ('dimension = "2"', "dimension is '2', must be an integer"),
    ("dimensoin = 2", "did you mean 'dimension'"),
])  # fmt: skip
def test_an_odd_dimension_is_named_with_its_line(line, word):
    with pytest.raises(UsageError, match=f"line 9: .*{word}") as caught:
        parse_study(study(line))
    assert "\n" not in str(caught.value)


def test_a_square_below_twice_the_cutoff_is_refused_at_the_door():
    with pytest.raises(UsageError, match="less than twice the cutoff"):
        parse_study(study("dimension = 2", density=30.0))
    parse_study(study("dimension = 2", density=3.0))  # a cube at this density were too small


def test_digests_say_the_dimension_where_it_is_not_3():
    space, plain, flat = (parse_study(study(x)) for x in ("dimension = 3", "", "dimension = 2"))
    definitions = [glasses_of(x)[0].definition for x in (space, plain, flat)]
    assert definitions[0] == definitions[1]
    assert "dimension" not in definitions[0]
    assert definitions[2] == definitions[0] | {"dimension": 2}
    assert glasses_of(space)[0].digest != glasses_of(flat)[0].digest
    automatic = replace(flat, ensembles=(replace(flat.ensembles[0], parent_temperature="auto"),))
    assert glasses_of(automatic)[0].needs.definition["dimension"] == 2


def test_a_store_of_cubes_is_not_taken_for_one_of_squares(tmp_path):
    """A key that only one of two definitions has is otherwise what an earlier version did not know."""
    place = filled(tmp_path / "s", study())
    store = Store(place)
    write_manifest(parse_study(study()), store)
    assert len(vitrify.open_store(place).table("a")) == 2
    store.write_text("study.toml", study("dimension = 2"))
    assert len(vitrify.open_store(place).table("a")) == 0
    told = [x.why for x in not_asked_for(store)]
    assert any("dimension 3, now 2" in x for x in told)


def test_costs_of_the_plane_are_a_guess_by_its_neighbours():
    """Kob-Andersen's pairs have 78 neighbours within the cutoff in space, and 23 in the plane."""

    def glass(dimension):
        text = study(dimension, model="kob_andersen()", density=1.2).replace("= 100", "= 1000")
        found = product_statuses(parse_study(text))
        return next(x for x in found if x.product == "glass")

    flat, space = glass("dimension = 2"), glass("dimension = 3")
    assert 0.0 < flat.expected_seconds < space.expected_seconds
    assert space.source == "table"
    assert flat.source not in ("table", "log", space.source)


def test_a_glass_of_the_plane_on_the_command_line(tmp_path):
    asked = ["make", "pss(rc=1.2)", "--particles", "100", "--density", "0.7", "--temperature", "4"]
    result = CliRunner().invoke(cli, [*asked, "--dimension", "2", "--output", str(tmp_path / "g.xyz")])
    assert result.exit_code == 0, result.output
    assert "at density 0.7" in result.output
    glass = vitrify.Glass.read(tmp_path / "g.xyz")
    assert (glass.dimension, glass.density) == (2, pytest.approx(0.7))
    told = CliRunner().invoke(cli, ["measure", str(tmp_path / "g.xyz")])
    assert "G of layers along the diagonal, of two dimensions, ε/λ²" in told.output
    assert "ε/λ³" not in told.output
    refused = CliRunner().invoke(cli, [*asked, "--dimension", "4", "--output", str(tmp_path / "h.xyz")])
    assert refused.exit_code == 2
    assert "4 is not in the range 2<=x<=3" in refused.output
