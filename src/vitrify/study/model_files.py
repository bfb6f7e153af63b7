"""Models in Python files that a study names: the files are run because a person named the study, and its text says from
then on which files they were, by their digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vitrify.errors import Mistakes, UsageError, shown
from vitrify.models.own_files import is_of_file, named
from vitrify.toml_file import TomlFile, parsed


def with_digests(file: TomlFile, folder: Path) -> TomlFile:
    """A study file in which each model in a Python file has the digest of that file, and its mixture. folder: that the
    paths of such files begin from. Raises UsageError."""
    lines, mistakes = file.text.split("\n"), Mistakes()
    for number, table in enumerate(_ensembles(file.content)):
        written = table.get("model")
        if not isinstance(written, str) or not is_of_file(written):
            continue
        try:
            model = named(written, folder)
            place = file.lines["ensemble", number, "model"] - 1
            lines[place] = _replaced(lines[place], written, model.name if "mixture" in table else str(model))
        except UsageError as error:
            mistakes.append(error.within(f"ensemble {shown(table.get('name'))}").below("ensemble", number, "model"))
    file.refuse(mistakes)
    return parsed("\n".join(lines), file.source, "study", file.naming)


def _ensembles(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables of ensembles; what is none is left to the reader of the study."""
    found = content.get("ensemble")
    tables = found if isinstance(found, list) else []
    return tables if all(isinstance(x, dict) for x in tables) else []


def _replaced(line: str, written: str, model: str) -> str:
    """A line of the study with another model. Raises UsageError."""
    texts = (f'"{written}"', f"'{written}'", json.dumps(written, ensure_ascii=False))
    there = next((x for x in texts if x in line), None)
    if there is None:
        raise UsageError(f'model {shown(written)} must be written on the line of its key, as in model = "mine.py:mine"')
    return line.replace(there, json.dumps(model, ensure_ascii=False))
