"""Molecules as models and files say them: readable forms, topologies, and what is told where they do not fit."""

from dataclasses import replace

import numpy as np
import pytest

import vitrify
from vitrify import Glass, SampleFailure, UsageError, models
from vitrify.models import Molecule, Topology
from vitrify.preparation.places import OnDevice
from vitrify.preparation.start import random_batch
from vitrify.statics import Pairs
from vitrify.study.work import _glass_of, glass_checksum, glass_result

FORMS = [
    "{sites 10; bonds fene(k=30, r0=1.5, epsilon=1, sigma=1) chain}",
    "{sites 3; bonds harmonic(k=500, r0=1) chain; bonds harmonic(k=40.5, r0=1.2) 1-3; exclude molecules}",
    "{sites A,B,A,B; bonds harmonic(k=500, r0=1) 1-2,2-3,2-4; angles harmonic(k=7, theta0=104.5) 1-2-3; exclude 1-3}",
    "{sites 4; bonds fene(k=20, r0=1.6, epsilon=0.5, sigma=0.9) chain; angles cosine(k=2) chain; exclude none}",
]
PAIR = "lennard_jones(rc=1.5)"
ONE, TWO = "[1; lengths 1]", "[0.5:0.5; lengths 1,1.1,1.2]"


@pytest.mark.parametrize("form", FORMS)
def test_printing_and_reading_are_inverse(form):
    assert str(Molecule.parse(form)) == form
    assert Molecule.parse(str(Molecule.parse(form))) == Molecule.parse(form)
    mixture = TWO if "A,B" in form else ONE
    model = models.parse(f"{PAIR} {mixture} {form}")
    assert str(model) == f"lennard_jones(rc=1.5) {mixture} {form}"
    assert models.parse(str(model)) == model
    assert model.with_molecules(None).with_molecules(form) == model
    assert model != model.with_molecules(None)


def test_a_form_may_leave_out_defaults_and_blanks():
    short = Molecule.parse("{ sites 3 ;bonds fene( ) chain;exclude 1-2}")
    assert short == Molecule.parse("{sites 3; bonds fene(k=30, r0=1.5, epsilon=1, sigma=1) 1-2,2-3}")


def test_other_models_take_molecules_too():
    written = models.formula("1/r^12", cutoff=1.5).with_molecules(FORMS[0])
    assert models.parse(str(written)) == written
    assert str(models.parse(f"pss(rc=1.2) {FORMS[0]}")) == f"pss(rc=1.2) {FORMS[0]}"  # the paper's mixture is not said
    named = models.parse("kremer_grest()")
    assert models.parse(str(named)) == named == models.kremer_grest()


def test_a_topology_repeats_the_molecule():
    found = Molecule.parse(FORMS[1]).topology(2)
    assert found.bonds.tolist() == [[0, 1], [1, 2], [0, 2], [3, 4], [4, 5], [3, 5]]
    assert found.bond_types.tolist() == [0, 0, 1, 0, 0, 1]
    assert str(found) == "1-2:1 2-3:1 1-3:2 4-5:1 5-6:1 4-6:2"
    bent = Molecule.parse(FORMS[2]).topology(2)
    assert bent.angles.tolist() == [[0, 1, 2], [4, 5, 6]]
    for topology in (found, bent):
        assert Topology.parse(str(topology)) == topology
    with pytest.raises(ValueError, match="read-only"):
        found.bonds[0, 0] = 5


