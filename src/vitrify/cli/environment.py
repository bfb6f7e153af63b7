"""Check of the environment variables of the libraries before these are imported, as they answer a wrong one with a
traceback."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrify.errors import UsageError, wrong

NUMBA = "Environment variable 'NUMBA_"  # beginning of Numba's error for one that it cannot read
SIZE = re.compile("[1-9][0-9]{0,4}")
THREADS = "NUMBA_NUM_THREADS"


@contextmanager
def known_environment() -> Iterator[None]:
    """Raise UsageError where Numba cannot read one of its variables. Settings without consequence are corrected: figures
    are written to files here, and the size of a terminal that states none is looked up."""
    os.environ["MPLBACKEND"] = "agg"
    if not _has_folder():  # Numba imports coverage where it is installed, which asks for one
        sys.modules.setdefault("coverage", None)  # type: ignore[arg-type]  # which says that it is not there
    for name in ("COLUMNS", "LINES"):
        if not SIZE.fullmatch(os.environ.get(name, "")):
            os.environ.pop(name, None)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", NUMBA, RuntimeWarning)
        try:
            yield
        except RuntimeWarning as warning:
            if not str(warning).startswith(NUMBA):
                raise
            raise UsageError(str(warning).splitlines()[0].removesuffix(".")) from None


def _has_folder() -> bool:
    """Tell whether the current folder is still there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def require_threads() -> None:
    """Raise UsageError for a number of threads below one, with which Numba could not be imported."""
    text = os.environ.get(THREADS)
    if text is not None and re.fullmatch("-[0-9]+|0+", text.strip()):
        raise wrong("", THREADS, text, "a positive whole number")
