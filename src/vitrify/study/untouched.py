"""A store that is only looked at."""

from __future__ import annotations

from pathlib import Path

from vitrify.campaign import Store


class UntouchedStore(Store):
    """A store in which nothing is changed: a broken file is noted and stays where it is, in a folder that may well be
    read-only."""

    def quarantine(self, key: str, why: str) -> Path:
        """Note a broken file in `broken`."""
        self.note_broken(key, why)
        return self.path(key)
