"""What of some tasks stands in the store, and whether it still belongs together.

A result that was made from another one carries the identity of that one's bits (`Result.made_from`). Where the other was
made again and came out with other bits (on another kind of processor, say), what was made from the earlier one is set
aside and made again too; with the same bits it stays. Results that carry none, of earlier versions, stay."""

from __future__ import annotations

from vitrify.errors import BrokenFile

from .result_file import Result
from .store import Failure, Store
from .task import Task

OF_ANOTHER = "was made from another {} than the one that stands in the store now"


class Inventory:
    """Tasks are looked at in their order, so that what a result was made from is known when its turn comes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._identities: dict[str, str] = {}  # by key, of results that others are made from

    def holds(self, task: Task) -> bool:
        """Is there a sound result, made from what stands in the store? Any other is set aside, so that it is made again.
        Raises Unreadable, and UsageError where the store cannot be written."""
        self._identities.pop(task.key, None)
        result = self.store.sound(task.key, task.digest)
        why = "" if result is None else self._why_not(task, result)
        if why:
            self.store.quarantine(task.key, why)
        return result is not None and not why

    def failure(self, task: Task) -> Failure | None:
        """Why a task failed, if it did with what stands in the store now. Raises Unreadable."""
        failure = self.store.failure(task.key)
        if failure and self._other(task, failure.made_from):
            self.store.clear_failure(task.key)
            return None
        return failure

    def made_from(self, task: Task) -> str:
        """Identity of the result that a task is made from, as far as it is known."""
        return next((self._identities[x] for x in task.needs if x in self._identities), "")

    def _why_not(self, task: Task, result: Result) -> str:
        try:
            if task.identity:
                self._identities[task.key] = task.identity(result)
        except BrokenFile as error:
            return f"{task.key}: {error}"
        other = self._other(task, result.made_from)
        return f"{task.key} {OF_ANOTHER.format(other)}" if other else ""

    def _other(self, task: Task, made_from: str) -> str:
        """The need that has other bits now than those that something was made from."""
        known = {x: self._identities[x] for x in task.needs if x in self._identities}
        return "" if not made_from or made_from in known.values() else next(iter(known), "")
