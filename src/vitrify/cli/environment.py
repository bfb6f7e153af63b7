"""What the environment tells the libraries, checked before they are imported: they answer a wrong word with a traceback."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from vitrify.errors import UsageError

NUMBA = "Environment variable 'NUMBA_"  # how Numba begins to tell of one that it cannot read
THREADS = "NUMBA_NUM_THREADS"


@contextmanager
def known_environment() -> Iterator[None]:
    """Raise UsageError where Numba cannot read one of its variables; Matplotlib needs none, as figures are files here."""
    os.environ["MPLBACKEND"] = "agg"
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
    if text is not None and re.fullmatch(r"-\d+|0+", text.strip()):
        raise UsageError(f"{THREADS} is {text!r}, must be a positive whole number")
