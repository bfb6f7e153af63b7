"""Every option of make and measure has a twin in Python, whose names and arguments exist."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import vitrify
from vitrify.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs" / "python-twins.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([^`]+)`")


def twins(command):
    """The texts of the table's second column, by option."""
    (section,) = re.findall(rf"^## vitrify {command}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {option.strip("`"): python for option, python in rows}


def calls(text):
    """Dotted names of `vitrify` in a text's code, each with the keywords that it is called with, or None."""
    for code in NAME.findall(text):
        tree = ast.parse(code, mode="eval")
        called = {id(x.func) for x in ast.walk(tree) if isinstance(x, ast.Call)}
        for x in ast.walk(tree):
            if isinstance(x, ast.Call):
                yield ast.unparse(x.func), [k.arg for k in x.keywords]
            elif isinstance(x, ast.Attribute) and id(x) not in called:
                yield ast.unparse(x), None


def found(name):
    """What a dotted name means, with the modules on its way imported."""
    first, *rest = name.split(".")
    thing = import_module(first)
    for part in rest:
        if inspect.ismodule(thing) and not hasattr(thing, part):
            import_module(f"{thing.__name__}.{part}")
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("command", ["make", "measure"])
def test_every_option_has_a_twin(command):
    documented = twins(command)
    for x in cli.get_command(None, command).params:
        name = x.opts[0].upper() if x.param_type_name == "argument" else x.opts[0]
        assert name in documented, f"docs/python-twins.md lacks {name} of vitrify {command}"


@pytest.mark.parametrize("command", ["make", "measure"])
def test_twins_exist_with_their_arguments(command):
    number = 0
    for text in twins(command).values():
        for name, keywords in calls(text):
            if not name.startswith("vitrify."):
                continue
            thing = found(name)
            if keywords is not None:
                number += 1
                taken = inspect.signature(thing).parameters
                free = any(x.kind is inspect.Parameter.VAR_KEYWORD for x in taken.values())
                assert free or set(keywords) <= set(taken), name
    assert number > 8


def test_progress_is_public():
    assert "show_progress" in dir(vitrify)
