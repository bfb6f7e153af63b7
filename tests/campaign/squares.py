"""Tasks that square a number: a campaign needs no science. Run as a script, it is a campaign of its own process."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from vitrify.campaign import Address, Here, Limits, Local, Result, Store, Task, WorkUnit, leases, run
from vitrify.campaign.sharding import parse_shard, shard
from vitrify.errors import SampleFailure, VitrifyError


def square(store, number):
    del store
    return Result({"square": number**2})


def square_and_tell(store, number, log, pause):
    with Path(log).open("a") as file:
        file.write(f"{number}\n")
    time.sleep(pause)
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


def die(store):
    os.kill(os.getpid(), signal.SIGKILL)


def root(store, numbers, note):
    """Which others are made from. note: that nothing depends on."""
    return Result({"note": note}, {"numbers": np.array(numbers)})


def numbers_of(result):
    return result.arrays["numbers"].tobytes().hex()


def sum_of(store, key):
    made_from = store.read(key)
    if made_from.arrays["numbers"].min() < 0:
        raise SampleFailure("negative numbers have no sum here")
    return Result({"sum": float(made_from.arrays["numbers"].sum())}, made_from=numbers_of(made_from))


def rooted(numbers, note="", key="r/000000"):
    """A result and what is made from it, as a glass and its observables are."""
    first = Task(key, "d", root, (numbers, note), identity=numbers_of)
    return WorkUnit("rooted", (first, Task("sums/000000", "d", sum_of, (key,), needs=(key,))))


def move(store, place):
    """As somebody who moves the store while a sample is in hand."""
    store.directory.rename(place)
    return Result({"square": 1})


def broken_disk(store):
    raise OSError(5, "Input/output error")


def where(store):
    return Result({"process": os.getpid(), "gpu": os.environ.get("CUDA_VISIBLE_DEVICES", "none")})


def hang(store):
    time.sleep(600)


def hang_with_the_interpreter(store):
    ctypes.PyDLL(None).sleep(600)  # as a kernel that does not release the interpreter's lock


def eat_memory(store):
    eaten = []
    while True:
        eaten.append(b"x" * 50_000_000)
        time.sleep(0.05)


def units(n, log="", pause=0.0, names=1):
    function = square_and_tell if log else square
    rest = (str(log), pause) if log else ()
    return [WorkUnit(f"squares {i % names}", (Task(f"s/{i:06d}", "d", function, (i, *rest)),)) for i in range(n)]


ENGINES = {"here": lambda: Here(), "local": lambda: Local(2)}


def main(folder, number, log, pause, engine, *part):
    """Square so many numbers. engine: here, local, or the address of a scheduler; part: k/n.

    Each has a file of its own, whose inode tells whether it was written again, unless SQUARES_PACKED says otherwise."""
    if told := os.environ.get("SQUARES_SILENCE_AND_BEAT"):
        leases.SILENCE, leases.BEAT = map(float, told.split())
    todo = units(int(number), log, float(pause), names=3)
    todo = shard(todo, *parse_shard(*part)) if part else todo
    chosen = ENGINES[engine]() if engine in ENGINES else Address(engine)
    try:
        packed = os.environ.get("SQUARES_PACKED") == "1"
        outcome = run(todo, Store.create(folder), engine=chosen, limits=Limits(60.0), packed=packed)
        print(outcome.sentence(), flush=True)
        outcome.require_all_read()
    except VitrifyError as error:
        print(f"Error: {error}", flush=True)
        return 2
    except KeyboardInterrupt:
        return 130
    return 128 + outcome.stopped_by if outcome.stopped_by else 0


if __name__ == "__main__":
    import squares  # the name that workers know the tasks by

    sys.exit(squares.main(*sys.argv[1:]))
