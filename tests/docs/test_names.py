"""The names of docs/python.md are there, in the modules that it says."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import vitrify

TABLE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8").partition("Deeper layers")[2]
ROWS = re.findall(r"^\| (`vitrify\.[^|]*`) \| (.*) \|$", TABLE, re.MULTILINE)


def modules_of(cell):
    first, *rest = re.findall(r"`([\w.]+)`", cell)
    parent = first.rpartition(".")[0]
    return [import_module(x if x.startswith("vitrify.") else f"{parent}.{x}") for x in (first, *rest)]


def names_in(cell):
    """The names that a cell lists: what stands in brackets, or between a colon and a semicolon, explains one."""
    depth, explained = 0, False
    for code, character in re.findall(r"`(\w*)[^`]*`|(.)", cell):
        depth += {"(": 1, ")": -1}.get(character, 0)
        explained = (explained or character == ":") and character != ";"
        if code and not depth and not explained:
            yield code


@pytest.mark.parametrize(("cell", "told"), ROWS, ids=[x for x, _ in ROWS])
def test_names_are_in_their_modules(cell, told):
    modules, names = [*modules_of(cell), vitrify], list(names_in(told))
    assert names
    assert [x for x in names if not any(hasattr(module, x) for module in modules)] == []
