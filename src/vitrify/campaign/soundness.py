"""Soundness of results: whether they stand in the store, and still belong together.

A result that was made from another one carries the identity of that one's bits (`Result.made_from`). Where the other was
made again and came out with other bits (on another kind of processor, say), what was made from the earlier one is set
aside and made again too; with the same bits it stays. Results that carry none, of earlier versions, stay."""

from __future__ import annotations

from .store import Failure, Store
from .task import Task


class SoundResults:
    """Sound results of a store. Tasks are asked for in their order, so that what a result was made from is known when its
    turn comes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._identities: dict[str, str] = {}  # by key, of results that others are made from

    def holds(self, task: Task) -> bool:
        """Say whether there is a sound result, made from what stands in the store. Any other is set aside, so that it is
        made again. Raises Unreadable, and UsageError where the store cannot be written."""
        self._identities.pop(task.key, None)
        result = self.store.sound(task.key, task.digest)
        if result is None:
            return False
        if task.identity:
            self._identities[task.key] = task.identity(result)
        other = self._other(task, result.made_from)
        if other:
            self.store.quarantine(task.key, f"{task.key} was made from another {other} than the one that is stored now")
        return not other

    def failure(self, task: Task) -> Failure | None:
        """Failure of a task, if it failed with what stands in the store now. Raises Unreadable."""
        failure = self.store.failure(task.key)
        if failure and self._other(task, failure.made_from):
            self.store.clear_failure(task.key)
            return None
        return failure

    def made_from(self, task: Task) -> str:
        """Identity of the result that a task is made from, as far as it is known."""
        return next((self._identities[x] for x in task.needs if x in self._identities), "")

    def _other(self, task: Task, made_from: str) -> str:
        """Need that has other bits now than those that something was made from."""
        known = {x: self._identities[x] for x in task.needs if x in self._identities}
        return "" if not made_from or made_from in known.values() else next(iter(known), "")
