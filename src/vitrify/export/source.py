"""Where a table comes from, as its file says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The study whose samples they are, and the program."""

    study: str  # its name
    text: str  # its TOML
    version: str  # of vitrify
