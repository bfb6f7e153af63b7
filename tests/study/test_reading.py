from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrify.errors import UsageError
from vitrify.study import StudySpec, parse_study, read_study

STUDIES = Path(__file__).parents[2] / "studies"
GOOD = """[study]
name = "t"
seed = 3

[defaults]
n_pilots = 1

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 500
n_samples = 4

[[ensemble]]
name = "b"
model = "qss(q=6, xc=3.0)"
density = 0.8
n_particles = 600
n_samples = 4
sets = { QSS = 6 }
"""


def test_a_study_is_read():
    study = parse_study(GOOD)
    assert [x.name for x in study.ensembles] == ["a", "b"]
    assert study.ensemble("b").sets == {"QSS": 6.0}
    assert study.ensemble("a").n_pilots == 1
    assert study.ensemble("a").parent_temperature == "auto"
    with pytest.raises(UsageError, match="no ensemble 'c'"):
        study.ensemble("c")


@pytest.mark.parametrize(("old", "new", "line", "word"), [
    ("density = 0.6", "densty = 0.6", 11, "did you mean 'density'"),
    ("density = 0.6", "density = -0.6", 11, "must be positive"),
    ("density = 0.6", 'density = "thick"', 11, "finite number"),
    ("density = 0.6", "density = nan", 11, "density"),
    ("density = 0.6", "density = true", 11, "finite number"),
    ("n_particles = 500", "n_particles = 501", 12, "502"),
    ("n_particles = 600", "n_particles = 400", 19, "at least 476"),
    ("n_samples = 4", "n_samples = 0", 13, "at least 1"),
    ("n_samples = 4", "n_samples = 4.5", 13, "integer"),
    ('"pss(rc=1.2)"', '"pss(rc=0.2)"', 10, "rc"),
    ('"pss(rc=1.2)"', '"lj(rc=2.5)"', 10, "unknown"),
    ('name = "b"', 'name = "a"', 16, "twice"),
    ("n_pilots = 1", "n_pilot = 1", 6, "did you mean 'n_pilots'"),
    ("n_pilots = 1", 'observables = ["moods"]', 1, "mechanics, elasticity"),
    ("seed = 3", 'seed = "x"', 3, "integer"),
    ("seed = 3", "sed = 3", 3, "did you mean 'seed'"),
    ("[defaults]", "[default]", 5, "did you mean 'defaults'"),
    ("sets = { QSS = 6 }", "sets = 6", 21, "table"),
    ("sets = { QSS = 6 }", "melt_msd = 0.1", 21, "melt_msd"),
    ("sets = { QSS = 6 }", 'minimiser = "newton"', 21, "cg"),
    ("sets = { QSS = 6 }", 'parent_temperature = "hot"', 21, "auto"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_key(old, new, line, word):
    with pytest.raises(UsageError, match=word) as caught:
        parse_study(GOOD.replace(old, new, 1), "s.toml")
    sentence = str(caught.value)
    if line > 1:
        assert f"s.toml, line {line}:" in sentence
    assert "\n" not in sentence


def test_of_a_very_long_value_the_beginning_is_told():
    text = GOOD.replace("n_samples = 4", f'n_samples = 4\nobservables = ["{"x" * 500_000}"]', 1)
    with pytest.raises(UsageError, match=r"observables is 'xxx.*\.\.\., must be one of mechanics") as told:
        parse_study(text)
    assert len(str(told.value)) < 400


def test_broken_toml_and_missing_things():
    with pytest.raises(UsageError, match=r"line 2"):
        parse_study("[study]\nname = \n")
    with pytest.raises(UsageError, match="ensemble"):
        parse_study('[study]\nname = "x"\n')
    with pytest.raises(UsageError, match="model is missing"):
        parse_study('[[ensemble]]\nname = "x"\ndensity = 1.0\n')
    with pytest.raises(UsageError, match="cannot be read"):
        read_study("no/such/file.toml")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(GOOD.splitlines()), max_size=25).map("\n".join))
def test_no_text_ever_breaks_the_reader(text):
    try:
        assert isinstance(parse_study(text), StudySpec)
    except UsageError as error:
        assert str(error)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_no_single_wrong_letter_breaks_the_reader(at, letter):
    try:
        parse_study(GOOD[:at] + letter + GOOD[at + 1 :])
    except UsageError as error:
        assert str(error)


TABLE_I = {
    "QSS": dict.fromkeys([6.0, 8.0, 12.0, 20.0], (10_648, 1_300)),
    "DSS": {0.55: (3_000, 9_200), 0.60: (3_000, 9_200), **dict.fromkeys([0.65, 0.70, 0.75, 0.80, 0.95], (10_000, 1_000)), 1.20: (16_000, 1_000)},
    "CSS": {1.1: (50_200, 3_000), 1.15: (3_000, 9_200), 1.2: (3_000, 9_200), 1.3: (3_000, 9_200), 1.5: (10_000, 3_000)},
}  # fmt: skip
DENSITIES = {6.0: 0.80, 8.0: 0.74, 12.0: 0.698, 20.0: 0.677}
RANGES = {6.0: 3.0, 8.0: 2.5, 12.0: 2.0, 20.0: 1.8}


def test_the_paper_study_is_table_1():
    study = read_study(STUDIES / "paper.toml")
    assert len(study.ensembles) == 16
    for name, table in TABLE_I.items():
        found = {x.sets[name]: x for x in study.ensembles if name in x.sets}
        assert {c: (x.n_particles, x.n_samples) for c, x in found.items()} == table
        for control, spec in found.items():
            potential = spec.parsed_model.potential
            if name == "QSS":
                assert (potential.q, potential.xc, spec.density) == (
                    control,
                    RANGES[control],
                    DENSITIES[control],
                )
            else:
                assert potential.rc == (1.2 if name == "DSS" else control)
                assert spec.density == (control if name == "DSS" else 0.60)


def test_the_quick_study_has_the_same_ensembles():
    paper, quick = read_study(STUDIES / "paper.toml"), read_study(STUDIES / "quick.toml")
    assert [(x.name, x.model, x.density, x.sets) for x in paper.ensembles] == [
        (x.name, x.model, x.density, x.sets) for x in quick.ensembles
    ]
    assert min(x.n_particles for x in quick.ensembles) >= 500
