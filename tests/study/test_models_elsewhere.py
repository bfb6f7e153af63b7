"""Models of a user's own, and a plugin, on workers that have none of their files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import models_elsewhere
from models_elsewhere import cluster_in, made_by, made_here, write_files
from vitrify.campaign import Address, Local
from vitrify.errors import UsageError
from vitrify.study.observables import OBSERVABLES
from vitrify.study.work import _model_of

LOADS = """
import pickle, sys
sent = pickle.load(open(sys.argv[1], "rb"))
for plugin in sent:
    plugin.load()
    plugin.load()
from vitrify.plugins import Observable
from vitrify.study.observables import OBSERVABLES
print(OBSERVABLES["far"].summary)
"""
SENDS = """
import os, pickle, sys
from pathlib import Path
from vitrify.plugin_files import add_file, plugins_to_send
add_file(Path("far.py"))
Path("far.py").write_text("raise SystemExit('this is another text')")
pickle.dump(plugins_to_send(), open("sent", "wb"))
"""
ANOTHER = """
import pickle, sys
from dataclasses import replace
(sent,) = pickle.load(open(sys.argv[1], "rb"))
sent.load()
replace(sent, text=sent.text + "# edited").load()
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """What one process makes of the study, with all files beside it."""
    folder = tmp_path_factory.mktemp("own")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("VITRIFY_PLUGINS", "")
        yield folder, *made_here(folder)
    dict.pop(OBSERVABLES, "far", None)


@pytest.fixture
def elsewhere(study, tmp_path, monkeypatch):
    """A working folder with nothing in it, where the study is as it was written."""
    write_files(study[0])
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path / "nothing")
    return tmp_path


@pytest.mark.slow  # three potentials to compile
def test_processes_in_another_folder(study, elsewhere):
    folder, ledger, found = study
    assert made_by(Local(2), ledger, folder, elsewhere / "store") == found


@pytest.mark.slow  # the same
def test_a_dask_cluster_in_another_folder(study, elsewhere):
    folder, ledger, found = study
    with cluster_in(elsewhere / "nothing") as address:
        assert made_by(Address(address), ledger, folder, elsewhere / "store") == found


@pytest.fixture
def sent(tmp_path):
    """A plugin as it is sent by a process in which it was loaded, after its file was edited."""
    (tmp_path / "far.py").write_text(models_elsewhere.PLUGIN, encoding="utf-8")
    _run(SENDS, tmp_path).check_returncode()
    return tmp_path / "sent"


def test_a_plugin_is_sent_as_it_was_run_and_needs_no_file(sent, tmp_path):
    (tmp_path / "far.py").unlink()
    done = _run(LOADS, tmp_path, sent)
    assert (done.returncode, done.stdout) == (0, "how far a particle is from the corner\n"), done.stderr


def test_a_worker_that_has_loaded_another_text_of_a_plugin_refuses(sent, tmp_path):
    done = _run(ANOTHER, tmp_path, sent)
    assert done.returncode == 1
    assert "far.py is not what a worker of this cluster has loaded of it" in done.stderr.splitlines()[-1]


def test_a_model_in_a_plugin_that_was_edited_is_what_was_run(tmp_path):
    """Its digest is that of the text that is named, and so is what it does."""
    program = (
        "from pathlib import Path; import vitrify; from vitrify.plugin_files import add_file; from own_models import FILE; "
        "Path('mine.py').write_text(FILE); add_file(Path('mine.py')); "
        "Path('mine.py').write_text(FILE.replace('height=2.0', 'height=3.0')); "
        "print(vitrify.models.from_file('mine.py', 'mine').potential.height)"
    )
    done = _run(program, tmp_path)
    assert (done.returncode, done.stdout) == (0, "3.0\n"), done.stderr


def test_a_model_that_one_process_alone_has_registered_is_told():
    with pytest.raises(
        UsageError, match="a worker cannot have the model of its task: model 'alone' is unknown.* into a plugin"
    ):
        _model_of("alone()")


def _run(program, folder, *words):
    path = os.pathsep.join([str(Path(models_elsewhere.__file__).parent), os.environ.get("PYTHONPATH", "")])
    told = {**os.environ, "PYTHONPATH": path, "VITRIFY_PLUGINS": ""}
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)
