"""`measure` of many files: rows, failures among them, tables that a later call goes on from, and what is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import vitrify
from patience import PATIENCE
from vitrify.campaign.worker import one_thread
from vitrify.cli.main import cli
from vitrify.glass import Glass
from vitrify.measuring import Asked, many
from vitrify.measuring.rows import read_rows
from vitrify.models import Model, Potential
from vitrify.models.catalogue import parse
from vitrify.observables import low_frequency_modes, measure, quasilocalised_mode
from vitrify.preparation import Recipe, prepare_glass


@pytest.fixture(scope="module")
def glasses():
    """Three small glasses of one model."""
    return [
        prepare_glass(
            parse("pss(rc=1.2)"), n_particles=100, density=0.6, parent_temperature=6.0, rng=np.random.default_rng(seed),
            recipe=Recipe(melt_msd=2.0),
        )
        for seed in (1, 2, 3)
    ]  # fmt: skip


@pytest.fixture
def folder(tmp_path, glasses, monkeypatch):
    """A folder of three glasses, a broken file among them and one that is no minimum; it is the current one."""
    for name, glass in zip(("a", "b", "c"), glasses, strict=True):
        glass.write(tmp_path / f"{name}.xyz")
    text = (tmp_path / "a.xyz").read_text().splitlines(keepends=True)
    (tmp_path / "broken.xyz").write_text("".join(text[:-3]))
    step = 1e-3 * np.sin(np.arange(300.0)).reshape(100, 3)
    glasses[0].with_positions(glasses[0].positions + step).write(tmp_path / "pushed.xyz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def counted(monkeypatch):
    """Names of the files that are measured in this process."""
    names, one = [], many.measured_row

    def measured(place, asked):
        names.append(place.file.name)
        return one(place, asked)

    monkeypatch.setattr(many, "measured_row", measured)
    return names


NUMBERS = ("shear_modulus", "bulk_modulus", "omega0", "max_force", "energy_per_particle")
GOOD = ("a.xyz", "b.xyz", "c.xyz")
ALL = ("a.xyz", "broken.xyz", "b.xyz", "pushed.xyz", "c.xyz")


def call(*arguments):
    return CliRunner().invoke(cli, ["measure", *map(str, arguments)])


def numbers(name):
    """The text of each cell of a CSV file, by column: as numbers pandas may read them to 15 digits only."""
    return {
        column: [float(x) for x in cells] for column, cells in pd.read_csv(name, dtype=str).items() if column in NUMBERS
    }


def refused(result, word):
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1
    return True


def test_one_row_per_glass_with_the_numbers_of_each(folder, glasses):
    done = call(*GOOD, "--table", "t.parquet", "--workers", 1, "--modes", 3, "--qlm", "--observable", "structure")
    assert (done.exit_code, done.stdout) == (0, "t.parquet: 3 glasses measured\n"), done.output
    table = pd.read_parquet("t.parquet")
    assert list(table["file"]) == list(GOOD)
    assert list(table["frame"]) == [-1, -1, -1]
    for glass, (_, row) in zip(glasses, table.iterrows(), strict=True):
        for name, value in asdict(measure(glass)).items():
            if value is not None:
                assert row[name] == value, name
        with one_thread():  # the last bits depend on the number
            found, _ = low_frequency_modes(glass, number=3)
            soft = quasilocalised_mode(glass).values
        assert [row[f"lowest_eigenvalues_{k}"] for k in range(3)] == found.eigenvalues.tolist()
        assert {f"qlm_{name}": row[f"qlm_{name}"] for name in soft} == {f"qlm_{name}": x for name, x in soft.items()}
    units = {x.name: x.metadata[b"unit"].decode() for x in pq.read_schema("t.parquet")}
    assert (units["shear_modulus"], units["lowest_eigenvalues_2"], units["qlm_frequency"]) == ("ε/λ³", "ε/λ²/m", "√(ε/m)/λ")
    assert units["zero_modes"] == "1"


def test_what_fails_is_set_aside_and_listed(folder):
    done = call(*ALL, "--table", "t.csv", "--workers", 1)
    assert done.exit_code == 0
    assert done.stdout == "t.csv: 3 glasses measured, 2 failed\n"
    broken, pushed = done.stderr.splitlines()
    assert broken.startswith("failed: broken.xyz")
    assert "not at mechanical equilibrium" in pushed
    table = pd.read_csv("t.csv")
    assert list(table["file"]) == list(ALL)
    assert list(table["reason"].notna()) == [False, True, False, True, False]
    assert list(table["shear_modulus"].isna()) == [False, True, False, True, False]


def test_where_nothing_can_be_measured_the_command_fails(folder):
    done = call("broken.xyz", "pushed.xyz", "--workers", 1, "--table", "t.csv")
    assert done.exit_code == 2
    assert "Error: none of the 2 glasses could be measured" in done.stderr
    assert len(pd.read_csv("t.csv")) == 2


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_two_processes_find_the_bits_of_one(folder, suffix):
    for workers in (1, 2):
        done = call(*ALL, "--table", f"{workers}.{suffix}", "--workers", workers, "--modes", 2)
        assert done.exit_code == 0, done.output
    assert (folder / f"1.{suffix}").read_bytes() == (folder / f"2.{suffix}").read_bytes()
    assert len(read_rows(folder / f"2.{suffix}")) == 5


def test_tables_hold_every_digit(folder, glasses):
    expected = [asdict(measure(x)) for x in glasses]
    for name in ("t.parquet", "t.csv"):
        assert call(*GOOD, "--table", name, "--workers", 1).exit_code == 0
    csv, parquet = pd.read_csv("t.csv"), pd.read_parquet("t.parquet")
    exact = {name: [x[name] for x in expected] for name in NUMBERS}
    assert {name: numbers("t.csv")[name] for name in NUMBERS} == exact
    assert {name: parquet[name].tolist() for name in NUMBERS} == exact
    assert csv["n_particles"].tolist() == parquet["n_particles"].tolist() == [100, 100, 100]
    assert csv["is_minimum"].tolist() == parquet["is_minimum"].tolist() == [True, True, True]
    about = json.loads((folder / "t.csv-metadata.json").read_text())["tableSchema"]
    units = {x["name"]: x.get("schema:unitText") for x in about["columns"]}
    assert (units["bulk_modulus"], units["a0"]) == ("ε/λ³", "λ")
    assert about["primaryKey"] == ["file", "frame"]


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_a_second_time_only_what_changed_or_failed_is_measured(folder, glasses, counted, name):
    call(*ALL, "--table", name, "--workers", 1)
    assert counted == list(ALL)
    before = (folder / name).read_bytes()
    counted.clear()
    done = call(*ALL, "--table", name, "--workers", 1)
    assert counted == ["broken.xyz", "pushed.xyz"]
    assert done.stdout == f"{name}: 0 glasses measured, 3 existed already, 2 failed\n"
    assert (folder / name).read_bytes() == before
    glasses[1].write("broken.xyz")  # mended
    glasses[2].write("b.xyz")  # another glass under the name
    os.utime("a.xyz")  # the same content, written anew
    counted.clear()
    done = call(*ALL, "--table", name, "--workers", 1)
    assert counted == ["broken.xyz", "b.xyz", "pushed.xyz"]
    assert done.stdout == f"{name}: 2 glasses measured, 2 existed already, 1 failed\n"
    moduli = {row["file"]: row["shear_modulus"] for row in read_rows(folder / name)}
    assert moduli["broken.xyz"] == measure(glasses[1]).shear_modulus
    assert moduli["b.xyz"] == moduli["c.xyz"] == measure(glasses[2]).shear_modulus


def test_rows_of_other_files_stay(folder, counted):
    call("a.xyz", "b.xyz", "--table", "t.csv", "--workers", 1)
    call("c.xyz", "a.xyz", "--table", "t.csv", "--workers", 1)
    assert counted == ["a.xyz", "b.xyz", "c.xyz"]
    assert list(pd.read_csv("t.csv")["file"]) == ["c.xyz", "a.xyz", "b.xyz"]


def test_a_file_that_is_given_twice_is_one_row_and_a_copy_is_another(folder, counted):
    (folder / "copy.xyz").write_bytes((folder / "a.xyz").read_bytes())
    done = call("a.xyz", "a.xyz", "copy.xyz", "--json", "--workers", 1)
    first, copy = (json.loads(x) for x in done.stdout.splitlines())
    assert counted == ["a.xyz", "copy.xyz"]
    assert (first.pop("file"), copy.pop("file")) == ("a.xyz", "copy.xyz")
    assert first == copy


def test_one_file_with_a_table_is_a_table_of_one_row(folder, glasses):
    assert call("a.xyz", "--table", "t.csv").exit_code == 0
    assert numbers("t.csv")["shear_modulus"] == [measure(glasses[0]).shear_modulus]


def test_a_table_for_people(folder):
    done = call(*ALL, "--workers", 1)
    assert done.exit_code == 0
    head, *rows = done.stdout.splitlines()
    assert head.split()[:2] == ["file", "N"]
    assert [row.split()[:2] for row in rows] == [["a.xyz", "100"], ["b.xyz", "100"], ["c.xyz", "100"]]
    assert len(done.stderr.splitlines()) == 2


def test_other_options_are_told_and_nothing_is_lost(folder):
    call(*GOOD, "--table", "t.csv", "--workers", 1, "--modes", 2)
    before = (folder / "t.csv").read_bytes()
    assert refused(
        call(*GOOD, "--table", "t.csv", "--modes", 3), 't.csv contains glasses that were measured with {"modes": 2}'
    )
    assert (folder / "t.csv").read_bytes() == before


def test_an_earlier_version_is_measured_again(folder, counted, monkeypatch):
    call("a.xyz", "--table", "t.csv")
    monkeypatch.setattr("vitrify.measuring.many.__version__", "9.9")
    monkeypatch.setattr("vitrify.measuring.rows.__version__", "9.9")
    call("a.xyz", "--table", "t.csv")
    call("a.xyz", "--table", "t.csv")
    assert counted == ["a.xyz", "a.xyz"]
    assert list(pd.read_csv("t.csv")["vitrify"]) == [9.9]


@pytest.mark.parametrize(("name", "content"), [
    ("t.csv", b"file,frame\na.xyz,0\n"), ("t.csv", b""), ("t.csv", b"\xff\xfe\x00"), ("t.csv", b'a,"b\n'),
    ("t.parquet", b"PAR1"), ("t.parquet", b""),
])  # fmt: skip
def test_a_table_that_is_not_ours_is_never_overwritten(folder, name, content):
    (folder / name).write_bytes(content)
    assert refused(call(*GOOD, "--table", name), "is not a table of vitrify measure")
    assert (folder / name).read_bytes() == content


def test_a_parquet_file_of_another_program_is_never_overwritten(folder):
    pd.DataFrame({"x": [1.0, 2.0]}).to_parquet("t.parquet")
    assert refused(call(*GOOD, "--table", "t.parquet"), "it has no column file")
    assert list(pd.read_parquet("t.parquet")["x"]) == [1.0, 2.0]


@pytest.mark.parametrize(("arguments", "word"), [
    (["*.lammpstrj", "--table", "t.csv"], "no file matches *.lammpstrj"),
    (["a.xyz", "missing.xyz"], "missing.xyz does not exist"),
    (["a.xyz", "below"], "below is a folder, must be a file: give those in it"),
    (["below", "--table", "t.csv"], "below is a folder"),
    (["a.xyz", "/dev/null"], "/dev/null is a pipe or a device"),
    (["a.xyz", "b.xyz", "--table", "t.xlsx"], "must be one of .parquet, .csv"),
    (["a.xyz", "b.xyz", "--table", "below/missing/t.csv"], "there is no folder"),
    (["a.xyz", "b.xyz", "--output", "a.xyz"], "is no folder"),
    (["a.xyz", "b.xyz", "--output", "."], "would be written over a file that is read"),
    (["a.xyz", "below/a.xyz", "--output", "out"], "would be written for two glasses"),
    (["a.xyz", "b.xyz", "--model", "nonsense"], "nonsense"),
    (["a.xyz", "b.xyz", "--workers", "0"], ""),
])  # fmt: skip
def test_mistakes_are_told_before_any_work(folder, monkeypatch, arguments, word):
    (folder / "below").mkdir()
    (folder / "below" / "a.xyz").write_bytes((folder / "a.xyz").read_bytes())

    def read(*_, **__):
        raise AssertionError("the work was begun")

    monkeypatch.setattr("vitrify.glass.read_glass", read)
    before = {x: x.read_bytes() for x in folder.rglob("*") if x.is_file()}
    done = call(*arguments)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert word in done.stderr
    assert {x: x.read_bytes() for x in folder.rglob("*") if x.is_file()} == before


def test_several_wrong_names_are_told_together(folder):
    done = call("x.xyz", "a.xyz", "y.xyz")
    assert done.stderr == "Error: the list of files has 2 mistakes:\n  x.xyz does not exist\n  y.xyz does not exist\n"


def test_a_folder_takes_the_glasses_after_their_quench_and_their_modes(folder):
    arguments = ["a.xyz", "pushed.xyz", "--quench", "--output", "out", "--modes", 2, "--write-modes", "modes"]
    done = call(*arguments, "--workers", 1, "--table", "t.csv")
    assert done.exit_code == 0, done.output
    assert measure(Glass.read("out/pushed.xyz")).is_minimum
    assert measure(Glass.read("out/pushed.xyz")).shear_modulus == numbers("t.csv")["shear_modulus"][1]
    assert len((folder / "modes" / "a.xyz").read_text().splitlines()) == 2 * 102


def test_what_is_to_be_written_and_is_not_there_is_made_again(folder, counted):
    call("a.xyz", "b.xyz", "--table", "t.csv", "--workers", 1)
    for _ in range(2):
        call("a.xyz", "b.xyz", "--table", "t.csv", "--workers", 1, "--output", "out")
    assert counted == ["a.xyz", "b.xyz"] * 2
    assert sorted(os.listdir("out")) == ["a.xyz", "b.xyz"]


def test_an_overridden_model_is_told_once(folder):
    done = call(*GOOD, "--model", "pss(rc=1.3)", "--force-tolerance", 1e9, "--workers", 1, "--json")
    warned = [x for x in done.stderr.splitlines() if x.startswith("Warning")]
    assert len(warned) == 1
    assert "(and 2 more)" in warned[0]


def test_python_gives_the_same_table(folder, glasses):
    call(*ALL, "--table", "t.parquet", "--workers", 1, "--modes", 2)
    table = vitrify.measure_many(ALL, modes=2)
    assert table.attrs["units"]["shear_modulus"] == "ε/λ³"
    read = pd.read_parquet("t.parquet")
    assert list(table) == list(read)
    assert table["shear_modulus"].tolist()[::2] == read["shear_modulus"].tolist()[::2]
    assert table["zero_modes"].dtype == "Int64"
    assert table["zero_modes"].isna().tolist() == [False, True, False, True, False]


def test_python_refuses_what_cannot_be_a_list_of_files(folder):
    with pytest.raises(vitrify.UsageError, match="must be a list of paths"):
        vitrify.measure_many("a.xyz")
    with pytest.raises(vitrify.UsageError, match="at least one"):
        vitrify.measure_many([])
    with pytest.raises(vitrify.UsageError, match="workers"):
        vitrify.measure_many(["a.xyz"], workers=0)


def test_the_table_is_written_on_the_way(folder, monkeypatch):
    """What is finished is kept, whatever ends the work."""
    seen, one = [], many.measured_row

    def measured(place, asked):
        if seen:
            raise KeyboardInterrupt
        seen.append(place)
        return one(place, asked)

    monkeypatch.setattr(many, "measured_row", measured)
    assert call(*GOOD, "--table", "t.csv", "--workers", 1).exit_code == 130
    assert list(pd.read_csv("t.csv")["file"]) == ["a.xyz"]


def test_the_table_is_written_at_intervals_and_keeps_what_others_add(folder, monkeypatch):
    seen, one = [], many.measured_row

    def measured(place, asked):
        if place.file.name == "a.xyz":  # another command is at work on the same table
            vitrify.measure_many(["c.xyz"], table="t.csv")
        seen.append([row["file"] for row in read_rows(folder / "t.csv")] if (folder / "t.csv").exists() else [])
        return one(place, asked)

    monkeypatch.setattr(many, "measured_row", measured)
    monkeypatch.setattr(many, "EVERY", -1.0)
    assert call("a.xyz", "b.xyz", "--table", "t.csv", "--workers", 1).exit_code == 0
    assert seen == [[], ["c.xyz"], ["a.xyz", "c.xyz"]]
    assert list(pd.read_csv("t.csv")["file"]) == ["a.xyz", "b.xyz", "c.xyz"]


def test_a_disk_that_is_full_for_a_while_ends_nothing(folder, monkeypatch):
    write, tried = many.write_rows, []

    def written(rows, path):
        tried.append(len(rows))
        if len(tried) < 3:
            raise vitrify.UsageError(f"{path} cannot be written: No space left on device")
        write(rows, path)

    monkeypatch.setattr(many, "write_rows", written)
    monkeypatch.setattr(many, "EVERY", -1.0)
    assert call("a.xyz", "b.xyz", "c.xyz", "--table", "t.csv", "--workers", 1).exit_code == 0
    assert tried == [1, 2, 3]
    assert len(pd.read_csv("t.csv")) == 3


def test_quenched_glasses_that_are_not_kept_are_told(folder):
    told = "the quenched glasses are not kept; --output FOLDER would write them\n"
    assert call("a.xyz", "pushed.xyz", "--quench", "--workers", 1).stderr == told
    assert call("a.xyz", "pushed.xyz", "--quench", "--workers", 1, "--json").stderr == ""


def test_a_model_is_given_as_text_or_as_itself(folder):
    text = vitrify.measure_many(GOOD[:2], model="pss(rc=1.2)", table="t.csv")
    itself = vitrify.measure_many(GOOD[:2], model=parse("pss(rc=1.2)"), table="t.csv", workers=2)
    pd.testing.assert_frame_equal(text, itself)
    assert json.loads(text["asked"][0]) == {"model": "pss(rc=1.2)"}


def soft(factor):
    """A model of one's own, in whose formula stands a number that its name does not tell."""

    @dataclass(frozen=True)
    class Soft(Potential):
        cutoff: float = 1.2

        def derivatives(self):
            rest = factor

            def phi(u, numbers):
                x = 1.44 - u
                return rest * x**5, -5 * rest * x**4, 20 * rest * x**3, -60 * rest * x**2, 120 * rest * x

            return phi

    return Model("soft", Soft())


