"""Columns that stand side by side in (n, rows, w) arrays as one value: eight on a CPU, one on a GPU.

Bodies are written once with them: + − * among themselves and with numbers. On a GPU neighbouring threads take neighbouring
columns instead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .cpu import Cpu
from .eight import LANES, all_eight, eight_of, put_eight

if TYPE_CHECKING:
    from .gpu import Gpu


@dataclass(frozen=True, slots=True)
class Lanes:
    """load(x, i, a, c): columns c ... c + number of x_ia; put(x, i, a, c, value) stores them; splat(v): v in each."""

    number: int
    load: Any
    put: Any
    splat: Any

    def width(self, columns: int) -> int:
        """The columns that hold so many: whole lanes."""
        return -(-columns // self.number) * self.number


def load_one(x, i, a, c):
    """A lane of one column."""
    return x[i, a, c]


def put_one(x, i, a, c, value):
    """A lane of one column."""
    x[i, a, c] = value


def splat_one(value):
    """A lane of one column."""
    return float(value)


@cache
def lanes_of(machine: Cpu | Gpu) -> Lanes:
    """The lanes of a machine."""
    if isinstance(machine, Cpu):
        return Lanes(LANES, eight_of, put_eight, all_eight)
    return Lanes(1, *(machine.inline(x) for x in (load_one, put_one, splat_one)))
