"""Worker: what is done with one work unit. Everything that lasts goes to the store; a few bytes go back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from threadpoolctl import threadpool_limits

from vitrify.errors import BrokenFile, SampleFailure, Unreadable, UsageError, kind_and_text
from vitrify.plugin_files import SentPlugin

from .journal import Journal, forget_peak, peak_mb
from .leases import Leases
from .soundness import SoundResults
from .store import Failure, Store
from .task import Task, WorkUnit
from .watchdog import InHand, Limits, alarm, in_hand

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
State = Literal["made", "failed", "present", "held", "stopped", "unread"]


@dataclass(frozen=True, slots=True)
class Done:
    """Outcome of one unit: "present" where all of it was there, "held" where another run has it, "stopped" where the
    run was asked to end, "unread" where something of it could not be read, so that it is left to the next run."""

    name: str
    counts: int  # samples
    state: State
    seconds: float = 0.0
    note: str = ""  # for a person
    number: int = -1  # of the unit among those that the engine was given; negative where an engine does not tell


@dataclass(frozen=True, slots=True)
class Order:
    """Order of a run to its workers."""

    directory: str  # of the store, absolute
    run: str  # name of the run
    limits: Limits = field(default_factory=Limits)
    plugins: tuple[SentPlugin, ...] = ()  # which a worker loads before its first unit


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold linear algebra to one thread while tasks are done, in the libraries that are loaded, and by the environment in
    those that tasks load: the order of its sums, and with it the last bits of a result, would depend on the number of
    threads."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_unit(unit: WorkUnit, order: Order, scratch: Path | None = None) -> Done:
    """Do what is missing of a unit, where no other run has it in hand. scratch: folder that the worker's watchdog looks at;
    None where there is no watchdog. A task that fails is recorded, and so are those that need it. What cannot be read has
    not failed, and is not made again: the unit is left as it is."""
    began = time.monotonic()
    for plugin in order.plugins:
        plugin.load()
    store = Store(order.directory)
    try:
        state, note = _leased(unit, store, order, scratch)
    except Unreadable as error:
        state, note = "unread", str(error)
    return Done(unit.name, unit.counts, state, time.monotonic() - began, note)


def _leased(unit: WorkUnit, store: Store, order: Order, scratch: Path | None) -> tuple[State, str]:
    sound = SoundResults(store)
    lacking = _lacking(unit, sound)
    leases = Leases(store)
    if not lacking:
        return "present", ""
    if leases.is_asked_to_stop(order.run):
        return "stopped", ""
    if not leases.acquire(unit.key, order.run):
        return "held", ""
    try:
        if unit.together:
            return _work_together(unit, lacking, store, order, scratch)
        return _work(unit, sound, leases, order, scratch), ""
    finally:
        if leases.is_mine(unit.key, order.run):
            leases.release(unit.key)


def _lacking(unit: WorkUnit, sound: SoundResults) -> list[Task]:
    """Tasks without a sound result. Of many that are made together, those that cannot be read are left to the units that
    come after, which tell of them."""
    found = []
    for task in unit.tasks:
        try:
            if not sound.holds(task):
                found.append(task)
        except Unreadable:
            if not unit.together:
                raise
    return found


def _work_together(
    unit: WorkUnit, lacking: list[Task], store: Store, order: Order, scratch: Path | None
) -> tuple[State, str]:
    """Make tasks at once, which share their cost. Where this fails as a whole, others make them one by one."""
    began, note = time.monotonic(), ""
    assert unit.together is not None
    forget_peak()
    task = InHand(order.run, order.directory, unit.key, lacking[0].digest, time.time(), len(lacking))
    with in_hand(task, scratch):
        try:
            unit.together(store, lacking)
        except UsageError:
            raise
        except Exception as error:
            note = f"{unit.name}: {kind_and_text(error)}; its tasks are now done one by one"
    made = [one for one in lacking if store.has(one.key)]
    journal, each = Journal.of(store, order.run), (time.monotonic() - began) / max(len(made), 1)
    for one in made:
        journal.note(one.key, each, peak_mb(), made=True)
    return "made", note


def _work(unit: WorkUnit, sound: SoundResults, leases: Leases, order: Order, scratch: Path | None) -> State:
    """Do all tasks in their order: what is there may not fit to what is made anew before it."""
    made = failed = 0
    store = sound.store
    journal = Journal.of(store, order.run)
    for task in unit.tasks:
        if sound.holds(task):  # or made by another run, before the unit was leased
            continue
        if leases.is_asked_to_stop(order.run):
            return "stopped"
        if not leases.renew(unit.key, order.run):
            return "held"
        if sound.failure(task):
            failed += 1
            continue
        failure = _failed_need(task, store)
        if failure is None:
            if task.key != unit.key:  # the lease itself says so of the first
                leases.note_task(unit.key, order.run, task.key)
            failure = _timed(task, store, order, scratch, journal)
        if failure is None:
            made += 1
            if task.identity:  # those that are made from it are judged by its bits
                sound.holds(task)
        else:
            failed += 1
            store.record_failure(
                failure.key, failure.digest, failure.reason, again=failure.again, made_from=sound.made_from(task)
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
    """Run and publish one task. seconds: time limit where there is no watchdog, or 0."""
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
        reason, again = kind_and_text(error), True
    except Exception as error:  # a defect in one sample must not stop a campaign of thousands
        reason = kind_and_text(error)
    else:
        store.clear_failure(task.key)
        return None
    return Failure(task.key, task.digest, reason, again)
