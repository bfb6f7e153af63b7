"""A result that was made from another one belongs to its bits."""

import pytest
import squares

from vitrify.campaign import Result, Store, run


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


def made_again(store, numbers, note=""):
    """As after the loss of the first result, on a machine whose last bits differ."""
    store.publish("r/000000", "d", squares.root(store, numbers, note))


def test_what_was_made_from_other_bits_is_made_again(store):
    unit = squares.rooted([1.0, 2.0])
    assert run([unit], store, workers=1).made == 1
    assert store.read("sums/000000").values == {"sum": 3.0}
    made_again(store, [1.0, 2.5])
    outcome = run([unit], store, workers=1)
    assert (outcome.made, outcome.present) == (1, 0)
    assert store.read("sums/000000").values == {"sum": 3.5}
    assert len(store.quarantined()) == 1
    assert "made from another r/000000" in store.quarantined()[0]


def test_with_the_same_bits_nothing_is_made_again(store):
    unit = squares.rooted([1.0, 2.0])
    run([unit], store, workers=1)
    before = store.path("sums/000000").stat().st_ino
    made_again(store, [1.0, 2.0], note="took longer")
    assert run([unit], store, workers=1).present == 1
    assert store.path("sums/000000").stat().st_ino == before


@pytest.mark.parametrize(("again", "expected"), [([1.0, 2.0], 3.0), ([4.0, 5.0], 9.0)], ids=["same bits", "other bits"])
def test_a_broken_result_is_made_again_and_what_was_made_from_it_if_the_bits_differ(store, again, expected):
    run([squares.rooted([1.0, 2.0])], store, workers=1)
    before = store.path("sums/000000").stat().st_ino
    path = store.path("r/000000")
    path.write_bytes(path.read_bytes()[:-50])
    run([squares.rooted(again)], store, workers=1)
    assert store.read("sums/000000").values == {"sum": expected}
    assert (store.path("sums/000000").stat().st_ino == before) == (expected == 3.0)


def test_a_failure_belongs_to_the_bits_too(store):
    assert run([squares.rooted([-1.0, 2.0])], store, workers=1).failed == 1
    assert run([squares.rooted([-1.0, 2.0])], store, workers=1).made == 0  # failed for good
    made_again(store, [1.0, 2.0])
    assert run([squares.rooted([1.0, 2.0])], store, workers=1).made == 1
    assert store.failure("sums/000000") is None


def test_results_of_earlier_versions_that_carry_nothing_stay(store):
    made_again(store, [1.0, 2.0])
    store.publish("sums/000000", "d", Result({"sum": 77.0}))
    assert run([squares.rooted([1.0, 2.0])], store, workers=1).present == 1
    assert store.read("sums/000000").values == {"sum": 77.0}


def test_what_a_result_was_made_from_is_under_its_checksum(store):
    run([squares.rooted([1.0, 2.0])], store, workers=1)
    path = store.path("sums/000000")
    content, made_from = path.read_bytes(), store.read("sums/000000").made_from.encode()
    assert content.count(made_from) == 1
    path.write_bytes(content.replace(made_from, made_from[::-1]))
    assert not store.verified("sums/000000", "d")
