"""Tasks that square a number: a campaign needs no science."""

import os
import signal
import time
from pathlib import Path

from vitrify.campaign import Batch, Result, Task
from vitrify.errors import SampleFailure


def square(store, number):
    del store
    return Result({"square": number**2})


def square_and_tell(store, number, log, pause):
    time.sleep(pause)
    with Path(log).open("a") as file:
        file.write(f"{number}\n")
    return square(store, number)


def square_of(store, key):
    return Result({"square": store.read(key).values["square"] ** 2})


def fail(store, number):
    raise SampleFailure(f"{number} will not be squared")


def crash(store):
    raise ZeroDivisionError("a defect")


def die_once(store, mark):
    if not Path(mark).exists():
        Path(mark).write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return Result({"square": 49})


def batches(n, log="", pause=0.0):
    function = square_and_tell if log else square
    rest = (str(log), pause) if log else ()
    return [Batch("squares", (Task(f"s/{i:06d}", "d", function, (i, *rest)),)) for i in range(n)]
