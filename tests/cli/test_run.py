"""Ways to run a study, by the command line."""

import json
import os

import pytest
from click.testing import CliRunner

from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.study import Ledger, parse_study, refuse_another_study, write_manifest

STUDY = """[study]
name = "small"
seed = 3

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 4
n_pilots = 1
melt_msd = 1.0
observables = ["mechanics"]
"""


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def call(*arguments):
    return CliRunner().invoke(cli, ["run", *(str(x) for x in arguments)])


def files(folder):
    return {x.relative_to(folder): x.stat().st_mtime_ns for x in sorted(folder.rglob("*.h5"))}


def test_shards_make_all_of_it_and_the_last_one_finds_nothing_to_do(study, tmp_path):
    store = tmp_path / "store"
    first = call(study, "--store", store, "--shard", "1/2")
    assert first.exit_code == 0, first.output
    assert "2 samples made" in first.output
    assert "report" not in first.output
    before = files(store)
    assert len(before) == 1 + 2 * 2  # the parent temperature, two glasses and their mechanics
    second = call(study, "--store", store, "--shard", "2/2")
    assert "2 samples made" in second.output
    assert {x: files(store)[x] for x in before} == before
    assert "0 samples made, 4 existed already" in call(study, "--store", store, "--no-report").output


def test_what_was_lost_is_made_again_bit_for_bit(study, tmp_path):
    store = tmp_path / "store"
    call(study, "--store", store, "--workers", "1", "--no-report")
    path = next(store.glob("loose/glass-*/000002.h5"))
    before = path.read_bytes()
    path.write_bytes(before[:-100])
    again = call(study, "--store", store, "--workers", "1", "--no-report")
    assert "1 sample made, 3 existed already" in again.output
    with_checksum = Store(store).read(str(path.relative_to(store).with_suffix("")))
    path.write_bytes(before)
    same = Store(store).read(str(path.relative_to(store).with_suffix("")))
    assert (with_checksum.arrays["positions"] == same.arrays["positions"]).all()
    assert len(Store(store).quarantined()) == 1


def test_a_change_of_mind_makes_only_what_is_missing(study, tmp_path):
    store = tmp_path / "store"
    call(study, "--store", store, "--samples", "2", "--workers", "1", "--no-report")
    before = files(store)
    study.write_text(
        STUDY.replace('["mechanics"]', '["mechanics", "elasticity"]').replace("n_samples = 4", "n_samples = 3")
    )
    again = call(study, "--store", store, "--workers", "1", "--no-report")
    assert again.exit_code == 0, again.output
    after = files(store)
    assert {x: after[x] for x in before} == before
    assert sorted(x.parts[1].rpartition("-")[0] for x in after.keys() - before.keys()) == [
        *["elasticity"] * 3, "glass", "mechanics",
    ]  # fmt: skip


def test_each_folder_says_what_defines_its_results(study, tmp_path):
    store = tmp_path / "store"
    call(study, "--store", store, "--samples", "1", "--workers", "1", "--no-report")
    about = json.loads(next(store.glob("loose/glass-*/spec.json")).read_text())
    assert (about["density"], about["n_particles"], about["seed"]) == (0.6, 100, 3)


OTHER_NAME = STUDY.replace('name = "small"', 'name = "another"')
OTHER_ENSEMBLES = STUDY.replace('name = "loose"', 'name = "dense"').replace("0.6", "0.7")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OTHER_NAME, ["'small' (1 ensemble: loose)", "'another' (1 ensemble: loose)", "--replace-study"]),
        (OTHER_ENSEMBLES, ["'small' (1 ensemble: loose)", "'small' (1 ensemble: dense)", "--replace-study"]),
        (OTHER_NAME.replace("loose", "dense"), ["loose", "'another' (1 ensemble: dense)", "`vitrify prune`"]),
    ],
)
def test_another_study_is_not_taken_without_a_word(study, tmp_path, text, words):
    """`vitrify prune` would offer the results of the first."""
    store = tmp_path / "store"
    call(study, "--store", store, "--samples", "1", "--workers", "1", "--no-report")
    before = files(store), (store / "study.toml").read_text(), sorted(store.rglob("*"))
    study.write_text(text)
    refused = call(study, "--store", store, "--samples", "1", "--workers", "1", "--no-report")
    assert refused.exit_code == 2, refused.output
    assert len(refused.stderr.strip().splitlines()) == 1
    assert all(x in refused.stderr for x in words), refused.stderr
    assert (files(store), (store / "study.toml").read_text(), sorted(store.rglob("*"))) == before
    wanted = call(study, "--store", store, "--samples", "1", "--workers", "1", "--no-report", "--replace-study")
    assert wanted.exit_code == 0, wanted.output
    assert (store / "study.toml").read_text() == text
    assert call(study, "--store", store, "--samples", "1", "--no-report").exit_code == 0  # its own now


