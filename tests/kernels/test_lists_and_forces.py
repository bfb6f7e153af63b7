"""Kernels against slow twins in plain NumPy: every pair of particles, no cells, no lists."""

import re

import numpy as np
import pytest
from llvmlite import binding
from numba import njit

from samples import GLASSES, forces, pair_scales
from vitrify.backends.cpu import OPTIONS, scratch_of
from vitrify.batch import SKIN, Batch, force_body
from vitrify.cell import from_ticks, to_ticks
from vitrify.kernels.forces import INDEX_MASK
from vitrify.kernels.state import LEFT, MEAN_FORCE, STALE2
from vitrify.models.catalogue import parse
from vitrify.preparation.programs import PAIR_FORCE, PUSH_OFF
from vitrify.preparation.samples import Samples

MANY = [f"{1 + 0.02 * (a + b):.2f}" for a in range(20) for b in range(a, 20)]
THREE = "lengths 1,0.9,1.1,1,0.8,1.2; energies 1,1.5,2,0.5,1,0.7; cutoffs 2,1.5,1.3,2,1.8,1.9"
OTHERS = {  # name → as in GLASSES
    "three": (f"lennard_jones(rc=2.0) [0.5:0.25:0.25; {THREE}]", 160, 0.9, 1.0),
    "twenty": (f"inverse_power(rc=1.3) [{':'.join(['0.05'] * 20)}; lengths {','.join(MANY)}]", 160, 0.4, 1.0),
    "additive": ("inverse_power(rc=1.3) [sizes uniform 0.8,1.2]", 160, 0.8, 1.0),
    "discrete": ("inverse_power(rc=1.3) [sizes discrete 1,1.2,1.5; nonadditivity 0.3]", 160, 0.4, 1.0),
}  # fmt: skip


def random_batch(name, n=300, seed=5, density=None):
    model, _, rho, _ = (GLASSES | OTHERS)[name]
    model, rng = parse(model), np.random.default_rng(seed)
    box = (n / (density or rho)) ** (1 / 3)
    side = int(np.ceil(n ** (1 / 3)))
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)[rng.permutation(side**3)[:n]]
    positions = (grid + 0.5 + 0.2 * rng.random((n, 3))) * box / side
    species, sizes = rng.permutation(n) % model.mixture.n_species, model.mixture.sizes
    return Batch(model, [box], [positions], [species], sizes and [sizes.draw(n, rng)]), positions


def slow_pairs(batch, positions, species):
    """Vectors i → j for all i ≠ j with their λ and ε."""
    r = positions[None] - positions[:, None]
    r -= batch.boxes[0] * np.rint(r / batch.boxes[0])
    i, j = np.indices(r.shape[:2])
    mixture = batch.model.mixture
    return r, *pair_scales(mixture, species, mixture.sizes and original_order(batch, batch.sizes[:, 3]), i, j)


def slow_slopes(batch, u, species):
    """φ_u of each pair by its own potential, and whether it is within its cutoff, pair type by pair type."""
    slope, met, kinds = np.zeros(u.shape), np.zeros(u.shape, dtype=bool), range(batch.model.mixture.n_species)
    for a in kinds:
        for b in kinds:
            of = (species[:, None] == a) & (species[None] == b)
            potential = batch.model.potential_of(min(a, b), max(a, b))
            slope[of], met[of] = potential.evaluate(u[of])[1], u[of] < potential.cutoff**2
    return slope, met


def original_order(batch, array):
    out = np.empty_like(array)
    out[batch.label] = array
    return out


@pytest.mark.parametrize("name", [*GLASSES, *OTHERS])
@pytest.mark.parametrize("n", [160, 1100])
def test_list_holds_every_neighbour_and_its_species(name, n):
    batch, positions = random_batch(name, n)
    batch.rebuild(0)
    species = original_order(batch, batch.species)
    r, lam, _ = slow_pairs(batch, positions, species)
    distance = np.linalg.norm(r, axis=2)
    kind = original_order(batch, batch.kind)
    asked = np.sqrt(batch.reach2[kind[:, None], kind[None]])  # of kinds of particles, where these are not the species
    cutoff = np.array([[batch.model.reduced_cutoff(a, b) for b in species] for a in species])
    reach = cutoff * lam + SKIN
    if batch.kind is batch.species:
        np.testing.assert_allclose(asked, reach, atol=1e-5)
    assert np.all(asked > reach)
    for i in range(n):
        row = batch.neighbours[i, : batch.counts[i]] & INDEX_MASK
        found = {int(batch.label[j]) for j in row if j != i}
        me = batch.label[i]
        surely = {j for j in range(n) if j != me and distance[me, j] < reach[me, j] - 1e-5}
        perhaps = {j for j in range(n) if j != me and distance[me, j] < asked[me, j] + 1e-5}  # single precision
        assert surely <= found <= perhaps
        assert len(row) % 8 == 0
        assert np.array_equal(batch.neighbours[i, : batch.counts[i]] >> 28, batch.kind[row])


