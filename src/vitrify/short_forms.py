"""Short forms of objects: one line at a prompt, and a small table in a notebook, whatever the object holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any, ClassVar

import numpy as np

FEW = 6  # numbers that are shown; of more there is the shape
LONGEST = 120  # characters of one fact: a text of the user's may be of any length


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of an object. name: its heading in a table. text: what stands there. line: how it reads in one line, where
    that is not the name followed by the text; empty where the line leaves it out."""

    name: str
    text: str
    line: str | None = None

    @property
    def in_line(self) -> str:
        """The fact as a part of one line."""
        return shortened(f"{self.name} {self.text}" if self.line is None else self.line)


class ShortForm:
    """Base class of records that show themselves in short. A dataclass below it is made with repr=False."""

    __slots__ = ()
    UNITS: ClassVar[Mapping[str, str]] = {}  # of the fields that have one

    def _facts(self) -> list[Fact]:
        """What is shown: by default each field with its unit, and of an array its shape."""
        own: Any = self
        values = {x.name: getattr(self, x.name) for x in fields(own) if not x.name.startswith("_")}
        return [Fact(k, f"{text} {self.UNITS.get(k, '')}".strip()) for k, x in values.items() if (text := brief(x))]

    def __repr__(self) -> str:
        said = ", ".join(x.in_line for x in self._facts() if x.in_line)
        return f"<{type(self).__name__}: {said}>"

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        return html_table(type(self).__name__, ("", ""), [(x.name, x.text) for x in self._facts()])


def brief(value: Any) -> str:
    """A value in a few characters: a number to four digits, an array by its shape; empty where there is none."""
    if value is None or (isinstance(value, str | tuple | list | dict) and not value):
        return ""
    if isinstance(value, np.ndarray):
        few = value.ndim == 1 and value.size <= FEW and value.dtype.kind in "biuf"
        return ", ".join(map(brief, value.tolist())) if few else f"of shape {value.shape}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(brief, value)) if len(value) <= FEW else f"{len(value):,} entries"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {brief(x)}" for k, x in value.items()) if len(value) <= FEW else f"{len(value):,} entries"
    return shortened(str(value))


def shortened(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML whose texts are escaped. head: one per column; all empty for no heads."""
    heads = "".join(f"<th>{escape(x)}</th>" for x in head)
    lines = ["".join(f"<td>{escape(x)}</td>" for x in row) for row in rows]
    body = "".join(f"<tr>{x}</tr>" for x in ([heads] if any(head) else []) + lines)
    return f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody></table>"


def span(values: Any) -> str:
    """The range of some numbers: the least and the largest."""
    known = np.asarray(values)[np.isfinite(values)]
    if not known.size:
        return "none"
    least, largest = brief(float(known.min())), brief(float(known.max()))
    return least if least == largest else f"{least} to {largest}"
