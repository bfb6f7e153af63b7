"""Any text at all is a study or is refused with one sentence; a study's plan never leads outside the store."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long, outcome
from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.study import parse_study, plan, read_study
from vitrify.study.products import LONGEST, RESERVED, safe_name

SMALL = """[study]
name = "t"
seed = 3

[defaults]
n_pilots = 1
observables = ["mechanics", { name = "dipoles", n_samples = 2, number = 8 }]

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 500
n_samples = 4
sets = { DSS = 0.6 }

[[ensemble]]
name = "b"
model = "qss(q=6, xc=3.0)"
density = 0.8
n_particles = 600
n_samples = 4
parent_temperature = 2.0
observables = ["modes", "qlm"]
"""
BASES = [SMALL, SMALL, SMALL, (Path(__file__).parents[2] / "studies" / "quick.toml").read_text()]

WORDS = st.text(max_size=20) | st.sampled_from(
    ["../../x", "/etc/passwd", "..", ".", "CON", "failed", "<b>", "x" * 5000, "a\x1b[31m", "é", "\u202e"]
)
KEYS = WORDS.map(json.dumps) | st.sampled_from(
    [
        "name",
        "model",
        "density",
        "n_particles",
        "n_samples",
        "n_pilots",
        "sets",
        "observables",
        "seed",
        "a.b.c",
        "ensemble.x",
        ".",
    ]
)
SCALARS = (
    st.integers(-(10**30), 10**30).map(str)
    | st.sampled_from(
        ["0", "-1", "1" + "0" * 400, "9" * 5000, "0x" + "f" * 5000, "0b1", "0o7", "1_000", "9223372036854775807"]
    )
    | st.floats().map(repr)
    | st.sampled_from(["nan", "inf", "-inf", "1e400", "-0.0", "1e-320", "true", "false"])
    | st.sampled_from(
        ["1979-05-27T07:32:00Z", "1979-05-27", "07:32:00", "9999-99-99", '"""\nx\n"""', "'''a'''", '"auto"', "[[", "{", ""]
    )
    | WORDS.map(json.dumps)
    | st.characters().map(lambda x: f'"{x}"')
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda x: f"[{', '.join(x)}]")
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(lambda x: "{" + ", ".join(f"{k} = {v}" for k, v in x) + "}")
    ),
    max_leaves=8,
)


@st.composite
def changed_studies(draw):
    """A valid study with a few lines lost, doubled, moved or given other values."""
    lines = draw(st.sampled_from(BASES)).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["value", "value", "value", "delete", "double", "insert", "table", "raw"])):
            case "value":
                lines[at] = f"{lines[at].partition('=')[0]} = {draw(VALUES)}"
            case "delete":
                del lines[at]
            case "double":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "insert":
                lines.insert(at, f"{draw(KEYS)} = {draw(VALUES)}")
            case "table":
                lines.insert(
                    at, draw(st.sampled_from(["[study]", "[[ensemble]]", "[ensemble]", "[defaults]", "[[study]]", "[x.y]"]))
                )
            case "raw":
                lines[at] = draw(st.text(max_size=30))
        if not lines:
            break
    return "\n".join(lines)


@st.composite
def damaged_bytes(draw):
    """The bytes of a study, some of them others."""
    whole = bytearray(draw(st.sampled_from(BASES)).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(whole) - 1))
        whole[at : at + draw(st.integers(0, 20))] = draw(
            st.binary(max_size=6) | st.sampled_from([b"\xef\xbb\xbf", b"\x00", b"\xff\xfe", b"\r"])
        )
        whole = whole or bytearray(b" ")
    return bytes(whole)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store.create(tmp_path_factory.mktemp("store"))


def planned(text, store):
    """A study that is read can also be planned, inside the store and in folders that are its own."""
    study = outcome(parse_study, text)
    for batch in plan(study, samples=2) if study else ():
        for task in batch.tasks:
            path = store.path(task.key)
            assert path.resolve().is_relative_to(store.directory.resolve())
            assert len(path.parent.parent.name) <= LONGEST + 1
            assert path.relative_to(store.directory).parts[0].lower() not in RESERVED


@fast(100)
@given(changed_studies())
def test_a_changed_study(store, text):
    planned(text, store)


@fast(100)
@given(st.text() | st.lists(VALUES, max_size=5).map(lambda x: "\n".join(f"a{k} = {v}" for k, v in enumerate(x))))
def test_any_text(store, text):
    planned(text, store)


@fast(60)
@given(damaged_bytes() | st.binary())
def test_any_bytes(store, content):
    place = store.directory / ".study.toml"
    place.write_bytes(content)
    outcome(read_study, place)


@pytest.mark.slow
@long(500)
@given(changed_studies())
def test_many_changed_studies(store, text):
    planned(text, store)


@pytest.mark.slow
@long(400)
@given(damaged_bytes() | st.binary())
def test_many_bytes(store, content):
    place = store.directory / ".study.toml"
    place.write_bytes(content)
    outcome(read_study, place)


@pytest.mark.parametrize(("old", "new", "word"), [
    ("seed = 3", f"seed = 0x{'f' * 5000}", "64 bits"),
    ("seed = 3", f"seed = {'9' * 5000}", "too many digits"),
    ("seed = 3", f"seed = {'[' * 5000}", "too deep"),
    ("seed = 3", f"seed.{'.'.join('a' * 3000)} = 1", "nested deeper"),
    ("density = 0.6", f"density = 1{'0' * 400}", "64 bits"),
    ("density = 0.6", "density = 1e-300", "positive"),
    ("{ DSS = 0.6 }", f"{{ DSS = 1{'0' * 400} }}", "64 bits"),
    ("{ DSS = 0.6 }", "{ DSS = nan }", "a table"),
    ("n_samples = 4", "n_samples = 1000000000000", "10,000,000"),
    ("n_particles = 500", "n_particles = 1000000000000", "100,000,000"),
    ("n_pilots = 1", "n_pilots = 1000000000000", "10,000,000"),
    ("n_samples = 2", "n_samples = 1000000000000", "10,000,000"),
    ('name = "t"', 'name = "../../t"', "without /"),
    ('name = "t"', r'name = "t\u0000"', "control characters"),
    ('name = "a"', r'name = "a\u001b[31m"', "control characters"),
    ('name = "a"', r'name = "a\nb"', "control characters"),
    ("rc=1.2", "family=1.2", "no parameter 'family'"),
], ids=lambda x: x[:20])  # fmt: skip
def test_what_once_broke_the_reader(old, new, word):
    with pytest.raises(UsageError, match=word) as caught:
        parse_study(SMALL.replace(old, new, 1))
    assert len(str(caught.value)) < 400


def test_a_text_without_end_is_not_read():
    with pytest.raises(UsageError, match="more than 1,000,000"):
        read_study("/dev/zero")


def folder(name):
    study = parse_study(SMALL.replace('name = "a"', f"name = {json.dumps(name)}", 1))
    return safe_name(study.ensembles[0].name)


@pytest.mark.parametrize(("name", "expected"), [
    ("DSS rho=0.60", "DSS_rho=0.60"), ("../x", "_x"), ("a/b", "a_b"), (".hidden", "hidden"), ("...", "_"), ("é", "_"),
    ("failed_", "failed_"), ("reports", "reports"), ("x" * 160, "x" * 160),
    ("failed", "failed_"), ("Quarantine", "Quarantine_"), ("REPORT", "REPORT_"), (".runs", "runs_"), ("claims", "claims_"),
    ("log", "log_"), ("study.toml", "study.toml_"), ("vitrify-store.json", "vitrify-store.json_"),
])  # fmt: skip
def test_folders_keep_their_names_unless_the_store_needs_them(name, expected):
    assert folder(name) == expected


def test_long_names_are_shortened_and_stay_apart(store):
    first, second = folder("x" * 5000 + "1"), folder("x" * 5000 + "2")
    assert first != second
    assert len(first) == len(second) == LONGEST
    key = f"{first}/parent_temperature-{'0' * 12}/000000"
    store.path(key).parent.mkdir(parents=True)
    store.path(key).write_bytes(b"no result")
    assert not store.verified(key, "x")  # set aside under a name that holds its whole key
