"""Whatever is typed: exit code 0 or 2, and no traceback."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long, outcome
from vitrify.campaign import Store
from vitrify.cli.main import COMMANDS, cli
from vitrify.report.experiments import COLUMNS, read_experiments

STUDY = '[study]\nname = "s"\n[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 100\nn_samples = 1\n'
HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T"'
FILE = "\n".join(["2", HEAD, "A 1 1 1", "B 2 1 1", ""])  # far from equilibrium: nothing is measured of it

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.sampled_from(
    [
        "",
        "-",
        "--",
        "--help",
        "x" * 5000,
        "/",
        "/dev/null",
        "/proc/self/mem",
        "..",
        "a.xyz",
        "s.toml",
        "store",
        "missing",
        "nan",
        "inf",
        "-1",
        "1e400",
        "9" * 400,
        "0x1",
    ]
)
NUMBERS = st.sampled_from(["-1", "0", "nan", "inf", "-inf", "1e400", "1e-320", "x", "", "1.5", "9" * 30, "٣"])
MODELS = WORDS | st.sampled_from(["pss(rc=1.2)", "pss(rc=1e9)", "hertzian()", "qss(q=3)", "inverse_power(rc=1e200)"])
FILES = st.sampled_from(["a.xyz", "b.xyz", "s.toml", "store", "store/study.toml"]) | WORDS


def option(name, values):
    return st.just([]) | values.map(lambda x: [name, x])


def command(name, *parts):
    return st.tuples(*parts).map(lambda given: [name, *(word for part in given for word in part)])


ONE = FILES.map(lambda x: [x])
CALLS = st.one_of(
    command("measure", st.lists(FILES, min_size=1, max_size=3), option("--table", FILES | st.sampled_from(["t.csv", "t.parquet"])), option("--model", MODELS), option("--species", WORDS | st.sampled_from(["A=B", "A=A,B=B", "=", "A=,"])), option("--modes", NUMBERS),
            option("--soft-spots", NUMBERS), option("--kind", WORDS | st.just("cubic")), option("--dipoles", NUMBERS), option("--write-modes", FILES), option("--force-tolerance", NUMBERS), option("--units", WORDS | st.just("metal")), option("--lambda", NUMBERS), option("--frame", NUMBERS | st.sampled_from(["0:2", ":", "x"])), option("--box", NUMBERS), st.sampled_from([[], ["--json"], ["--qlm"], ["--energy-only"]])),
    command("run", WORDS.map(lambda x: [x]), option("--store", FILES), option("--samples", NUMBERS), option("--ensemble", WORDS), option("--workers", NUMBERS)),
    command("run", st.just(["s.toml", "--ensemble", "none"]), option("--store", FILES), option("--samples", NUMBERS), option("--workers", NUMBERS)),
    command("import", st.lists(FILES, max_size=3), option("--store", FILES), option("--ensemble", WORDS | st.just("b")), option("--model", MODELS),
            option("--species", WORDS), option("--force-tolerance", NUMBERS), option("--observable", WORDS | st.just("modes number=3")), st.sampled_from([[], ["--quench"]])),
    command("report", WORDS.map(lambda x: [x]), option("--output", FILES), option("--experiments", FILES)),
    command("report", st.just(["store", "--experiments"]), ONE, st.sampled_from([["--output", "a.xyz"], ["--output", "a.xyz/below"]])),
    command("status", ONE, st.sampled_from([[], ["--json"]])),
    command("make", MODELS.map(lambda x: [x]), option("--particles", NUMBERS | st.just("7")), option("--density", NUMBERS | st.just("0.6")), option("--temperature", NUMBERS),
            option("--seed", NUMBERS), option("--output", FILES | st.just("g.xyz"))),
    st.lists(WORDS | st.sampled_from(sorted(COMMANDS)), max_size=4),
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with one of each kind of file, in which the commands are called."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "s.toml").write_text(STUDY)
    (folder / "a.xyz").write_text(FILE)
    (folder / "b.xyz").write_bytes(bytes(range(256)))
    Store.create(folder / "store").write_text("study.toml", STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def called(arguments):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in (0, 2), (arguments, result.output, result.exc_info)
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exc_info)
    assert "Traceback" not in result.output
    return result


@fast(80)
@given(CALLS)
def test_any_arguments(place, arguments):
    called(arguments)


@pytest.mark.slow
@long(150)
@given(CALLS)
def test_many_arguments(place, arguments):
    called(arguments)


def made(particles="100", density="0.6", seed="0", output="g.xyz"):
    return ["make", "pss(rc=1.2)", "--particles", particles, "--density", density, "--seed", seed, "--output", output]


@pytest.mark.parametrize(("arguments", "word"), [
    (made(density="inf"), "density is inf"),
    (made(density="nan"), "density is nan"),
    (made(density="1e-320"), "density is 1e-320"),
    (made(density="1e7"), "density is 10000000.0"),
    (made(particles="-100"), "n_particles is -100"),
    (made(particles="1"), "n_particles is 1,"),
    (made(particles="1" + "0" * 400), "beyond 64 bits"),
    (made(particles="100000001"), "at most 100,000,000"),
    (made(particles="3001"), "whole number of each species"),  # once said after its pilots, of 3,000, were made
    (made(particles="100000000", density="1e5"), "GiB are free"),
    (made(seed="-1"), "-1 is not in the range"),
    (made(output="g" * 300 + ".xyz"), "too long"),
    (["measure", "a" * 300 + ".xyz"], "too long"),
    (["measure", "a/" * 3000 + "b.xyz"], "too long"),
    (["measure", "folder.xyz"], "is a folder"),
])  # fmt: skip
def test_what_once_broke_the_commands(place, arguments, word):
    (place / "folder.xyz").mkdir(exist_ok=True)
    result = called(arguments)
    assert result.exit_code == 2
    assert word in result.stderr
    assert len(result.stderr) < 400
    assert not [x for x in place.iterdir() if x.name.startswith((".g", "g"))]


CELLS = st.text(max_size=8) | st.sampled_from(
    ["0.33", "250", "-1", "nan", "inf", "1e400", "9" * 5000, '"', '""', "$x$", "=1+1", "\ufeff", "\x00", "a\nb", ""]
)
TABLES = st.builds(
    lambda header, rows, mark: mark + "\n".join(",".join(row) for row in [header, *rows]),
    st.just(list(COLUMNS)) | st.permutations(COLUMNS) | st.lists(st.sampled_from(COLUMNS) | CELLS, max_size=5),
    st.lists(
        st.lists(CELLS, min_size=3, max_size=5) | st.tuples(CELLS, st.just("0.33"), st.just("250"), CELLS), max_size=3
    ),
    st.sampled_from(["", "\ufeff", "\n", "#"]),
)


def tabled(place, content):
    (place / "e.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    for row in outcome(read_experiments, place / "e.csv") or ():
        assert -1 < row.poisson_ratio <= 0.5
        assert 0 < row.stz_size < float("inf")


@fast(100)
@given(TABLES | st.binary())
def test_any_table_of_experiments(place, content):
    tabled(place, content)


@pytest.mark.slow
@long(1000)
@given(TABLES | st.binary())
def test_many_tables_of_experiments(place, content):
    tabled(place, content)


@pytest.mark.parametrize("name", ["e.csv.gz", "e.zip", "http://localhost:1/e.csv"])
def test_a_table_is_a_text_and_nothing_is_unpacked_or_fetched(place, name):
    (place / name.rpartition("/")[2]).write_bytes(b"\x1f\x8b\x08\x00")
    called(["report", "store", "--output", "out", "--experiments", name])


def test_a_table_keeps_quotes_and_blanks(place):
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, ["Zr, Cu", " 0.33", "250", 'he said "yes"']])
    (place / "e.csv").write_text(text.getvalue())
    (found,) = read_experiments(place / "e.csv")
    assert (found.alloy, found.poisson_ratio, found.source) == ("Zr, Cu", 0.33, 'he said "yes"')


MARKS = [
    "{}",
    "[]",
    '{"version": "x"}',
    '{"version": 99}',
    "",
    "\xff",
    '{"version": 1e999}',
    '{"version": NaN}',
    "[" * 100_000,
]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_of_a_store_that_is_none(place, mark):
    folder = place / f"broken-{MARKS.index(mark)}"
    folder.mkdir()
    (folder / "vitrify-store.json").write_bytes(mark.encode("latin-1"))
    for arguments in (["status", str(folder)], ["report", str(folder), "--output", str(folder / "r")]):
        result = called(arguments)
        assert result.exit_code == 2
        assert "cannot be read" in result.stderr or "newer" in result.stderr


@pytest.mark.parametrize("command", ["status", "report"])
def test_a_study_in_the_store_that_is_no_text(place, command):
    folder = Store.create(place / "no-text").directory
    (folder / "study.toml").write_bytes(STUDY.replace("name", "näme").encode("latin-1"))
    result = called([command, str(folder), *(["--output", str(place / "r")] if command == "report" else [])])
    assert result.exit_code == 2
    assert "not a text in UTF-8" in result.stderr


def test_the_mark_is_what_the_store_writes(place):
    assert json.loads((place / "store" / "vitrify-store.json").read_text()) == {"version": 1}
