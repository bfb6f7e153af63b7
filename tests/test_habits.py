"""Habits of the repository that no other tool holds: one version everywhere, and no suppression without a reason."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import vitrify

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPRESSION = re.compile(r"#\s?(?:noqa|type: ignore)(?P<rest>.*)")
REASONED = re.compile(r"(?:: [A-Z0-9, ]+|\[[\w-]+(?:, [\w-]+)*\])  # \S")  # its code, then why
FOLDERS = ("src", "tests", "benchmarks", "studies", "docs")


def test_the_version_is_one():
    citation = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    changes = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation[1] == changes[1] == vitrify.__version__
    told = subprocess.run([sys.executable, "-m", "vitrify", "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.split()[-1] == vitrify.__version__


def test_the_version_that_is_installed_is_that_of_the_code():
    if not Path(vitrify.__file__).is_relative_to(Path(sys.prefix)):
        pytest.skip("the package is taken from this folder, not from an environment")
    assert version("vitrify") == vitrify.__version__


def test_the_citation_names_what_the_project_does():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"license: {PROJECT['license']}" in citation
    assert all(url in citation for url in PROJECT["urls"].values())


def test_pythons_are_named_from_the_oldest_on():
    named = [x.rpartition(" :: ")[2] for x in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", x)]
    assert PROJECT["requires-python"] == f">={named[0]}"
    minors = [int(x.partition(".")[2]) for x in named]
    assert minors == list(range(minors[0], minors[-1] + 1))


def test_a_suppression_says_why():
    lines = [
        (f"{path.relative_to(ROOT)}:{number}", found["rest"])
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := SUPPRESSION.search(line)) and path != Path(__file__)
    ]
    assert len(lines) > 20  # they are found
    assert [place for place, rest in lines if not REASONED.match(rest)] == []
