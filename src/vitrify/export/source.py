"""Source of a table, as its file names it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The study to which the samples belong, and the program."""

    study: str  # its name
    text: str  # its TOML
    version: str  # version of vitrify
