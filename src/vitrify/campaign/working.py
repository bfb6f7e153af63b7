"""What a worker does with one batch. Everything that lasts goes to the store; a few bytes go back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vitrify.errors import BrokenFile, SampleFailure, Unreadable, UsageError

from .inventory import Inventory
from .journal import Journal, forget_peak, peak_mb
from .limits import InHand, Limits, alarm, in_hand
from .presence import Presence
from .store import Failure, Store
from .task import Batch, Task

State = Literal["made", "failed", "present", "held", "stopped", "unread"]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one batch: "present" where all of it was there, "held" where another run has it, "stopped" where the
    run was asked to end, "unread" where something of it could not be read, so that it is left to the next run."""

    name: str
    counts: int  # samples
    state: State
    seconds: float = 0.0
    note: str = ""  # for a person


@dataclass(frozen=True, slots=True)
class Order:
    """What a run tells its workers."""

    directory: str  # of the store, absolute
    run: str  # name of the run
    limits: Limits = field(default_factory=Limits)


def run_batch(batch: Batch, order: Order, scratch: Path | None = None) -> Done:
    """Do what is missing of a batch, where no other run has it in hand. scratch: folder that the worker's warden looks at;
    None where there is no warden. A task that fails is recorded, and so are those that need it. What cannot be read has not
    failed, and is not made again: the batch is left as it is."""
    began = time.monotonic()
    store = Store(order.directory)
    try:
        state, note = _claimed(batch, store, order, scratch)
    except Unreadable as error:
        state, note = "unread", str(error)
    return Done(batch.name, batch.counts, state, time.monotonic() - began, note)


def _claimed(batch: Batch, store: Store, order: Order, scratch: Path | None) -> tuple[State, str]:
    inventory = Inventory(store)
    lacking = _lacking(batch, inventory)
    presence, claim = Presence(store), batch.claim
    if not lacking:
        return "present", ""
    if presence.is_asked_to_stop(order.run):
        return "stopped", ""
    if not presence.claim(claim, order.run):
        return "held", ""
    try:
        if batch.together:
            return _work_together(batch, lacking, store, order, scratch)
        return _work(batch, inventory, presence, order, scratch), ""
    finally:
        if presence.is_mine(claim, order.run):
            presence.release(claim)


def _lacking(batch: Batch, inventory: Inventory) -> list[Task]:
    """Tasks without a sound result. Of many that are made together, those that cannot be read are left to the batches that
    come after, which tell of them."""
    found = []
    for task in batch.tasks:
        try:
            if not inventory.holds(task):
                found.append(task)
        except Unreadable:
            if not batch.together:
                raise
    return found


def _work_together(
    batch: Batch, lacking: list[Task], store: Store, order: Order, scratch: Path | None
) -> tuple[State, str]:
    """Tasks that are made at once share their cost. Where this fails as a whole, others make them one by one."""
    began, note = time.monotonic(), ""
    assert batch.together is not None
    forget_peak()
    task = InHand(order.run, order.directory, batch.claim, lacking[0].digest, time.time(), len(lacking))
    with in_hand(task, scratch):
        try:
            batch.together(store, lacking)
        except UsageError:
            raise
        except Exception as error:
            note = f"{batch.name}: {type(error).__name__}: {error}; the tasks are made one by one"
    made = [one for one in lacking if store.has(one.key)]
    journal, each = Journal.of(store, order.run), (time.monotonic() - began) / max(len(made), 1)
    for one in made:
        journal.note(one.key, each, peak_mb(), made=True)
    return "made", note


def _work(batch: Batch, inventory: Inventory, presence: Presence, order: Order, scratch: Path | None) -> State:
    """All tasks in their order: what is there may not fit to what is made anew before it."""
    made = failed = 0
    store = inventory.store
    journal = Journal.of(store, order.run)
    for task in batch.tasks:
        if inventory.holds(task):  # or made by another run, before the batch was claimed
            continue
        if presence.is_asked_to_stop(order.run):
            return "stopped"
        if not presence.keep(batch.claim, order.run):
            return "held"
        if inventory.failure(task):
            failed += 1
            continue
        failure = _failed_need(task, store)
        if failure is None:
            if task.key != batch.claim:  # the claim itself says so of the first
                presence.at(batch.claim, order.run, task.key)
            failure = _timed(task, store, order, scratch, journal)
        if failure is None:
            made += 1
            if task.identity:  # those that are made from it are judged by its bits
                inventory.holds(task)
        else:
            failed += 1
            store.record_failure(
                failure.key, failure.digest, failure.reason, again=failure.again, made_from=inventory.made_from(task)
            )
    return "failed" if failed else "made" if made else "present"


def _failed_need(task: Task, store: Store) -> Failure | None:
    for key in task.needs:
        if not store.has(key):
            failure = store.failure(key)
            reason = f"because {key} failed: {failure.reason}" if failure else f"because {key} is missing"
            return Failure(task.key, task.digest, reason, again=failure is None or failure.again)
    return None


def _timed(task: Task, store: Store, order: Order, scratch: Path | None, journal: Journal) -> Failure | None:
    """Run a task under its limits and note its cost."""
    began = time.monotonic()
    forget_peak()
    with in_hand(InHand(order.run, order.directory, task.key, task.digest, time.time()), scratch):
        failure = _attempt(task, store, 0.0 if scratch else order.limits.seconds)
    journal.note(task.key, time.monotonic() - began, peak_mb(), made=failure is None)
    return failure


def _attempt(task: Task, store: Store, seconds: float) -> Failure | None:
    """Run and publish one task. seconds: time limit where there is no warden, or 0."""
    again = False
    try:
        with alarm(seconds):
            result = task.function(store, *task.arguments)
        if not store.verified(task.key, task.digest):  # another run took it over while this one slept
            store.publish(task.key, task.digest, result)
    except (UsageError, Unreadable):
        raise
    except SampleFailure as error:
        reason = str(error)
    except BrokenFile as error:  # of what it needs, which the next run makes again
        reason, again = str(error), True
    except MemoryError:
        reason = "ran out of memory"
    except OSError as error:  # the machine's fault, not the sample's
        reason, again = f"{type(error).__name__}: {error}", True
    except Exception as error:  # a defect in one sample must not stop a campaign of thousands
        reason = f"{type(error).__name__}: {error}"
    else:
        store.clear_failure(task.key)
        return None
    return Failure(task.key, task.digest, reason, again)
