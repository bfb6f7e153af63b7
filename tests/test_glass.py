import time

import numpy as np
import pytest

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.model.catalogue import pss

MODEL = pss()


def grid(n=4, box=8.0):
    return np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), -1).reshape(-1, 3) * box / n


def broken(at, value):
    x = grid()
    x[at] = value
    return x


@pytest.mark.parametrize(("positions", "box", "species", "word"), [
    (broken(5, np.nan), 8.0, None, "particle 5 is not a finite number"),
    (broken(5, np.inf), 8.0, None, "particle 5"),
    (broken(9, grid()[3]), 8.0, None, "particles 3 and 9 overlap"),
    (broken(9, grid()[0] + [0, 0, 8.0 - 1e-9]), 8.0, None, "overlap"),
    (grid(), 8.0, np.full(64, 2), "must be 0 to 1"),
    (grid(), 8.0, np.zeros(63), "shape of species"),
    (grid()[:, :2], 8.0, None, "shape of positions"),
    (grid(box=3.0), 3.0, None, "at least twice the cutoff"),
    (grid(), -1.0, None, "box"),
    (grid(), np.nan, None, "box"),
    (grid(), 1e308, None, "box is 1e.308, must be at most"),
    (grid(), 1e5, None, "density is 6.4e-14, must be at least 0.0001"),
    (broken(5, 1e300), 8.0, None, "particle 5 is more than 1e.06 boxes away"),
    (broken(5, -1e300), 8.0, None, "boxes away"),
])  # fmt: skip
def test_what_cannot_be_a_glass_is_refused_in_one_sentence(positions, box, species, word):
    with pytest.raises(UsageError, match=word) as caught:
        Glass(positions, box, np.zeros(64) if species is None else species, MODEL)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("width", [0.0, 1e-7, 2e-6, 1e-5], ids=str)
def test_a_crowd_in_one_place_is_refused_at_once(width):
    x = 3.0 + width * np.random.default_rng(1).random((20_000, 3))
    started = time.process_time()
    with pytest.raises(UsageError, match="overlap"):
        Glass(x, 8.0, np.zeros(20_000), MODEL)
    assert time.process_time() - started < 1.0  # 2e8 pairs, once listed, took minutes and the memory


@pytest.mark.parametrize("apart", [0.4e-6, 0.9e-6, 0.999e-6])
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, -1, 0), (0.6, 0.0, 0.8), (-0.48, 0.6, 0.64)])
def test_overlaps_are_found_across_cells_and_faces(apart, direction):
    for at in (0, 21, 63):
        step = np.array(direction)
        for sign, found in ((apart, True), (1.01e-6, False)):
            x = np.concatenate([grid(), [grid()[at] + sign * step]])
            if found:
                with pytest.raises(UsageError, match=f"particles {at} and 64 overlap"):
                    Glass(x, 8.0, np.zeros(65), MODEL)
            else:
                Glass(x, 8.0, np.zeros(65), MODEL)


def test_the_least_density_makes_a_glass():
    rng = np.random.default_rng(2)
    for n in (100, 1_000, 1_234):
        box = MODEL.box_for(n, 1e-4)
        assert Glass(rng.random((n, 3)) * box, box, np.zeros(n), MODEL).density == pytest.approx(1e-4)


def test_positions_are_taken_into_the_box():
    glass = Glass(grid() - 3 * 8.0 + 0.5, 8.0, np.zeros(64), MODEL)
    assert glass.positions.min() >= 0
    assert glass.positions.max() < 8.0
    np.testing.assert_allclose(np.sort(glass.positions, axis=0), np.sort(grid() + 0.5, axis=0), atol=1e-13)
    assert glass.density == 64 / 512
    assert glass.spacing == 2.0
    assert Glass(np.full((1, 3), -1e-17), 8.0, [0], MODEL).positions.max() < 8.0
