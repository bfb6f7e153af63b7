"""A name and its options as one argument of a command."""

import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli
from vitrify.glass import Glass
from vitrify.models import catalogue

SIZE = ("--particles", "100", "--density", "0.6", "--temperature", "4", "--output", "g.xyz")


@pytest.mark.parametrize(("text", "said"), [
    (" ", "must be a name and its options"), ("cool to=1 to=2", "gives to twice"), ("cool to", "must be a name and its options"),
    ("shear strain=0", "strain is 0"), ("cool to=x", "to is 'x'"),
])  # fmt: skip
def test_steps_that_make_refuses(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["make", "pss(rc=1.2)", *SIZE, "--step", text])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("text", "said"), [
    (" ", "must be a name and its options"), ("modes number=3 number=4", "gives number twice"),
    ("modes n_samples=3", "n_samples is for study files"), ("mechanics n_particles=3", "n_particles is for study files"),
])  # fmt: skip
def test_observables_that_measure_refuses(tmp_path, text, said):
    file = tmp_path / "g.xyz"
    Glass([[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], catalogue.pss()).write(file)
    done = CliRunner().invoke(cli, ["measure", str(file), "--observable", text])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
