"""The JSON Schema of study and Slurm files takes what the readers take, and refuses what is wrong with a key by itself."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.plugin_files import FILES
from vitrify.study import parse_study

ROOT = Path(__file__).parents[2]
STUDIES = [x.read_text(encoding="utf-8") for x in sorted((ROOT / "studies").glob("*.toml"))]
TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [x for page in (ROOT / "docs").glob("*.md") for x in TOML.findall(page.read_text(encoding="utf-8"))]
STUDY = """[study]
name = "t"
seed = 3

[defaults]
n_pilots = 1
n_samples = 4

[[ensemble]]
name = "a"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 500
parent_temperature = 2
preparation = [{ step = "melt", msd = 2 }, { step = "cool", to = 0.5 }, { step = "quench" }]
observables = ["mechanics", { name = "qlm", n_samples = 2, order = "cubic" }]
sets = { DSS = 1 }
mixture = { composition = [0.5, 0.5], lengths = [[1, 1.1], [1.1, 1.2]], labels = ["Ni", "P"] }
"""


def validator(kind="study"):
    done = CliRunner().invoke(cli, ["schema", kind])
    assert done.exit_code == 0, done.output
    schema = json.loads(done.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def is_right(text, kind="study"):
    return validator(kind).is_valid(tomllib.loads(text))


@pytest.mark.parametrize("text", [*STUDIES, *(x for x in PAGES if "[study]" in x), STUDY])
def test_studies_are_right_by_it(text):
    assert [x.message for x in validator().iter_errors(tomllib.loads(text))] == []


def test_slurm_files_are_right_by_it():
    (text,) = [x for x in PAGES if "[slurm]" in x]
    assert is_right(text, "slurm")
    for old, new in (("walltime", "wall_time"), ("= 20", "= 0"), ("= 16", '= "16"'), ('["--c', '["c'), ('"32 GB"', '"32"')):
        assert old in text
        assert not is_right(text.replace(old, new, 1), "slurm")


@pytest.mark.parametrize(("old", "new"), [
    ("density", "densty"), ("seed = 3", "sed = 3"), ("[defaults]", "[default]"), ("0.6", "-0.6"), ("0.6", '"thick"'),
    ("n_samples = 4", "n_samples = 0"), ("n_samples = 4", "n_samples = 4.5"), ("n_samples = 4", ""), ("= 2\nprep", "= 0\nprep"),
    ("= 2\nprep", '= "hot"\nprep'), ("msd = 2", "msd = 0.5"), ('"melt"', '"melts"'), (", to = 0.5", ""), ("to = 0.5", "too = 0.5"),
    ('"mechanics"', '"mechanic"'), ('"cubic"', '"sextic"'), ("n_samples = 2", "n_samples = -2"), ("{ DSS = 1 }", "1"),
    ("labels", "label"), ('model = "pss(rc=1.2)"\n', ""), ("n_pilots = 1", "dimension = 1"), ("n_pilots = 1", 'name = "b"'),
])  # fmt: skip
def test_what_is_wrong_with_a_key_is_refused_by_both(old, new):
    text = STUDY.replace(old, new, 1)
    assert text != STUDY
    assert not is_right(text)
    with pytest.raises(UsageError):
        parse_study(text)


def test_each_key_has_a_meaning():
    ensemble = validator().schema["properties"]["ensemble"]["items"]["properties"]
    assert [name for name, x in ensemble.items() if not x["description"]] == []
    assert ensemble["n_pilots"]["default"] == 2
    assert ensemble["density"]["maximum"] == 1e6


def test_a_plugin_that_is_named_is_in_it(tmp_path):
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    names = ("farthest.py", "hold.py")
    for name in names:
        (tmp_path / name).write_text(re.search(rf"```python\n# file: {name}\n(.*?)```", page, re.S).group(1))
    words = [word for name in names for word in ("--plugin", name)]
    program = [
        sys.executable,
        "-c",
        "from vitrify.cli.main import cli; cli()",
        *words,
        "schema",
    ]  # what is registered stays so
    environment = {name: x for name, x in os.environ.items() if name != FILES}  # plugins of other tests
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = STUDY.replace('"mechanics"', '{ name = "farthest", percentile = 50 }').replace(
        'step = "cool", to = 0.5', 'step = "hold", steps = 1000'
    )
    assert jsonschema.Draft7Validator(json.loads(done.stdout)).is_valid(tomllib.loads(text))
    assert not jsonschema.Draft7Validator(json.loads(done.stdout)).is_valid(
        tomllib.loads(text.replace("percentile", "part"))
    )
    assert not is_right(text)
