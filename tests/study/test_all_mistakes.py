"""All mistakes of a study or Slurm file are told at once, each with its line, the path of its key and what would be right."""

import copy
import pickle
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrify.campaign import SlurmSpec, read_slurm
from vitrify.cli.main import cli
from vitrify.errors import MOST_TOLD, UsageError
from vitrify.models import Mixture
from vitrify.plugins import OBSERVABLES, Observable, option
from vitrify.study import EnsembleSpec, ObservableSpec, parse_study, read_study

STUDY = """[study]
name = "a/b"
sed = 3

[defaults]
n_pilot = 1
melt_msd = 0.1
observables = ["moods"]

[[ensemble]]
name = "a"
model = "pss(rc=0.2)"
densty = 0.6
n_particles = 500
n_samples = 0
observables = [
    "mechanics",
    { name = "modes", bellow = 2.0, number = -1 },
    "mechanics",
]

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.8
n_particles = 601
n_samples = 4.5
preparation = [
    { step = "melt", msd = 0.2 },
    { step = "cool" },
    { step = "quench", minimiser = "fyre" },
]

[[ensemble]]
name = "c"
model = "pss(rc=1.2)"
n_particles = 600
n_samples = 4

[ensemble.mixture]
composition = [0.8, 0.2]
lengths = [1, 2]
mases = [1, 2]
labels = ["A", "A"]
"""
MISTAKES = [
    (2, ("study", "name"), "study.name", "without / and control characters"),
    (3, ("study", "sed"), "study.sed", "did you mean 'seed'?"),
    (6, ("defaults", "n_pilot"), "defaults.n_pilot", "did you mean 'n_pilots'?"),
    (7, ("defaults", "melt_msd"), "defaults.melt_msd", "is 0.1, must be at least 1 and below 1e+06"),
    (8, ("defaults", "observables", 0), "defaults.observables.moods", "is 'moods', must be one of mechanics, "),
    (12, ("ensemble", 0, "model"), "ensemble.1.model", "rc is 0.2, must be between 1 and 10"),
    (13, ("ensemble", 0, "densty"), "ensemble.1.densty", "did you mean 'density'?"),
    (15, ("ensemble", 0, "n_samples"), "ensemble.1.n_samples", "is 0, must be at least 1 and at most 10,000,000"),
    (18, ("ensemble", 0, "observables", 1, "bellow"), "ensemble.1.observables.modes.bellow", "did you mean 'below'?"),
    (18, ("ensemble", 0, "observables", 1, "number"), "ensemble.1.observables.modes.number", "is -1, must be at least 0"),
    (19, ("ensemble", 0, "observables", 2), "ensemble.1.observables.mechanics", "must be named once each"),
    (23, ("ensemble", 1, "name"), "ensemble.2.name", "is given twice"),
    (26, ("ensemble", 1, "n_particles"), "ensemble.2.n_particles", "is 601, but a 50:50 mixture needs a whole number"),
    (27, ("ensemble", 1, "n_samples"), "ensemble.2.n_samples", "is 4.5, must be an integer"),
    (29, ("ensemble", 1, "preparation", 0, "msd"), "ensemble.2.preparation.melt.msd", "is 0.2, must be at least 1"),
    (30, ("ensemble", 1, "preparation", 1, "to"), "ensemble.2.preparation.cool.to", "must be a positive temperature"),
    (31, ("ensemble", 1, "preparation", 2, "minimiser"), "ensemble.2.preparation.quench.minimiser", "did you mean 'fire'?"),
    (34, ("ensemble", 2, "density"), "ensemble.3.density", "ensemble 'c': density is missing"),
    (42, ("ensemble", 2, "mixture", "lengths"), "ensemble.3.mixture.lengths", "its upper triangle row by row (AA,AB,BB)"),
    (43, ("ensemble", 2, "mixture", "mases"), "ensemble.3.mixture.mases", "did you mean 'masses'?"),
    (44, ("ensemble", 2, "mixture", "labels"), "ensemble.3.mixture.labels", "must be 2 different names"),
]


@pytest.fixture(scope="module")
def told():
    with pytest.raises(UsageError) as caught:
        parse_study(STUDY, "s.toml")
    return caught.value


def test_each_mistake_is_told_once_with_its_line_and_path(told):
    assert [(x.line, x.path) for x in told.each] == [(line, path) for line, path, _, _ in MISTAKES]
    for mistake, (line, _, words, what) in zip(told.each, MISTAKES, strict=True):
        assert str(mistake).startswith(f"line {line}: ")
        assert str(mistake).endswith(f" ({words})")
        assert what in str(mistake)


