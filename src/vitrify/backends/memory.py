"""How much memory this process may still take."""

from __future__ import annotations

from pathlib import Path

import psutil

GROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes: what the machine has free, or less where a control group sets a limit."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (GROUP / "memory.max").read_text().strip(), (GROUP / "memory.current").read_text()
        return free if limit == "max" else max(min(free, int(limit) - int(used)), 0)
    except (OSError, ValueError):
        return free
