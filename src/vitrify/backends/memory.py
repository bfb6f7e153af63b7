"""Memory that this process may still take."""

from __future__ import annotations

from pathlib import Path

import psutil

from vitrify.errors import UsageError

GROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes: what the machine has free, or less where a control group sets a limit."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (GROUP / "memory.max").read_text().strip(), (GROUP / "memory.current").read_text()
        return free if limit == "max" else max(min(free, int(limit) - int(used)), 0)
    except (OSError, ValueError):
        return free


def require_memory(needed: float, purpose: str) -> None:
    """Raise UsageError unless so many bytes are free. purpose: what wants them, for the sentence."""
    free = available_memory()
    if needed > free:
        raise UsageError(f"{purpose} needs about {needed / 2**30:,.1f} GiB of memory, but {free / 2**30:,.1f} GiB are free")