def test_the_first_line_counts_them(told):
    first, *rest = str(told).splitlines()
    assert first == f"s.toml has {len(MISTAKES)} mistakes:"
    assert [x.strip() for x in rest[:MOST_TOLD]] == [str(x) for x in told.each[:MOST_TOLD]]
    assert rest[MOST_TOLD:] == ["  and 1 more"]
    assert told.brief == f"{told.each[0]} (and {len(MISTAKES) - 1} more)"


def test_mistakes_carry_owner_name_and_value(told):
    found = {x.path: (x.name, x.value) for x in told.each}
    assert found["ensemble", 0, "n_samples"] == ("n_samples", 0)
    assert found["ensemble", 0, "observables", 1, "number"] == ("number", -1)
    assert found["ensemble", 2, "mixture", "lengths"] == ("lengths", [1, 2])
    assert next(x.owner for x in told.each if x.line == 27) == "ensemble 'a'"


def test_errors_are_the_same_in_another_process(told):
    for again in (pickle.loads(pickle.dumps(told)), copy.copy(told)):
        assert str(again) == str(told)
        assert [(x.name, x.value, x.path, x.line) for x in again.each] == [
            (x.name, x.value, x.path, x.line) for x in told.each
        ]


def test_the_command_line_prints_a_line_each_and_exits_with_2(tmp_path):
    (tmp_path / "s.toml").write_text(STUDY, encoding="utf-8")
    done = CliRunner().invoke(cli, ["plan", str(tmp_path / "s.toml")])
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines[0] == f"Error: {tmp_path / 's.toml'} has {len(MISTAKES)} mistakes:"
    assert len(lines) == MOST_TOLD + 2
    assert "Traceback" not in done.output


def test_mistakes_are_gone_one_by_one(tmp_path):
    """A file with one mistake left says one sentence, and one without any is a study."""
    right = STUDY
    for old, new in [
        ("a/b", "ab"), ("sed", "seed"), ("n_pilot ", "n_pilots "), ("melt_msd = 0.1", "melt_msd = 2"), ('["moods"]', '["modes"]'), ("rc=0.2", "rc=1.3"),
        ("densty", "density"), ("= 0\n", "= 1\n"), ("bellow", "below"), ("number = -1", "number = 2"), ('    "mechanics",\n]', "]"), ('"a"\nmodel = "pss(rc=1.2)', '"b"\nmodel = "pss(rc=1.2)'),
        ("601", "602"), ("4.5", "4"), ("msd = 0.2", "msd = 2"), ('"cool" ', '"cool", to = 1 '), ("fyre", "fire"), ('1.2)"\nn_part', '1.2)"\ndensity = 0.6\nn_part'),
        ("[1, 2]\nmases", "[1, 1, 2]\nmases"), ("mases", "masses"),
    ]:  # fmt: skip
        assert old in right, old
        right = right.replace(old, new, 1)
    with pytest.raises(UsageError) as caught:
        parse_study(right, "s.toml")
    assert str(caught.value).startswith(
        "s.toml, line 44: ensemble 'c': mixture: labels is ['A', 'A'], must be 2 different names"
    )
    assert str(caught.value).endswith("(ensemble.3.mixture.labels)")
    assert len(str(caught.value).splitlines()) == 1
    (tmp_path / "s.toml").write_text(right.replace('["A", "A"]', '["A", "B"]'), encoding="utf-8")
    assert [x.name for x in read_study(tmp_path / "s.toml").ensembles] == ["a", "b", "c"]


def test_of_a_default_that_is_wrong_with_one_ensemble_the_default_is_named():
    head = "[defaults]\nn_particles = 501\nn_samples = 1\n"
    rest = "\n".join(
        f'[[ensemble]]\nname = "{x}"\nmodel = "pss(rc=1.2){y}"\ndensity = 0.6'
        for x, y in (("a", ""), ("b", " [1; lengths 1]"))
    )
    with pytest.raises(UsageError, match=r"^study, line 2: ensemble 'a': n_particles is 501, .*\(defaults.n_particles\)$"):
        parse_study(head + rest)


def test_an_empty_key_has_a_line_too():
    with pytest.raises(UsageError) as caught:
        parse_study('[study]\nname = "x"\n"" = 3\n[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\n', "s.toml")
    assert (caught.value.each[0].line, caught.value.each[0].path) == (3, ("study", ""))


