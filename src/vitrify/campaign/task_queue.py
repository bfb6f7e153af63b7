"""Queue of the work that is still to be done: units whose needs are met first, those that another run has in hand later."""

from __future__ import annotations

import time
from collections import Counter, deque

from .task import WorkUnit, makers

PATIENCE = 2.0  # seconds until a unit that another run has in hand is looked at again


class TaskQueue:
    """Work units by number. One is taken, then closed, postponed or put back."""

    def __init__(self, units: list[WorkUnit]) -> None:
        self.units = units
        made_by: dict[str, set[int]] = {}
        for key, n in makers(units):
            made_by.setdefault(key, set()).add(n)
        self._lacking: Counter[int] = Counter()  # keys that others make, by unit
        self._waiting: dict[str, list[int]] = {}
        for n, unit in enumerate(units):
            for key in set(unit.after):
                if made_by.get(key, set()) - {n}:
                    self._lacking[n] += 1
                    self._waiting.setdefault(key, []).append(n)
        self._ready = deque(n for n in range(len(units)) if n not in self._lacking)
        self._postponed: deque[tuple[float, int]] = deque()
        self._open = len(units)

    def __bool__(self) -> bool:
        """Say whether anything is open: waiting, taken or postponed."""
        return self._open > 0

    @property
    def ready(self) -> int:
        """Number of units that could be taken now."""
        while self._postponed and self._postponed[0][0] <= time.monotonic():
            self._ready.append(self._postponed.popleft()[1])
        return len(self._ready)

    def take(self, number: int) -> list[int]:
        """Take the next few, at most so many; none where all that is open waits."""
        return [self._ready.popleft() for _ in range(min(number, self.ready))]

    def close(self, n: int) -> None:
        """Note that a unit is over, well or not; those that waited for it may begin."""
        self._open -= 1
        for task in self.units[n].tasks if self._waiting else ():
            for waiting in self._waiting.pop(task.key, ()):
                self._lacking[waiting] -= 1
                if not self._lacking[waiting]:
                    self._ready.append(waiting)

    def postpone(self, n: int) -> None:
        """Put a unit back for a while: another run has it in hand."""
        self._postponed.append((time.monotonic() + PATIENCE, n))

    def put_back(self, n: int) -> None:
        """Put a unit back to be next in turn: it was not begun, or its worker died."""
        self._ready.appendleft(n)
