"""Maps of local moduli: their means, crystals, and finite strain with re-minimisation."""

from itertools import product

import numpy as np
import pytest

from cells import MINIMUM, PSS, copies, fcc, relaxed, tilted, tilted_flat_glass
from crystals import rattler, saddle
from vitrify.errors import SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.observables import elastic_constants, local_moduli
from vitrify.statics import Pairs
from vitrify.statics.elastic_tensor import VOIGT, full_tensor
from vitrify.statics.local_tensors import line_fractions
from vitrify.study.observables import OBSERVABLES


@pytest.fixture(scope="module", params=["cube", "tilted", "flat"])
def solid(request, pss_glass):
    return {"cube": pss_glass, "tilted": tilted(pss_glass), "flat": tilted_flat_glass()}[request.param]


def inside(start, step, cells):
    """Fraction of each line in each coarse cell and its images, (p, *cells), by clipping at the cell's faces."""
    shares = np.zeros((len(start), *cells))
    reach = int(np.ceil(np.abs(start).max() + np.abs(step).max())) + 1
    for image in product(*(range(-reach, reach + x) for x in cells)):
        enter, leave = np.zeros(len(start)), np.ones(len(start))
        for a, low in enumerate(image):
            ends = np.sort((np.array([[low], [low + 1]]) - start[:, a]) / step[:, a], axis=0)
            enter, leave = np.maximum(enter, ends[0]), np.minimum(leave, ends[1])
        shares[(slice(None), *(x % n for x, n in zip(image, cells, strict=True)))] += np.maximum(leave - enter, 0.0)
    return shares


@pytest.mark.parametrize(("cells", "length"), [((2, 3, 4), 0.4), ((3, 1, 2), 2.5), ((4, 3), 0.6), ((2, 5), 3.1)])
def test_lines_are_shared_out_as_they_lie_in_cells(cells, length):
    """Short lines and such as cross a cell several times, from places outside the box too."""
    rng, d = np.random.default_rng(5), len(cells)
    start, step = rng.uniform(-1.0, 5.0, (40, d)), rng.normal(size=(40, d)) * length
    place, fraction = line_fractions(start, step, cells)
    found = np.zeros((40, int(np.prod(cells))))
    np.add.at(found, (np.arange(40)[:, None], place), fraction)
    np.testing.assert_allclose(found.reshape(40, *cells), inside(start, step, cells), atol=1e-12)
    assert (np.count_nonzero(found > 1e-9, axis=1) > 1).any()


def test_a_line_along_an_axis_or_of_no_length_counts_once():
    start, step = np.array([[0.5, 0.25], [1.0, 1.0], [0.2, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]])
    place, fraction = line_fractions(start, step, (2, 2))
    np.testing.assert_allclose(fraction.sum(axis=1), 1.0)
    found = np.zeros((3, 4))
    np.add.at(found, (np.arange(3)[:, None], place), fraction)
    np.testing.assert_allclose(found, [[0.5, 0, 0.5, 0], [0, 0, 0, 1], [0.5, 0.5, 0, 0]], atol=1e-15)


@pytest.mark.parametrize("cells", [1, 3, 7, "uneven"])
def test_means_over_cells_are_the_numbers_of_the_glass(solid, cells):
    d = solid.dimension
    numbers = (2, 5, 3)[:d] if cells == "uneven" else cells
    found, whole = local_moduli(solid, cells=numbers), elastic_constants(solid)
    assert found.cells == ((cells,) * d if cells != "uneven" else numbers)
    over = tuple(range(d))
    for name in ("stress", "born", "nonaffine", "thermodynamic", "birch"):
        expected = getattr(whole, name)
        np.testing.assert_allclose(getattr(found, name).mean(axis=over), expected, atol=1e-9 * np.abs(whole.born).max())
    np.testing.assert_allclose(found.shear_moduli.mean(axis=over), whole.shear_moduli, rtol=1e-9)
    assert found.bulk_modulus.mean() == pytest.approx(whole.voigt.bulk, rel=1e-9)
    assert found.shear_moduli.shape == (*found.cells, {3: 5, 2: 2}[d])
    if cells == 1:
        assert found.bulk_modulus_width == found.shear_modulus_width == 0.0
    else:
        assert found.shear_modulus_width > found.bulk_modulus_width > 0.02


@pytest.mark.parametrize("cells", [3, (1, 3, 3)])
def test_every_cell_of_a_crystal_is_as_the_crystal(cells):
    """A coarse cell that holds a whole number of unit cells, whose borders no line of neighbours lies in."""
    crystal = fcc((3, 3, 3), 0.98 * MINIMUM)
    moved = crystal.with_positions(crystal.positions + np.array([0.11, 0.23, 0.31]))
    found, whole = local_moduli(moved, cells=cells), elastic_constants(crystal)
    for name in ("stress", "birch"):
        expected = getattr(whole, name)
        everywhere = np.broadcast_to(expected, getattr(found, name).shape)
        np.testing.assert_allclose(getattr(found, name), everywhere, atol=1e-9 * np.abs(whole.born).max())


