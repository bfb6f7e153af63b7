"""Stages of a glass in the making, told to whoever wants to show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import log

from vitrify.waiting import Doing, doing, is_shown


@dataclass(frozen=True, slots=True)
class Stage:
    """A look at the work.

    name: "pilot" counts the pilot glasses of a parent temperature, "glass" begins the one that was asked for; "liquid"
    tells the mean squared displacement in a0², "cooling" the steps of molecular dynamics, "quench" the largest force
    component, "shear" the strain, each beside where it is to get. A step that moves particles by itself tells under its own
    name how many samples it has moved."""

    name: str
    done: float
    wanted: float


EVENLY = 0.25  # of a quench's digits, which take longer
Observer = Callable[[Stage], None]


def tell(observer: Observer | None, stage: Stage) -> None:
    """Tell an observer, where there is one."""
    if observer is not None:
        observer(stage)


class ToldStages:
    """An observer that passes each stage on to the display of what is in hand."""

    def __init__(self, now: Doing) -> None:
        self._now, self._pilot, self._first = now, "", 1.0

    def __call__(self, stage: Stage) -> None:
        """Tell a stage; the form of an Observer."""
        if stage.name in ("pilot", "glass"):
            self._pilot = f"pilot {stage.done:g} of {stage.wanted:g}, " if stage.name == "pilot" else ""
        if stage.name != "quench":
            self._first = 0.0
        elif not self._first:
            self._first = stage.done
        self._now.at(self._pilot + stage.name, self._pilot + _sentence(stage), self._part(stage))

    def _part(self, stage: Stage) -> float:
        """The part of a stage that is done. A quench gains digits of the force evenly, but for the first ones."""
        if stage.name in ("pilot", "glass"):
            return 0.0
        if stage.name != "quench":
            return stage.done / stage.wanted if stage.wanted else 0.0
        if not 0.0 < stage.wanted < stage.done < self._first:
            return 0.0
        part = log(self._first / stage.done) / log(self._first / stage.wanted)
        return part if part > EVENLY else 0.0


@contextmanager
def told(observer: Observer | None, what: str, about: float | None = None) -> Iterator[Observer | None]:
    """The observer, or one for the display that somebody has opened, if any. about: seconds that the work takes."""
    if observer is not None or not is_shown():
        yield observer
        return
    with doing(what, about=about) as now:
        yield ToldStages(now)


def _sentence(stage: Stage) -> str:
    known = {
        "pilot": "random start",
        "glass": "random start",
        "liquid": f"liquid, moved {stage.done:.2g} of {stage.wanted:g} a0^2",
        "cooling": f"cooling, {stage.done:g} of {stage.wanted:g} steps",
        "quench": f"quench, max|f| = {stage.done:.1e} on its way to {stage.wanted:.1e}",
    }
    return known.get(stage.name, f"{stage.name}, {stage.done:g} of {stage.wanted:g}")
