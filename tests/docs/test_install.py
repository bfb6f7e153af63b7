"""What docs/install.md says is what pyproject.toml asks for; the description for a package index has no dead links."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from vitrify.cli.main import COMPLETION

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
README = PYPROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]


def installed(line):
    """The requirements that a line of the page installs."""
    words = shlex.split(line)
    assert words[:2] == ["pip", "install"]
    return set(words[2:])


def test_the_list_without_mkl_is_that_of_the_dependencies():
    line = next(x for x in PAGE.splitlines() if x.startswith('pip install "click'))
    assert installed(line) == {x for x in PROJECT["dependencies"] if not x.startswith("pypardiso")}


def test_every_extra_is_told():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(PROJECT["optional-dependencies"])


def test_the_lines_for_shells_are_those_of_the_help():
    assert [x.line for x in COMPLETION if x.line not in PAGE.replace(r"\|", "|")] == []


def described(text):
    for x in README["substitutions"]:
        text = re.sub(x["pattern"], x["replacement"], text)
    return text


@pytest.mark.parametrize(("text", "told"), [
    ("[start](docs/start.md), [paper](https://arxiv.org/abs/2008.12011)", "start, [paper](https://arxiv.org/abs/2008.12011)"),
    ("![a picture](docs/a.png) [units](#units)", "a picture units"),
    ("![a picture](https://example.org/a.png)", "![a picture](https://example.org/a.png)"),
    ("[![a picture](docs/a.png)](docs/a.md)", "a picture"),
])  # fmt: skip
def test_links_that_an_index_cannot_follow_become_their_text(text, told):
    assert described(text) == told


def test_the_description_has_no_relative_links():
    text = described((ROOT / README["fragments"][0]["path"]).read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert [x for x in targets if not x.startswith("https://")] == []
    assert text.startswith("# vitrify")