def test_a_slurm_file_tells_all_too(tmp_path):
    lines = [
        'walltime = "720"',
        "memory = 3",
        "cores = 4",
        "gpus = 1",
        "maxjobs = 3",
        'directives = ["-x", "y"]',
        "minimum_jobs = -1",
    ]
    (tmp_path / "q.toml").write_text("\n".join(["[slurm]", *lines, "", "[other]"]))
    with pytest.raises(UsageError) as caught:
        read_slurm(tmp_path / "q.toml")
    found = {x.path: (x.line, str(x)) for x in caught.value.each}
    assert [(x[-1], line) for x, (line, _) in found.items()] == [
        ("walltime", 2), ("memory", 3), ("cores", 4), ("maxjobs", 6), (1, 7), ("minimum_jobs", 8), ("other", 10)
    ]  # fmt: skip
    assert found["slurm", "directives", 1][1].endswith("(slurm.directives.2)")
    assert "did you mean 'maximum_jobs'?" in found["slurm", "maxjobs"][1]


@pytest.mark.parametrize("make", [
    lambda: EnsembleSpec(name="", model="pss(rc=1.2)", density=-1, n_particles=500, n_samples=0),
    lambda: ObservableSpec("modes", n_samples=-1, options={"number": 0.5}),
    lambda: SlurmSpec(walltime="1", memory="1", maximum_jobs=1),
    lambda: Mixture(composition=(0.5, 0.5), lengths=(1.0,), masses=(1.0,)),
])  # fmt: skip
def test_records_made_in_python_tell_all_too(make):
    with pytest.raises(UsageError) as caught:
        make()
    assert len(caught.value.each) >= 2


@pytest.mark.parametrize("dimension", [1, 4, -2])
def test_there_are_two_dimensions_and_three(dimension):
    with pytest.raises(UsageError, match="must be 2 or 3"):
        EnsembleSpec(name="a", model="pss(rc=1.2)", density=1, n_particles=500, n_samples=1, dimension=dimension)


def test_studies_of_the_package_have_no_mistake():
    for path in (Path(__file__).parents[2] / "studies").glob("*.toml"):
        assert read_study(path).ensembles


@pytest.mark.parametrize("text", [
    "\n".join(f"a{k} = 1" for k in range(60_000)), "[study]\n" + "\n".join(f"a{k} = 1" for k in range(60_000)),
    '[[ensemble]]\nname = "a"\n' * 30_000, f"[defaults]\nobservables = {[f'o{k}' for k in range(60_000)]}",
    f"[defaults]\npreparation = [{{ step = 'melt', {', '.join(f'a{k} = 1' for k in range(60_000))} }}]",
    f"[[ensemble]]\nmixture = {{ {', '.join(f'a{k} = 1' for k in range(60_000))} }}",
], ids=range(6))  # fmt: skip
def test_of_a_hundred_thousand_mistakes_the_first_are_told_soon(text):
    began = time.process_time()
    with pytest.raises(UsageError, match="at least 100 mistakes:") as caught:
        parse_study(text)
    assert len(str(caught.value).splitlines()) == MOST_TOLD + 2
    assert time.process_time() - began < 20  # a few seconds, of which most is the parser's


@pytest.mark.parametrize(("error", "said"), [
    (UsageError("own: least is 3, must be below most, 2"), "own: least is 3, must be below most, 2"),
    (ZeroDivisionError("division by zero"), "observables: own fails: ZeroDivisionError: division by zero (test_all_mistakes.py, line "),
])  # fmt: skip
def test_what_a_plugin_finds_wrong_with_its_options_together_has_a_line_too(monkeypatch, error, said):
    @dataclass(frozen=True)
    class Own(Observable):
        least: int = option(1, "from here")
        most: int = option(2, "to here")

        name = "own"
        summary = "own"

        def __post_init__(self):
            super().__post_init__()
            if self.least > self.most:
                raise error

    monkeypatch.setitem(OBSERVABLES, "own", Own)
    text = '[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 500\nn_samples = 1\nobservables = [{{ name = "own", least = {} }}]\n'
    assert parse_study(text.format(2)).ensembles[0].measured[0].options == {"least": 2}
    with pytest.raises(UsageError) as caught:
        parse_study(text.format(3))
    assert str(caught.value).startswith(f"study, line 7: ensemble 'a': {said}")
    assert str(caught.value).endswith("(ensemble.1.observables.own)")