SAME = {
    "more samples": STUDY.replace("n_samples = 4", "n_samples = 5"),
    "fewer samples": STUDY.replace("n_samples = 4", "n_samples = 1"),
    "another observable": STUDY.replace('["mechanics"]', '["mechanics", "structure"]'),
    "no observable": STUDY.replace('["mechanics"]', "[]"),
    "a comment": f"# why\n{STUDY}",
    "another ensemble": STUDY + STUDY[STUDY.index("[[ensemble]]") :].replace("loose", "dense"),
    "an ensemble less": STUDY.replace("loose", "dense") + STUDY[STUDY.index("[[ensemble]]") :],
    "another density": STUDY.replace("0.6", "0.62"),
    "another model": STUDY.replace("pss(rc=1.2)", "pss(rc=1.3)"),
    "another seed": STUDY.replace("seed = 3", "seed = 4"),
}


@pytest.mark.parametrize("change", SAME)
def test_a_study_may_change_without_a_question(tmp_path, change):
    store = Store.create(tmp_path / "store")
    for text in (STUDY, SAME[change], STUDY):
        refuse_another_study(parse_study(text), store)
        write_manifest(parse_study(text), store)
        assert store.read_text("study.toml") == text


def test_ensembles_whose_names_make_one_folder_keep_their_results_apart(tmp_path):
    """Neither a space nor an underscore is lost: what defines a result holds the name."""
    both = STUDY.replace("loose", "a b") + STUDY[STUDY.index("[[ensemble]]") :].replace("loose", "a_b")
    asked = parse_study(both)
    found = [x.folder for x in Ledger(asked).products]
    assert len(set(found)) == len(found) == 6
    assert {x.partition("/")[0] for x in found} == {"a_b"}


def test_a_study_in_the_store_that_cannot_be_read_is_not_replaced_without_a_word(study, tmp_path):
    store = Store.create(tmp_path / "store")
    for text in ("[study", '[study]\nname = "of a later version"\nbudget = 3\n', "[" * 100_000):
        store.write_text("study.toml", text)
        result = call(study, "--store", store.directory, "--samples", "1")
        assert result.exit_code == 2, result.output
        assert len(result.stderr.strip().splitlines()) == 1
        assert "--replace-study" in result.stderr
        assert store.read_text("study.toml") == text
    (store.directory / "study.toml").write_bytes(b"\xff\xfe")
    result = call(study, "--store", store.directory, "--samples", "1")
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)
    assert "not a text in UTF-8; give another --store, or --replace-study" in result.stderr


def test_what_defines_a_folder_is_written_in_the_place_of_what_is_no_file(tmp_path):
    store, asked = Store.create(tmp_path / "store"), parse_study(STUDY)
    write_manifest(asked, store)
    about = next(store.directory.glob("loose/glass-*/spec.json"))
    text = about.read_text()
    for spoil in (lambda: os.mkfifo(about), lambda: about.write_bytes(b"\xff"), lambda: about.symlink_to("/dev/zero")):
        about.unlink()
        spoil()
        write_manifest(asked, store)
        assert about.read_text() == text


@pytest.mark.parametrize("url", ["foo", "tcp://", "tcp://host:port", "http://host:8786", "tls://127.0.0.1:9"])
def test_what_is_no_address_is_told_before_a_client_begins(study, tmp_path, monkeypatch, url):
    """Such a client waits 20 s at its end, and complains of it with a traceback."""
    monkeypatch.setattr("vitrify.campaign.clusters.Client", None)
    result = call(study, "--store", tmp_path / "store", "--scheduler", url)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"Error: no Dask scheduler answers at {url}: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_in_the_place_of_the_store_is_no_folder(study):
    result = call(study, "--store", study)
    assert result.exit_code == 2, result.output
    assert "it is not a folder" in result.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--shard", "3/2"), "shard '3/2' must be k/n"),
        (("--shard", "a"), "shard 'a' must be k/n"),
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:9"), "cannot go together"),
        (("--scheduler", "tcp://127.0.0.1:9"), "no Dask scheduler answers at tcp://127.0.0.1:9"),
        (("--scheduler", "nonsense://"), "no Dask scheduler answers at nonsense://"),
        (("--time-limit", "soon"), "'soon' is not a time"),
        (("--memory-limit", "4 apples"), "'4 apples' is not an amount of memory"),
        (("--slurm", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_mistakes_are_one_sentence(study, tmp_path, options, word):
    result = call(study, "--store", tmp_path / "store", *options)
    assert result.exit_code == 2, result.output
    assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
