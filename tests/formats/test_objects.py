"""Objects of other programs: each program finds our distances in what we make of a glass, and what it holds comes back."""

import importlib
import re
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from vitrify import Glass
from vitrify.errors import ModelOverridden, UsageError
from vitrify.formats.elements import ELEMENTS
from vitrify.models import Mixture, Model
from vitrify.models.catalogue import pss

METALS = {"A": "Cu", "B": "Zr"}
TILTED = np.array([[8.0, 0, 0], [2.5, 9.0, 0], [-1.5, 3.0, 7.0]]) / 3 * np.pi
PACKAGES = {"ase": "ase", "pymatgen": "pymatgen.core", "freud": "freud", "mdanalysis": "MDAnalysis", "ovito": "ovito.data"}
DOUBLE, SINGLE = 1e-14, 1e-6  # of the cell's edge: what a program's precision leaves
PRECISION = {"ase": DOUBLE, "pymatgen": DOUBLE, "freud": SINGLE, "mdanalysis": SINGLE, "ovito": DOUBLE}


def lattice(matrix, dimension=3):
    rng = np.random.default_rng(11)
    spots = np.stack(np.meshgrid(*[np.arange(4)] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    matrix = np.array(matrix)[:dimension, :dimension]
    positions = ((spots + 0.3 * rng.random(spots.shape)) / 4 + rng.integers(-2, 3, spots.shape)) @ matrix
    return Glass(positions, matrix, np.arange(len(spots)) % 2, pss(), {"seed": 3, "origin": "a test", "share": 0.1})


GLASSES = {
    "cube": lattice(8.1 * np.eye(3)),
    "tilted": lattice(TILTED),
    "square": lattice(7.7 * np.eye(3), 2),
    "plane": lattice(TILTED, 2),
}


@pytest.fixture(params=PACKAGES)
def program(request):
    """The name of a program that is installed."""
    require(request.param)
    return request.param


def require(program):
    with warnings.catch_warnings():  # what third parties warn of while they are imported is not ours to mend
        warnings.simplefilter("ignore")
        pytest.importorskip(PACKAGES[program], exc_type=ImportError)


def made(program, glass, names=None):
    return getattr(glass, f"to_{program}")(*([] if names is None else [names]))


def taken(program, found, glass):
    """The glass of an object, told only what the object cannot hold."""
    if program == "freud":
        return Glass.from_freud(found, glass.model, glass.species, glass.sizes)
    if program == "mdanalysis":
        return Glass.from_mdanalysis(found, glass.model, dimension=glass.dimension)
    return getattr(Glass, f"from_{program}")(found)


def ase_distances(atoms):
    return atoms.get_all_distances(mic=True)


def pymatgen_distances(structure):
    return structure.distance_matrix


def freud_distances(system):
    box, points = system
    return box.compute_all_distances(points, points)


def mdanalysis_distances(universe):
    found = importlib.import_module("MDAnalysis.lib.distances")
    return found.distance_array(universe.atoms.positions, universe.atoms.positions, universe.dimensions)


def ovito_distances(data):
    cell = data.cell
    x = np.array(data.particles.positions)
    return np.array([[np.linalg.norm(cell.delta_vector(a, b)) for b in x] for a in x])


def shortest_distances(glass):
    """The shortest of any images of each pair."""
    r = glass.positions[None] - glass.positions[:, None]
    shifts = np.stack(np.meshgrid(*[np.arange(-3, 4)] * glass.dimension, indexing="ij"), -1).reshape(-1, glass.dimension)
    images = [np.linalg.norm(r + shift @ glass.cell.matrix, axis=-1) for shift in shifts]
    return np.min(images, axis=0)


@pytest.mark.parametrize("name", GLASSES)
def test_each_program_finds_our_distances(program, name):
    glass = GLASSES[name]
    found = globals()[f"{program}_distances"](made(program, glass, None if program == "freud" else METALS))
    ours = shortest_distances(glass)
    if program in ("freud", "ovito"):  # fractions are rounded: the shortest image of near pairs alone
        near = ours < 0.5 * glass.cell.heights.min()
        found, ours = found[near], ours[near]
    np.testing.assert_allclose(found, ours, atol=PRECISION[program] * np.linalg.norm(glass.cell.matrix))


@pytest.mark.parametrize("named", [False, True], ids=["A, B", "Cu, Zr"])
@pytest.mark.parametrize("name", GLASSES)
def test_what_an_object_can_hold_comes_back(program, name, named):
    glass = GLASSES[name]
    if named and program == "freud":
        pytest.skip("freud has no names")
    wanted = glass.with_names(METALS) if named else glass
    back = taken(program, made(program, glass, METALS if named else None), wanted)
    tolerance = PRECISION[program] * glass.cell.edges.max()
    np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, atol=tolerance)
    np.testing.assert_allclose(glass.cell.nearest(back.positions - glass.positions), 0.0, atol=tolerance)
    assert np.array_equal(back.species, glass.species)
    assert (back.model, back.dimension) == (wanted.model, glass.dimension)
    if program in ("ase", "pymatgen", "ovito"):
        assert back.provenance == glass.provenance
    if program in ("ase", "ovito"):  # to the last bit
        assert np.array_equal(back.positions, glass.positions)
        assert back.cell == glass.cell


@pytest.mark.parametrize("program", [x for x in PACKAGES if x != "freud"])
def test_lengths_may_be_in_angstroms(program):
    """λ = 2.5 Å: a glass drawn 2.5 times as large, of a hard-to-mistake model, is the glass again."""
    require(program)
    glass, model = GLASSES["tilted"], pss(mixture=Mixture(lengths=((2.5, 2.95), (2.95, 3.5))))
    large = Glass(2.5 * glass.positions, 2.5 * glass.cell.matrix, glass.species, model)
    found = made(program, large)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelOverridden)
        back = getattr(Glass, f"from_{program}")(found, glass.model, length=2.5)
    tolerance = PRECISION[program] * 10.0
    np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, atol=tolerance)
    np.testing.assert_allclose(glass.cell.nearest(back.positions - glass.positions), 0.0, atol=tolerance)
    with pytest.raises(UsageError, match="length is 0, must be a positive number"):
        getattr(Glass, f"from_{program}")(found, glass.model, length=0)


