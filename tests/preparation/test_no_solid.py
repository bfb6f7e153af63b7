"""Below jamming no particle holds another: making, quenching, measuring and pilots say so in one sentence, at once."""

import numpy as np
import pytest
from click.testing import CliRunner

from vitrify.backends import backend
from vitrify.cli.main import cli
from vitrify.contacts import Contacts
from vitrify.ensemble import find_parent_temperature
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models import Mixture, Model, catalogue
from vitrify.observables import elasticity, measure
from vitrify.observables.elasticity import elasticities
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses, quench_glass
from vitrify.preparation import quench as quenches
from vitrify.preparation.start import random_start

HERTZIAN = catalogue.hertzian()
ONE_KIND = Mixture(composition=(1.0,), lengths=((1.0,),), masses=(1.0,), labels=("A",))
SENTENCE = "^no solid: the particles no longer touch"


@pytest.fixture(autouse=True)
def no_long_search(monkeypatch):
    """A quench that goes on where nothing is left to find would spend these evaluations, and say something else."""
    monkeypatch.setitem(quenches.quench.__kwdefaults__, "max_evaluations", 5_000)


def size(density, temperature=0.01):
    return {"n_particles": 100, "density": density, "parent_temperature": temperature, "recipe": Recipe(melt_msd=1.0)}


@pytest.mark.parametrize("temperature", [0.01, 0.005])
@pytest.mark.parametrize("density", [0.0005, 0.30, 0.50, 0.55])
def test_no_glass_is_made_below_jamming(density, temperature):
    with pytest.raises(SampleFailure, match=SENTENCE):
        prepare_glass(HERTZIAN, rng=np.random.default_rng(0), **size(density, temperature))


@pytest.mark.parametrize("density", [0.0005, 0.30, 0.50, 0.55])
def test_nor_by_fire(density):
    recipe = Recipe(minimiser="fire", melt_msd=1.0)
    with pytest.raises(SampleFailure, match=SENTENCE):
        prepare_glass(HERTZIAN, rng=np.random.default_rng(0), **(size(density) | {"recipe": recipe}))


@pytest.mark.parametrize("density", [0.0005, 0.50, 0.55])
@pytest.mark.parametrize("minimiser", ["cg", "fire"])
def test_nor_many_at_once(density, minimiser):
    asked = size(density) | {"recipe": Recipe(minimiser=minimiser, melt_msd=1.0)}
    made = prepare_glasses(HERTZIAN, rngs=[np.random.default_rng(k) for k in range(3)], machine=backend(), **asked)
    assert all(isinstance(x, SampleFailure) and str(x).startswith("no solid: the particles no longer touch") for x in made)


def test_a_configuration_below_jamming_is_not_quenched_and_not_measured():
    liquid = random_start(HERTZIAN, n_particles=100, density=0.4, rng=np.random.default_rng(1)).glass(0)
    with pytest.raises(SampleFailure, match=SENTENCE):
        quench_glass(liquid)


def pairs_just_in_touch(gap):
    """Fifty pairs of spheres, far from each other: what an endless quench below jamming leaves."""
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3)[:50] * 3.0
    positions = np.concatenate([grid, grid + np.array([1.0 - gap, 0.0, 0.0])])
    return Glass(positions, 12.0, np.zeros(100), catalogue.hertzian(mixture=ONE_KIND))


@pytest.mark.parametrize("gap", [1e-15, 1e-9, 0.1, -0.1])
def test_pairs_that_just_touch_are_no_solid(gap):
    glass = pairs_just_in_touch(gap)
    if gap != 0.1:  # which still push each other
        with pytest.raises(SampleFailure, match=SENTENCE):
            measure(glass)
    for act in (quench_glass, elasticity):
        with pytest.raises(SampleFailure, match=SENTENCE):
            act(glass)
    (found,) = elasticities([glass], backend())
    assert isinstance(found, SampleFailure)
    assert str(found).startswith("no solid: the particles no longer touch")


def test_pilots_say_the_same():
    with pytest.raises(SampleFailure, match=SENTENCE):
        find_parent_temperature(HERTZIAN, n_particles=100, density=0.5, rng=np.random.default_rng(0))


def droplet(edge):
    """A glass of sticky spheres cut out and put into a box `edge` times as wide."""
    sticky = catalogue.pss(rc=1.5)
    start = random_start(sticky, n_particles=160, density=0.6, rng=np.random.default_rng(3)).glass(0)
    return quench_glass(Glass(quench_glass(start).positions, edge * start.box, start.species, sticky))


