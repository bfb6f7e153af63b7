"""The backend in use."""

from __future__ import annotations

from functools import cache

from .cpu import Cpu


@cache
def backend() -> Cpu:
    """The one backend of this process."""
    return Cpu()
