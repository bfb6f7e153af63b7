"""What a study no longer asks for is found, told and removed; everything else stays."""

import os
import time
from collections import Counter

import pytest

import campaign_files as files
from vitrify.campaign import Result, Store
from vitrify.errors import UsageError
from vitrify.study import digest as digests
from vitrify.study import parse_study, plan, products, study_status, write_manifest
from vitrify.study.orphans import leftovers, not_asked_for, quarantined_files, remove
from vitrify.study.packed import pack_store, unpack_store
from vitrify.study.status import described

TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.55
n_particles = 100
n_samples = 3
observables = ["mechanics", { name = "dipoles", number = 32 }]
"""
OTHER = '\n[[ensemble]]\nname = "other"\nmodel = "pss(rc=1.5)"\ndensity = 0.6\nn_particles = 100\nn_samples = 1\n'


def adopt(store, text):
    """What `vitrify run` does before it makes anything."""
    write_manifest(parse_study(text), store)


def fill(store, text):
    adopt(store, text)
    for batch in plan(parse_study(text)):
        for task in batch.tasks:
            store.publish(task.key, task.digest, Result({"temperature": 1.0}))


@pytest.fixture
def store(tmp_path):
    made = Store.create(tmp_path / "s")
    fill(made, TEXT)
    return made


def names(found):
    return sorted(name for x in found for name in x.files)


def whys(store):
    return {x.folder.rpartition("/")[2].rpartition("-")[0]: x.why for x in not_asked_for(store)}


def test_nothing_is_an_orphan_in_a_store_as_asked(store):
    assert not_asked_for(store) == leftovers(store) == quarantined_files(store) == []


@pytest.mark.parametrize(("before", "after", "why"), [
    ("density = 0.55", "density = 0.6", "density 0.55, now 0.6"),
    ("seed = 3", "seed = 4", "seed 3, now 4"),
    ("pss(rc=1.2)", "pss(rc=1.3)", "model pss(rc=1.2), now pss(rc=1.3)"),
    ("n_samples = 3", "n_samples = 3\nmelt_msd = 2.0", "melt_msd 10.0, now 2.0"),
    ("n_samples = 3", "n_samples = 3\nn_pilots = 5", "n_pilots 2, now 5"),
    ("n_samples = 3", "n_samples = 3\nparent_temperature = 5.0", "parent_temperature auto, now 5.0"),
    ("n_particles = 100", "n_particles = 160", "n_particles 100, now 160; pilot_particles 100, now 160"),
])  # fmt: skip
def test_what_differs_is_told(store, before, after, why):
    """Of the glasses, and of all that was measured of them."""
    adopt(store, TEXT.replace(before, after))
    found = whys(store)
    assert {"glass", "mechanics", "dipoles"} <= set(found)
    pilots = found.pop("parent_temperature", None)
    assert {"; ".join(sorted(x.split("; "))) for x in found.values()} == {why}
    assert pilots in (None, "parent_temperature is no longer asked for") or set(pilots.split("; ")) <= set(why.split("; "))


def test_a_temperature_by_the_first_rule_says_which_rule_it_is_now(tmp_path, monkeypatch):
    """Of the pilots, and of all that was made at their temperature."""
    study = parse_study(TEXT)
    store = Store.create(tmp_path / "first")
    with monkeypatch.context() as earlier:
        earlier.setattr(digests, "TEMPERATURE_RULE", digests.FIRST_RULE)
        write_manifest(study, store)
        for batch in plan(study):
            for task in batch.tasks:
                store.publish(task.key, task.digest, Result({"temperature": 1.0}))
    told = "temperature of pilots 4 G∞ a0³/30, two digits, now 4 (G∞ + 2σ) a0³/30, three digits"
    assert {"parent_temperature", "glass", "mechanics"} <= set(whys(store))
    assert set(whys(store).values()) == {told}


def test_folders_of_an_earlier_version_are_none_until_something_stands_in_their_place(tmp_path, monkeypatch):
    """Tables are read from them until then, and prune would take all that a store has."""
    study = parse_study(TEXT)
    store = Store.create(tmp_path / "earlier")
    with monkeypatch.context() as earlier:
        earlier.setattr(digests, "LIQUID", digests.LIQUID - 1)
        fill(store, TEXT)
    adopt(store, TEXT)
    assert not_asked_for(store) == []
    now = plan(study)
    for unit in now:
        for task in unit.tasks:
            store.publish(task.key, task.digest, Result({"temperature": 1.0}))
    assert {"glass", "mechanics", "dipoles"} <= set(whys(store))
    assert set(whys(store).values()) == {f"code of the liquid {digests.LIQUID - 1}, now {digests.LIQUID}"}


def test_options_and_observables_that_are_gone(store):
    adopt(store, TEXT.replace("number = 32", "number = 64").replace('"mechanics"', '"elasticity"'))
    assert whys(store) == {"dipoles": "number 32, now 64", "mechanics": "mechanics is no longer asked for"}


def test_an_ensemble_that_is_gone_and_folders_that_say_nothing(store):
    folder = next(store.directory.glob("loose/glass-*"))
    adopt(store, TEXT.replace('"loose"', '"tight"'))
    assert set(whys(store).values()) == {"the study no longer has this ensemble"}
    adopt(store, TEXT.replace("density = 0.55", "density = 0.6"))
    for about in store.directory.glob("loose/*/spec.json"):
        about.unlink()
    short = folder.name.rpartition("-")[2]
    (told,) = (x.why for x in not_asked_for(store) if x.folder == f"loose/{folder.name}")
    assert told.startswith(f"digest {short}, ")


def test_samples_beyond_the_number(store):
    mechanics = [x.tasks[1] for x in plan(parse_study(TEXT))[1:]]
    store.record_failure(mechanics[2].key, mechanics[2].digest, "is a saddle")
    text = TEXT.replace("n_samples = 3", "n_samples = 2")
    adopt(store, text)
    found = not_asked_for(store)
    assert {x.why for x in found} == {"beyond the 2 that are asked for"}
    expected = [f"{x.tasks[k].key}.h5" for x in plan(parse_study(TEXT))[3:] for k in range(3)]
    assert names(found) == sorted([*expected, f"failed/{mechanics[2].key}.json"])
    assert sum(x.size for x in found) == sum((store.directory / x).stat().st_size for x in names(found))
    shown = described(study_status(store))
    assert [x["files"] for x in shown["not_asked_for"]] == [1, 1, 2]
    assert shown["totals"]["failed"] == 0
    remove(store, found)
    assert not_asked_for(store) == []
    assert all(store.has(task.key) for batch in plan(parse_study(text)) for task in batch.tasks)


def test_only_files_of_the_stores_own_naming_are_removed(store, tmp_path):
    fill(store, TEXT.replace("density = 0.55", "density = 0.6") + OTHER)
    kept = tmp_path / "outside"
    kept.mkdir()
    (kept / "000000.h5").write_text("mine")
    old = next(x for x in store.directory.glob("loose/glass-*") if '"density": 0.55' in (x / "spec.json").read_text())
    strange = [
        old / "notes.txt", old / "1.h5", store.directory / "loose" / "mine.txt", store.directory / "loose" / "backup-0123456789ab" / "000000.h5",
        store.directory / "loose" / "glass-old" / "000000.h5", store.directory / "thesis" / "000000.h5", store.directory / "README.md",
        store.directory / "report" / "glass-0123456789ab" / "000000.h5", store.directory / ".git" / "glass-0123456789ab" / "000000.h5",
    ]  # fmt: skip
    for path in strange:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("mine")
    links = [old / "000009.h5", store.directory / "loose" / "glass-0123456789ab", store.directory / "linked"]
    for link, target in zip(links, (kept / "000000.h5", kept, store.directory / "loose"), strict=True):
        link.symlink_to(target)
    asked = [task.key for batch in plan(parse_study(store.read_text("study.toml"))) for task in batch.tasks]
    found = not_asked_for(store)
    assert {x.why for x in found} == {"density 0.55, now 0.6"}
    remove(store, found)
    assert all(path.read_text() == "mine" for path in [*strange, kept / "000000.h5"])
    assert all(link.is_symlink() for link in links)
    assert all(map(store.has, asked))
    assert not old.with_name("mechanics").exists()
    assert old.is_dir()  # somebody's notes are in it
    assert not_asked_for(store) == []


def test_emptied_folders_go(store):
    adopt(store, TEXT.replace('"loose"', '"tight"'))
    store.record_failure("loose/glass-0123456789ab/000000", "d", "is a saddle")
    remove(store, not_asked_for(store))
    assert not (store.directory / "loose").exists()
    assert not (store.directory / "failed" / "loose").exists()


def test_leftovers_of_the_dead_are_a_day_old(store):
    (folder,) = store.directory.glob("loose/glass-*")
    places = [folder, store.directory, store.directory / "claims", store.directory / "failed" / "loose" / folder.name]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        for name, age in ((".a.h5.1.ff.tmp", 25), (".b.h5.1.ff.tmp", 1), ("c.tmp", 25), (".d.h5", 25)):
            (place / name).write_text("x" * 10)
            os.utime(place / name, (time.time() - 3600 * age,) * 2)
    found = leftovers(store)
    assert [x.size for x in found] == [10] * 4
    remove(store, found)
    for place in places:
        assert {".b.h5.1.ff.tmp", "c.tmp", ".d.h5"} <= set(os.listdir(place))
        assert ".a.h5.1.ff.tmp" not in os.listdir(place)


def test_what_was_set_aside_goes_only_when_asked(store):
    key = plan(parse_study(TEXT))[1].tasks[0].key
    aside = store.quarantine(key, "is torn")
    mine = aside.with_name("mine.md")
    mine.write_text("mine")
    assert not_asked_for(store) == leftovers(store) == []
    remove(store, quarantined_files(store))
    assert os.listdir(aside.parent) == [mine.name]


def test_nothing_is_removed_while_a_run_is_alive(store):
    adopt(store, TEXT.replace("density = 0.55", "density = 0.6"))
    found = not_asked_for(store)
    files.run_elsewhere(store)
    before = files.tree(store.directory / "loose")
    with pytest.raises(UsageError, match=f"process 77 on {files.ELSEWHERE}"):
        remove(store, found)
    assert files.tree(store.directory / "loose") == before


def test_a_study_is_hashed_once_however_many_folders_it_does_not_ask_for(store, monkeypatch):
    """After another seed, every folder of the store is one."""
    adopt(store, TEXT.replace("seed = 3", "seed = 4"))
    counted = Counter()
    original = products.digest_of
    monkeypatch.setattr(products, "digest_of", lambda x: (counted.update(["hashed"]), original(x))[1])
    assert len(not_asked_for(store)) == 4
    assert counted == {"hashed": 4}  # pilots, glasses, and two observables


def many(store, number=40):
    """The same study with so many samples, in packs."""
    text = TEXT.replace("n_samples = 3", f"n_samples = {number}")
    fill(store, text)
    found = pack_store(store)
    assert (found.alone, found.packs) == (1, 3)  # the pilots are one result
    return text


def test_samples_beyond_the_number_are_taken_out_of_their_pack(store):
    text = many(store)
    folder = next(store.directory.glob("loose/glass-*")).relative_to(store.directory)
    store.publish(f"{folder}/000031", "d", Result({"temperature": 2.0}))  # made again, beside its pack
    store.path(f"{folder}/000032").symlink_to(store.path(f"{folder}/000031"))
    adopt(store, text.replace("n_samples = 40", "n_samples = 30"))
    found = not_asked_for(store)
    assert {x.why for x in found} == {"beyond the 30 that are asked for"}
    assert sum(len(x.packed) for x in found) == 30 - 2
    assert names(found) == [f"{folder}/000031.h5"]
    assert all(x.size > 1000 * len(x.packed) for x in found)
    assert sorted(x["packed"] for x in described(study_status(store))["not_asked_for"]) == [8, 10, 10]
    remove(store, found)
    store.path(f"{folder}/000032").unlink()  # a link is not ours to remove, nor what it hides
    assert [x.packed for x in not_asked_for(store)] == [("000032",)]
    remove(store, not_asked_for(store))
    assert not_asked_for(store) == []
    assert [
        len(store.names(str(x.parent.relative_to(store.directory)))) for x in store.directory.glob("loose/*-*/packed")
    ] == [30] * 3
    assert study_status(store).ensembles[0].samples.done == 30


def test_packs_of_what_is_not_asked_for_are_removed_with_their_folders(store):
    text = many(store)
    adopt(store, text.replace("density = 0.55", "density = 0.6"))
    found = not_asked_for(store)
    packs = [str(x.relative_to(store.directory)) for x in store.directory.glob("loose/*/packed/*.zip")]
    assert set(packs) < set(names(found))
    mine = store.directory / packs[0].replace(".zip", ".txt")
    mine.write_text("mine")
    remove(store, found)
    assert not_asked_for(store) == []
    assert [x for x in store.directory.glob("loose/**/*") if x.is_file() and x.name != "spec.json"] == [mine]


def test_what_a_killed_packer_left_is_a_leftover(store):
    many(store)
    place = next(store.directory.glob("loose/glass-*/packed"))
    for path in (place / ".000000-000255.2.0123456789ab.zip.77.dead.tmp", place.parent / ".000003.h5.77.beef.tmp"):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - 90_000,) * 2)
    assert len(names(leftovers(store))) == 2
    remove(store, leftovers(store))
    assert leftovers(store) == []


def test_a_store_in_use_is_neither_packed_nor_unpacked(store):
    files.run_elsewhere(store)
    for act in (pack_store, unpack_store):
        with pytest.raises(UsageError, match="is in use by process 77 on another-host .* while a run is alive"):
            act(store)


def test_a_status_of_packs_is_that_of_files(store):
    text = TEXT.replace("n_samples = 3", "n_samples = 40")
    fill(store, text)
    before = described(study_status(store))
    assert pack_store(store).moved == 120
    assert described(study_status(store)) == before
    assert unpack_store(store).moved == 120
    assert described(study_status(store)) == before
