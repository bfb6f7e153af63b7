"""Benchmarks are run by hand: what they import of the package is there all the same."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
FILES = sorted(FOLDER.rglob("*.py"))


def imported(file):
    """Module and name of each `from vitrify... import ...`, wherever it stands in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "vitrify":
            yield from ((node.module, x.name) for x in node.names)


def is_there(module, name):
    try:
        return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("file", FILES, ids=lambda x: x.name)
def test_what_a_benchmark_imports_is_there(file):
    assert [x for x in imported(file) if not is_there(*x)] == []