def test_half_a_crystal_of_the_plane():
    """Cells between the rows of a triangular lattice hold bonds by halves: the stress of each is that of the whole."""
    a = MINIMUM * 0.98
    one = Glass([[0.0, 0.0], [a / 2, a * np.sqrt(3) / 2]], [a, a * np.sqrt(3)], [0, 0], PSS)
    crystal = copies(one, (6, 4))
    rows = crystal.with_positions(crystal.positions + np.array([0.0, a * np.sqrt(3) / 4]))
    found = local_moduli(rows, cells=(1, 8))
    np.testing.assert_allclose(found.bulk_modulus, elastic_constants(crystal).voigt.bulk, rtol=1e-9)


def shared_stress(glass, fractions_pc, number, volume):
    """σ of each coarse cell, (c, d, d), from pairs that keep their fractions."""
    pairs, d = Pairs.of(glass), glass.dimension
    r = pairs.r_pd[:, :d]
    assert len(r) == len(fractions_pc)  # no pair has come or gone
    return np.einsum("p,pa,pb,pc->cab", pairs.terms[1], r, r, fractions_pc) * number / volume


@pytest.mark.parametrize("name", ["tilted", "flat"])
def test_local_moduli_by_finite_strain(name, pss_glass):
    """The local stress of strained and re-minimised glasses, whose pairs keep their fractions: δσ = B:ε + ωσ − σω in each
    cell, with its own B and σ."""
    glass, step = tilted(pss_glass) if name == "tilted" else tilted_flat_glass(), 1e-6
    d, cells = glass.dimension, (2, 3, 2)[: glass.dimension]
    found, number = local_moduli(glass, cells=cells), int(np.prod(cells))
    birch = full_tensor(found.birch).reshape(number, d, d, d, d)
    local, scale = found.stress.reshape(number, d, d), np.abs(elastic_constants(glass).birch).max()
    pairs = Pairs.of(glass)
    start = glass.cell.fractions(glass.positions)[pairs.source] * cells
    shares = inside(start, glass.cell.fractions(pairs.r_pd[:, :d]) * cells, cells).reshape(-1, number)
    np.testing.assert_allclose(shared_stress(glass, shares, number, glass.volume), local, atol=1e-10 * scale)
    for a, b in VOIGT[d]:
        gradient = np.zeros((d, d))
        gradient[a, b] = 1.0
        strained = [relaxed(glass.strained(sign * step * gradient)) for sign in (1, -1)]
        ends = [shared_stress(x, shares, number, x.volume) for x in strained]
        spin = 0.5 * (gradient - gradient.T)
        expected = np.einsum("cijkl,kl->cij", birch, gradient) + spin @ local - local @ spin
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * step), expected, atol=5e-5 * scale)  # step² and 1e-11/step


def test_without_rattlers():
    glass = rattler()
    found = local_moduli(glass, cells=2, without_rattlers=True)
    assert found.is_minimum
    assert not local_moduli(glass, cells=2).is_minimum
    assert found.bulk_modulus.mean() == pytest.approx(elastic_constants(glass).voigt.bulk, rel=1e-9)


@pytest.mark.parametrize("cells", [0, -1, 65, 2.0, "3", True, None, (2, 2), (2, 2, 0), [1, 2, 3, 4], (2, 2, 1.5)])
def test_numbers_of_cells_that_cannot_be_are_refused(cells, pss_glass):
    with pytest.raises(UsageError, match="cells is .*must be a whole number from 1 to 64, or 3 of them"):
        local_moduli(pss_glass, cells=cells)


def test_a_saddle_has_no_maps():
    with pytest.raises(SampleFailure, match="no solid"):
        local_moduli(saddle())


def test_widths_are_standard_deviations_in_units_of_the_mean(pss_glass):
    found = local_moduli(pss_glass, cells=2)
    by_plane = found.shear_moduli.reshape(8, 5)
    spread = [np.std([x - np.mean(plane) for x in plane]) for plane in by_plane.T]
    assert found.shear_modulus_width == pytest.approx(np.sqrt(np.mean(np.square(spread))) / np.mean(by_plane), rel=1e-12)
    bulk = found.bulk_modulus.ravel()
    assert found.bulk_modulus_width == pytest.approx(
        np.sqrt(np.mean(bulk**2) - np.mean(bulk) ** 2) / np.mean(bulk), rel=1e-9
    )


@pytest.mark.parametrize("name", ["elastic_constants", "local_moduli"])
def test_studies_refuse_what_is_no_minimum(name):
    with pytest.raises(SampleFailure, match="is not a minimum of the energy"):
        OBSERVABLES[name]().measure(rattler())