def test_sizes_come_back(program, made):
    glass = made("polydisperse")
    found = getattr(glass, f"to_{program}")()
    back = taken(program, found, glass)
    np.testing.assert_allclose(back.sizes, glass.sizes, rtol=1e-7 if program == "mdanalysis" else 0.0)


@pytest.mark.parametrize("program", ["ase", "pymatgen", "ovito"])
@pytest.mark.parametrize("left", [False, True], ids=["right-handed", "left-handed"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_cells_in_any_direction_are_turned(program, dimension, left):
    """The same distances between the same particles in the standard form of a cell that is rotated, or left-handed."""
    require(program)
    glass = lattice(TILTED, dimension)
    turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(dimension, dimension)))
    turn[0] *= np.sign(np.linalg.det(turn))
    vectors, positions = np.eye(3), np.zeros((glass.n_particles, 3))
    vectors[:dimension, :dimension] = glass.cell.matrix @ turn
    vectors[0] *= -1 if left else 1
    positions[:, :dimension] = glass.positions @ turn
    back = taken(program, in_direction(program, glass, vectors, positions), glass.with_names(METALS))
    assert back.cell.volume == pytest.approx(glass.volume, rel=1e-14)
    np.testing.assert_allclose(shortest_distances(back), shortest_distances(glass), atol=1e-13)


def in_direction(program, glass, vectors, positions):
    """An object of the same particles in a cell of these vectors."""
    found = made(program, glass, METALS)
    if program == "ase":
        found.cell, found.positions = vectors, positions
    elif program == "pymatgen":
        core = sys.modules["pymatgen.core"]
        lattice = core.Lattice(vectors, pbc=found.lattice.pbc)
        found = core.Structure(lattice, found.species, positions, coords_are_cartesian=True, properties=found.properties)
    else:
        found.cell_[:, :3] = vectors.T
        found.particles_.positions_[...] = positions
    return found


def atoms(**changes):
    """ASE's Atoms of a glass, changed."""
    require("ase")
    found = GLASSES["cube"].to_ase(METALS)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("changes", "given", "word"),
    [
        ({"info": {}}, (), 'the model of the particles is not known; give one, such as model="pss'),
        ({"info": {"custom_model": "mine [0.5:0.5]"}}, (), "its model mine .* has a potential that is not part of vitrify"),
        ({"info": {}}, (pss(),), "species 'Cu' is none of A, B; map it, such as species={'Cu': 'A', 'Zr': 'B'}"),
        ({"info": {}}, (pss(), {"Cu": "A", "Zr": "C"}), "mapped to 'C', which is none of A, B"),
        ({"info": {}}, (pss(), {"Cu": "A", "Ni": "B"}), "has no species 'Ni' to be mapped; it has "),
        ({"info": {}}, (pss(), "Cu=A"), "species is 'Cu=A', must map names"),
        ({"info": {}}, (pss(mixture=Mixture(composition=(0.8, 0.2), labels=("Cu", "Zr"))),), "has other fractions"),
        ({"pbc": (True, False, True)}, (), "not periodic in all directions"),
        ({"pbc": False}, (), "not periodic in all directions"),
        ({"pbc": (True, True, False)}, (), "must be 0 in a cell of two dimensions"),
        ({"cell": np.zeros((3, 3))}, (), "has no cell"),
        ({"cell": np.ones((3, 3))}, (), "singular"),
        ({"positions": np.zeros((64, 3))}, (), "in one plane"),
        ({"positions": np.repeat(GLASSES["cube"].positions[:32], 2, axis=0)}, (), "ASE's Atoms: particles 0 and 1 overlap"),
    ],
)
def test_what_is_no_glass_is_one_sentence(changes, given, word):
    with pytest.raises(UsageError, match=word) as caught:
        Glass.from_ase(atoms(**changes), *given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("program", [x for x in PACKAGES if x != "freud"])
def test_other_things_are_told(program):
    arguments = [3, pss()]
    with pytest.raises(UsageError, match="must be given, not 3"):
        getattr(Glass, f"from_{program}")(*arguments)


@pytest.mark.parametrize(
    ("system", "word"),
    [
        (3, r"must be given as \(box, positions\), not as 3"),
        (("x", np.zeros((4, 3))), "has the box 'x', must be a Box"),
        (([0, 0, 0], np.zeros((4, 3))), "has no cell"),
        (([8, 8, 8], np.zeros(3)), r"positions of shape \(3,\)"),
    ],
)
def test_what_is_no_system_of_freud_is_told(system, word):
    with pytest.raises(UsageError, match=word):
        Glass.from_freud(system, pss(), [0, 1, 0, 1])


@pytest.mark.parametrize("name", GLASSES)
def test_boxes_of_freud_may_be_numbers(name):
    """Lengths and tilts as HOOMD has them, or the matrix of its columns, in double precision."""
    glass = GLASSES[name]
    h, d = np.zeros((3, 3)), glass.dimension
    h[:d, :d] = glass.cell.matrix.T
    lengths = np.diag(h)
    tilts = [h[0, 1] / h[1, 1], *((0, 0) if d == 2 else (h[0, 2] / h[2, 2], h[1, 2] / h[2, 2]))]
    for box in (h, [*lengths, *tilts], dict(zip(("Lx", "Ly", "Lz", "xy", "xz", "yz"), (*lengths, *tilts), strict=True))):
        back = Glass.from_freud((box, glass.positions), glass.model, glass.species)
        np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, rtol=1e-15)
        np.testing.assert_allclose(glass.cell.nearest(back.positions - glass.positions), 0.0, atol=1e-13)


