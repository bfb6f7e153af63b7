"""Tasks and work units, of which a campaign is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .result_file import Result


@dataclass(frozen=True, slots=True)
class Task:
    """Task: one piece of work, one result of the store."""

    key: str  # its place in the store, such as "DSS-1a2b/glass-3c4d/000003"
    digest: str  # of the spec that defines the result; written in the file, checked on reading
    function: Callable[..., Result]  # function(store, *arguments); may raise SampleFailure
    arguments: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()  # keys that must be in the store first
    # of the bits of its result that others are made from, whose `made_from` it is
    identity: Callable[[Result], str] | None = None


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """Work unit: tasks that one worker does one after the other, such as one sample and all its observables."""

    name: str  # shown while it runs
    tasks: Sequence[Task]
    after: tuple[str, ...] = ()  # keys that other units make
    counts: int = 1  # samples it makes, for the progress bar; 0 for what only prepares
    resources: dict[str, float] = field(default_factory=dict)  # that its worker must have, such as {"GPU": 1}
    # makes and publishes what it can of many tasks at once; what it leaves is left to other units
    together: Callable[[Any, list[Task]], None] | None = None

    @property
    def key(self) -> str:
        """Key under which a run leases it, that of its first task."""
        return self.tasks[0].key


def makers(units: Iterable[WorkUnit]) -> Iterator[tuple[str, int]]:
    """Yield each key that some unit comes after, with the number of every unit that makes it. Other keys, which are nearly
    all, are not kept: a campaign may have millions."""
    everything = list(units)
    wanted = {key for unit in everything for key in unit.after}
    for n, unit in enumerate(everything if wanted else ()):
        yield from ((task.key, n) for task in unit.tasks if task.key in wanted)
