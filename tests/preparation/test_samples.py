"""Many samples at once: the same glasses as one by one, whatever the batch, the threads and the machine."""

import numpy as np
import pytest

from simulated import assert_same
from vitrify.backends import backend, program, set_threads
from vitrify.backends.program import ACTIVE, Program
from vitrify.batch import Batch
from vitrify.errors import SampleFailure
from vitrify.kernels.neighbours import sort_by_bin
from vitrify.kernels.views import Bins, Candidates
from vitrify.models import catalogue
from vitrify.observables import mechanics
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses, quench_glass
from vitrify.preparation import liquid as liquids
from vitrify.preparation.places import OnDevice, sort_lines
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples
from vitrify.preparation.stages import Stage

SIZE = {"n_particles": 200, "density": 0.6, "parent_temperature": 6.0}
MINIMISERS = ("cg", "fire")
TIMES = ("seconds", "seconds_liquid")


@pytest.fixture(autouse=True)
def threads_as_before():
    yield
    set_threads(None)


def recipe(minimiser="cg"):
    return Recipe(melt_msd=1.0, minimiser=minimiser)


def together(seeds, model="pss(rc=1.2)", minimiser="cg", **changes):
    rngs = [np.random.default_rng(seed) for seed in seeds]
    return prepare_glasses(
        catalogue.parse(model), rngs=rngs, machine=backend(), recipe=recipe(minimiser), **(SIZE | changes)
    )


def alone(seed, model="pss(rc=1.2)", minimiser="cg", **changes):
    rng = np.random.default_rng(seed)
    return prepare_glass(catalogue.parse(model), rng=rng, recipe=recipe(minimiser), **(SIZE | changes))


def same_glass(a, b):
    """The same bits, and the same story but for the seconds."""
    story = [{k: v for k, v in glass.provenance.items() if k not in TIMES} for glass in (a, b)]
    return np.array_equal(a.positions, b.positions) and np.array_equal(a.species, b.species) and story[0] == story[1]


def distance(glass, positions):
    """Largest difference of two configurations, up to a translation."""
    moved = positions - glass.positions
    moved -= glass.box * np.rint(moved / glass.box)
    return np.abs(moved - moved.mean(axis=0)).max()


@pytest.mark.parametrize("minimiser", MINIMISERS)
@pytest.mark.parametrize(
    "model", ["pss(rc=1.2)", "qss(q=12, xc=2.0)"]
)  # with a cheaper slope for the rough part, and without
def test_one_glass_and_many_are_the_same_bits_on_any_number_of_threads(model, minimiser):
    one, two = (alone(seed, model, minimiser) for seed in (1, 2))
    for threads in (1, 2):
        set_threads(threads)
        many = together([1, 2, 3], model, minimiser)
        assert same_glass(many[0], one)
        assert same_glass(many[1], two)
        assert not np.array_equal(many[1].positions, many[2].positions)
    assert mechanics(many[2])["max_force"] < 2e-10
    assert many[2].provenance["msd_over_a0_squared"] >= 1.0
    assert many[2].provenance["minimiser"] == minimiser
    assert many[2].provenance["device"] == "cpu"


@pytest.mark.parametrize("minimiser", MINIMISERS)
def test_a_big_glass_is_the_same_bits_on_any_number_of_threads(monkeypatch, minimiser):
    """Its lines are shared out: chunks of fixed size are summed in one order."""
    monkeypatch.setattr(program, "BIG", 150)
    monkeypatch.setattr(program, "CHUNK", 64)
    made = []
    for threads in (1, 2, 3):
        set_threads(threads)
        made.append(alone(2, minimiser=minimiser))
    assert same_glass(made[0], made[1])
    assert same_glass(made[0], made[2])
    big, small = together([2, 3], minimiser=minimiser), alone(2, n_particles=140, minimiser=minimiser)
    assert same_glass(big[0], made[0])
    assert mechanics(small)["max_force"] < 2e-10


