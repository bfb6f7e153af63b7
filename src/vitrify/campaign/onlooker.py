"""Who works on a store, told without a write: for those that watch."""

from __future__ import annotations

import time

from vitrify.errors import Unreadable

from .presence import Presence


class Onlooker(Presence):
    """Presence that leaves the folder as it is. A run elsewhere is judged by this machine's clock, which may differ from
    the file system's by less than the silence of a dead run."""

    def _now(self) -> float:
        return time.time()

    def _unreadable(self, error: Unreadable) -> None:
        """What this user may not read is left out."""
