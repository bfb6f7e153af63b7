"""One reader of TOML for studies and Slurm files: what would take for ever is refused before it is parsed."""

import pytest

from vitrify.campaign import read_slurm
from vitrify.errors import UsageError
from vitrify.study import parse_study, read_study

DOTTED = ".".join("a" * 40_000)
STUDY = '[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 500\nn_samples = 4\n'
SLURM = '[slurm]\nwalltime = "12:00:00"\nmemory = "8 GB"\nmaximum_jobs = 20\n'
READERS = [(read_study, STUDY, "study"), (read_slurm, SLURM, "Slurm file")]


@pytest.fixture(params=READERS, ids=["study", "slurm"])
def reader(request, tmp_path):
    """Reads a text, and says what it calls such a file and what is one."""
    read, sound, what = request.param

    def of(text):
        place = tmp_path / "x.toml"
        place.write_text(text)
        return read(place)

    of.sound, of.what, of.read = sound, what, read
    return of


@pytest.mark.parametrize("text", [
    f"{DOTTED} = 1", f"[{DOTTED}]", f"[[{DOTTED}]]", f"x = {{ {DOTTED} = 1 }}", f"x = [{{ {DOTTED} = 1 }}]",
    DOTTED.replace(".", " . ") + " = 1", DOTTED.replace(".", "\t.") + " = 1", ".".join(['"a b"'] * 20_000) + " = 1",
    ".".join(["'a.b'"] * 20_000) + " = 1", "\n".join(f"{'a.' * 400}b{k} = 1" for k in range(500)),
    'x = "\\"" # "\n' + DOTTED, '# """\n' + DOTTED, "x = '\\'\n" + DOTTED, 'x = """\n"" \\""" \n"""\n' + DOTTED,
], ids=range(14))  # fmt: skip
def test_deep_keys_are_refused_before_they_are_parsed(reader, text, monkeypatch):
    def parsed(_):
        raise AssertionError("it would take for ever")

    monkeypatch.setattr("tomllib.loads", parsed)
    with pytest.raises(UsageError, match=r"tables or lists in it are nested deeper than 8$"):
        reader(f"{reader.sound}{text}\n")


@pytest.mark.parametrize("text", [
    "# 1.2.3.4.5.6.7.8.9.10.11\n", "# don't \"\"\"\n", 'x = "a.b.c.d.e.f.g.h.i.j.k"\n', "x = 'a.b.c.d.e.f.g.h.i.j.k'\n",
    'x = """\na.b.c.d.e.f.g.h.i.j.k = 1\n"""\n', "x = '''\na.b.c.d.e.f.g.h.i.j.k\n'''\n", 'x = "\\" a.b.c.d.e.f.g.h.i.j"\n',
    "x = [1.5,2.5,3.5,4.5,5.5,6.5,7.5,8.5,9.5,10.5]\n", "a.b.c.d.e = 1\n",
], ids=range(9))  # fmt: skip
def test_points_in_texts_and_numbers_are_no_keys(reader, text):
    """Read as TOML: what is wrong with them, if anything, is a key that is not known."""
    try:
        assert reader(text + reader.sound)
    except UsageError as error:
        assert "nested" not in str(error)
        assert "'x'" in str(error) or "'a'" in str(error)


def test_what_is_too_long_is_refused(reader):
    with pytest.raises(UsageError, match=f"more than 1,000,000 characters, which no {reader.what} needs"):
        reader(reader.sound + "#" * 1_000_000)


def test_a_file_without_end_is_not_read(reader):
    with pytest.raises(UsageError, match="more than 1,000,000 characters"):
        reader.read("/dev/zero")


@pytest.mark.parametrize(("text", "word"), [
    ("x = " + "[" * 5000, "too deep"), ("x = " + "9" * 5000, "too many digits"), ("x = 0x" + "f" * 40, "beyond 64 bits"),
    ("x = " + "[" * 20 + "]" * 20, "nested deeper than 8"), ("x = ", "not valid TOML"),
])  # fmt: skip
def test_both_say_the_same_of_what_is_wrong(reader, text, word):
    with pytest.raises(UsageError, match=word) as caught:
        reader(f"{text}\n{reader.sound}")
    assert len(str(caught.value)) < 400


def test_a_huge_key_is_not_printed_whole(reader):
    with pytest.raises(UsageError) as caught:
        reader(f"{'k' * 100_000} = 1\n{reader.sound}")
    assert len(str(caught.value)) < 500


def test_a_study_in_a_text_is_bounded_too():
    with pytest.raises(UsageError, match="^mine has more than"):
        parse_study("#" * 1_000_001, "mine")
