import time

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.models import Mixture
from vitrify.models.catalogue import pss
from vitrify.preparation import quench_glass
from vitrify.statics import Pairs

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
    (grid()[:, :1], 8.0, None, "shape of positions"),
    (grid()[:, :2], np.full(3, 8.0), None, "box is"),
    (grid()[:, :2], 8.0 * np.eye(3), None, "shape of positions"),
    (grid() + 0.5, 8.0 * np.eye(2), None, "has z = 0.5, must be 0 in a cell of two dimensions"),
    (grid(box=0.1), 0.1, None, "at least 1/8 of the cutoff"),
    (grid(), [8.0, 8.0], None, "box is"),
    (grid(), np.diag([8.0, 8.0, 0.0]), None, "singular"),
    (grid(), np.diag([8.0, 8.0, -8.0]), None, "right-handed"),
    (grid(), np.diag([8.0, np.inf, 8.0]), None, "finite"),
    (grid(), 8.0 * np.eye(3)[[1, 2, 0]], None, "a along x and b in the xy plane"),
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


TWO = [[1.0, 1.0, 1.0], [2.2, 1.0, 1.0]]


@pytest.mark.parametrize("species", [
    np.array([0, 256]), np.array([0, 1.9]), np.array([0, np.nan]), np.array([0, np.inf]), [0, 300], [0, -1], np.array([0, -1]), [0, 10**400],
    [0, 0.5], [0, None], [0, 1j], np.array([0, 1j]), [True, False], np.array([True, False]), ["A", "C"], [["A"], ["B"]], "AB", None, 1, {0: 1}, {0, 1},
    np.array(["A", "B"]), np.array([b"A", b"B"]), np.ma.array([0, 1], mask=[False, True]), np.array([0, 1], dtype="M8[s]"),
], ids=lambda x: " ".join(repr(x).split())[:40])  # fmt: skip
def test_species_are_whole_numbers_in_range_or_a_list_of_labels(species):
    with pytest.raises(UsageError, match="species") as caught:
        Glass(TWO, 8.0, species, MODEL)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("species", [
    [0, 1], (0, 1), np.array([0.0, 1.0]), np.array([0, 1], dtype=np.uint64), [0, np.int64(1)], [0.0, 1], pytest.param(iter([0, 1]), id="iterator"), ["A", "B"], ("A", "B"),
    np.array(["A", "B"], dtype=object), [np.str_("A"), "B"], range(2), jnp.array([0, 1]), [np.array(0), 1], pd.Series([0, 1]), pd.Series(["A", "B"]),
], ids=repr)  # fmt: skip
def test_species_as_people_write_them(species):
    glass = Glass(TWO, 8.0, species, MODEL)
    assert glass.species.tolist() == [0, 1]
    assert glass.species.dtype == np.int8


@pytest.mark.parametrize("positions", [
    np.array(TWO) + 0j, np.array(TWO).astype(str), "abc", None, [[1, 1, 1], [2, 2]], [["1", "1", "1"], ["2", "2", "2"]], np.ones((2, 3), dtype=bool),
    np.ma.array(TWO, mask=[[0, 0, 1], [0, 0, 0]]), [[1, 1, None], [2, 2, 2]], np.zeros((2, 3), dtype="M8[s]"),
], ids=lambda x: " ".join(repr(x).split())[:40])  # fmt: skip
def test_positions_that_are_no_real_numbers_are_refused(positions):
    with pytest.raises(UsageError, match="positions"):
        Glass(positions, 8.0, [0, 1], MODEL)


@pytest.mark.parametrize(
    "box", [True, "8", [8.0] * 2, np.full(4, 8.0), None, 8 + 0j, 10**400, np.diag([8.0] * 4), [[8.0], [8.0, 0.0]]], ids=repr
)
def test_a_box_that_is_no_number_is_refused(box):
    with pytest.raises(UsageError, match="box") as caught:
        Glass(TWO, box, [0, 1], MODEL)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "provenance", [{"a": None}, {"a": [1]}, {"a": 1j}, {"a": 10**5000}, {1: 2}, None, "text"], ids=lambda x: f"{type(x)}"
)
def test_a_provenance_holds_numbers_and_texts(provenance):
    with pytest.raises(UsageError, match="provenance"):
        Glass(TWO, 8.0, [0, 1], MODEL, provenance)


def test_nothing_outside_changes_a_glass():
    positions, species, provenance = np.array(TWO), np.array([0, 1], dtype=np.int8), {"seed": 1}
    glass = Glass(positions, 8.0, species, MODEL, provenance)
    positions[0], species[0], provenance["seed"] = 5.0, 1, 2
    assert glass.positions.tolist() == TWO
    assert glass.species.tolist() == [0, 1]
    assert glass.provenance == {"seed": 1}
    again = glass.with_positions(glass.positions + 1.0)
    again.species[0], again.provenance["seed"] = 1, 3
    assert glass.species.tolist() == [0, 1]
    assert glass.provenance == {"seed": 1}


def test_numbers_of_numpy_in_the_provenance_are_numbers():
    given = {
        "a": np.float64(0.5),
        "b": np.int64(3),
        "c": np.bool_(True),
        "d": np.str_("x"),
        "e": np.array(2.0),
        "f": np.float32(0.25),
    }
    plain = Glass(TWO, 8.0, [0, 1], MODEL, given).provenance
    assert plain == {"a": 0.5, "b": 3, "c": True, "d": "x", "e": 2.0, "f": 0.25}
    assert [type(x) for x in plain.values()] == [float, int, bool, str, float, float]


def test_a_model_may_be_its_readable_form():
    assert Glass(TWO, 8.0, [0, 1], "pss(rc=1.2)").model == pss(rc=1.2)
    for wrong in (None, 5, "psss"):
        with pytest.raises(UsageError, match="model"):
            Glass(TWO, 8.0, [0, 1], wrong)


def test_a_box_holds_twice_the_range_of_the_species_that_are_there():
    """Small particles alone need room for small ones: λ_AA = 1, where λ_BB = 1.4 would need 3.77."""
    potential = pss(rc=1.2).potential
    small, large = 2.0 * potential.cutoff, 2.0 * 1.4 * potential.cutoff
    spots = grid(2, box=1.01 * small) + 0.1 * np.random.default_rng(1).random((8, 3))
    glass = Glass(spots, 1.01 * small, np.zeros(8), pss(rc=1.2))
    with pytest.raises(UsageError, match="twice the cutoff"):
        quench_glass(Glass(spots, 1.01 * small, [0] * 7 + [1], pss(rc=1.2)))
    with pytest.raises(UsageError, match="twice the cutoff"):
        quench_glass(Glass(spots, 0.99 * small, np.zeros(8), pss(rc=1.2)))
    Glass(grid(2, box=1.01 * large), 1.01 * large, np.ones(8), pss(rc=1.2))
    # the pairs are those of the same particles in a mixture of their kind alone
    alone = Mixture(composition=(1.0,), lengths=((1.0,),))
    one, other = (Pairs.of(x) for x in (glass, Glass(spots, glass.box, np.zeros(8), pss(rc=1.2, mixture=alone))))
    assert len(one.source) > 0
    # nor does a species that is not there ask for memory: rows for neighbours within λ_BB = 1,000 would take 600 GB
    far = Mixture(lengths=((1.0, 1000.0), (1000.0, 1000.0)))
    assert np.array_equal(Pairs.of(Glass(spots, glass.box, np.zeros(8), pss(rc=1.2, mixture=far))).terms, other.terms)
    assert np.array_equal(one.terms, other.terms)
