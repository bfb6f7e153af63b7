"""Public names of a module, which are all that `dir` and completion show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def only(*names: Iterable[str]) -> Callable[[], list[str]]:
    """The `__dir__` of a module that shows these names alone; lists that grow later are read when they are asked for."""

    def shown() -> list[str]:
        return sorted({name for some in names for name in some})

    return shown
