"""An observable in a file of its own, as docs/plugins.md says: through study, store, plan, status, export, tables and report."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli
from vitrify.errors import SampleFailure, UsageError
from vitrify.glass_files import FORMATS
from vitrify.plugins import (
    OBSERVABLES,
    Column,
    Format,
    Measured,
    Observable,
    option,
    register,
    register_format,
)  # fmt: skip
from vitrify.study.observable import checked, measured

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
STUDY = """[study]
name = "own"
seed = 1

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 2
parent_temperature = 6.0
melt_msd = 1.0
observables = ["mechanics", { name = "farthest", percentile = 50.0 }]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the page's plugin, a study that asks for it, and the store of its run."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "farthest.py").write_text(re.search(r"```python\n# file: farthest.py\n(.*?)```", PAGE, re.S).group(1))
    (folder / "study.toml").write_text(STUDY)
    done = call(folder, "run", "study.toml", "--store", "store", "--workers", "1", "--no-report")
    assert done.returncode == 0, done.stderr
    assert call(folder, "export", "store", "--glasses", "glasses").returncode == 0
    return folder


@pytest.fixture(scope="module")
def wrong(place):
    """What a run said whose plugin fails with every glass."""
    (place / "wrong.py").write_text((place / "farthest.py").read_text().replace("pairs.distance", "pairs.nothing"))
    (place / "wrong.toml").write_text(STUDY)
    return call(place, "run", "wrong.toml", "--store", "wrong", "--workers", "1", "--no-report", plugin="wrong.py")


@dataclass(frozen=True)
class Own(Observable):
    """One that is not registered."""

    name = "own"
    summary = "own"
    columns = {"own": Column("1", "own")}  # noqa: RUF012  # as a plugin would write it


def call(folder, *words, plugin="farthest.py", **more):
    """A command in a process of its own, since what is registered stays so."""
    named = ["--plugin", plugin] if plugin else []
    program = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()", *named, *words]
    environment = {name: x for name, x in os.environ.items() if name != "VITRIFY_PLUGINS"} | more
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_stands_in_the_store_and_in_the_table(place):
    assert len(list(place.glob("store/a/farthest-*/*.h5"))) == 2
    assert call(place, "export", "store", "--table", "t.csv").returncode == 0
    table = pd.read_csv(place / "t.csv")
    assert table["farthest"].between(0.9, 1.4).all()
    about = json.loads((place / "t.csv-metadata.json").read_text())["tableSchema"]["columns"]
    assert next(x for x in about if x["name"] == "farthest")["schema:unitText"] == "λ"


def test_plan_and_status_know_it(place):
    plan = json.loads(call(place, "plan", "study.toml", "--json").stdout)
    (own,) = [x for x in plan["products"] if x["product"] == "farthest"]
    assert (own["tasks"], own["seconds"]) == (2, None)
    assert plan["unknown"] == ["farthest"]
    assert "farthest unknown" in " ".join(call(place, "plan", "study.toml").stdout.partition("by product:")[2].split())
    known = json.loads(call(place, "plan", "study.toml", "--store", "store", "--json").stdout)
    assert next(x for x in known["products"] if x["product"] == "farthest")["source"] == "log"
    status = json.loads(call(place, "status", "store", "--json").stdout)
    (ensemble,) = status["ensembles"]
    assert [x["done"] for x in ensemble["products"] if x["product"] == "farthest"] == [2]
    assert status["not_asked_for"] == []


def test_tables_and_report_have_it(place):
    assert call(place, "export", "store", "--tables", "tables").returncode == 0
    assert "farthest" in (place / "tables" / "a" / "samples.csv").read_text().splitlines()[0]
    for source in ("store", "tables"):
        done = call(place, "report", source, "--output", f"page-{source}")
        assert done.returncode == 0, done.stderr
        assert ">farthest<" in (place / f"page-{source}" / "index.html").read_text()


def test_measure_takes_it(place):
    assert call(place, "export", "store", "--glasses", "glasses").returncode == 0
    file = next((place / "glasses").rglob("*.xyz"))
    done = call(place, "measure", str(file), "--json", "--observable", "farthest percentile=100", "--force-tolerance", "1")
    assert 1.7 < json.loads(done.stdout)["farthest"] < 1.4 * 1.2 * 2.0 ** (1.0 / 6.0)  # the cutoff of the largest pairs
    assert "λ" in call(place, "measure", str(file), "--observable", "farthest", "--force-tolerance", "1").stdout


@pytest.mark.parametrize(("words", "said"), [
    (("status", "store"), "observables is 'farthest', must be one of mechanics"),
    (("plan", "study.toml"), "or of a plugin (vitrify --plugin FILE)"),
])  # fmt: skip
def test_without_the_plugin_it_is_unknown(place, words, said):
    done = call(place, *words, plugin=None)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert said in done.stderr


