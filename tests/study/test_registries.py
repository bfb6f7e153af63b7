"""What registers itself: potentials, glass formers, papers, figures, and arrays of a plugin's observable in tables."""

from dataclasses import dataclass

import numpy as np
import pytest

import vitrify
from stores import filled, invented
from vitrify.campaign import Result
from vitrify.errors import UsageError
from vitrify.models.registry import FAMILIES, GLASS_FORMERS, GlassFormer, register_glass_former, register_potential
from vitrify.plugin_files import Registry
from vitrify.plugins import OBSERVABLES, Measured, Mixture, Observable, Potential
from vitrify.report import write_report
from vitrify.report.claim import Claim
from vitrify.report.figures.catalogue import FIGURES, register_figure
from vitrify.report.paper import PAPERS, Figure, Paper, register_paper
from vitrify.report.rules import above
from vitrify.study.absent import parse_stored_study
from vitrify.tables import arrays, open_tables
from vitrify.tables.export import export_tables

STUDY = """[study]
name = "own"
seed = 1

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 2
parent_temperature = 6.0
melt_msd = 1.0
sets = { OWN = 1.0 }
observables = ["mechanics"]
"""


@dataclass(frozen=True)
class Squares(Observable):
    """An observable that has arrays and no number."""

    name = "squares"
    summary = "arrays alone"

    def measure(self, glass):
        return Measured({}, {"squares": glass.positions**2, "kinds": np.bincount(glass.species)})


@dataclass(frozen=True)
class Frozen(Potential):
    """A family without a formula."""

    summary = "nothing"


class Melted(Potential):
    """No dataclass."""

    summary = "nothing"


def test_arrays_of_any_observable_go_through_a_table_to_the_last_bit():
    given = {
        3: {"x, y": np.array([[0.1, np.nan], [np.inf, -1e-300]]), "n": np.arange(3)},
        7: {"ok": np.array([True, False]), "one": np.array(1 / 3), "none": np.empty((0, 3)), "f": np.float32([0.1])},
    }
    found = arrays.read_any(arrays.of_any({k: Result({}, x) for k, x in given.items()}), [3, 5, 7])
    assert found.pop(5) == {}
    for k, kept in given.items():
        assert found[k].keys() == kept.keys()
        for name, x in kept.items():
            assert (found[k][name].dtype, found[k][name].shape) == (x.dtype, x.shape)
            assert np.array_equal(found[k][name], x, equal_nan=x.dtype.kind == "f")


@pytest.mark.parametrize("text", ["0,a,2,|O,1 2", "0,a,3,<f8,1 2", "x,a,1,<f8,1", "0,a,1,<f8,y"])
def test_a_forged_table_of_arrays_is_refused(text):
    with pytest.raises(ValueError, match="."):
        arrays.read_any(f"sample,array,shape,kind,numbers\n{text}\n", [0])


def test_long_arrays_are_kept_of_the_first_samples(monkeypatch):
    monkeypatch.setattr(arrays, "MOST_NUMBERS", 5)
    assert list(arrays.kept_arrays({k: Result({}, {"x": np.ones(2)}) for k in range(4)})) == [0, 1]


def test_an_observable_of_arrays_alone_in_tables(monkeypatch, tmp_path):
    monkeypatch.setitem(OBSERVABLES, "squares", Squares)
    text = STUDY.replace('["mechanics"]', '["mechanics", "squares"]')
    opened = vitrify.open_store(filled(tmp_path / "store", text))
    export_tables(opened, tmp_path / "tables")
    assert (tmp_path / "tables" / "a" / "squares_arrays.csv").exists()
    there, back = (x.results("a", "squares") for x in (opened, open_tables(tmp_path / "tables")))
    assert len(there) == len(back) == 2
    for one, other in zip(there, back, strict=True):
        assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in ("squares", "kinds"))


@pytest.mark.parametrize(("name", "kind", "said"), [
    ("pss", Frozen, "not taken"), ("kob_andersen", Frozen, "not taken"), ("No Word", Frozen, "small letters"),
    ("own", Melted, "a frozen dataclass"), ("own", dict, "below vitrify.Potential"), ("own", 3, "below vitrify.Potential"),
])  # fmt: skip
def test_potentials_that_cannot_be_registered(name, kind, said):
    with pytest.raises(UsageError, match=said):
        register_potential(name)(kind)
    assert "own" not in FAMILIES


def test_glass_formers_that_cannot_be_registered(monkeypatch):
    def pss():
        """A name that is taken."""

    with pytest.raises(UsageError, match="not taken"):
        register_glass_former(pss)
    for broken, said in ((lambda: 1 / 0, "ZeroDivisionError"), (lambda: 3, "must give a GlassFormer")):
        monkeypatch.setitem(GLASS_FORMERS, "broken", broken)
        with pytest.raises(UsageError, match=f"glass former broken fails: .*{said}"):
            vitrify.models.parse("broken()")


