"""Cores of the machine that this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Number of cores that this process may use. These are all cores where the system, such as macOS, binds no process to
    some."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
