"""A study may name another mixture than the paper's: it is in the digest, in every result, in the report and in what is exported."""

import json

import pytest
from click.testing import CliRunner

from stores import filled, glasses_of
from vitrify import Glass, open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.models import Mixture
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.report.gathered import gather
from vitrify.report.tables import ensembles
from vitrify.study import parse_study

ALLOY = "pss(rc=1.2) [0.8:0.2; lengths 1,1.1,1.25; labels Ni,P]"
STUDY = """
[study]
name = "alloys"
seed = 5

[[ensemble]]
name = "alloy"
model = "{model}"
density = 0.75
n_particles = 100
n_samples = 2
parent_temperature = 6.0
melt_msd = 1.0
observables = ["mechanics", "elasticity", "structure", {{ name = "modes", number = 10 }}]
sets = {{ DSS = 0.55 }}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("alloys") / "store", STUDY.format(model=ALLOY))


def digest(model):
    study = parse_study(STUDY.format(model=model))
    return glasses_of(study)[0].digest


def test_the_mixture_is_in_the_digest():
    models = [
        "pss(rc=1.2)",
        ALLOY,
        ALLOY.replace("1.25", "1.26"),
        ALLOY.replace("; labels Ni,P", ""),
        ALLOY.replace("; labels", "; masses 1,2; labels"),
    ]
    assert len({digest(x) for x in models}) == len(models)


def test_the_papers_mixture_written_out_is_no_other_study():
    """And its definition names the model as the first release did, so that stores stay what they are."""
    assert digest("pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4]") == digest("pss( rc = 1.20 )") == digest("pss(rc=1.2)")
    study = parse_study(STUDY.format(model="pss(rc=1.2)"))
    assert glasses_of(study)[0].definition["model"] == "pss(rc=1.2)"


def test_glasses_of_the_store_are_of_the_mixture(store, tmp_path):
    glass = open_store(store).glass("alloy", 0)
    assert str(glass.model) == ALLOY
    assert glass.model.mixture == Mixture.parse(ALLOY[len("pss(rc=1.2)") :])
    done = CliRunner().invoke(cli, ["export", str(store), "--glasses", str(tmp_path)])
    assert done.exit_code == 0, done.output
    exported = tmp_path / "alloy" / "000000.xyz"
    assert Glass.read(exported).model == glass.model
    told = CliRunner().invoke(cli, ["measure", str(exported), "--json"])
    assert json.loads(told.stdout)["shear_modulus"] == pytest.approx(
        open_store(store).table("alloy").loc[0, "shear_modulus"], rel=1e-12
    )


def test_structure_and_report_of_long_names(store):
    found = open_store(store).results("alloy", "structure")
    assert set(found[0].arrays) == {"x", "Ni:Ni", "Ni:P", "P:P"}
    study = gather(Store(store))
    assert ensembles(study)["model"].tolist() == [ALLOY]
    figures = {x.number: x.draw(study) for x in FIGURES if x.number in ("2", "10", "11")}
    legends = {k: [x.get_text() for axis in figure.axes for x in _texts(axis)] for k, figure in figures.items()}
    assert legends["2"] == ["$r_c$ = 1.2"]
    assert legends["10"].count("Ni:P") == 2  # near the minimum, and farther out
    assert legends["11"] == ["Ni:Ni", "Ni:P", "P:P"]


def _texts(axis):
    return axis.get_legend().get_texts() if axis.get_legend() else []


def test_a_mistake_in_a_mixture_has_its_line():
    with pytest.raises(UsageError, match="line 8: ensemble 'alloy': mixture .* lacks its interaction lengths"):
        parse_study(STUDY.format(model="pss(rc=1.2) [0.8:0.2]"))
    with pytest.raises(UsageError, match="80:20 mixture needs a whole number"):
        parse_study(STUDY.format(model=ALLOY).replace("n_particles = 100", "n_particles = 101"))


def test_lines_of_a_study_are_those_of_an_editor():
    """A text may hold what Python, but no editor, takes for the end of a line."""
    text = STUDY.format(model="pss(rc=1.2)").replace('"alloys"', '"al\u2028loys"').replace("density = 0.75", "density = -1")
    with pytest.raises(UsageError, match="line 9: "):
        parse_study(text.replace("al\u2028loys", "al\u0085\u2028loys"))
    with pytest.raises(UsageError, match="line 9: "):
        parse_study(text.replace("al\u2028loys", "alloys").replace("\n", "\r\n"))