@pytest.mark.parametrize("minimiser", MINIMISERS)
def test_chunks_change_no_minimum(monkeypatch, pss_glass, minimiser):
    """From starts a fifth of a contact away, so that a quench is short and does not branch."""
    rng = np.random.default_rng(3)
    starts = [pss_glass.positions + 0.02 * rng.normal(size=pss_glass.positions.shape) for _ in range(3)]
    asked = Recipe(force_tolerance=1e-11, minimiser=minimiser)
    whole = [quench_glass(pss_glass.with_positions(start), recipe=asked) for start in starts]
    monkeypatch.setattr(program, "BIG", 10)
    monkeypatch.setattr(program, "CHUNK", 24)
    batch = Batch(pss_glass.model, [pss_glass.box] * 3, starts, [pss_glass.species] * 3)
    runs = quench(Samples(batch), minimiser=minimiser, force_tolerance=1e-11)
    for s, one in enumerate(whole):
        assert distance(one, batch.positions(s)) < 1e-8
        assert runs[s].force_evaluations == pytest.approx(one.provenance["force_evaluations"], rel=0.1)


def test_both_paths_tell_the_same_stages():
    """What a batch tells is of the sample that is furthest behind."""
    seen = ([], [])
    rngs = [np.random.default_rng(1)]
    prepare_glass(catalogue.pss(), rng=np.random.default_rng(1), recipe=recipe(), progress=seen[0].append, **SIZE)
    prepare_glasses(catalogue.pss(), rngs=rngs, machine=backend(), recipe=recipe(), progress=seen[1].append, **SIZE)
    assert seen[0] == seen[1]
    assert {x.name for x in seen[0]} == {"liquid", "quench"}
    assert all(isinstance(x, Stage) for x in seen[0])


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setitem(liquids.equilibrate.__kwdefaults__, "max_steps", 2500)


def test_what_does_not_flow_fails_by_name(short):
    batch_of_two = together([1, 2], parent_temperature=0.05)
    assert all(isinstance(x, SampleFailure) and "moved only" in str(x) for x in batch_of_two)


def test_one_that_fails_leaves_the_others_as_they_are(monkeypatch):
    """The second of three liquids is told to fail in its quench."""
    others = [alone(seed) for seed in (1, 3)]
    real = quench.__globals__["require_forces"]

    def second_fails(samples, s, mean_force):
        if s == 1:
            raise SampleFailure("as told")
        real(samples, s, mean_force)

    monkeypatch.setitem(quench.__globals__, "require_forces", second_fails)
    made = together([1, 2, 3])
    assert str(made[1]) == "as told"
    assert same_glass(made[0], others[0])
    assert same_glass(made[2], others[1])


@pytest.mark.parametrize("minimiser", MINIMISERS)
def test_a_spent_quench_is_a_failure(pss_glass, minimiser):
    batch = Batch(pss_glass.model, [pss_glass.box], [pss_glass.positions], [pss_glass.species])
    batch.ticks[0] += 2**58
    samples = Samples(batch)
    assert quench(samples, minimiser=minimiser, force_tolerance=1e-10, max_evaluations=5) == {}
    assert "stopped at max" in str(samples.failed[0])


@pytest.mark.parametrize("minimiser", MINIMISERS)
def test_what_is_not_a_number_never_counts_as_quenched(pss_glass, minimiser):
    batch = Batch(pss_glass.model, [pss_glass.box], [pss_glass.positions], [pss_glass.species])
    batch.numbers[:] = np.nan
    samples = Samples(batch)
    assert quench(samples, minimiser=minimiser, force_tolerance=1e-10) == {}
    assert 0 in samples.failed


