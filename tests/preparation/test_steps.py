"""Preparations as lists of steps: melt, cool, quench, and those of a plugin."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import vitrify
from stores import glasses_of, invented
from vitrify.backends import backend
from vitrify.campaign import Store
from vitrify.errors import SampleFailure, UsageError
from vitrify.models import catalogue
from vitrify.observables import mechanics
from vitrify.options import option, options_of
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses, quench_glass
from vitrify.recipe import STEPS, Cool, Melt, Quench, Step, recipe_of_steps, register_step
from vitrify.report import tables
from vitrify.report.gathered import gather
from vitrify.study import parse_study, plan, product_statuses
from vitrify.study.digest import parent_temperature_definition

SIZE = {"n_particles": 200, "density": 0.6, "parent_temperature": 4.0}
PAGES = Path(__file__).parents[2] / "docs"
STUDY = """[study]
name = "s"

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 2
parent_temperature = 4.0
"""


def made(recipe, seed=1):
    return prepare_glass(catalogue.pss(), rng=np.random.default_rng(seed), recipe=recipe, **SIZE)


def test_melt_and_quench_as_steps_are_the_default_to_the_last_bit():
    steps = recipe_of_steps([{"step": "melt", "msd": 1}, {"step": "quench", "minimiser": "fire"}])
    assert steps == Recipe(melt_msd=1.0, minimiser="fire")
    assert steps.steps == (Melt(1.0), Quench("fire"))
    assert np.array_equal(made(steps).positions, made(Recipe(melt_msd=1.0, minimiser="fire")).positions)


def test_cooled_glasses_lie_deeper_the_more_slowly_they_are_cooled():
    energies = []
    for between in ((), (Cool(to=0.3, steps=2000),), (Cool(to=0.3, steps=40_000),)):
        glasses = [made(Recipe(melt_msd=1.0, between=between), seed) for seed in range(4)]
        energies.append(np.mean([mechanics(x)["energy_per_particle"] for x in glasses]))
    assert energies[0] > energies[1] + 0.05 > energies[2] + 0.1
    how = glasses[0].provenance
    assert how["cooling_steps"] == 40_000
    assert how["cooled_to"] == pytest.approx(0.3, rel=0.2)
    assert how["preparation"].startswith("melt(msd=1.0) cool(to=0.3,steps=40000) quench(minimiser=cg")
    assert how["parent_temperature"] == 4.0


def test_many_are_cooled_as_each_alone():
    recipe = Recipe(melt_msd=1.0, between=[Cool(to=1.0, steps=1000)])
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    together = prepare_glasses(catalogue.pss(), rngs=rngs, machine=backend(), recipe=recipe, **SIZE)
    for seed, glass in zip((1, 2), together, strict=True):
        assert np.array_equal(glass.positions, made(recipe, seed).positions)


def test_a_cooling_too_fast_for_the_thermostat_fails():
    with pytest.raises(SampleFailure, match="cool more slowly"):
        made(Recipe(melt_msd=1.0, between=[Cool(to=1e-4, steps=500)]))


@pytest.mark.parametrize(("steps", "said"), [
    ([], "melt first and quench last"), ([{"step": "melt"}], "melt first"), ([{"step": "quench"}, {"step": "melt"}], "melt first"),
    ([{"step": "melt"}, {"step": "swap"}, {"step": "quench"}], "one of melt, cool, quench"), ([{"msd": 3}], "step"),
    ([{"step": "melt", "far": 1}, {"step": "quench"}], "one of msd"), ([{"step": "melt", "msd": 0.5}, {"step": "quench"}], "msd"),
    ([{"step": "melt"}, {"step": "cool"}, {"step": "quench"}], "a positive temperature"),
    ([{"step": "melt"}, {"step": "cool", "to": 1, "steps": 10}, {"step": "quench"}], "at least 500"),
    ([{"step": "melt"}, {"step": "shear"}, {"step": "quench"}], "strain is 0.0, must be given, and other than 0"),
    ([{"step": "melt"}, {"step": "shear", "strain": 0.0}, {"step": "quench"}], "strain is 0.0, must be given, and other than 0"),
    ([{"step": "melt"}, {"step": "quench", "minimiser": "newton"}], '"cg" or "fire"'),
    ([{"step": "melt"}, {"step": "melt"}, {"step": "quench"}], "with others between"),
])  # fmt: skip
def test_preparations_that_cannot_be(steps, said):
    with pytest.raises(UsageError, match=said):
        recipe_of_steps(steps)
    text = ", ".join("{ " + ", ".join(f"{k} = {v!r}" for k, v in x.items()) + " }" for x in steps)
    with pytest.raises(UsageError, match="study, line 11: "):
        parse_study(STUDY + f"preparation = [{text}]\n")


def study(preparation=""):
    return parse_study(STUDY + (f"preparation = {preparation}\n" if preparation else ""))


def digest(of):
    return glasses_of(of)[0].digest


def test_a_key_that_is_no_text_is_an_unknown_one():
    with pytest.raises(UsageError, match="step melt: 3 is not a key of it"):
        recipe_of_steps([{"step": "melt", 3: 4}, {"step": "quench"}])


def test_one_recipe_has_one_digest_and_another_another():
    plain = study()
    assert digest(study('[{ step = "melt" }, { step = "quench" }]')) == digest(plain)
    fire = parse_study(STUDY + 'minimiser = "fire"\n')
    assert digest(study('[{ step = "melt" }, { step = "quench", minimiser = "fire" }]')) == digest(fire) != digest(plain)
    cooled = study('[{ step = "melt" }, { step = "cool", to = 0.5 }, { step = "quench" }]')
    slower = study('[{ step = "melt" }, { step = "cool", to = 0.5, steps = 200000 }, { step = "quench" }]')
    assert len({digest(x) for x in (plain, cooled, slower)}) == 3
    automatic = [replace(x.ensembles[0], parent_temperature="auto") for x in (plain, cooled)]
    pilots = [parent_temperature_definition(plain, x) for x in automatic]
    assert pilots[0] == pilots[1]  # they are not cooled
    assert replace(cooled.ensembles[0], n_samples=3).recipe == cooled.ensembles[0].recipe


def test_keys_beside_a_preparation_must_say_the_same():
    with pytest.raises(UsageError, match="melt_msd must be left out if a preparation is given"):
        parse_study(STUDY + 'melt_msd = 3\npreparation = [{ step = "melt" }, { step = "quench" }]\n')


def test_two_coolings_are_both_kept_and_every_step_is_run():
    recipe = Recipe(melt_msd=1.0, between=[Cool(to=2.0, steps=1049), Cool(to=1.0, steps=600)])
    how = made(recipe).provenance
    assert (how["cooling_steps"], how["cooling_steps_2"]) == (1049, 600)
    assert how["cooled_to_2"] == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize("options", [
    {"to": "x"}, {"to": -1.0}, {"to": float("inf")}, {"to": True}, {"to": 1.0, "steps": 0}, {"to": 1.0, "steps": 1e4}, {},
])  # fmt: skip
def test_steps_are_checked_in_python_too(options):
    with pytest.raises(UsageError, match="step cool: (to|steps) is"):
        Cool(**options)


def test_a_quench_alone_refuses_steps(pss_glass):
    with pytest.raises(UsageError, match="nothing but a quench"):
        quench_glass(pss_glass, recipe=Recipe(between=[Cool(to=1.0)]))


def odd(run, **more):
    """A step of a plugin that does this."""
    kind = dataclass(frozen=True)(type("Odd", (Step,), {"name": "odd", "summary": "odd", "run": run, **more}))
    return register_step(kind)


@pytest.mark.parametrize(("run", "said"), [
    (lambda self, on: 1 / 0, r"step odd fails: ZeroDivisionError: division by zero \(test_steps.py, line \d+\)"),
    (lambda self, on: None, "step odd fails"), (lambda self, on: {7: {"a": 1}}, "for sample 7, which does not exist"),
    (lambda self, on: {0: {"a": None}}, "must record numbers and texts"), (lambda self, on: {0: {"seed": 3}}, "already in use"),
    (lambda self, on: exit(), "SystemExit"),
])  # fmt: skip
def test_a_step_that_goes_wrong_is_a_failed_sample(monkeypatch, run, said):
    monkeypatch.delitem(STEPS, "odd", raising=False)
    try:
        kind = odd(run)
        with pytest.raises(SampleFailure, match=said):
            made(Recipe(melt_msd=1.0, between=[kind()]))
    finally:
        STEPS.pop("odd", None)


@pytest.mark.parametrize(("more", "said"), [
    ({"molecular_dynamics": lambda self: 3.0}, "@property"), ({"run": Step.run}, "no method run"), ({"summary": None}, "no summary"),
    ({"step": option(1, "s"), "__annotations__": {"step": "int"}}, "not taken"), ({"name": "No"}, "small letters"),
    ({"x": 1.0, "__annotations__": {"x": "float", "y": "float"}, "y": option(0.5, "y", at_least=2.0)}, "at least 2"),
])  # fmt: skip
def test_steps_that_cannot_be_registered(more, said):
    with pytest.raises(UsageError, match=said):
        odd(**{"run": lambda self, on: {}, **more})
    assert "odd" not in STEPS


def test_a_later_version_of_a_step_finds_what_an_earlier_made(monkeypatch, tmp_path):
    text = STUDY + 'preparation = [{ step = "melt" }, { step = "cool", to = 0.5 }, { step = "quench" }]\n'
    store = invented(tmp_path / "s", text)
    assert len(vitrify.open_store(store).table("a")) == 2
    monkeypatch.setattr(Cool, "version", 2)
    assert len(vitrify.open_store(store).table("a")) == 2
    Store(store).write_text("study.toml", text.replace("to = 0.5", "to = 0.6"))
    assert len(vitrify.open_store(store).table("a")) == 0


def test_plan_counts_what_stands_between():
    cooled = study('[{ step = "melt" }, { step = "cool", to = 0.5, steps = 1000000 }, { step = "quench" }]')
    before, after = (
        next(x.expected_seconds for x in product_statuses(of) if x.product == "glass") for of in (study(), cooled)
    )
    assert after > 20 * before
    assert len(plan(cooled)) == 2


def test_a_step_of_a_plugin(monkeypatch):
    text = re.search(
        r"```python\n# file: hold.py\n(.*?)```", (PAGES / "plugins.md").read_text(encoding="utf-8"), re.S
    ).group(1)
    monkeypatch.delitem(STEPS, "hold", raising=False)
    try:
        exec(compile(text, "hold.py", "exec", dont_inherit=True), {"__name__": "hold"})
        of = study('[{ step = "melt", msd = 1.0 }, { step = "hold", steps = 1000 }, { step = "quench" }]')
        glass = made(of.ensembles[0].recipe)
        assert (glass.provenance["cooling_steps"], glass.provenance["cooled_to"]) == (1000, pytest.approx(4.0, rel=0.1))
        before = digest(of)
        monkeypatch.setattr(STEPS["hold"], "version", 2)
        assert digest(of) != before
        with pytest.raises(UsageError, match="not taken"):
            register_step(STEPS["hold"])
    finally:
        STEPS.pop("hold", None)
    with pytest.raises(UsageError, match="not a frozen dataclass"):
        register_step(Step)


def test_study_files_name_all_steps_with_their_options():
    page = (PAGES / "study-files.md").read_text(encoding="utf-8").split("## Preparations")[1].split("## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.M))
    assert list(rows) == ["melt", "cool", "quench", "shear"]
    for name, row in rows.items():
        assert row.startswith(STEPS[name].summary)
        assert all(f"`{x}" in row for x in options_of(STEPS[name]))


def test_a_preparation_stands_before_the_defaults():
    text = STUDY.replace("[[ensemble]]", "[defaults]\nmelt_msd = 3\n\n[[ensemble]]")
    (spec,) = parse_study(text + 'preparation = [{ step = "melt" }, { step = "quench" }]\n').ensembles
    assert (spec.melt_msd, spec.preparation) == (10.0, ())


def test_a_report_says_what_stands_between_melt_and_quench(tmp_path):
    text = STUDY + 'preparation = [{ step = "melt" }, { step = "cool", to = 0.5 }, { step = "quench" }]\n'
    found = tables.ensembles(gather(vitrify.open_store(invented(tmp_path / "s", text))))
    assert found["between melt and quench"].tolist() == ["cool to 0.5, steps 100000"]
    plain = tables.ensembles(gather(vitrify.open_store(invented(tmp_path / "p", STUDY))))
    assert "between melt and quench" not in plain
