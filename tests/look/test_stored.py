"""The page of a glass of a store: which one is chosen, and what is taken from the store."""

import numpy as np
import pytest

from glass_pages import Elements, scene_of
from stores import filled, study_text
from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.look import StoredGlass, glass_page, softest_of, stored_glass
from vitrify.look.looking import asked_by_default
from vitrify.opening import open_store

FULL = '"mechanics", "qlm", "structure", { name = "dipoles", number = 4 }, { name = "modes", number = 3 }'


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two ensembles of two glasses, one with modes of all kinds, one with the lowest modes alone."""
    text = study_text(("full", FULL), ("bare", '{ name = "modes", number = 2 }'))
    return open_store(filled(tmp_path_factory.mktemp("look") / "store", text))


def test_the_glass_with_the_softest_mode_is_chosen(store):
    frequencies = store.table("full")["qlm_frequency"]
    chosen = softest_of(store)
    assert (chosen.ensemble, chosen.sample) == ("full", frequencies.idxmin())
    assert f"ω = {frequencies.min():.4g}" in chosen.why
    lowest = [x.arrays["frequency"][0] for x in store.results("bare", "modes")]
    chosen = softest_of(store, ["bare"])
    assert (chosen.ensemble, chosen.sample) == ("bare", int(np.argmin(lowest)))
    assert "lowest mode" in chosen.why


def test_what_the_store_holds_is_not_measured_anew(store):
    glass, found, notes = stored_glass(store, "full", 1, asked_by_default(100, modes=3, soft_spots=0))
    np.testing.assert_array_equal(glass.positions, store.glass("full", 1).positions)
    row = store.table("full").loc[1]
    shown = {x: found.values[x] for x in ("pressure", "qlm_frequency", "qlm_participation_ratio")}
    assert shown == {x: row[x] for x in shown}
    assert [name for name, _, _ in found.frames] == ["quasilocalised", "mode 0", "mode 1", "mode 2"]
    np.testing.assert_array_equal(found.frames[0][2], store.results("full", "qlm")[1].arrays["vector"])
    text = Elements(glass_page(glass, found, notes=notes).html).text
    assert (
        "The store holds these results of the glass, and the page shows them: mechanics, qlm, structure, dipoles, modes."
        in text
    )
    assert "Decay of dipole responses" in text
    assert "Radial distribution functions" in text


def test_what_the_store_does_not_hold_is_measured(store):
    glass, found, _ = stored_glass(store, "bare", 0, asked_by_default(100, modes=2, soft_spots=0, dipoles=0))
    assert [x["name"] for x in scene_of(glass_page(glass, found).html)["displacements"]] == [
        "quasilocalised mode",
        "mode 0",
        "mode 1",
    ]
    assert "structure" in found.arrays


def test_what_is_not_there_is_told(store, tmp_path):
    asked = asked_by_default(100)
    with pytest.raises(UsageError, match="ensemble 'full': sample is 7, must be one that is finished: 0 to 1"):
        stored_glass(store, "full", 7, asked)
    with pytest.raises(UsageError, match="none"):
        stored_glass(store, "none", 0, asked)
    empty = Store.create(tmp_path / "empty")
    empty.write_text("study.toml", study_text(("full", '"mechanics"')))
    with pytest.raises(UsageError, match="holds no finished glass; `vitrify run` makes them"):
        softest_of(open_store(tmp_path / "empty"))


def test_a_store_without_modes_gives_its_first_glass(tmp_path):
    text = study_text(("only", "")).replace("n_samples = 2", "n_samples = 1")
    chosen = softest_of(open_store(filled(tmp_path / "store", text)))
    assert chosen == StoredGlass(
        "only", 0, "It is the first finished glass, as no glass of the store has whole results with modes."
    )
