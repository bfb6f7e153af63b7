"""Observables with their own samples and sizes, from TOML to results."""

from dataclasses import replace

import numpy as np
import pytest

from vitrify.campaign import Store, run
from vitrify.errors import UsageError
from vitrify.papers.sticky_spheres_1 import PAPER
from vitrify.report import write_report
from vitrify.study import ensemble_counts, ensemble_results, ensemble_table, parse_study, plan

HEAD = """
[study]
seed = 5
[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 160
n_samples = 3
parent_temperature = 6.0
melt_msd = 1.0
sets = { DSS = 0.55, QSS = 20, CSS = 1.1 }
"""
TEXT = (
    HEAD
    + """
observables = [
    "mechanics", "elasticity", { name = "structure", n_samples = 1 },
    { name = "modes", n_samples = 2, number = 4 }, "qlm", { name = "spectrum", n_samples = 1 },
    { name = "dipoles", n_samples = 2, n_particles = 240, number = 3 },
]
"""
)


def test_each_observable_is_made_as_often_and_as_large_as_asked(tmp_path, monkeypatch):
    study, store = parse_study(TEXT), Store.create(tmp_path / "s")
    spec = study.ensembles[0]
    assert [(x.n_particles, x.n_samples) for x in spec.groups()] == [(160, 3), (240, 2)]
    outcome = run(plan(study), store, workers=1)
    assert (outcome.made, outcome.failed) == (5, 0)
    assert ensemble_counts(study, spec, store).done == 3  # of its own size
    table = ensemble_table(study, spec, store)
    assert len(table) == 3
    assert table["n_modes"].notna().sum() == 2
    assert table["qlm_frequency"].notna().all()
    modes = ensemble_results(study, spec, store, "modes")
    assert [len(x.arrays["frequency"]) for x in modes] == [4, 4]
    assert len(ensemble_results(study, spec, store, "dipoles")) == 2
    split = ensemble_results(study, spec, store, "qlm")[0]
    assert split.arrays["k_plus"].shape == (160,)
    assert split.arrays["vector"].shape == (160, 3)
    assert np.isfinite(ensemble_results(study, spec, store, "structure")[0].arrays["AB"]).any()
    store.write_text("study.toml", TEXT)
    chosen = tuple(x for x in PAPER.figures if x.number in ("4", "6", "7", "10"))  # all nineteen take half a minute
    monkeypatch.setattr("vitrify.report.page.paper_of", lambda _: replace(PAPER, figures=chosen))
    page = write_report(store, tmp_path / "report").read_text()
    assert all(f'id="figure-{x.number}"' in page for x in chosen)
    assert page.count("<img") == len(chosen)

    more = parse_study(TEXT.replace('"modes", n_samples = 2', '"modes", n_samples = 3'))
    assert run(plan(more), store, workers=1).made == 1  # only what is missing
    other = parse_study(TEXT.replace("number = 4", "number = 5"))
    assert run(plan(other), store, workers=1).made == 2  # another option is another result; the glasses stay
    assert len(ensemble_results(study, spec, store, "modes")) == 2


def test_a_limit_holds_for_all_groups():
    assert [x.counts for x in plan(parse_study(TEXT), samples=1)] == [1, 1]


@pytest.mark.parametrize(
    ("observables", "sentence"),
    [
        ('["moods"]', "mechanics, elasticity, structure"),
        ("[3]", "a list of names or of tables"),
        ('[{ n_samples = 3 }]', "a list of names or of tables"),
        ('[{ name = "modes", bellow = 2.0 }]', "one of n_samples, n_particles, below, number"),
        ('[{ name = "modes", below = -1.0 }]', "below is -1.0"),
        ('[{ name = "modes", number = 1.5 }]', "an integer"),
        ('[{ name = "qlm", order = "sextic" }]', '"quartic" or "cubic"'),
        ('[{ name = "dipoles", n_samples = -1 }]', "n_samples is -1"),
        ('[{ name = "dipoles", n_particles = 2.5 }]', "n_particles is 2.5"),
        ('[{ name = "dipoles", n_particles = 12 }]', "12 particles"),
        ('["modes", { name = "modes" }]', "named once each"),
    ],
)  # fmt: skip
def test_mistakes_are_named(observables, sentence):
    with pytest.raises(UsageError) as caught:
        parse_study(HEAD + f"observables = {observables}\n", "s.toml")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("s.toml, line ")
