"""Models in Python files in studies: what enters digests, that workers have the file by its text, and that a store runs
nothing."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from own_models import ENSEMBLE, FILE, MARKED
from vitrify import campaign, open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.study import Ledger, parse_study, plan, read_study

STUDY = f"""
[study]
name = "own"

[[ensemble]]
name = "soft"
model = "models/mine.py:mine"  # in a folder beside the study
{ENSEMBLE}observables = ["mechanics"]
"""
LOOKS = """
from click.testing import CliRunner
from vitrify import open_store
from vitrify.cli.main import cli

for line in ("status store --json", "export store --table t.csv", "prune store --dry-run", "export store --tables tables"):
    done = CliRunner().invoke(cli, line.split())
    assert done.exit_code == 0, (line, done.output)
print(len(open_store("store").table("soft")))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A study with its file, and the working folder elsewhere."""
    (tmp_path / "study" / "models").mkdir(parents=True)
    (tmp_path / "study" / "study.toml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "study" / "models" / "mine.py").write_text(FILE)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("VITRIFY_PLUGINS", raising=False)
    return tmp_path / "study"


def rewritten(folder, before, after, file="study.toml"):
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after), encoding="utf-8")
    return read_study(folder / "study.toml")


def folders_of(study):
    return [x.folder for x in Ledger(study).products]


def test_the_path_begins_at_the_study_and_the_digest_is_in_the_definition(folder):
    study = read_study(folder / "study.toml")
    (spec,) = study.ensembles
    assert spec.model.startswith('mine.py:mine(digest="')
    assert spec.model.endswith("[0.5:0.5; lengths 1,1.2,1.4]")
    assert Ledger(study).products[0].definition["model"] == spec.model
    assert "# in a folder beside the study" in study.text
    assert parse_study(study.text).ensembles == study.ensembles  # its text says all, once the file is known


def test_a_changed_file_is_another_ensemble_and_a_parameter_too(folder):
    first = folders_of(read_study(folder / "study.toml"))
    changed = folders_of(rewritten(folder, "height=2.0", "height=2.5", "models/mine.py"))
    assert not set(first) & set(changed)
    assert folders_of(rewritten(folder, "height=2.5", "height=2.0", "models/mine.py")) == first
    given = folders_of(rewritten(folder, "mine.py:mine", "mine.py:mine(height=2.5)"))
    assert not set(given) & {*first, *changed}


def test_a_mixture_beside_it_and_another_way_to_write_it(folder):
    study = rewritten(folder, '"models/mine.py:mine"  #', "'models/mine.py:mine'\nmixture = '1; lengths 1' #")
    assert study.ensembles[0].model.endswith('") [1; lengths 1]')
    with pytest.raises(UsageError, match="must be written on the line of its key"):
        rewritten(folder, "'models/mine.py:mine'", '"""models/mine.py:\\\nmine"""')


@pytest.mark.parametrize(("name", "told"), [
    ("models/absent.py:mine", "line 7: ensemble 'soft': model 'models/absent.py:mine': the file"),
    ("models/mine.py:min", "line 7: ensemble 'soft': file mine.py has no 'min', did you mean 'mine'?"),
    ("models/mine.py:mine(rc=1)", "mine() has no parameter 'rc'"),
])  # fmt: skip
def test_mistakes_are_told_with_their_line(folder, name, told):
    with pytest.raises(UsageError) as caught:
        rewritten(folder, "models/mine.py:mine", name)
    assert told in str(caught.value)
    done = CliRunner().invoke(cli, ["plan", str(folder / "study.toml")])
    assert (done.exit_code, len(done.stderr.strip().splitlines())) == (2, 1)


def test_a_text_of_a_study_runs_nothing(folder):
    with pytest.raises(UsageError, match="runs only where you name that file"):
        parse_study((folder / "study.toml").read_text(encoding="utf-8"))


def test_two_workers_have_the_file_by_its_text_and_shards_make_the_same_bits(folder):
    """The file is gone before the workers begin. Each shard is a run of its own, which reads it again."""
    units = plan(read_study(folder / "study.toml"))
    (folder / "models" / "mine.py").unlink()
    store = Store.create(folder / "workers")
    assert campaign.run(units, store, workers=2).made == 2
    (folder / "models" / "mine.py").write_text(FILE)
    for part in ("1/2", "2/2"):
        words = ["run", str(folder / "study.toml"), "--store", "sharded", "--shard", part, "--no-report"]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
    other = Store("sharded")
    for unit in units:
        for task in unit.tasks:
            one, two = (x.read(task.key, task.digest) for x in (store, other))
            assert one.values.get("energy_per_particle") == two.values.get("energy_per_particle")
            assert all(np.array_equal(one.arrays[x], two.arrays[x]) for x in one.arrays)


def test_measurements_alone_have_the_file_too(folder):
    """Where glasses are there, a worker is sent nothing but what is to be measured."""
    store = Store.create(folder / "store")
    assert campaign.run(plan(read_study(folder / "study.toml")), store, workers=1).made == 2
    more = rewritten(folder, '["mechanics"]', '["mechanics", "structure"]')
    assert campaign.run(plan(more), store, workers=2).made == 2


@pytest.mark.slow  # its kernels are those of no other test
def test_a_store_runs_nothing_and_is_read_all_the_same(folder, monkeypatch):
    """In a process that never was told of the file; its copy in the store is one for people."""
    mark = folder / "mark"
    monkeypatch.setenv("MARK", str(mark))
    text = f"{MARKED}# {folder}"
    (folder / "models" / "mine.py").write_text(text)
    words = ["run", str(folder / "study.toml"), "--store", "store", "--workers", "1", "--no-report"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert mark.read_text() == "run"
    (copy,) = os.listdir("store/model_files")
    assert (folder.parent / "elsewhere" / "store" / "model_files" / copy).read_text() == text
    (folder / "models" / "mine.py").unlink()
    done = subprocess.run([sys.executable, "-c", LOOKS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
    assert mark.read_text() == "run"
    refused = _elsewhere("run", "--store", "store", "--no-report")
    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (2, 1)
    assert "runs only where you name that file" in refused.stderr
    assert mark.read_text() == "run"
    again = _elsewhere("--plugin", f"store/model_files/{copy}", "run", "--store", "store", "--workers", "1", "--no-report")
    assert (again.returncode, "2 existed already" in again.stdout) == (0, True), again.stderr
    assert mark.read_text() == "runrun"
    glass = open_store("store").glass("soft", 0)  # of this process, in which the study was read
    assert glass.model.cutoff == 1.4


def _elsewhere(*words):
    program = [sys.executable, "-m", "vitrify", *words]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def test_status_tells_that_the_file_changed(folder):
    run = ["run", str(folder / "study.toml"), "--store", "store", "--workers", "1", "--no-report"]
    assert CliRunner().invoke(cli, run).exit_code == 0
    rewritten(folder, "height=2.0", "height=2.5", "models/mine.py")
    assert "2 samples made" in CliRunner().invoke(cli, run).output
    (old, *_) = json.loads(CliRunner().invoke(cli, ["status", "store", "--json"]).output)["not_asked_for"]
    assert 'model mine.py:mine(digest="' in json.dumps(old).replace('\\"', '"')
