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
])  # fmt: skip
def test_what_cannot_be_a_glass_is_refused_in_one_sentence(positions, box, species, word):
    with pytest.raises(UsageError, match=word) as caught:
        Glass(positions, box, np.zeros(64) if species is None else species, MODEL)
    assert "\n" not in str(caught.value)


def test_positions_are_taken_into_the_box():
    glass = Glass(grid() - 3 * 8.0 + 0.5, 8.0, np.zeros(64), MODEL)
    assert glass.positions.min() >= 0
    assert glass.positions.max() < 8.0
    np.testing.assert_allclose(np.sort(glass.positions, axis=0), np.sort(grid() + 0.5, axis=0), atol=1e-13)
    assert glass.density == 64 / 512
    assert glass.spacing == 2.0
    assert Glass(np.full((1, 3), -1e-17), 8.0, [0], MODEL).positions.max() < 8.0