@pytest.mark.parametrize(("text", "said"), [
    (None, "is not a file"), ("import nothing_of_this_name", "ModuleNotFoundError"), ("1 / 0", "ZeroDivisionError"),
    ("from vitrify.plugins import *\nregister(dict)", "must be a class below Observable"), ("exit()", "SystemExit"),
    ("raise ValueError('one\\ntwo' + 'y' * 9000)", "ValueError: one two"),
])  # fmt: skip
def test_a_broken_plugin_is_one_sentence(tmp_path, text, said):
    file = tmp_path / "own.py"
    if text is not None:
        file.write_text(text)
    result = CliRunner().invoke(cli, ["--plugin", str(file), "models"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert len(result.stderr) < 600


def test_a_file_named_twice_is_loaded_once(place):
    (place / "link.py").symlink_to(place / "farthest.py")
    for named in ("farthest.py", str(place / "farthest.py"), f"link.py{os.pathsep}farthest.py"):
        done = call(place, "status", "store", VITRIFY_PLUGINS=named)
        assert done.returncode == 0, done.stderr


def test_an_observable_is_named_once_and_arrays_are_told(place):
    file = str(next((place / "glasses").rglob("*.xyz")))
    twice = call(
        place,
        "measure",
        file,
        "--observable",
        "farthest",
        "--observable",
        "farthest percentile=1",
        "--force-tolerance",
        "1",
    )
    assert "names farthest twice" in twice.stderr
    words = ("measure", file, "--observable", "structure", "--force-tolerance", "1")
    assert "AA (250,)" in call(place, *words).stdout
    assert len(json.loads(call(place, *words, "--json").stdout)["structure_arrays"]["AA"]) == 250


def test_a_format_in_a_file_of_its_own(place):
    text = re.search(r"```python\n# file: plain_numbers.py\n(.*?)```", PAGE, re.S).group(1)
    (place / "plain_numbers.py").write_text(text)
    own = ("--plugin", "plain_numbers.py")
    done = call(place, *own, "export", "store", "--glasses", "plain", "--format", "plain-numbers")
    assert "2 glasses written" in done.stdout + done.stderr
    file = str(next((place / "plain").rglob("000000.plain")))
    words = ("measure", file, "--json", "--force-tolerance", "1")
    found = call(place, *own, *words, "--model", "pss(rc=1.2)")
    assert call(place, "export", "store", "--glasses", "glasses").returncode == 0
    usual = call(place, "measure", str(next((place / "glasses").rglob("000000.xyz"))), "--json", "--force-tolerance", "1")
    own_numbers, numbers = json.loads(found.stdout), json.loads(usual.stdout)
    assert own_numbers["shear_modulus"] == pytest.approx(numbers["shear_modulus"], rel=1e-9)
    without = call(place, *own, *words)
    assert (without.returncode, without.stderr.count("\n")) == (2, 1)
    assert "000000.plain: the file does not name its model, so give one" in without.stderr
    assert "must be one of .xyz, .extxyz, " in call(place, *words).stderr


@pytest.mark.parametrize(("form", "said"), [
    (Format("extxyz", (".new",), ""), "not taken"), (Format("new", (".gsd",), ""), "no other format has"),
    (Format("new", ("abc",), ""), "no other format has"), (Format("new", (), ""), "at least one"), ("new", "a Format"),
    (Format("new", ".abc", ""), "a tuple such as"),
])  # fmt: skip
def test_formats_that_cannot_be_registered(form, said):
    with pytest.raises(UsageError, match=said):
        register_format(form)
    assert "new" not in FORMATS


def test_a_plugin_that_fails_is_told_where_it_measures(place, wrong):
    assert "2 failed" in wrong.stdout + wrong.stderr
    assert "AttributeError" in call(place, "status", "wrong", "--products", plugin="wrong.py").stdout
    file = str(next((place / "glasses").rglob("*.xyz")))
    done = call(place, "measure", file, "--observable", "farthest", "--force-tolerance", "1", plugin="wrong.py")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "observable farthest fails: AttributeError" in done.stderr
    assert "(wrong.py, line " in done.stderr


@pytest.mark.parametrize(("found", "said"), [
    ({"own": 1.0}, "gave a dict, must give Measured"), (None, "gave a NoneType"), (Measured({}), "no value for own"),
    (Measured({"own": 1.0, "other": 2.0}), "a value for other"), (Measured({"own": "a"}), "must give float"),
    (Measured({"own": None}), "must give float"), (Measured({"own": True}), "must give float"), (Measured({"own": 10**400}), "64 bits"),
    (Measured({"own": 1.0}, {"x/y": [1.0]}), "does not consist of numbers"), (Measured({"own": 1.0}, {"x": [1j]}), "does not consist of numbers"),
    (Measured({"own": 1.0}, {"x": [[1], [1, 2]]}), "does not consist of numbers"),
])  # fmt: skip
def test_what_an_observable_gives_is_held_against_its_columns(found, said):
    with pytest.raises(SampleFailure, match=said):
        checked(Own(), found)


@pytest.mark.parametrize(("error", "said"), [
    (ValueError("one\ntwo\x1b[31m"), r"fails: ValueError: one two \[31m \(test_plugins.py, line \d+\)"),
    (RecursionError("x" * 100_000), r"fails: RecursionError: x{300}\.\.\. \("), (MemoryError(), r"fails: MemoryError \("),
])  # fmt: skip
def test_what_foreign_code_says_is_one_short_sentence(pss_glass, error, said):
    def measure(self, glass):
        raise error

    failing = dataclass(frozen=True)(type("Failing", (Own,), {"measure": measure}))
    with pytest.raises(SampleFailure, match=said):
        measured(failing(), pss_glass)


def test_numbers_of_numpy_become_plain():
    plain = checked(Own(), Measured({"own": np.float32(0.5)}, {"x": [1, 2]}))
    assert type(plain.values["own"]) is float
    assert checked(Own(), Measured({"own": np.int64(3)})).values == {"own": 3.0}


@pytest.mark.parametrize(("body", "said"), [
    ({"name": "mechanics"}, "not taken"), ({"name": "No Word"}, "small letters"), ({"measure": Observable.measure}, "no method measure"), ({"summary": None}, "no summary"), ({"name": "glass"}, "not taken"),
    ({"columns": {"pressure": Column("1", "p")}}, "mechanics does not have"), ({"columns": {"x y": Column("1", "p")}}, "a word"),
    ({"n_samples": option(1, "n"), "__annotations__": {"n_samples": "int"}}, "not taken"), ({"version": "x"}, "a whole number"),
    ({"columns": {"seconds": Column("s", "t")}}, "no table"), ({"columns": {"own": Column("1", "x", list)}}, "float, int, bool or str"),
    ({"columns": {"own": Column("1", "x", "int")}}, "kind is 'int', must be float, int, bool or str"), ({"columns": {"own": "x"}}, "a Column"),
    ({"columns": ["own"]}, "a table such as"), ({"columns": {"own": Column(3, "x")}}, "unit is 3"), ({"columns": {"own": Column("1", None)}}, "meaning is None"),
])  # fmt: skip
def test_what_cannot_be_registered(body, said):
    kind = dataclass(frozen=True)(
        type("Own", (Observable,), {"name": "own", "summary": "own", "measure": lambda self, glass: None, **body})
    )
    with pytest.raises(UsageError, match=said):
        register(kind)
    assert "own" not in OBSERVABLES


def test_choices_are_of_the_default():
    """Of a number they would be passed over in silence."""
    for default in (5, "c"):
        with pytest.raises(UsageError, match="option: default is .*, must be one of its choices, 'a', 'b'"):
            option(default, "a thing", choices=("a", "b"))


def test_options_are_checked_by_their_kind(monkeypatch):
    from vitrify.study import ObservableSpec

    @dataclass(frozen=True)
    class Own(Observable):
        whole: int = option(3, "n", at_least=2)
        part: float = option(0.5, "x")
        word: str = option("a", "w", choices=("a", "b"))
        free: str = option("a", "w")
        truth: bool = option(False, "t")

        name = "own"
        summary = "own"

        def measure(self, glass):
            return Measured({"n": self.whole})

    monkeypatch.setitem(OBSERVABLES, "own", Own)
    assert ObservableSpec("own", options={"whole": 4, "truth": True, "free": "z"}).observable == Own(
        4, free="z", truth=True
    )
    wrong = {
        "whole": [1, 2.5, True],
        "part": ["x", -1.0, True],
        "word": ["c", 1],
        "free": [1],
        "truth": [1, "yes"],
        "other": [1],
    }
    for key, values in wrong.items():
        for value in values:
            with pytest.raises(UsageError, match=key):
                ObservableSpec("own", options={key: value})


def test_study_files_name_all_observables_with_their_options():
    page = (Path(__file__).parents[2] / "docs" / "study-files.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page.split("## Observables")[1].split("<!-- end -->")[0], re.M))
    own = {x: kind for x, kind in OBSERVABLES.items() if kind.__module__.startswith("vitrify.")}
    assert list(rows) == list(own)
    for name, kind in own.items():
        summary, options = rows[name].rsplit("|", 1)
        assert summary.strip() == kind.summary
        for x, default in kind().__dict__.items():
            assert f"`{x} = {json.dumps(default)}`" in options


@pytest.mark.usefixtures("wrong")
def test_what_failed_before_is_told_as_that(place):
    again = call(place, "run", "wrong.toml", "--store", "wrong", "--workers", "1", "--no-report", plugin="wrong.py")
    assert "0 samples made, 2 failed before (--retry-failed tries again)" in again.stdout + again.stderr
    words = ("run", "wrong.toml", "--store", "wrong", "--workers", "1", "--no-report", "--retry-failed")
    assert "2 samples made" in call(place, *words).stdout  # the plugin is mended