def test_a_droplet_is_quenched_but_is_no_solid_across_the_box():
    glass = droplet(2.0)
    for act in (measure, elasticity):
        with pytest.raises(SampleFailure, match=f"{SENTENCE}.*across the box"):
            act(glass)
    assert not Contacts.of(glass).spans
    assert Contacts.of(droplet(1.0)).spans


def test_sticky_spheres_that_are_too_few_make_no_glass():
    with pytest.raises(SampleFailure, match=SENTENCE):
        prepare_glass(
            catalogue.pss(), n_particles=200, density=0.02, parent_temperature=3.0, rng=np.random.default_rng(1),
            recipe=Recipe(melt_msd=1.0),
        )  # fmt: skip


def test_layers_that_slide_are_no_solid():
    """A simple cubic crystal at rest has contacts enough, six a particle, but its rows slide on each other."""
    edge = 2.0 ** (1 / 6)
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3) * edge
    glass = Glass(grid, 5 * edge, np.zeros(125), Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND))
    with pytest.raises(SampleFailure, match=f"{SENTENCE} enough.*75 zero modes where a solid has 3"):
        elasticity(glass)


def fcc(spacing, cells=4):
    corner = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), -1).reshape(-1, 3)
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    edge = spacing * np.sqrt(2)
    model = Model("hertzian", HERTZIAN.potential, ONE_KIND)
    positions = (corner[:, None] + basis).reshape(-1, 3) * edge
    return Glass(positions, cells * edge, np.zeros(len(positions)), model)


@pytest.mark.parametrize("overlap", [1e-1, 1e-3, 1e-5])
def test_however_weak_its_forces_a_packing_is_a_solid(overlap):
    """An fcc crystal pressed together by 1e-5 of a diameter has forces of 3e-8 and is sound: K of its springs stays."""
    glass = quench_glass(fcc(1.0 - overlap))
    found = measure(glass)
    assert found.is_minimum
    assert found.zero_modes == 3
    a, stiffness, tension = 1.0 - overlap, 1.5 * np.sqrt(overlap), -(overlap**1.5)
    # 6 N pairs of length a in V = N a³/√2: K = (1/9V) Σ a² (φ'' − 2 φ'/a)
    expected = 6 * np.sqrt(2) / (9 * a) * (stiffness - 2 * tension / a)
    assert found.bulk_modulus == pytest.approx(expected, rel=1e-8)


def test_just_above_jamming_glasses_are_made():
    """A little denser the same spheres hold each other: no fewer contacts than Maxwell asks for, counted pair by pair."""
    glass = prepare_glass(HERTZIAN, rng=np.random.default_rng(0), **size(0.72))
    r = glass.positions[None] - glass.positions[:, None]
    r -= glass.box * np.rint(r / glass.box)
    reach = np.array(glass.model.mixture.lengths)[glass.species[:, None], glass.species]
    touch = (np.linalg.norm(r, axis=2) < reach) & ~np.eye(100, dtype=bool)
    while (loose := (touch.sum(axis=1) < 4) & touch.any(axis=1)).any():
        touch[loose] = touch[:, loose] = False
    held = touch.any(axis=1)
    assert np.array_equal(Contacts.of(glass).rattlers, ~held)
    assert touch.sum() // 2 >= 3 * (held.sum() - 1) + 1
    assert Contacts.of(glass).spans


def test_on_the_command_line_each_command_says_the_same_with_exit_code_2(tmp_path):
    loose, just_touching = tmp_path / "loose.xyz", tmp_path / "touching.xyz"
    random_start(HERTZIAN, n_particles=100, density=0.5, rng=np.random.default_rng(0)).glass(0).write(loose)
    pairs_just_in_touch(1e-9).write(just_touching)
    size = ["--particles", "100", "--density", "0.5", "--output", str(tmp_path / "g.xyz")]
    for command in (
        ["make", "hertzian()", *size],
        ["make", "hertzian()", *size, "--temperature", "0.005"],
        ["measure", str(loose), "--quench"],
        ["measure", str(just_touching)],
        ["measure", str(just_touching), "--quench", "--json"],
        ["measure", str(just_touching), "--without-rattlers", "--modes", "3"],
    ):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 2, result.output
        assert result.stderr.splitlines()[-1].startswith("Error: no solid: the particles no longer touch")
        assert result.stdout == ""
    assert not (tmp_path / "g.xyz").exists()
