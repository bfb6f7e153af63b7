"""Cells against plain linear algebra and sums over images."""

from itertools import product

import numpy as np
import pytest

from vitrify.cell import Cell, standard_form
from vitrify.errors import UsageError

CELLS = {
    "cube": Cell.of(7.3, 3),
    "slab": Cell.of([7.0, 9.0, 5.0], 3),
    "tilted": Cell(np.array([[7.0, 0, 0], [2.5, 6.0, 0], [-1.5, 3.0, 8.0]])),
    "long tilts": Cell(np.array([[7.0, 0, 0], [9.0, 6.0, 0], [-8.0, 11.0, 8.0]])),
    "square": Cell.of(7.3, 2),
    "rectangle": Cell.of([7.0, 4.0], 2),
    "rhombus": Cell(np.array([[6.0, 0], [3.0, 3.0 * np.sqrt(3)]])),
}


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


def images(cell, n=3):
    """Vectors of the lattice, (m, d), the zero vector first."""
    shifts = sorted(product(range(-n, n + 1), repeat=cell.dimension), key=lambda x: any(x))
    return np.array(shifts) @ cell.matrix


@pytest.mark.parametrize(("box", "word"), [
    (np.zeros((3, 3)), "singular"),
    ([[1, 0, 0], [2, 0, 0], [0, 0, 1]], "singular"),
    ([[8, 0, 0], [8, 1e-12, 0], [0, 0, 8]], "singular"),
    (np.diag([8.0, -8.0, 8.0]), "right-handed"),
    ([[0, 8, 0], [8, 0, 0], [0, 0, 8]], "right-handed"),
    ([[8, 1, 0], [0, 8, 0], [0, 0, 8]], "lower triangular matrix with rows a, b and c"),
    (np.diag([-8.0, -8.0, 8.0]), "lower triangular"),
    ([[8, 0], [0, np.nan]], "finite"),
    (np.eye(4), "two or three vectors"),
    ("cube", "box is"),
    ([[8, 0], [8]], "box is"),
])  # fmt: skip
def test_what_is_no_cell_is_refused_in_one_sentence(box, word):
    with pytest.raises(UsageError, match=word) as caught:
        Cell(box)
    assert "\n" not in str(caught.value)


def test_numbers_lengths_and_matrices_make_cells():
    assert Cell.of(8, 3) == Cell.of([8, 8, 8], 3) == Cell(8 * np.eye(3)) == Cell.of(CELLS["cube"].matrix * 8 / 7.3, 3)
    assert Cell.of(8, 2).edge == 8.0
    assert Cell.of(CELLS["rhombus"], 3) is CELLS["rhombus"]
    assert len({Cell.of(8, 3), Cell.of(8, 3), Cell.of(8, 2)}) == 2
    with pytest.raises(UsageError, match="must be a cube"):
        _ = CELLS["tilted"].edge


def test_volume_heights_and_waves(cell):
    volume = abs(np.linalg.det(cell.matrix))
    assert cell.volume == pytest.approx(volume, rel=1e-14)
    for k in range(cell.dimension):
        others = np.delete(cell.matrix, k, axis=0)
        face = np.linalg.norm(np.cross(*others)) if cell.dimension == 3 else np.linalg.norm(others)
        assert cell.heights[k] == pytest.approx(volume / face, rel=1e-13)
    waves = np.array([n for n in product(range(-6, 7), repeat=cell.dimension) if any(n)])
    shortest = np.linalg.norm(waves @ np.linalg.inv(cell.matrix).T, axis=1).min()
    assert cell.longest_wave == pytest.approx(1.0 / shortest, rel=1e-13)


def test_fractions_and_positions(cell):
    x = np.random.default_rng(1).normal(scale=20, size=(50, cell.dimension))
    f = cell.fractions(x)
    np.testing.assert_allclose(f, np.linalg.solve(cell.matrix.T, x.T).T, atol=1e-13)
    np.testing.assert_allclose(cell.positions(f), x, atol=1e-13)
    np.testing.assert_allclose(cell.positions(f), f @ cell.matrix, atol=1e-13)


