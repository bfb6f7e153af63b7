"""What the environment tells the libraries, checked before they are imported: they answer a wrong word with a traceback."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from vitrify.errors import UsageError

NUMBA = "Environment variable 'NUMBA_"  # how Numba begins to tell of one that it cannot read
SIZE = re.compile("[1-9][0-9]{0,4}")
THREADS = "NUMBA_NUM_THREADS"


@contextmanager
def known_environment() -> Iterator[None]:
    """Raise UsageError where Numba cannot read one of its variables. What is of no matter is put right: figures are files
    here, and a terminal without a sensible size is asked for it."""
    os.environ["MPLBACKEND"] = "agg"
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


def require_threads() -> None:
    """Raise UsageError for a number of threads below one, which Numba would not be imported with."""
    text = os.environ.get(THREADS)
    if text is not None and re.fullmatch("-[0-9]+|0+", text.strip()):
        raise UsageError(f"{THREADS} is {text!r}, must be a positive whole number")
