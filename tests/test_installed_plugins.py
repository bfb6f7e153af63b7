"""Plugins of installed packages, found by their entry points: a package is laid out as pip leaves it."""

import os
import subprocess
import sys

import pytest

from own_models import ENSEMBLE, FILE

REGISTERED = (
    FILE
    + """
from vitrify.models import register

register("gentle", mine())
"""
)
BROKEN = "from vitrify.models import register_soft\n"
TWICE = """
from vitrify.models import parse
for _ in range(2):
    try:
        print(parse("gentle()"))
    except Exception as error:
        print(type(error).__name__, error)
"""
STUDY = f"""
[study]
name = "installed"

[[ensemble]]
name = "gentle"
model = "gentle()"
{ENSEMBLE}observables = ["mechanics"]
"""


@pytest.fixture
def installed(tmp_path):
    """Run Python with packages of these texts installed, by the names of their entry points."""

    def run(packages, *arguments):
        folder = tmp_path / "installed"
        for name, text in packages.items():
            about = folder / f"{name}-1.0.dist-info"
            about.mkdir(parents=True, exist_ok=True)
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (about / "entry_points.txt").write_text(f"[vitrify.models]\n{name} = {name}_models\n")
            (folder / f"{name}_models.py").write_text(text, encoding="utf-8")
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        told = {"env": os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"}, "cwd": tmp_path, "encoding": "utf-8"}
        return subprocess.run([sys.executable, *arguments], capture_output=True, check=False, **told)

    return run


def test_its_models_have_names(installed):
    assert installed({"gentle": REGISTERED}, "-c", TWICE).stdout.splitlines() == 2 * [
        "gentle() [0.5:0.5; lengths 1,1.2,1.4]"
    ]


def test_one_that_cannot_be_imported_is_told_each_time(installed):
    """Its import asks the registry for the name that is missing, while it is not complete."""
    lines = installed({"gentle": BROKEN}, "-c", TWICE).stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("UsageError plugin 'gentle' of an installed package cannot be imported: ImportError")


def test_one_that_fails_after_it_has_registered_does_not_register_twice(installed):
    lines = installed({"gentle": REGISTERED + "import missing_package\n"}, "-c", TWICE).stdout.splitlines()
    told = (
        "plugin 'gentle' of an installed package cannot be imported: ModuleNotFoundError: No module named 'missing_package'"
    )
    assert lines[-1].endswith(told) or lines[-1].startswith("gentle()")
    assert not any("must be one that is not taken" in x for x in lines)


def test_one_may_use_the_models_of_another(installed):
    """The first asks for a name of the second while it is imported."""
    first = "from vitrify.models import parse, register\nregister('gentle', parse('soft()'))\n"
    second = REGISTERED.replace('register("gentle"', 'register("soft"')
    lines = installed({"first": first, "second": second}, "-c", TWICE).stdout.splitlines()
    assert lines == 2 * ["gentle() [0.5:0.5; lengths 1,1.2,1.4]"]


def test_a_study_tells_why_its_model_is_unknown(installed, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    done = installed({"gentle": BROKEN}, "-m", "vitrify", "run", "study.toml", "--store", "store", "--workers", "1")
    assert done.returncode == 2
    assert "plugin 'gentle' of an installed package cannot be imported" in done.stderr
    assert "is unknown" not in done.stderr


@pytest.mark.slow  # a potential to compile
def test_workers_know_them(installed, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    done = installed(
        {"gentle": REGISTERED}, "-m", "vitrify", "run", "study.toml", "--store", "store", "--workers", "2", "--no-report"
    )
    assert done.returncode == 0, done.stderr
    assert "2 samples made" in done.stdout
