"""Work on many items in processes of this machine, one item in each at a time, one thread each."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from vitrify.backends import set_threads
from vitrify.campaign.runner import processes_of_this_one
from vitrify.campaign.stopping import Stop
from vitrify.campaign.worker import one_thread

Item = TypeVar("Item")
Made = TypeVar("Made")
OURS = {signal.SIGINT, signal.SIGHUP}  # a terminal sends them to all of its processes: this one says what they mean


class Died:
    """In place of a result: the process ended while it was at work on this item, and on no other."""


def results(
    work: Callable[[Item], Made], items: Sequence[Item], workers: int, stop: Stop
) -> Generator[tuple[int, Made | Died], None, None]:
    """Yield number and result of each item, in completion order. Once `stop` is set no new item is begun.

    One worker is this process itself. Where a process ends, as when memory runs out, the items that were in hand are taken
    up again one by one, so that the one that ended it is known."""
    left = deque(range(len(items)))
    if workers == 1:
        with one_thread():
            while left and not stop:
                n = left.popleft()
                yield n, work(items[n])
        return
    while left and not stop:
        lost: list[int] = []
        yield from _until_one_dies(work, items, left, workers, stop, lost)
        for n in lost:
            again: list[int] = []
            yield from _until_one_dies(work, items, deque([n]), 1, stop, again)
            yield from ((x, Died()) for x in again)


def _until_one_dies(
    work: Callable[[Item], Made], items: Sequence[Item], left: deque[int], workers: int, stop: Stop, lost: list[int]
) -> Iterator[tuple[int, Made]]:
    """Yield results; where a process dies, end, and put the items into `lost` that were in hand."""
    with _pool(min(workers, len(left))) as pool:
        in_hand: dict[Future[Made], int] = {}
        while not lost and (in_hand or (left and not stop)):
            while left and not stop and len(in_hand) < workers:
                n = left.popleft()
                try:
                    with _deaf():
                        in_hand[pool.submit(_in_one_thread, work, items[n])] = n
                except BrokenProcessPool:  # a process has ended since the last look
                    lost.append(n)
                    break
            for future in wait(in_hand, return_when=FIRST_COMPLETED).done:
                n = in_hand.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    lost.append(n)
                else:
                    yield n, future.result()
        lost += in_hand.values()


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are ended where the block ends by an error, such as a second Ctrl-C."""
    before = set(multiprocessing.active_children())
    pool = processes_of_this_one(workers)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that are started in this block not hear a terminal's signals, even before their first line runs; here
    a signal waits for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OURS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_one_thread(work: Callable[[Item], Made], item: Item) -> Made:
    set_threads(1)
    with one_thread():
        return work(item)
