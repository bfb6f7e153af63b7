"""Verdicts: what agrees, what deviates, what cannot be told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from stores import filled, study_text
from vitrify.campaign import Result, Store
from vitrify.cli.main import cli
from vitrify.ensemble import DipoleDecays, LowModes, microscopic, summarise
from vitrify.papers.sticky_spheres_1 import CLAIMS
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.papers.sticky_spheres_1.table_two import coefficients
from vitrify.report import claim as s
from vitrify.report.gathered import Gathered, Study
from vitrify.report.tables import ensembles, observables, windows
from vitrify.report.tables import microscopic as microscopic_table
from vitrify.study import Counts, parse_study

STUDY = parse_study(
    '[study]\nname = "t"\n' + "".join(
        f'[[ensemble]]\nname = "{name}"\nmodel = "{model}"\ndensity = {rho}\nn_particles = 1000\nn_samples = 60\nsets = {{ {sets} }}\n'
        for name, model, rho, sets in (
            ("QSS q=6", "qss(q=6, xc=3.0)", 0.8, "QSS = 6"), ("QSS q=20", "qss(q=20, xc=1.8)", 0.677, "QSS = 20"),
            ("DSS rho=0.55", "pss(rc=1.2)", 0.55, "DSS = 0.55"), ("DSS rho=1.20", "pss(rc=1.2)", 1.2, "DSS = 1.20"),
            ("CSS rc=1.1", "pss(rc=1.1)", 0.6, "CSS = 1.1"), ("CSS rc=1.5", "pss(rc=1.5)", 0.6, "CSS = 1.5"),
        )
    )
)  # fmt: skip


def table(seed, n=60, g=20.0, k=60.0):
    rng = np.random.default_rng(seed)
    shear, bulk = g * (1 + 0.03 * rng.normal(size=n)), k * (1 + 0.01 * rng.normal(size=n))
    columns = {
        name: rng.random(n)
        for name in (
            "energy_per_particle",
            "pressure",
            "p_over_p0",
            "stickiness",
            "coordination",
            "min_coordination",
            "msd_over_a0_squared",
            "seconds",
        )
    }
    return pd.DataFrame(
        {
            **columns,
            "shear_modulus": shear,
            "bulk_modulus": bulk,
            "g_over_k": shear / bulk,
            "poisson_ratio": 0.35 + 0.01 * rng.normal(size=n),
        }
    )


def small(seed, n, found, density):
    """Modes with D = 0.1 ω⁴ (in ω0) and c(r) with a bump at 4 a0."""
    rng, box = np.random.default_rng(seed), 6.0
    counts = rng.poisson(3 * 1000 * 0.1 * 0.5**5 / 5, size=n)
    modes = [box * 0.5 * rng.random(c) ** 0.2 for c in counts]
    r = np.geomspace(0.5, 15.0, 40)
    bump = r**-6.0 / (1 + (np.log(r / 4.0)) ** 2)
    dipoles = DipoleDecays(
        24_000, r, [bump * (1 + 0.01 * rng.normal(size=(8 if n > 1 else 1, 40))) for _ in range(min(n, 3))]
    )
    return microscopic(found.shear_modulus_of_planes, density, LowModes(1000, modes, np.full(n, 3.0)), dipoles)


def qlm(seed, n):
    rng = np.random.default_rng(seed)
    names = ("k_plus", "k_minus", "f_plus", "f_minus", "dilation_over_shear")
    terms = {f"qlm_{x}": m + rng.normal(size=n) for x, m in zip(names, (20, -18, 2, -3, 0), strict=True)}
    return pd.DataFrame(terms | {"qlm_frequency": rng.weibull(5.0, size=n)})


def structure(n):
    x = np.linspace(0.005, 2.495, 250)
    return [Result({}, {"x": x, "AA": 1 + 0 * x, "AB": 1 + 0 * x, "BB": 1 + 0 * x})] * min(n, 2)


def study(n=60):
    def one(k, spec):
        rows = table(k, n) if n else pd.DataFrame()
        found = summarise(rows, 1000)
        return Gathered(
            spec, rows, found, Counts(60, n, 0, {}), None, small(k, n, found, spec.density), qlm(k, n), structure(n), []
        )

    return Study(STUDY, tuple(one(k, spec) for k, spec in enumerate(STUDY.ensembles)))


WITHOUT_GLASSES = {1, 60}  # closed forms, and one system in two sets by construction


@pytest.mark.parametrize("n", [60, 5, 1, 0])
def test_every_figure_and_table_is_drawn_whatever_there_is(n):
    whole = study(n)
    for figure in FIGURES:
        drawing = figure.draw(whole)
        drawing.canvas.draw()
        assert drawing.axes
    assert len(ensembles(whole)) == len(observables(whole)) == len(microscopic_table(whole)) == len(windows(whole)) == 6
    assert [x.number for x in FIGURES] == [str(k) for k in range(1, 20)]
    found = [s.judged(x, whole).judgement.verdict for x in CLAIMS if x.number not in WITHOUT_GLASSES]
    if n < 2:
        assert set(found) <= {s.Verdict.NOT_DECIDED, s.Verdict.ABSENT}


@pytest.mark.parametrize("empty", [(0, 3, 5), pytest.param((2,), marks=pytest.mark.slow)], ids=str)
def test_ensembles_without_samples_stand_beside_others(empty):
    some, none = study(), study(0)
    mixed = replace(some, ensembles=tuple((none if k in empty else some).ensembles[k] for k in range(6)))
    for figure in FIGURES:
        figure.draw(mixed).canvas.draw()
    assert [s.judged(x, mixed) for x in CLAIMS]


QUICK = Path(__file__).parents[2] / "studies" / "quick.toml"


def reported(store):
    """The page that `vitrify report` writes, with a place for every figure on it."""
    result = CliRunner().invoke(cli, ["report", str(store), "--output", str(store.parent / "out")])
    assert result.exit_code == 0, (result.output, result.exc_info)
    assert f"{len(CLAIMS)} claims: " in result.output
    assert len(json.loads((store.parent / "out" / "claims.json").read_text(encoding="utf-8"))) == len(CLAIMS)
    page = (store.parent / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f'id="figure-{k}"' in page for k in range(1, 20))
    assert len(page) < 5e6
    assert page.count("<img") == len(list((store.parent / "out" / "figures").glob("*.svg")))
    return page


def test_a_study_without_any_samples_is_reported(tmp_path):
    store = Store.create(tmp_path / "store")
    store.write_text("study.toml", QUICK.read_text(encoding="utf-8"))
    page = reported(store.directory)
    assert page.count("<img") == 2  # potentials alone: each other figure says so in a line of text
    assert page.count("Nothing to draw: ") == 17
    assert s.Verdict.NOT_DECIDED in page
    claims = json.loads((tmp_path / "out" / "claims.json").read_text(encoding="utf-8"))
    verdicts = {x["verdict"] for x in claims if x["number"] not in WITHOUT_GLASSES}
    assert verdicts <= {s.Verdict.NOT_DECIDED, s.Verdict.ABSENT}


@pytest.mark.slow
def test_a_study_with_samples_of_some_ensembles_is_reported(tmp_path):
    everything = '"mechanics", "elasticity", "structure", "spectrum", { name = "modes", below = 3.0 }, "qlm", { name = "dipoles", number = 8 }'
    sets = {"first": "DSS = 0.55", "second": "QSS = 20, CSS = 1.1", "third": "DSS = 1.2, CSS = 1.5"}
    text = study_text(*((name, everything) for name in sets))
    for name, members in sets.items():
        text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nsets = {{ {members} }}\n')
    store = Store(filled(tmp_path / "store", text[: text.index('[[ensemble]]\nname = "second"')]))
    store.write_text("study.toml", text)
    page = reported(store.directory)
    assert "2 of 6 samples" in page
    assert s.Verdict.NOT_DECIDED in page


def test_other_glass_formers_join_the_relations():
    """Under the name of their set; more ensembles of the paper's own models, such as other sizes, do not."""
    whole = study()
    known = whole.ensembles[-1]
    other = replace(known, spec=replace(known.spec, model="hertzian()", sets={"HRZ": 1.0}))
    size = replace(known, spec=replace(known.spec, sets={"by N": 1000.0}))
    for figure in FIGURES[12:16]:
        axis = figure.draw(replace(whole, ensembles=(*whole.ensembles, other, size))).axes[0]
        labels = axis.get_legend_handles_labels()[1]
        assert "HRZ" in labels
        assert "by N" not in labels


def test_table_2_stands_beside_the_printed_one():
    shown = coefficients(study(0))
    assert list(shown["r_c"]) == [1.1, 1.15, 1.2, 1.3, 1.5]
    assert (shown["largest difference"].astype(float) < 1e-9).all()
