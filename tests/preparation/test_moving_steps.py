"""Steps that move particles by themselves: shear, and those of a plugin."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from click.testing import CliRunner

import vitrify
from simulated import assert_same
from stores import filled
from vitrify.backends import backend
from vitrify.cli.main import cli
from vitrify.errors import SampleFailure, UsageError
from vitrify.models import catalogue
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses
from vitrify.preparation.stages import Stage, ToldStages
from vitrify.recipe import STEPS, Cool, Melt, Quench, Shear, Step, recipe_of_steps, register_step
from vitrify.report import write_report
from vitrify.study import parse_study, product_statuses
from vitrify.waiting import doing, now_in_words

SIZE = {"n_particles": 200, "density": 0.6, "parent_temperature": 4.0}
STUDY = """[study]
name = "s"

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 2
parent_temperature = 4.0
preparation = [{ step = "melt", msd = 1.0 }, { step = "shear", strain = 0.02, increments = 2 }, { step = "quench" }]
"""


def made(*between, seed=1, **more):
    recipe = Recipe(melt_msd=1.0, between=between)
    return prepare_glass(catalogue.pss(), rng=np.random.default_rng(seed), recipe=recipe, **{**SIZE, **more})


def energy(glass):
    return mechanics(glass)["energy_per_particle"] * glass.n_particles


@pytest.fixture
def plugin():
    """A step of a plugin that moves as the function says; all are forgotten after the test."""
    before = dict(STEPS)

    def step(move, name="odd", **more):
        body = {"name": name, "summary": "odd", "move": move, **more}
        return register_step(dataclass(frozen=True)(type("Odd", (Step,), body)))()

    yield step
    STEPS.clear()
    STEPS.update(before)


@pytest.mark.parametrize("more", [{}, {"dimension": 2, "density": 0.8}])
def test_energy_rises_under_shear_as_the_hessian_says(more):
    """U(γ) + U(−γ) − 2 U(0) = G V γ² of re-minimised glasses, with G of Eq. (A1) from the unstrained glass alone."""
    still, strain = made(**more), 2e-5
    bent = sum(energy(made(Shear(strain=x, increments=1), **more)) for x in (strain, -strain)) - 2.0 * energy(still)
    assert bent / (still.volume * strain**2) == pytest.approx(elasticity(still)["shear_modulus"], rel=2e-3)


def test_a_strain_and_its_opposite_lead_back_to_the_cube_and_the_energy():
    there, back = made(Shear(strain=3e-4, increments=3)), made(*(Shear(strain=x, increments=3) for x in (3e-4, -3e-4)))
    assert there.box == pytest.approx(np.array([[1, 0, 0], [3e-4, 1, 0], [0, 0, 1]]) * back.box, rel=1e-12)
    assert back.cell.is_cubic
    assert energy(back) == pytest.approx(energy(made()), rel=1e-12)
    assert (back.provenance["sheared_by"], back.provenance["sheared_by_2"]) == (3e-4, -3e-4)


def test_large_strains_are_plastic():
    """A glass yields: after γ = 0.2 and back it is another inherent state."""
    back = made(*(Shear(strain=x, increments=20) for x in (0.2, -0.2)))
    assert abs(energy(back) - energy(made())) > 1e-3
    assert back.provenance["quench_max_force"] < 1e-10


def test_many_are_sheared_as_each_alone():
    recipe = Recipe(melt_msd=1.0, between=[Shear(strain=0.01, increments=2), Cool(to=1.0, steps=2000)])
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    together = prepare_glasses(catalogue.pss(), rngs=rngs, machine=backend(), recipe=recipe, **SIZE)
    for seed, glass in zip((1, 2), together, strict=True):
        assert np.array_equal(glass.positions, made(*recipe.between, seed=seed).positions)


def test_a_step_gets_each_glass_and_its_random_numbers_and_keeps_words(plugin):
    def shake(self, glass, rng):
        moved = glass.with_positions(glass.positions + rng.normal(scale=0.05, size=glass.positions.shape))
        return replace(moved, provenance={"shaken": 0.05})

    step = plugin(shake)
    recipe = Recipe(melt_msd=1.0, between=[step])
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    together = prepare_glasses(catalogue.pss(), rngs=rngs, machine=backend(), recipe=recipe, **SIZE)
    for seed, glass in zip((1, 2), together, strict=True):
        assert np.array_equal(glass.positions, made(step, seed=seed).positions)
        assert (glass.provenance["shaken"], glass.provenance["preparation"].split()[1]) == (0.05, "odd()")
    assert abs(energy(together[0]) - energy(made())) > 1e-3


def test_positions_and_velocities_go_through_a_step_that_moves_nothing(plugin):
    seen = []

    def run(self, on):
        batch = on.samples.batch
        speed = np.empty((batch.n_samples, batch.size(0), 3))
        for s in range(batch.n_samples):
            speed[s, batch.label[batch.rows(s)]] = batch.velocity[batch.rows(s), :3]
        seen.append((speed, [x.positions for x in on.glasses().values()]))
        return {}

    look = plugin(None, "look", run=run)
    still = plugin(lambda self, glass, rng: glass, "still")
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    recipe = Recipe(melt_msd=1.0, between=[look, still, look])
    prepare_glasses(catalogue.pss(), rngs=rngs, machine=backend(), recipe=recipe, **SIZE)
    (before, x), (after, y) = seen
    assert np.array_equal(before, after)
    assert (np.abs(before) > 0).any(axis=2).all()
    assert np.allclose(x, y, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("move", "said"), [
    (lambda self, glass, rng: 1 / 0, r"step odd fails: ZeroDivisionError: division by zero \(test_moving_steps.py, line \d+\)"),
    (lambda self, glass, rng: None, "configuration is None, must be a Glass"),
    (lambda self, glass, rng: vitrify.Glass(glass.positions[1:], glass.box, glass.species[1:], glass.model), "must be 200 particles"),
    (lambda self, glass, rng: glass.strained(np.diag([-0.9, 9.0, 0.0])), "at least twice the cutoff"),
    (lambda self, glass, rng: replace(glass, provenance={"seed": 1}), "a word that is already in use"),
    (lambda self, glass, rng: glass.with_positions(glass.positions * np.nan), "not a finite number"),
])  # fmt: skip
def test_a_step_that_goes_wrong_is_a_failed_sample(plugin, move, said):
    with pytest.raises(SampleFailure, match=said):
        made(plugin(move))


def test_one_that_fails_leaves_the_others_alone(plugin):
    def move(self, glass, rng):
        if rng.random() < chance:
            raise SampleFailure("unlucky")
        return glass.strained(np.diag([0.01, 0.0, 0.0]))

    first, second = (np.random.default_rng(seed) for seed in (1, 2))
    made(Spy(seen := [], plugin).step, seed=1)
    made(Spy(seen, plugin).step, seed=2)
    chance = np.mean(seen)
    step = plugin(move)
    found = prepare_glasses(
        catalogue.pss(), rngs=[first, second], machine=backend(), recipe=Recipe(melt_msd=1.0, between=[step]), **SIZE
    )
    failed = [isinstance(x, SampleFailure) for x in found]
    assert sorted(failed) == [False, True]
    survivor = next(x for x in found if not isinstance(x, SampleFailure))
    assert np.array_equal(survivor.positions, made(step, seed=1 + failed.index(False)).positions)


class Spy:
    """A step that notes the next random number of its sample, and moves nothing."""

    def __init__(self, seen, plugin):
        def move(self, glass, rng):
            seen.append(rng.random())
            return glass

        STEPS.pop("spy", None)
        self.step = plugin(move, "spy")


def test_the_last_quench_has_the_words_of_a_quench(plugin):
    how = made(Quench(), plugin(lambda self, glass, rng: glass)).provenance
    assert how["force_evaluations"] < how["force_evaluations_1"] / 10
    assert how["quench_max_force"] < 1e-10


@pytest.mark.parametrize(("options", "said"), [
    ({}, "strain is 0.0, must be given"), ({"strain": 1.5}, "strain"), ({"strain": 0.1, "increments": 0}, "increments"),
    ({"strain": 0.1, "minimiser": "x"}, "minimiser"),
])  # fmt: skip
def test_shears_that_cannot_be(options, said):
    with pytest.raises(UsageError, match=said):
        Shear(**options)


def test_an_ensemble_of_sheared_glasses_in_its_store_tables_and_report(tmp_path):
    text = STUDY + 'observables = ["mechanics", "elasticity", "structure"]\n'
    store = filled(tmp_path / "store", text)
    opened = vitrify.open_store(store)
    table = opened.table("a")
    assert len(table) == 2
    glass = opened.glass("a", 0)
    assert glass.box[1, 0] == pytest.approx(0.02 * glass.box[0, 0], rel=1e-12)
    assert vitrify.measure(glass).shear_modulus == table["shear_modulus"][0]
    runner = CliRunner()
    out = runner.invoke(cli, ["export", str(store), "--glasses", str(tmp_path / "g"), "--tables", str(tmp_path / "t")])
    assert out.exit_code == 0, out.output
    file = next((tmp_path / "g").rglob("000000.xyz"))
    assert np.array_equal(vitrify.Glass.read(file).box, glass.box)
    write_report(vitrify.open_tables(tmp_path / "t"), tmp_path / "page")
    assert "shear strain 0.02, increments 2" in (tmp_path / "page" / "index.html").read_text(encoding="utf-8")


def test_plan_counts_the_quenches_of_a_shear():
    sheared = parse_study(STUDY)
    short = parse_study(STUDY.replace('{ step = "shear", strain = 0.02, increments = 2 }, ', ""))
    more = parse_study(STUDY.replace("increments = 2", "increments = 1000"))
    a, b, c = (
        next(x.expected_seconds for x in product_statuses(of) if x.product == "glass") for of in (short, sheared, more)
    )
    assert a < b < c / 10


def test_python_takes_steps_or_tables_of_them():
    tables = [{"step": "melt", "msd": 1}, {"step": "cool", "to": 1, "steps": 2000}, {"step": "quench"}]
    steps = [Melt(1.0), Cool(to=1.0, steps=2000), Quench()]
    assert recipe_of_steps(tables) == recipe_of_steps(steps)
    one, other = (vitrify.make_glass("pss(rc=1.2)", seed=1, preparation=x, **SIZE) for x in (tables, steps))
    assert np.array_equal(one.positions, other.positions)
    with pytest.raises(UsageError, match="left out if a preparation is given"):
        vitrify.make_glass("pss(rc=1.2)", recipe=Recipe(), preparation=steps, **SIZE)
    with pytest.raises(UsageError, match="a list such as"):
        vitrify.make_glass("pss(rc=1.2)", preparation="melt", **SIZE)


MAKE = ("make", "pss(rc=1.2)", "--particles", "200", "--density", "0.6", "--temperature", "4", "--seed", "1")


def test_make_takes_steps(tmp_path):
    output = str(tmp_path / "g.xyz")
    words = (
        *MAKE,
        "--output",
        output,
        "--step",
        "melt msd=1",
        "--step",
        "cool to=1.0 steps=2000",
        "--step",
        "shear strain=0.01",
    )
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    glass = vitrify.Glass.read(output)
    assert glass.provenance["preparation"].startswith(
        "melt(msd=1.0) cool(to=1.0,steps=2000) shear(strain=0.01,increments=10"
    )
    assert not glass.cell.is_cubic


@pytest.mark.parametrize(("words", "said"), [
    (("--step", "swap"), "step is 'swap', must be one of melt, cool, quench, shear"), (("--step", "cool"), "a positive temperature"),
    (("--step", "cool to"), "a name and its options, such as 'cool to=0.5'"), (("--step", "cool to=1 far=2"), "must be one of to, steps"),
    (("--step", "quench", "--minimiser", "fire"), "one of them must be left out"),
    (("--step", "cool to=1", "--step", "melt"), "melt first and quench last"), (("--step", ""), "--step"),
])  # fmt: skip
def test_make_refuses_other_steps(tmp_path, words, said):
    done = CliRunner().invoke(cli, (*MAKE, "--output", str(tmp_path / "g.xyz"), *words))
    assert (done.exit_code, len(done.stderr.strip().splitlines())) == (2, 1)
    assert said in done.stderr


@pytest.mark.parametrize("stage", ["pilot", "glass", "liquid", "cooling", "quench", "shear", "odd"])
def test_every_stage_is_shown(stage):
    with doing("") as now:
        ToldStages(now)(Stage(stage, 1.0, 2.0))
        assert now_in_words()[0]


def test_samples_on_a_gpu_go_on_on_the_cpu_once_cells_are_no_cubes():
    """A liquid of a simulated GPU, whose particles are then sheared and quenched here."""
    assert_same("""
import warnings
import numpy as np
import vitrify
from vitrify.backends.gpu import Gpu
from vitrify.models import catalogue
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_batch, push_off
from vitrify.preparation.steps import Preparing

rngs = [np.random.default_rng(k) for k in (1, 2)]
model = catalogue.harmonic()
samples = Samples(random_batch(model, n_particles=32, density=1.2, rngs=rngs), Gpu())
on = Preparing(samples, 1.0, rngs)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", UserWarning)
    on.put(on.glasses())
    assert on.samples.machine.name == "cuda" and not told, told
    before = on.glasses()
    on.put({s: x.strained(np.diag([0.01, 0.0, 0.0])) for s, x in before.items()})
    assert [str(x.message) for x in told] == ["a step made cells that are not cubes, whose particles are moved on the CPU"], told
assert on.samples.machine.name == "cpu"
after = on.glasses()
for s in before:
    assert np.allclose(after[s].positions, before[s].positions * [1.01, 1, 1], rtol=0, atol=1e-12)
print("same")
""")
