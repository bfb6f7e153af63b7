"""What was typed twice, or not at all."""

import pytest
from click.testing import CliRunner

from vitrify.cli.main import COMMANDS, cli


def call(*arguments):
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize(("arguments", "word"), [
    (["measure", "g.xyz", "--model", "pss(rc=1.2)", "--model", "pss(rc=1.3)"], "--model is given 2 times"),
    (["run", "s.toml", "--ensemble", "a", "--ensemble", "b"], "--ensemble is given 2 times"),
    (["make", "pss", "--particles", "10", "--density", "1", "--output", "a.xyz", "--output=b.xyz"], "--output is given 2 times"),
    (["measure", ""], "FILE is empty"),
    (["measure", "g.xyz", "--model", ""], "--model is empty"),
    (["measure", "g.xyz", "--species="], "--species is empty"),
    (["run", "s.toml", "--store", ""], "--store is empty"),
    (["export", "store", "--ensemble", "a", "--ensemble", "", "--table", "t.csv"], "--ensemble is empty"),
    (["report", "", "--output", "r"], "DIRECTORY is empty"),
    (["plan", "s.toml", "--cores", "9" * 400], "--cores is 9"),
    (["status", "store", "--watch", "--every", "nan"], "--every is nan, must be a number"),
    (["measure", "g.xyz", "--force-tolerance", "-1"], "--force-tolerance is -1, must be a positive number"),
    (["measure", "g.xyz", "--force-tolerance", "nan"], "--force-tolerance is nan"),
])  # fmt: skip
def test_careless_words_are_one_sentence(arguments, word):
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_knows_both_forms_of_help(name):
    for option in ("-h", "--help"):
        done = call(name, option)
        assert done.exit_code == 0, done.output
        assert "-h, --help" in done.output


def test_what_may_be_given_twice_still_may(tmp_path):
    done = call(
        "export", str(tmp_path), "--ensemble", "a", "--ensemble", "b", "--overwrite", "--overwrite", "--table", "t.csv"
    )
    assert "is not a vitrify store" in done.stderr


def test_help_and_wrong_options_are_told_as_before():
    assert call("measure", "", "--help").exit_code in (0, 2)
    wrong = call("measure", "g.xyz", "--modles", "3")
    assert wrong.exit_code == 2
    assert "--modles" in wrong.stderr


@pytest.mark.parametrize(("option", "text"), [("--memory-limit", "9" * 400 + " GB"), ("--time-limit", "9" * 400 + " h")])
def test_limits_beyond_all_reason_are_none(tmp_path, option, text):
    """As a limit they once made every sample fail, or ended in a traceback."""
    study = tmp_path / "s.toml"
    study.write_text(
        '[study]\nname = "s"\n[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 100\nn_samples = 1\n'
        "parent_temperature = 6.0\nmelt_msd = 1.0\n"
    )
    done = call("run", str(study), "--store", str(tmp_path / "store"), "--workers", "1", "--no-report", option, text)
    assert done.exit_code == 0, done.output
    assert "1 sample made" in done.output


@pytest.mark.parametrize(("error", "word"), [
    (OSError(24, "Too many open files", "a.h5"), "Error: a.h5: Too many open files"),
    (OSError(28, "No space left on device"), "Error: the output cannot be written: No space left on device"),
    (OSError("Can't open the file"), "Error: Can't open the file"),
    (MemoryError("Unable to allocate 9 TiB"), "Error: Unable to allocate 9 TiB"),
    (MemoryError(), "Error: there is not enough memory"),
])  # fmt: skip
def test_what_the_system_refuses_is_one_sentence(monkeypatch, error, word):
    def refused():
        raise error

    monkeypatch.setattr("vitrify.cli.info.gather", refused)
    done = call("info")
    assert (done.exit_code, done.stderr.strip()) == (2, word)
