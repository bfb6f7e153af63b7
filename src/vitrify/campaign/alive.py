"""Whether the process that leads a run is alive, as the kernel tells it.

A process number means something within one boot and one PID namespace only: two containers of one host have a process 1
each. A lock on the run's file is seen by all processes of one kernel; it is held by a process that is stopped too, and ends
with it however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

NEVER_FOLLOW = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def process_space() -> str:
    """Where the number of this process is valid: the boot of the machine and the PID namespace; empty where not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def same_boot(space: str) -> bool:
    """Does this kernel run the processes of that space too?"""
    boot = space.partition(" ")[0]
    return bool(boot) and boot == process_space().partition(" ")[0]


def born(pid: int) -> int | None:
    """When a process started, in clock ticks after the boot; 0 where it is dead and unburied, None where it is not seen."""
    mine = os.getpid()
    try:
        if pid != mine and str(Path("/proc/self").readlink()) != str(mine):
            return None  # a container's /proc may be that of its host, with other processes of that number
        words = Path(f"/proc/{'self' if pid == mine else pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return 0 if words[0] in "ZX" else int(words[19])


def is_there(pid: int, its_birth: int) -> bool | None:
    """Does the process that was born then still live? None where the system hides it from this user."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    found = born(pid)
    return None if found is None else found == its_birth


def lock(path: Path) -> int:
    """A descriptor of a file that this process made, locked while it is open, where the file system has such locks."""
    handle = os.open(path, os.O_RDONLY | NEVER_FOLLOW)  # open for writing, it would keep a disk from being made read-only
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def is_locked(path: Path) -> bool:
    """Does some process hold the lock? False also where that cannot be known."""
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
