"""One glass asked for from Python or the command line: odd requests get one sentence, and the work says how far it is."""

import os
import pty
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from numba.core import config

import vitrify
from vitrify.backends.compiling import compilation_told
from vitrify.backends.cpu import Cpu
from vitrify.cli.main import cli
from vitrify.ensemble import Estimate, find_parent_temperature
from vitrify.errors import UsageError
from vitrify.models import catalogue

SOUND = {"n_particles": 100, "density": 0.6, "parent_temperature": 6.0, "seed": 0}
ODD = {
    "parent_temperature": [0, -1.0, float("inf"), float("-inf"), float("nan"), 1e12, 10**5000, "Auto", "6", None, True, [6.0], 1j],
    "density": [0, -0.6, float("nan"), float("inf"), 10**5000, "0.6", None, True, np.array([0.6])],
    "n_particles": [0, -2, 1, 100.0, 100.5, float("nan"), 10**30, 10**5000, "100", None, True, np.float64(100), np.array([100])],
    "seed": [-1, 1.5, 2.0, float("nan"), 2**63, 10**5000, -(10**5000), "3", None, True, np.array([1, 2])],
    "device": ["gpu", None, 3],
    "recipe": [{"minimiser": "fire"}, "fire", {}, 0],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param(name, x, id=f"{name}-{k}") for name, odd in ODD.items() for k, x in enumerate(odd)],
)
def test_an_odd_request_gets_one_sentence(name, value):
    with pytest.raises(UsageError, match=name) as told:
        vitrify.make_glass(catalogue.pss(), **(SOUND | {name: value}))
    assert len(str(told.value).splitlines()) == 1
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("model", [None, 3, b"pss(rc=1.2)"])
def test_what_is_no_model_gets_one_too(model):
    with pytest.raises(UsageError, match="model is "):
        vitrify.make_glass(model, **SOUND)


def test_a_potential_alone_is_told_how_it_becomes_a_model():
    with pytest.raises(UsageError, match=r'must be a Model: vitrify.Model\("my name", potential\)'):
        vitrify.make_glass(catalogue.pss().potential, **SOUND)


def test_what_is_no_glass_is_not_quenched():
    with pytest.raises(UsageError, match=r"quench_glass takes a Glass, such as Glass.read\(path\), not str"):
        vitrify.quench_glass("glass.xyz")


@pytest.mark.parametrize("tolerance", [-1, 0.0, float("nan"), "1e-8", None, True])
def test_an_odd_force_tolerance_gets_one_too(tolerance):
    glass = vitrify.make_glass(catalogue.pss(), **(SOUND | {"recipe": vitrify.Recipe(melt_msd=1.0)}))
    with pytest.raises(UsageError, match="measure: force_tolerance is .*, must be a positive number"):
        vitrify.measure(glass, force_tolerance=tolerance)


@pytest.mark.parametrize(("name", "value"), [
    ("melt_msd", float("nan")), ("melt_msd", "10"), ("melt_msd", True), ("melt_msd", 1e6), ("force_tolerance", None),
    ("force_tolerance", float("nan")), ("minimiser", 3),
])  # fmt: skip
def test_an_odd_recipe_gets_one_too(name, value):
    with pytest.raises(UsageError, match=f"recipe: {name} is"):
        vitrify.Recipe(**{name: value})


@pytest.mark.parametrize(("name", "value"), [
    ("n_particles", np.int64(100)), ("n_particles", np.uint8(100)), ("density", np.float64(0.6)), ("density", Fraction(3, 5)),
    ("parent_temperature", 6), ("parent_temperature", np.float64(6.0)), ("seed", np.int64(0)),
])  # fmt: skip
def test_numbers_of_any_kind_are_numbers(name, value):
    quick = SOUND | {"recipe": vitrify.Recipe(melt_msd=np.float32(1.0))}
    expected, found = (vitrify.make_glass(catalogue.pss(), **x) for x in (quick, quick | {name: value}))
    assert np.array_equal(found.positions, expected.positions)
    assert {type(x) for x in found.provenance.values()} <= {int, float, str}


def test_a_temperature_cannot_be_misspelled_after_minutes_of_pilots(monkeypatch):
    monkeypatch.setattr("vitrify.making.find_parent_temperature", lambda *a, **k: pytest.fail("pilots were made"))
    for wrong in ({"n_particles": 101}, {"n_particles": 10_001}, {"density": 9.0}):
        with pytest.raises(UsageError):
            vitrify.make_glass(catalogue.pss(), **(SOUND | {"parent_temperature": "auto"} | wrong))


@pytest.mark.parametrize("temperature", ["0", "-1", "1e9", "nan", "inf", "Auto", ""])
def test_odd_temperatures_on_the_command_line(temperature, tmp_path):
    asked = ["make", "pss(rc=1.2)", "--particles", "100", "--density", "0.6", "--output", str(tmp_path / "g.xyz")]
    result = CliRunner().invoke(cli, [*asked, "--temperature", temperature])
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: --temperature is ")
    assert not list(tmp_path.iterdir())


def test_seeds_beyond_64_bits_on_the_command_line(tmp_path):
    asked = ["make", "pss(rc=1.2)", "--particles", "100", "--density", "0.6", "--output", str(tmp_path / "g.xyz")]
    result = CliRunner().invoke(cli, [*asked, "--temperature", "6", "--seed", str(2**63)])
    assert result.exit_code == 2
    assert "2^63" in result.stderr


