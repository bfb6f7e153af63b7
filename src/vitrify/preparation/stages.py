"""What a glass in the making is at, told to whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Stage:
    """One look at the work.

    name: "pilot" counts the pilot glasses of a parent temperature, "glass" begins the one that was asked for; "liquid"
    tells the mean squared displacement in a0², "cooling" the steps of molecular dynamics, "quench" the largest force
    component, each beside where it is to get."""

    name: Literal["pilot", "glass", "liquid", "cooling", "quench"]
    done: float
    wanted: float


Observer = Callable[[Stage], None]


def tell(observer: Observer | None, stage: Stage) -> None:
    """Tell it, where somebody listens."""
    if observer is not None:
        observer(stage)
