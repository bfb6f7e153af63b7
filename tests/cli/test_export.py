"""What `vitrify export` writes, read back by other programs, against what h5py reads from the store."""

import csv
import json
import sys
from dataclasses import replace

import ase.io
import gsd.hoomd
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from stores import filled, study_text
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.export import csvw, parquet
from vitrify.export.source import Source
from vitrify.glass_files import FORMATS
from vitrify.study.columns import columns

LOOSE = (
    '"mechanics", "elasticity", { name = "modes", n_samples = 1, number = 4 }, { name = "structure", n_particles = 120 }'
)
TEXT = study_text(("../loose a", LOOSE), ("../loose_a", '"mechanics"'), ("tight", '"mechanics", "elasticity"'))


def call(*arguments):
    return CliRunner().invoke(cli, ["export", *(str(x) for x in arguments)])


def content(path):
    with h5py.File(path) as file:
        return json.loads(file.attrs["values"]), {name: file[name][()] for name in file}


def glass_in(store, ensemble, sample, n=100):
    """Box, positions and species of a glass, straight from its file."""
    found = [content(x) for x in store.glob(f"{ensemble}/glass-*/{sample:06d}.h5")]
    (values, arrays) = next(x for x in found if len(x[1]["positions"]) == n)
    return values["box"], arrays["positions"], arrays["species"]


def tree(folder):
    return {x.relative_to(folder): x.read_bytes() for x in folder.rglob("*") if x.is_file()}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("export") / "s", TEXT)


@pytest.fixture
def damaged(store, tmp_path):
    """A copy whose first glass of `tight` is cut short."""
    for name, data in tree(store).items():
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(data)
    (path,) = (tmp_path / "d").glob("tight/glass-*/000000.h5")
    path.write_bytes(path.read_bytes()[:500])
    return tmp_path / "d"


def test_parquet_holds_values_types_units_and_the_study(store, tmp_path):
    result = call(store, "--table", tmp_path / "t.parquet")
    assert result.exit_code == 0, result.output
    assert "8 samples" in result.output
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column_names[:3] == ["ensemble", "sample", "n_particles"]
    rows = {(x["ensemble"], x["n_particles"], x["sample"]): x for x in table.to_pylist()}
    assert len(rows) == 8
    for product in ("mechanics", "elasticity"):
        for sample in (0, 1):
            (path,) = store.glob(f"tight/{product}-*/{sample:06d}.h5")
            values, _ = content(path)
            assert {name: rows["tight", 100, sample][name] for name in values} == values
    assert rows["../loose_a", 100, 0]["shear_modulus"] is None
    assert (rows["../loose a", 100, 0]["n_modes"], rows["../loose a", 100, 1]["n_modes"]) == (4, None)
    assert rows["../loose a", 120, 1]["pressure"] is None
    types = {"zero_modes": pa.int64(), "is_minimum": pa.bool_(), "modes_proof": pa.string(), "pressure": pa.float64()}
    assert {name: table.schema.field(name).type for name in types} == types
    for field in table.schema:
        said = {"unit": columns()[field.name].unit, "description": columns()[field.name].meaning}
        assert {k.decode(): v.decode() for k, v in field.metadata.items() if k != b"PARQUET:field_id"} == said
    assert table.schema.metadata[b"study"] == b"small"
    assert table.schema.metadata[b"study.toml"].decode() == TEXT
    assert table.schema.metadata[b"vitrify"]


def test_pandas_reads_the_parquet_file(store, tmp_path):
    call(store, "--table", tmp_path / "t.parquet", "--ensemble", "tight")
    table = pd.read_parquet(tmp_path / "t.parquet")
    values, _ = content(next(store.glob("tight/elasticity-*/000001.h5")))
    assert {name: table.set_index("sample").loc[1, name] for name in values} == values