def test_each_stage_is_told_to_an_observer():
    seen = []
    glass = vitrify.make_glass(catalogue.pss(), **(SOUND | {"parent_temperature": "auto"}), progress=seen.append)
    assert [(x.done, x.wanted) for x in seen if x.name == "pilot"][:3] == [(1, 3), (2, 3), (3, 3)]
    begin = [x.name for x in seen].index("glass")
    liquid = [x.done for x in seen[begin:] if x.name == "liquid"]
    assert liquid[-1] == glass.provenance["msd_over_a0_squared"] >= 10.0
    quench = [x for x in seen[begin:] if x.name == "quench"][-1]
    assert quench.done == glass.provenance["quench_max_force"] <= quench.wanted
    unseen = vitrify.make_glass(catalogue.pss(), **(SOUND | {"parent_temperature": "auto"}))
    assert np.array_equal(unseen.positions, glass.positions)


def test_pilots_are_counted_on_when_a_round_was_not_enough(monkeypatch):
    """The first temperature is far too low here, so that two rounds are needed."""
    from vitrify.ensemble import parent_temperature

    monkeypatch.setattr(parent_temperature, "_shear_modulus_of_random_start", lambda *a: Estimate(12.0, 0.0))
    seen = []
    find_parent_temperature(
        catalogue.pss(), n_particles=100, density=0.6, rng=np.random.default_rng(2), n_pilots=1,
        recipe=vitrify.Recipe(melt_msd=1.0), progress=seen.append,
    )  # fmt: skip
    counted = [(x.done, x.wanted) for x in seen if x.name == "pilot"]
    assert counted[:3] == [(1, 2), (2, 2), (3, 3)]


def test_compilation_is_told_while_it_lasts_and_only_when_it_happens(monkeypatch, tmp_path):
    config.reload_config()  # else the first compilation does, where a test before changed a variable of Numba's
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    happened = []

    def double(x):
        return 2.0 * x + 0.12345

    with compilation_told(lambda: happened.append("begins"), lambda: happened.append("ends")):
        assert Cpu().compile(double)(1.0) == 2.12345
        assert happened == ["begins", "ends"]
        assert Cpu().compile(double)(2.0) == 4.12345  # found on disk
    Cpu().compile(lambda x: x - 0.54321)(1.0)
    assert happened == ["begins", "ends"]


def on_a_terminal(command, **environment):
    """What a command writes to a terminal, and its exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=slave, stderr=slave, env={**os.environ, **environment})
    os.close(slave)
    written = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not more:
            break
        written += more
    os.close(master)
    return written.decode(), process.wait()


PROGRAM = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()"]
MAKE = [*PROGRAM, "make", "pss(rc=1.2)", "--particles", "100", "--density", "0.6", "--output"]


def measure_with_quench(folder):
    """The command that quenches and measures a new glass."""
    vitrify.make_glass(catalogue.pss(), **SOUND).write(folder / "g.xyz")
    return [*PROGRAM, "measure", str(folder / "g.xyz"), "--quench"]


def test_make_shows_its_stages_on_a_terminal(tmp_path):
    written, code = on_a_terminal([*MAKE, str(tmp_path / "g.xyz")], COLUMNS="70", TERM="dumb")
    assert code == 0
    shown = [x.strip() for x in written.split("\r")]
    for stage in ("pilot 1 of 3", "pilot 3 of 3, liquid, moved ", "of 10 a0^2", "quench, max|f| = "):
        assert any(stage in x for x in shown), stage
    assert all(len(x) < 70 for x in shown if "quenched from" not in x)
    assert "\n" not in written[: written.index("g.xyz")].replace(str(tmp_path), "")
    assert written.isascii()


def test_measure_shows_its_quench_on_a_terminal(tmp_path):
    written, code = on_a_terminal(measure_with_quench(tmp_path), COLUMNS="70")
    assert code == 0
    stages, _, numbers = written.partition("the quenched glass is not kept")
    assert "quench, max|f| = " in stages
    assert "max|f| =" not in numbers
    assert stages.endswith("\r")  # the line is emptied before the next sentence


def test_make_is_silent_where_nobody_looks(tmp_path):
    done = subprocess.run([*MAKE, str(tmp_path / "g.xyz")], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.slow
def test_measure_names_what_it_compiles(tmp_path):
    kernels = str(tmp_path / "kernels")
    written, code = on_a_terminal(measure_with_quench(tmp_path), NUMBA_CACHE_DIR=kernels, COLUMNS="70")
    assert code == 0
    stages, _, later = written.partition("the quenched glass is not kept")
    for part in (stages, later):  # of the quench, of the moduli
        assert "compiling kernels for pss(rc=1.2), once per processor" in part


@pytest.mark.slow
def test_make_names_what_it_compiles(tmp_path):
    """A sphere's kernels, with a cache that is empty."""
    size = ["--particles", "100", "--density", "0.3", "--temperature", "0.01", "--output", str(tmp_path / "g.xyz")]
    hertzian = [*PROGRAM, "make", "hertzian()", *size]
    written, code = on_a_terminal(hertzian, NUMBA_CACHE_DIR=str(tmp_path / "kernels"))
    assert code == 2  # below jamming: the sentence comes after the line was emptied
    assert "compiling kernels for hertzian(), once per processor" in written
    assert written.rstrip().rpartition("\r")[2].startswith("Error: no solid: the particles no longer touch")


def test_a_tolerance_of_single_precision_is_a_number():
    given = vitrify.Recipe(force_tolerance=np.float32(1e-9))
    assert given.steps[-1].force_tolerance == float(np.float32(1e-9))