def test_the_parallel_sort_is_the_serial_one():
    """Compiled for a CPU, where it serves no purpose: chunks of particles, samples of two sizes."""
    rng, model, machine = np.random.default_rng(4), catalogue.pss(), backend()
    sizes, boxes = (300, 500), (8.0, 9.4)
    positions = [rng.random((n, 3)) * box for n, box in zip(sizes, boxes, strict=True)]
    batch = Batch(model, list(boxes), positions, [rng.permutation(n) % 2 for n in sizes])

    place = OnDevice(batch, Chunked())
    place.layout.active[:] = ACTIVE
    place.machine.program(Program(sort_lines(place.machine), repeats=False))(place.listing, 1, [0, 1])
    found = place.listing
    for s, n in enumerate(sizes):
        (grid, span), rows = batch.bins(s), batch.rows(s)
        bins, bin_of = Bins(grid, span, np.zeros(grid.prod() + 1, dtype=np.int64)), np.zeros(n, dtype=np.int64)
        one = Candidates(np.zeros((3, n), np.int32), np.zeros((2, n), np.float32), np.zeros(n, np.uint32))
        first, last = batch.first[s], batch.first[s + 1]
        machine.compile(sort_by_bin)(first, last, batch.ticks, batch.species, batch.reach2_ticks(s), bin_of, bins, one)
        assert np.array_equal(found.candidates.entries[rows], one.entries)
        assert np.array_equal(found.candidates.upper[:, rows], one.upper)
        assert np.array_equal(found.candidates.limit[:, rows], one.limit)
        assert np.array_equal(found.bin_start[s, : grid.prod() + 1], bins.start)


class Chunked(type(backend())):
    """A CPU that cuts samples into the chunks of a GPU."""

    def chunk_size(self, n):
        return program.CHUNK_ON_GPU

    def put_by_column(self, array):
        return array


SIMULATE = """
import numpy as np
from vitrify import batch
from vitrify.backends import backend, gpu, machine
from vitrify.batch import Batch
from vitrify.leading import Lead
from vitrify.models.catalogue import parse
from vitrify.preparation import quench_glass, start
from vitrify.preparation.liquid import advance, set_velocities
from vitrify.preparation.places import LISTS
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples

BOX = 4.05

def made(on, sweeps, steps, lead):
    start.SWEEPS, batch.lead_of = sweeps, lambda *_: lead
    rngs = [np.random.default_rng(k) for k in (1, 2)]
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    starts = [(rng.permutation(sites)[:40] + 0.3 * rng.random((40, 3))) * BOX / 4 for rng in rngs]
    samples = Samples(Batch(parse("pss(rc=1.2)"), [BOX] * 2, starts, [np.arange(40) % 2] * 2), on)
    start.push_off(samples)
    set_velocities(samples, 2.0, rngs)
    heat = advance(samples, steps=steps, time_step=0.003, temperature=2.0)
    samples.place.download()
    return samples.batch, heat

def quenched(glass, on, minimiser):
    rng = np.random.default_rng(9)
    starts = [glass.positions + 0.01 * rng.normal(size=(40, 3)) for _ in range(2)]
    samples = Samples(Batch(glass.model, [glass.box] * 2, starts, [glass.species] * 2), on)
    runs = quench(samples, minimiser=minimiser, force_tolerance=1e-4)
    samples.place.download()
    return samples.batch, runs

def same(here, there, within):
    for s in (0, 1):
        difference = here.positions(s) - there.positions(s)
        difference -= here.boxes[s] * np.rint(difference / here.boxes[s])
        assert np.abs(difference).max() < within, (within, np.abs(difference).max())

with np.errstate(all="ignore"):  # integers wrap, padding divides by zero: both are meant
    (here, _), (there, _) = made(backend(), 1, 3, Lead.SINGLE_LIQUID), made(machine("cuda"), 1, 3, Lead.SINGLE_LIQUID)
    same(here, there, 1e-6)
    (here, heat), (there, other_heat) = made(backend(), 12, 8, Lead.LIQUID), made(machine("cuda"), 12, 8, Lead.LIQUID)
    same(here, there, 1e-9)
    np.testing.assert_allclose([heat[s] for s in (0, 1)], [other_heat[s] for s in (0, 1)], rtol=1e-9)
    glass = quench_glass(here.glass(0))
    for minimiser, in_blocks in (("cg", True), ("fire", False)):
        gpu.in_blocks = lambda *_: in_blocks
        (here, runs), (there, others) = quenched(glass, backend(), minimiser), quenched(glass, machine("cuda"), minimiser)
        same(here, there, 1e-8)
        for s in (0, 1):
            assert abs(runs[s].force_evaluations - others[s].force_evaluations) <= 0.1 * runs[s].force_evaluations
print("same")
"""


def test_start_liquid_and_quench_on_a_simulated_gpu():
    """Lists, descent, leapfrog, thermostat and both minimisers as CUDA kernels, against the CPU."""
    assert_same(SIMULATE)