def test_a_formula_of_ones_own_is_part_of_what_is_asked():
    assert Asked(model=soft(1.0)).text == Asked(model=soft(1.0)).text
    assert Asked(model=soft(1.0)).text != Asked(model=soft(2.0)).text


def test_a_model_of_a_plugin_that_a_file_names_is_measured_each_time(folder, counted, monkeypatch):
    """Its formula may have changed, which the name in the file does not tell."""
    for _ in range(2):
        call("a.xyz", "--table", "t.csv")
    monkeypatch.setattr("vitrify.measuring.rows.is_shipped", lambda potential: False)
    call("a.xyz", "--table", "t.csv")
    assert counted == ["a.xyz", "a.xyz"]


@pytest.mark.parametrize(("given", "word"), [
    ({"observables": [{"name": "modes", "n_samples": 3}]}, "only studies use it"),
    ({"observables": ["structure", "structure"]}, "named once each"),
    ({"species": "A=B"}, "a dict such as"),
    ({"modes": -1}, "modes is -1"),
    ({"force_tolerance": float("nan")}, "force_tolerance is nan"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told(folder, given, word):
    with pytest.raises(vitrify.UsageError, match=word):
        vitrify.measure_many(GOOD, **given)


def wait_until(holds, process):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished(folder, glasses, workers):
    """As from a terminal, which sends it to all processes of the command."""
    names = [f"{k:03d}.xyz" for k in range(400)]
    for k, name in enumerate(names):
        glasses[k % 3].write(name)
    command = [sys.executable, "-m", "vitrify", "measure", *names, "--workers", str(workers), "--modes", "4"]
    command += ["--table", "t.parquet", "--output", "out"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        wait_until(lambda: (folder / "out").is_dir() and len(os.listdir("out")) > 4, process)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    rows = read_rows(folder / "t.parquet")
    assert 4 < len(rows) < 400
    assert (
        out.decode()
        == f"t.parquet: {len(rows)} glasses measured; stopped before the end: run the same command again to continue\n"
    )
    moduli = [measure(x).shear_modulus for x in glasses]
    assert all(row["shear_modulus"] == moduli[int(row["file"][:3]) % 3] for row in rows)


def test_a_process_that_dies_takes_no_other_glass_with_it(folder, tmp_path):
    """A plugin ends its process at one of the glasses, as the kernel does where memory runs out."""
    (folder / "deadly.py").write_text(
        "import os\nfrom dataclasses import dataclass\n"
        "from vitrify.plugins import Measured, Observable, Column, register\n"
        "@register\n@dataclass(frozen=True)\nclass Deadly(Observable):\n"
        "    name = 'deadly'\n    summary = 'x'\n    columns = {'deadly': Column('1', 'x')}\n"
        "    def measure(self, glass):\n"
        "        if glass.provenance.get('deadly'):\n            os.kill(os.getpid(), 9)\n"
        "        return Measured({'deadly': 1.0})\n"
    )
    glass = Glass.read("b.xyz")
    Glass(glass.positions, glass.box, glass.species, glass.model, {"deadly": 1}).write("b.xyz")
    command = [sys.executable, "-m", "vitrify", "--plugin", "deadly.py", "measure", *GOOD, "--observable", "deadly"]
    done = subprocess.run([*command, "--table", "t.csv", "--workers", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "failed: b.xyz: its process ended without a message, as it does when memory runs out\n"
    assert list(pd.read_csv("t.csv")["deadly"].fillna(0.0)) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_in_a_file_goes_to_the_workers(tmp_path, pss_glass, monkeypatch, workers):
    """They are sent its text; the glasses name another model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("from vitrify import models\n\nmine = models.pss(rc=1.3)\n")
    for name in ("a.xyz", "b.xyz"):
        pss_glass.write(name)
    words = ["measure", "a.xyz", "b.xyz", "--table", "t.csv", "--energy-only", "--workers", str(workers)]
    done = CliRunner().invoke(cli, [*words, "--model", "mine.py:mine"])
    assert done.exit_code == 0, done.output
    found = pd.read_csv("t.csv")
    assert found["model"].str.startswith("mine.py:mine(digest=").all()
    CliRunner().invoke(cli, [*words[:-1], "1", "--model", "pss(rc=1.3)"])
    assert pd.read_csv("t.csv")["energy_per_particle"].tolist() == found["energy_per_particle"].tolist()
