"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from typing import Any


def bar(chosen: Any, title: str) -> Any:
    """Yield what is chosen and show how far it is."""
    from rich.console import Console
    from rich.progress import track

    return track(chosen, title, console=Console(stderr=True), disable=not sys.stderr.isatty())