def test_csv_has_every_digit_and_its_columns_are_described(store, tmp_path):
    assert call(store, "--table", tmp_path / "t.csv").exit_code == 0
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in [x for x in rows if x["ensemble"] == "tight"]:
        values, _ = content(next(store.glob(f"tight/elasticity-*/{int(row['sample']):06d}.h5")))
        assert all(float(row[name]) == value for name, value in values.items() if type(value) is float)
        assert (row["is_minimum"], row["zero_modes"]) == (str(values["is_minimum"]), "3")
    assert [x["n_modes"] for x in rows if x["ensemble"] == "../loose a"] == ["4", "", "", ""]
    about = json.loads((tmp_path / "t.csv-metadata.json").read_text(encoding="utf-8"))
    assert about["@context"][0] == "http://www.w3.org/ns/csvw"
    assert about["url"] == "t.csv"
    assert about["dc:source"] == TEXT
    columns = about["tableSchema"]["columns"]
    assert [x["name"] for x in columns] == list(rows[0])  # CSVW wants them in the order of the file
    pressure = next(x for x in columns if x["name"] == "pressure")
    assert (pressure["datatype"], pressure["schema:unitText"]) == ("double", "ε/λ³")
    assert all(x["dc:description"] for x in columns)


def test_what_is_infinite_missing_or_unknown(tmp_path):
    table = pd.DataFrame({"stickiness": [np.inf, np.nan, 0.1], "zero_modes": [3, None, 3], "of_tomorrow": ["a", None, "c"]})
    table["zero_modes"] = table["zero_modes"].astype("Int64")
    csvw.write(table, Source("s", "", "0"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[1:] == ["INF,3,a", ",,", "0.1,3,c"]
    parquet.write(table, Source("s", "", "0"), tmp_path / "t.parquet")
    back = pq.read_table(tmp_path / "t.parquet").to_pydict()
    assert back == {"stickiness": [np.inf, None, 0.1], "zero_modes": [3, None, 3], "of_tomorrow": ["a", None, "c"]}


def test_extxyz_as_ase_reads_it(store, tmp_path):
    done = call(store, "--glasses", tmp_path, "--ensemble", "tight", "--names", "A=Cu,B=Zr")
    assert "2 glasses written" in done.output
    atoms = ase.io.read(tmp_path / "tight" / "000001.xyz", format="extxyz")
    box, positions, species = glass_in(store, "tight", 1)
    assert np.array_equal(atoms.positions, positions)
    assert np.array_equal(atoms.cell.array, box * np.eye(3))
    assert np.array_equal(atoms.numbers == 40, species == 1)
    assert atoms.pbc.all()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--names", "A=Cu,C=Zr"], "names has 'C', must name only the species of the ensembles, A, B"),
        (["--names", "A=B"], "2 different names"),
        (["--names", "A"], "--names is 'A', must be written like A=Cu,B=Zr"),
        (["--names", "A=Cu,A=Zr"], "must name each species once"),
    ],
)
def test_names_that_cannot_be_write_nothing(store, tmp_path, arguments, word):
    done = call(store, "--glasses", tmp_path / "g", *arguments)
    assert (done.exit_code, word in done.output) == (2, True), done.output
    assert not (tmp_path / "g").exists()
    assert "ask for --glasses" in call(store, "--table", tmp_path / "t.csv", "--names", "A=Cu").output


def test_lammps_data_as_ase_reads_it(store, tmp_path):
    call(store, "--glasses", tmp_path, "--ensemble", "tight", "--format", "lammps")
    # ASE has no units lj; metal has its own unit of length
    atoms = ase.io.read(tmp_path / "tight" / "000000.data", format="lammps-data", atom_style="atomic", units="metal")
    box, positions, species = glass_in(store, "tight", 0)
    assert np.array_equal(atoms.positions, positions)
    assert np.array_equal(atoms.cell.array, box * np.eye(3))
    assert np.array_equal(atoms.arrays["type"] - 1, species)


def test_gsd_as_gsd_reads_it(store, tmp_path):
    call(store, "--glasses", tmp_path, "--ensemble", "tight", "--format", "gsd")
    with gsd.hoomd.open(str(tmp_path / "tight" / "000000.gsd")) as file:
        assert len(file) == 1
        frame = file[0]
    box, positions, species = glass_in(store, "tight", 0)
    away = frame.particles.position - positions
    assert np.abs(away - box * np.rint(away / box)).max() < 1e-6  # single precision: 3 · 2⁻²⁴ = 2e-7
    assert np.array_equal(frame.particles.typeid, species)