def test_positions_are_taken_in_once(cell):
    """Far ones too; what is in stays as it is to the last bit, also on a face or a rounding away from it."""
    rng = np.random.default_rng(2)
    on_faces = rng.integers(-3, 4, (200, cell.dimension)) @ cell.matrix
    near_faces = on_faces * (1 + rng.choice([-1e-16, 1e-16], on_faces.shape))
    for x in (
        rng.normal(scale=20, size=(200, cell.dimension)),
        1e5 * rng.normal(size=(200, cell.dimension)),
        on_faces,
        near_faces,
    ):
        once = cell.wrapped(x)
        f = cell.fractions(once)
        assert f.min() > -1e-11
        assert f.max() < 1 + 1e-11
        moved = cell.fractions(once - x)
        np.testing.assert_allclose(moved, np.rint(moved), atol=1e-14 * (1 + np.abs(x).max()))
        assert np.array_equal(cell.wrapped(once), once)


def test_the_nearest_image(cell):
    half = 0.5 * cell.heights.min()
    vectors = np.random.default_rng(3).normal(size=(300, cell.dimension))
    vectors *= (half * np.random.default_rng(4).random(300) / np.linalg.norm(vectors, axis=1))[:, None]
    away = vectors + images(cell)[np.random.default_rng(5).integers(0, 25, 300)]
    np.testing.assert_allclose(cell.nearest(away), vectors, atol=1e-13)


def test_a_strain_moves_no_fraction(cell):
    gradient = np.random.default_rng(6).normal(scale=0.1, size=(cell.dimension,) * 2)
    x = np.random.default_rng(7).random((10, cell.dimension)) @ cell.matrix
    strained = cell.strained(gradient)
    gram = strained.matrix @ strained.matrix.T  # lengths and angles, however the cell is turned
    moved = cell.matrix @ (np.eye(cell.dimension) + gradient).T
    np.testing.assert_allclose(gram, moved @ moved.T, atol=1e-12)
    upper = np.triu(gradient)
    np.testing.assert_array_equal(np.triu(cell.strained(upper).matrix, 1), 0.0)
    expected = x @ (np.eye(cell.dimension) + upper).T  # which turns nothing
    np.testing.assert_allclose(cell.strained(upper).positions(cell.fractions(x)), expected, atol=1e-13)


def test_the_standard_form_is_a_rotation(cell):
    d = cell.dimension
    turn, _ = np.linalg.qr(np.random.default_rng(8).normal(size=(d, d)))
    turn *= np.sign(np.linalg.det(turn)) if d == 3 else 1
    turn[0] *= np.sign(np.linalg.det(turn))
    turned, rotation = standard_form(cell.matrix @ turn)
    np.testing.assert_allclose(turned.matrix, cell.matrix, atol=1e-13)
    np.testing.assert_allclose(rotation, turn.T, atol=1e-13)
    same, none = standard_form(cell.matrix)
    assert same == cell
    assert np.array_equal(none, np.eye(d))
    with pytest.raises(UsageError, match="right-handed"):
        standard_form(cell.matrix[::-1] if d == 2 else cell.matrix[[1, 0, 2]])


@pytest.mark.parametrize("part", [0.99, 0.3, 1e-4])
def test_pairs_within_a_reach(cell, part):
    rng = np.random.default_rng(9)
    x = cell.wrapped(rng.random((80, cell.dimension)) @ cell.matrix)
    x[40:] = cell.wrapped(x[:40] + 1e-5 * rng.normal(size=(40, cell.dimension)))
    x[0] = 0.0
    reach = 0.5 * part * float(cell.heights.min())
    found, vectors = cell.pairs_within(x, reach)
    expected = {}
    for i in range(80):
        for j in range(i + 1, 80):
            away = x[j] - x[i] + images(cell)
            near = away[np.argmin(np.linalg.norm(away, axis=1))]
            if np.linalg.norm(near) < reach:
                expected[i, j] = near
    assert len(expected) >= 30
    assert sorted(map(tuple, found.tolist())) == sorted(expected)
    for pair, vector in zip(found.tolist(), vectors, strict=True):
        np.testing.assert_allclose(vector, expected[tuple(pair)], atol=1e-12)