def test_pairs_that_do_not_interact_are_so_many_bonds_apart():
    chain = Molecule.parse(FORMS[0]).topology(2)
    for exclude, steps in {"none": 0, "1-2": 1, "1-3": 2, "1-4": 3, "molecules": 9}.items():
        found = {tuple(x) for x in chain.excluded(20, exclude).tolist()}
        wanted = {(i, j) for i in range(20) for j in range(20) if i // 10 == j // 10 and 0 < abs(i - j) <= steps}
        assert found == wanted


@pytest.mark.parametrize("form", [FORMS[0], FORMS[1], "{sites 6; bonds harmonic(k=1, r0=0.8) 1-2,2-3,3-4,4-5,5-6,6-1}"])
def test_molecules_are_placed_with_bonds_at_rest(form):
    molecule = Molecule.parse(form)
    x = molecule.placed(50, np.random.default_rng(1), 3)
    for bound in molecule.bonds:
        for i, j in bound.places:
            np.testing.assert_allclose(np.linalg.norm(x[:, i] - x[:, j], axis=1), bound.law.rest, atol=1e-3)


@pytest.mark.parametrize(("form", "told"), [
    ("{bonds fene() chain}", "must begin with its sites"), ("sites 3; bonds fene() chain", "must stand in braces"),
    ("{sites 1; bonds fene() chain}", "sites is 1, must be 2 to 10,000"), ("{sites 3; bond fene() chain}", "cannot be read"),
    ("{sites 3; bonds fenne() chain}", "did you mean"), ("{sites 3; bonds fene(q=3) chain}", "has no 'q'; it takes k, r0"),
    ("{sites 3; bonds harmonic(k=3) chain}", "r0 is None, must be a number"), ("{sites 3; bonds fene() 1-2}", "to site 3"),
    ("{sites 3; bonds fene() 1-2,2-4}", "must have 2 different sites of 1 to 3"), ("{sites 2; bonds fene() 1-2,2-1}", "twice"),
    ("{sites 3; bonds fene() 1-2-3}", "must be between sites such as 1-2,2-3"), ("{sites 3; bonds fene(k=1,k=2) chain}", "once"),
    ("{sites 3; bonds fene() chain; exclude some}", "must be one of none, 1-2"), ("{sites A,B; bonds fene() chain}", "'B'"),
    ("{sites A,; bonds fene() chain}", "labels such as A,B,A"), ("{sites 3; bonds fene() chain; angles cosine(k=1) 1-2}", "1-2-3"),
])  # fmt: skip
def test_what_is_no_molecule_is_told_in_one_sentence(form, told):
    with pytest.raises(UsageError, match="(?s)" + told.replace("(", r"\(").replace(")", r"\)")) as error:
        models.parse(f"{PAIR} {ONE}").with_molecules(form)
    assert "\n" not in str(error.value)


def test_fractions_are_those_of_the_sites():
    with pytest.raises(UsageError, match="its fractions must be 0.666667:0.333333"):
        models.parse(f"{PAIR} {TWO} {{sites A,B,A; bonds fene() chain}}")
    with pytest.raises(UsageError, match="energy beyond pairs, so that its particles can be no molecules"):
        models.stillinger_weber().with_molecules(FORMS[0])


def test_particles_make_whole_molecules():
    with pytest.raises(UsageError, match="n_particles is 195, but molecules of 10 particles need a multiple; take 200"):
        vitrify.make_glass("kremer_grest()", n_particles=195, density=1.0, parent_temperature=1.0, seed=1)


@pytest.fixture
def dimers():
    """Four pairs of particles, far from each other; none is bound to the one that follows it."""
    model = models.parse(f"{PAIR} {ONE}").with_molecules("{sites 2; bonds fene() chain; exclude none}")
    middles = 1.9 * np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)[:4]
    x = np.concatenate([middles, middles + np.array([0.9, 0.1, 0.0])])
    topology = Topology(np.array([(k, k + 4) for k in range(4)]), np.zeros(4, dtype=int), np.empty((0, 3)), np.empty(0))
    return Glass(x, 4.2, np.zeros(8, dtype=int), model, topology=topology)