def test_another_model_than_the_object_says_is_told():
    found = atoms()
    with pytest.warns(ModelOverridden, match=re.escape("pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4; labels Cu,Zr]")):
        glass = Glass.from_ase(found, "pss(rc=1.3)", {"Cu": "A", "Zr": "B"})
    assert glass.model == pss(rc=1.3)
    assert Glass.from_ase(found, pss(), {"Cu": "A", "Zr": "B"}).model == pss()  # the same, but for the names


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ase", None)
    with pytest.raises(UsageError, match="to_ase needs the package ase, which pip install ase brings"):
        GLASSES["cube"].to_ase()
    with pytest.raises(UsageError, match="a calculator needs the package ase"):
        pss().calculator()
    monkeypatch.setitem(sys.modules, "freud", None)
    with pytest.raises(UsageError, match="to_freud needs the package freud-analysis"):
        GLASSES["cube"].to_freud()


def test_a_model_of_ones_own_must_be_given_again(program):
    glass = replace(GLASSES["cube"], model=Model("mine", pss(rc=1.3).potential))
    found = made(program, glass)
    if program in ("ase", "pymatgen", "ovito"):
        with pytest.raises(UsageError, match=re.escape("its model mine [0.5:0.5; lengths 1,1.18,1.4] has a potential")):
            taken(program, found, glass)
        assert getattr(Glass, f"from_{program}")(found, glass.model).model == glass.model


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ({"C": "Cu"}, "names has 'C', must name only the labels A, B"),
        ({"A": "B"}, "labels is .*, must be 2 different names"),
        ({"A": "a name"}, "2 different names of letters"),
        ({"A": 29}, "must give names to labels"),
        ("Cu,Zr", "must give names to labels"),
    ],
)
def test_names_that_cannot_be_are_told(names, word, tmp_path):
    for act in (lambda: GLASSES["cube"].write(tmp_path / "g.xyz", names=names), lambda: GLASSES["cube"].to_ase(names)):
        with pytest.raises(UsageError, match=word):
            act()


def test_our_elements_are_those_of_ase():
    data = pytest.importorskip("ase.data")
    assert sorted(ELEMENTS) == sorted(data.chemical_symbols[1:])


def test_a_universe_without_a_cell_or_names_is_told():
    require("mdanalysis")
    universe = sys.modules["MDAnalysis"].Universe.empty(4, trajectory=True)
    with pytest.raises(UsageError, match="has no cell"):
        Glass.from_mdanalysis(universe, pss())
    universe.dimensions = [8, 8, 8, 90, 90, 90]
    with pytest.raises(UsageError, match="has no types, names or elements"):
        Glass.from_mdanalysis(universe, pss())


def test_a_disordered_structure_is_told():
    require("pymatgen")
    core = sys.modules["pymatgen.core"]
    structure = core.Structure(core.Lattice.cubic(8.0), [{"Cu": 0.5, "Zr": 0.5}], [[0, 0, 0]])
    with pytest.raises(UsageError, match="disordered"):
        Glass.from_pymatgen(structure, pss())


def test_tags_that_count_no_species_are_told():
    require("ase")
    found = GLASSES["cube"].to_ase()
    found.set_tags(7)
    with pytest.raises(
        UsageError, match="the tag 7 at particle 0, which has no element; the tag must be 0 to 1, the species A, B"
    ):
        Glass.from_ase(found)