@pytest.mark.parametrize("name", [*GLASSES, *OTHERS])
def test_forces_equal_the_slow_twin(name):
    batch, positions = random_batch(name)
    batch.rebuild(0)
    species = original_order(batch, batch.species)
    r, lam, eps = slow_pairs(batch, positions, species)
    u = np.sum(r**2, axis=2) / lam**2
    np.fill_diagonal(u, 1e9)
    slope, met = slow_slopes(batch, u, species)
    slope *= eps / lam**2
    expected = np.sum(2 * slope[..., None] * r, axis=1)
    forces(batch)
    np.testing.assert_allclose(original_order(batch, batch.force)[:, :3], expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(batch.force.sum(axis=0), 0.0, atol=1e-9 * np.abs(expected).max())
    pair_force = 2 * np.sqrt(np.sum(r**2, axis=2)) * np.abs(slope)
    Samples(batch).place.done(PAIR_FORCE, [0])
    assert batch.state[0, MEAN_FORCE] == pytest.approx(pair_force[met].mean(), rel=1e-12)


@pytest.mark.parametrize("name", ["polydisperse", "twenty"])
def test_what_a_particle_is_goes_with_it_when_particles_are_sorted(name):
    batch, positions = random_batch(name, 400)
    mine = [original_order(batch, x).copy() for x in (batch.sizes[:, 3], batch.species, batch.kind)]
    batch.rebuild(0)
    assert not np.array_equal(batch.label, np.arange(400))
    for before, now in zip(mine, (batch.sizes[:, 3], batch.species, batch.kind), strict=True):
        assert np.array_equal(before, original_order(batch, now))
    np.testing.assert_allclose(batch.positions(0), positions, atol=1e-14)


def test_ticks_are_exact_and_wrap():
    box = 7.3
    x = np.array([0.0, 1.0, 7.2999999, -0.1, 7.4, 1e-17, -1e-18])
    back = from_ticks(to_ticks(x / box)) * box
    folded = x - box * np.floor(x / box)
    folded[folded >= box] = 0
    np.testing.assert_allclose(back, folded, atol=3e-16 * box)  # round-off of x/L
    a, b = to_ticks(np.array([0.1]) / box), to_ticks(np.array([7.2]) / box)
    assert float((a - b)[0]) * box / 2.0**64 == pytest.approx(0.2)


def test_batch_size_changes_nothing():
    """A sample's forces and list are the same, bit for bit, alone and between others."""
    alone, positions = random_batch("pss", 200, seed=1)
    _, other = random_batch("pss", 260, seed=2)
    kinds = [np.arange(260) % 2, original_order(alone, alone.species), np.arange(260) % 2]
    many = Batch(alone.model, [alone.boxes[0]] * 3, [other, positions, other], kinds)
    for batch, s in ((alone, 0), (many, 1)):
        batch.rebuild(s)
        batch.state[s, [STALE2, LEFT]] = 1e9, 20
        Samples(batch).place.done(PUSH_OFF, [s])
    assert np.array_equal(alone.positions(0), many.positions(1))
    assert np.array_equal(alone.force, many.force[many.rows(1)])


def test_force_loop_is_vector_code():
    """Packed double arithmetic in the assembly, where the processor has it; compiled anew, since a cache keeps none."""
    if not binding.get_host_cpu_features().get("avx2"):
        pytest.skip("no AVX2 here")
    forces = force_body(parse("pss(rc=1.2)"))

    def sweep(first, last, pair, stage, force):
        for i in range(first, last):
            forces(i, 0, pair, stage, force)

    batch, positions = random_batch("pss")
    batch.rebuild(0)
    compiled = njit(**OPTIONS)(sweep)
    compiled(0, len(positions), batch.pair_view(), scratch_of(batch.neighbours.shape[1]), batch.force)
    assembly = "\n".join(compiled.inspect_asm().values())
    assert "vpunpcklqdq" in assembly or "vpunpcklpd" in assembly or "vunpcklpd" in assembly  # records transposed
    assert re.search(r"vfn?madd\d+pd", assembly)
    assert "vdivpd" in assembly  # a packed division: scalar code would have vdivsd alone


def test_pair_force_kernel_counts_interacting_neighbours():
    batch, positions = random_batch("hertzian")
    batch.rebuild(0)
    Samples(batch).place.done(PAIR_FORCE, [0])
    r, lam, _ = slow_pairs(batch, positions, original_order(batch, batch.species))
    distance = np.linalg.norm(r, axis=2) + 1e9 * np.eye(len(positions))
    assert np.array_equal(original_order(batch, batch.force[:, 1]), (distance < lam).sum(axis=1))
