"""A part of a campaign for each of many processes that know nothing of each other: job arrays, a list of machines."""

from __future__ import annotations

import re
from collections import Counter

from vitrify.errors import UsageError

from .task import Batch, makers


def parse_shard(text: str) -> tuple[int, int]:
    """k and n of "k/n". Raises UsageError."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
    k, n = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= k <= n:
        raise UsageError(f"shard {text!r} must be k/n with k from 1 to n, such as 3/20")
    return k, n


def shard(batches: list[Batch], k: int, n: int) -> list[Batch]:
    """Part k of n: of each kind of batch every n-th, so that all parts cost about the same; and what these need.

    A batch that several parts need is made by the first that comes to it; the others wait for it."""
    made_by = {key: batches[n] for key, n in makers(batches)}
    kinds: dict[str, int] = {}
    seen: Counter[str] = Counter()
    mine: dict[str, Batch] = {}
    for batch in batches:
        if not batch.counts:
            continue
        place = kinds.setdefault(batch.name, len(kinds)) + seen[batch.name]  # a kind of few does not always fall to part 1
        seen[batch.name] += 1
        if place % n == k - 1:
            mine |= {made_by[key].claim: made_by[key] for key in batch.after if key in made_by} | {batch.claim: batch}
    return [batch for batch in batches if batch.claim in mine]