def test_topologies_and_models_belong_together(dimers):
    with pytest.raises(UsageError, match="topology is None, must be a Topology that says which particles are bound"):
        replace(dimers, topology=None)
    with pytest.raises(UsageError, match="must be none, as the particles of .* are not bound to each other"):
        replace(dimers, model=dimers.model.with_molecules(None))
    bound, none, empty = dimers.topology.bonds, np.empty((0, 3)), np.empty(0)
    with pytest.raises(UsageError, match=r"bonds has \[3, 8\], must have particles of 0 to 7"):
        replace(dimers, topology=Topology(np.where(bound == 7, 8, bound), np.zeros(4, dtype=int), none, empty))
    with pytest.raises(UsageError, match=r"bonds has \[0, 4\] of type 1, but the model has laws for 0 to 0"):
        replace(dimers, topology=Topology(bound, np.ones(4, dtype=int), none, empty))
    with pytest.raises(UsageError, match="must have 2 different particles"):
        Topology(np.array([[1, 1]]), np.zeros(1, dtype=int), none, empty)
    with pytest.raises(UsageError, match=r"bonds has \[0, 1\] twice, must have each once"):
        Topology.parse("1-2:1 3-4:1 2-1:2")
    with pytest.raises(UsageError, match=r"angles has \[0, 1, 2\] twice"):
        Topology.parse("1-2:1 2-3:1 1-2-3:1 3-2-1:1")
    with pytest.raises(UsageError, match=r"angles has \[0, 1, 3\], must have particles of one molecule"):
        Topology.parse("1-2:1 2-3:1 1-2-4:1").require(4, 1, 1)


def test_a_torn_bond_is_told(dimers):
    x = dimers.positions.copy()
    x[4, 0] += 0.7
    with pytest.raises(
        SampleFailure, match=r"the bond of particles 0 and 4 is 1.603 λ long, must be shorter than its r0 1.5"
    ):
        Pairs.of(replace(dimers, positions=x))


def test_a_bond_and_a_pair_are_one_pair(dimers):
    """exclude none: φ of the pair and of the bond add."""
    pairs = Pairs.of(dimers)
    apart = Pairs.of(replace(dimers, model=dimers.model.with_molecules("{sites 2; bonds fene() chain}")))
    s = 0.82
    potential = dimers.model.potential
    assert pairs.energy - apart.energy == pytest.approx(4 * float(potential.energy(np.array([s]))[0]), rel=1e-9)
    assert len(pairs.target) == len(apart.target)


def test_small_cells_have_the_same_energy_as_their_copies(dimers):
    """Pairs with images: a bond is by the shortest vector, also where the pairs of its ends meet several times."""
    model = models.parse(f"lennard_jones(rc=2.5) {ONE}").with_molecules(dimers.model.molecule)
    for exclude in ("none", "1-2"):
        own = model.with_molecules(replace(model.molecule, exclude=exclude))
        small = replace(dimers, model=own)
        shift = 4.2 * np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        x = (small.positions + shift[:, None]).reshape(-1, 3)
        bonds = (small.topology.bonds + 8 * np.arange(8)[:, None, None]).reshape(-1, 2)
        topology = Topology(bonds, np.zeros(32, dtype=int), np.empty((0, 3)), np.empty(0))
        large = Glass(x, 8.4, np.zeros(64, dtype=int), own, topology=topology)
        assert Pairs.of(large).energy == pytest.approx(8 * Pairs.of(small).energy, rel=1e-12)
        np.testing.assert_allclose(Pairs.of(large).forces()[:8], Pairs.of(small).forces(), atol=1e-9)


@pytest.mark.parametrize("name", ["g.data", "g.xyz", "g.extxyz", "g.lmp"])
def test_files_keep_what_is_bound(dimers, name, tmp_path):
    dimers.write(tmp_path / name)
    found = Glass.read(tmp_path / name)
    assert found.model == dimers.model
    assert found.topology == dimers.topology
    assert Pairs.of(found).energy == pytest.approx(Pairs.of(dimers).energy, rel=1e-12)


def test_a_word_stands_for_molecules_in_order(dimers, tmp_path):
    order = np.arange(8).reshape(2, 4).T.ravel()
    in_order = replace(dimers, positions=dimers.positions[order], topology=dimers.model.molecule.topology(4))
    in_order.write(tmp_path / "g.xyz")
    assert 'topology="consecutive"' in (tmp_path / "g.xyz").read_text()
    assert Glass.read(tmp_path / "g.xyz").topology == in_order.topology