def test_a_glass_former_of_ones_own_has_its_mixture_and_dimension(monkeypatch):
    mixture = Mixture(lengths=((1.0, 1.1), (1.1, 1.3)))
    monkeypatch.setitem(GLASS_FORMERS, "disks", lambda: GlassFormer("harmonic", {}, mixture, 1.1, 2))
    model = vitrify.models.disks()
    assert str(model) == "harmonic() [0.5:0.5; lengths 1,1.1,1.3]"
    assert vitrify.make_glass(model, n_particles=100, density=1.1, parent_temperature=0.01).dimension == 2


def paper(**more):
    whole = {"name": "own", "title": "Own", "sets": {"OWN": "x"}, "figures": (), "claims": (), "tables": {}}
    return Paper(**whole | more)


def claim(number, quantity=lambda study: 1 / 0):
    return Claim(number, "Fig. 1", "It is so.", quantity, above(0.0), "n = 1")


def figure(number, draw=lambda study: 1 / 0):
    return Figure(number, "Own", "Own.", draw)


@pytest.mark.parametrize(("more", "said"), [
    ({"figures": (figure("../x"),)}, "a number such as 7 or S2"), ({"figures": (figure("1"), figure("1"))}, "different numbers"),
    ({"claims": (claim(1), claim(1))}, "different numbers"), ({"sets": {}}, "at least one"),
])  # fmt: skip
def test_papers_that_cannot_be(more, said):
    with pytest.raises(UsageError, match=said):
        paper(**more)


def test_a_paper_is_registered_once(monkeypatch):
    monkeypatch.delitem(PAPERS, "own", raising=False)
    first = paper()
    try:
        assert register_paper(first) is register_paper(first)
        with pytest.raises(UsageError, match="not taken"):
            register_paper(paper(title="Another"))
    finally:
        PAPERS.pop("own")


@pytest.mark.parametrize(("more", "said"), [
    ({"claims": (claim(3),)}, r"claim 3 of a paper fails: ZeroDivisionError.*test_registries.py"),
    ({"figures": (figure("S2"),)}, "figure S2 fails: ZeroDivisionError"),
    ({"tables": {"Table A": lambda study: 1 / 0}}, "table 'Table A' of a paper fails: ZeroDivisionError"),
])  # fmt: skip
def test_code_of_a_paper_that_fails_is_one_sentence(monkeypatch, tmp_path, more, said):
    monkeypatch.setitem(PAPERS, "own", paper(**more))
    with pytest.raises(UsageError, match=said):
        write_report(vitrify.open_store(invented(tmp_path / "store", STUDY)), tmp_path / "page")


def test_figures_are_of_those_studies_that_ask_for_what_they_take(monkeypatch, tmp_path):
    monkeypatch.setattr("vitrify.report.figures.catalogue.FIGURES", list(FIGURES))
    shown = []
    for name in ("mechanics", "dipoles"):
        from vitrify.report.figures import catalogue

        catalogue.register_figure(name)(
            lambda controls, dimensions, name=name: shown.append(name) or figure("", lambda s: 1 / 0)
        )
    with pytest.raises(UsageError, match="figure 2 fails"):
        write_report(vitrify.open_store(invented(tmp_path / "store", STUDY)), tmp_path / "page")
    assert shown == ["mechanics"]
    assert register_figure is catalogue.register_figure


def test_a_study_is_read_without_observables_that_nobody_knows():
    text = STUDY.replace('["mechanics"]', '["lost", "mechanics", { name = "gone", much = 3 }]')
    study, said = parse_stored_study(text, "study.toml")
    assert [x.name for x in study.ensembles[0].measured] == ["mechanics"]
    assert said == "study.toml asks for lost, gone, which needs a plugin that is not loaded (vitrify --plugin FILE)"
    assert study.text == text
    whole, nothing = parse_stored_study(STUDY, "study.toml")
    assert (len(whole.ensembles), nothing) == (1, "")
    with pytest.raises(UsageError, match="observables"):
        parse_stored_study(STUDY.replace('["mechanics"]', "3"), "study.toml")


def test_a_registry_loads_plugins_once_a_name_is_missing(monkeypatch, tmp_path):
    own = Registry("vitrify.none")
    own["here"] = 1
    file = tmp_path / "plugin.py"
    file.write_text("import sys\nsys.modules['own_registry']['late'] = 2\n")
    monkeypatch.setitem(__import__("sys").modules, "own_registry", own)
    monkeypatch.setenv("VITRIFY_PLUGINS", str(file))
    assert "here" in own
    assert own.there() == (1,)
    assert own["late"] == 2
    assert (list(own), len(own), dict(own)) == (["here", "late"], 2, {"here": 1, "late": 2})
    with pytest.raises(KeyError):
        own["never"]