def test_every_size_has_its_folder_and_no_name_leads_out(store, tmp_path):
    result = call(store, "--glasses", tmp_path / "below" / "g")
    assert "8 glasses written, 0 existed already" in result.output
    assert [x.name for x in tmp_path.iterdir()] == ["below"]
    names = [x.relative_to(tmp_path / "below" / "g").parts for x in (tmp_path / "below").rglob("*.xyz")]
    assert len(set(names)) == 8  # the two ensembles whose names are one in the store are kept apart
    assert all(".." not in part for x in names for part in x)
    assert sum(x[-2:] == ("120", "000001.xyz") for x in names) == 1
    assert ("tight", "000000.xyz") in names


def test_what_is_there_is_not_written_again(store, tmp_path):
    call(store, "--glasses", tmp_path, "--ensemble", "tight", "--samples", 1)
    path = tmp_path / "tight" / "000000.xyz"
    assert [x.name for x in path.parent.iterdir()] == ["000000.xyz"]
    written = path.read_bytes()
    path.write_text("mine")
    again = call(store, "--glasses", tmp_path, "--ensemble", "tight")
    assert "1 glass written, 1 existed already" in again.output
    assert path.read_text() == "mine"
    assert (
        "2 glasses written, 0 existed already"
        in call(store, "--glasses", tmp_path, "--ensemble", "tight", "--overwrite").output
    )
    assert path.read_bytes() == written


def test_both_at_once_and_several_ensembles(store, tmp_path):
    chosen = ("--ensemble", "tight", "--ensemble", "../loose_a", "--samples", 1)
    result = call(store, "--table", tmp_path / "t.csv", "--glasses", tmp_path / "g", *chosen)
    assert "2 samples" in result.output
    assert "2 glasses written" in result.output


def test_a_broken_glass_is_named_and_the_store_is_left_as_it_is(damaged, tmp_path):
    before = tree(damaged)
    result = call(damaged, "--table", tmp_path / "t.csv", "--glasses", tmp_path / "g", "--ensemble", "tight")
    assert result.exit_code == 0, result.output
    assert "1 sample, " in result.output
    assert "1 glass written, 0 existed already, 1 could not be read" in result.output
    assert result.stderr.count("000000.h5") == 2
    assert tree(damaged) == before


def test_no_file_is_ever_half_of_one(store, tmp_path, monkeypatch):
    def stopped(glass, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS, "extxyz", replace(FORMATS["extxyz"], write=stopped))
    result = call(store, "--glasses", tmp_path, "--ensemble", "tight")
    assert result.exit_code == 2
    assert "cannot be written: No space left on device" in result.stderr
    assert tree(tmp_path) == {}


def test_a_store_that_holds_nothing_yet(tmp_path):
    Store.create(tmp_path / "s").write_text("study.toml", TEXT)
    result = call(tmp_path / "s", "--table", tmp_path / "t.parquet", "--glasses", tmp_path / "g")
    assert result.exit_code == 0, result.output
    assert "0 samples" in result.output
    assert pq.read_table(tmp_path / "t.parquet").shape == (0, 3)


@pytest.mark.parametrize(("arguments", "word"), [
    ([], "--table FILE, --glasses FOLDER, --tables FOLDER or several"),
    (["--table", "t.xlsx"], "must be one of .parquet, .csv"),
    (["--table", "t.csv", "--ensemble", "none"], "no ensemble 'none'"),
    (["--glasses", "g", "--ensemble", "none"], "no ensemble 'none'"),
    (["--glasses", "t.txt"], "is no folder"),
    (["--table", "t.txt/t.csv"], "cannot be written"),
])  # fmt: skip
def test_wrong_requests_are_one_sentence(store, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text("")
    result = call(store, *arguments)
    assert result.exit_code == 2, result.output
    assert word in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("module", "arguments"), [
    ("gsd.hoomd", ["--glasses", "g", "--format", "gsd"]),
    ("pyarrow", ["--table", "t.parquet"]),
])  # fmt: skip
def test_a_missing_package_is_named(store, tmp_path, monkeypatch, module, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    result = call(store, *arguments)
    assert result.exit_code == 2
    assert 'pip install ".[export]"' in result.stderr
    assert tree(tmp_path) == {}
