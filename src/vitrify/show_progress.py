"""A display of what is in hand, for a notebook, a script or a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from vitrify.backends.compiling import compilation_told
from vitrify.waiting import doing, shown


@contextmanager
def show_progress(model: str = "this model") -> Iterator[None]:
    """Show on standard error what takes long in this block, how far it is and about how long it still takes: making,
    quenching and measuring glasses, modes, tables of stores, and the compilation of kernels.

    On a terminal that is one line that moves, elsewhere and in a notebook a line per minute. model: the name that is told
    while kernels are compiled."""
    number = 0
    with shown(), ExitStack() as stack:

        def begins() -> None:
            nonlocal number
            number += 1
            stack.enter_context(doing(f"compiling kernels for {model}, once per processor, number {number}"))

        with compilation_told(begins, stack.close):
            yield
