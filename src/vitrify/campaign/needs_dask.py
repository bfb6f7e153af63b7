"""Imports of Dask where it is needed. It reads its configuration meanwhile; what is wrong there is told in a sentence.

Nothing here imports Dask, and all else that does passes through it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from vitrify.errors import UsageError, VitrifyError, plain

WITHOUT_DASK = "; --workers 1 does without it"
LONGEST = 300  # characters of what somebody else's error says
PLAIN = (OSError, RuntimeError, ValueError)  # errors whose text speaks for itself


@contextlib.contextmanager
def needs_dask(instead: str = "") -> Iterator[None]:
    """Import Dask, or start something of it, within the block. Raises UsageError where that fails, whatever the error.

    instead: what does without it."""
    try:
        yield
    except VitrifyError:
        raise
    except Exception as error:
        where = "its configuration is in ~/.config/dask or where DASK_CONFIG says"
        raise UsageError(f"Dask does not start: {said(error)} ({where}){instead}") from None


def said(error: BaseException) -> str:
    """Text of an error, on one line, with its kind where that says more."""
    text = plain(str(error))[:LONGEST]
    return text if text and isinstance(error, PLAIN) else f"{type(error).__name__} {text}".strip()