def test_files_without_bonds_are_told(dimers, tmp_path):
    replace(dimers, model=dimers.model.with_molecules(None), topology=None).write(tmp_path / "g.xyz")
    with pytest.raises(UsageError, match="does not say which particles are bound to each other, as those of"):
        Glass.read(tmp_path / "g.xyz", dimers.model)
    dimers.write(tmp_path / "g.data")
    with pytest.warns(vitrify.errors.ModelOverridden, match="says that its model is"):
        Glass.read(tmp_path / "g.data", f"{PAIR} {ONE}")
    text = (tmp_path / "g.data").read_text().split("\n", 1)[1]
    (tmp_path / "g.data").write_text(f"of somebody\n{text}")
    with pytest.warns(vitrify.errors.ModelOverridden, match="has bonds, which are left out, as the particles of"):
        Glass.read(tmp_path / "g.data", f"{PAIR} {ONE}")
    with pytest.raises(UsageError, match="a .gsd file cannot hold which particles are bound; write one of"):
        dimers.write(tmp_path / "g.gsd")
    with pytest.raises(UsageError, match="a glass of molecules cannot be handed to ase"):
        dimers.to_ase()


def test_the_store_keeps_what_is_bound(dimers):
    result = glass_result(dimers)
    assert _glass_of(result).topology == dimers.topology
    other = replace(dimers.topology, bonds=dimers.topology.bonds[:, ::-1])
    assert glass_checksum(result) != glass_checksum(glass_result(replace(dimers, topology=other)))


def test_a_gpu_is_refused():
    batch = random_batch(models.kremer_grest(), n_particles=200, density=1.0, rngs=[np.random.default_rng(1)])
    with pytest.raises(UsageError, match="has molecules, which are moved on the CPU alone; leave the GPU out"):
        OnDevice(batch, None)


OTHERS = """LAMMPS by somebody

4 atoms
1 atom types
2 bonds
1 bond types
0 4 xlo xhi
0 4 ylo yhi
0 4 zlo zhi

Bond Type Labels

1 backbone

Atoms # bond

3 1 1 1.9 1 1
1 1 1 1 1 1
2 2 1 1 3 3
9 2 1 1.9 3 3

Bonds

1 backbone 1 3
2 1 9 2
"""


def test_bonds_of_others_are_by_ids_and_labels(tmp_path):
    model = f"{PAIR} {ONE} {{sites 2; bonds fene() chain}}"
    (tmp_path / "g.data").write_text(OTHERS)
    found = Glass.read(tmp_path / "g.data", model)
    assert (found.topology.bonds.tolist(), found.topology.bond_types.tolist()) == ([[0, 2], [3, 1]], [0, 0])
    (tmp_path / "g.data").write_text(OTHERS.replace("2 1 9 2", "2 2 9 2"))
    with pytest.raises(UsageError, match="line 25 has type '2' in its section Bonds, must be one of the 1 types"):
        Glass.read(tmp_path / "g.data", model)
    (tmp_path / "g.data").write_text(OTHERS.replace("2 1 9 2", "2 1 9 7"))
    with pytest.raises(UsageError, match="line 25 binds a particle that has no row in its section Atoms"):
        Glass.read(tmp_path / "g.data", model)


@pytest.mark.parametrize("bond", ["harmonic(k=5, r0=1000)", "harmonic(k=5, r0=5.1)"])
def test_a_bond_longer_than_half_the_box_is_named(bond):
    model = models.parse(f"{PAIR} {ONE} {{sites 2; bonds {bond} chain}}")
    told = r"the bonds harmonic\(k=5, r0=[0-9.]+\) are .* long at rest, must be at most half the box of 10 λ"
    with pytest.raises(UsageError, match=told):
        model.box_for(1000, 1.0)
    shorter = models.parse(f"{PAIR} {ONE} {{sites 2; bonds harmonic(k=5, r0=4.9) chain}}")
    assert shorter.box_for(1000, 1.0) == pytest.approx(10.0)
