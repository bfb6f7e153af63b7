"""Shards: one part of a campaign per process, where many know nothing of each other (job arrays, a list of machines)."""

from __future__ import annotations

import re
from collections import Counter

from vitrify.errors import UsageError

from .task import WorkUnit, makers


def parse_shard(text: str) -> tuple[int, int]:
    """Read k and n of "k/n". Raises UsageError."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
    k, n = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= k <= n:
        raise UsageError(f"shard {text!r} must be k/n with k from 1 to n, such as 3/20")
    return k, n


def shard(units: list[WorkUnit], k: int, n: int) -> list[WorkUnit]:
    """Choose part k of n: of each kind of unit every n-th, so that all parts cost about the same; and what these need.

    A unit that several parts need is made by the first that comes to it; the others wait for it."""
    made_by = {key: units[n] for key, n in makers(units)}
    kinds: dict[str, int] = {}
    seen: Counter[str] = Counter()
    mine: dict[str, WorkUnit] = {}
    for unit in units:
        if not unit.counts:
            continue
        place = kinds.setdefault(unit.name, len(kinds)) + seen[unit.name]  # a kind of few does not always fall to part 1
        seen[unit.name] += 1
        if place % n == k - 1:
            mine |= {made_by[key].key: made_by[key] for key in unit.after if key in made_by} | {unit.key: unit}
    return [unit for unit in units if unit.key in mine]
