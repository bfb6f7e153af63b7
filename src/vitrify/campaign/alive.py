"""Life of the process that leads a run, as the kernel tells it.

A process number means something within one boot and one PID namespace only: two containers of one host have a process 1
each. A lock on the run's file is seen by all processes of one kernel; it is held by a process that is stopped too, and ends
with it however it dies. Linux tells it in /proc; on systems that have none, such as macOS, psutil asks the kernel."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

PROC = Path("/proc")
NEVER_FOLLOW = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def process_space() -> str:
    """Space in which the number of this process is valid: the boot of the machine and the PID namespace; empty where not
    known."""
    if not PROC.is_dir():
        return _host_and_boot()
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def same_boot(space: str) -> bool:
    """Say whether this kernel runs the processes of that space too."""
    boot = space.partition(" ")[0]
    return bool(boot) and boot == process_space().partition(" ")[0]


def born(pid: int) -> int | None:
    """Time at which a process started, in clock ticks after the boot (in milliseconds since 1970 without /proc); 0 where it
    is dead and unburied, None where it is not seen."""
    if not PROC.is_dir():
        return _born_by_psutil(pid)
    mine = os.getpid()
    try:
        if pid != mine and str((PROC / "self").readlink()) != str(mine):
            return None  # a container's /proc may be that of its host, with other processes of that number
        words = (PROC / f"{'self' if pid == mine else pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return 0 if words[0] in "ZX" else int(words[19])


def is_there(pid: int, its_birth: int) -> bool | None:
    """Say whether the process that was born then still lives; None where the system hides it from this user."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    found = born(pid)
    return None if found is None else found == its_birth


def _host_and_boot() -> str:
    """Host and second of its boot. Where a clock that was set moves that second, the space of a process is another one, and
    a run is judged by its silence alone."""
    import psutil  # which Linux does without: to look at a store takes a moment only

    try:
        return f"{os.uname().nodename}@{psutil.boot_time():.0f} all"
    except (psutil.Error, OSError, RuntimeError):  # a Linux whose /proc is not mounted
        return ""


def _born_by_psutil(pid: int) -> int | None:
    import psutil

    try:
        process = psutil.Process(pid)
        dead = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return 0 if dead else round(1000 * process.create_time())
    except (psutil.Error, OSError, RuntimeError, ValueError, OverflowError):
        return None


def lock(path: Path) -> int:
    """Lock a file that this process made, while the descriptor that is returned is open, where the file system has such
    locks."""
    handle = os.open(path, os.O_RDONLY | NEVER_FOLLOW)  # open for writing, it would keep a disk from being made read-only
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def is_locked(path: Path) -> bool:
    """Say whether some process holds the lock; False also where that cannot be known."""
    try:
        handle = os.open(path, os.O_RDONLY | NEVER_FOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
