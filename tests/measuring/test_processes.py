"""Work in processes: every item once, a process that dies, and an end in the midst of it."""

import contextlib
import os
import signal
import time
from multiprocessing import active_children

import psutil
import pytest

from vitrify.campaign.stopping import Stop
from vitrify.measuring.processes import Died, results

NOTHING = 0  # a signal that is not delivered


@pytest.mark.parametrize("workers", [1, 3])
def test_every_item_has_its_own_result(workers):
    found = dict(results(abs, [-3, 4, -5, 6], workers, Stop()))
    assert found == {0: 3, 1: 4, 2: 5, 3: 6}


def test_each_process_has_one_thread():
    given = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    assert dict(results(os.getenv, given, 2, Stop())) == {0: "1", 1: "1"}


def test_what_ends_its_process_is_known_and_all_else_is_done():
    found = dict(results(signal.raise_signal, [NOTHING, signal.SIGKILL, NOTHING, NOTHING], 2, Stop()))
    assert isinstance(found.pop(1), Died)
    assert found == {0: None, 2: None, 3: None}


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_begun_once_it_is_asked_to_stop(workers):
    stop, found = Stop(), []
    for n, _ in results(abs, list(range(50)), workers, stop):
        found.append(n)
        stop.by = signal.SIGINT
    assert len(found) <= workers  # what was in hand is finished


def test_signals_of_a_terminal_do_not_reach_the_processes():
    found = dict(results(signal.raise_signal, [signal.SIGINT, signal.SIGHUP], 2, Stop()))
    assert found == {0: None, 1: None}


def test_an_end_by_an_error_does_not_wait_for_the_processes():
    before, began = set(active_children()), time.monotonic()
    found = results(time.sleep, [600.0, 0.0], 2, Stop())
    assert next(found) == (1, None)
    found.close()
    assert time.monotonic() - began < 300.0  # half of what one of them sleeps: a busy machine is slow to start them
    for process in (
        set(active_children()) - before
    ):  # the pool may have waited for one first, after which it seems alive here
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(process.pid).wait(60.0)
