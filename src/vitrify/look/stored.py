"""One glass of a store, with what the store holds of it; what a page shows besides is measured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from vitrify.campaign import Result
from vitrify.errors import BrokenFile, UsageError, check
from vitrify.glass import Glass
from vitrify.measuring import Asked, Found
from vitrify.opening import OpenStore
from vitrify.report.glasses import SOFTEST
from vitrify.study.earlier import kept_groups
from vitrify.study.results import numbered_results, result_of
from vitrify.study.spec import EnsembleSpec

from .looking import looked_over

DRAWN = ("structure", "spectrum")  # observables whose arrays are figures
Track = Callable[[Sequence[str]], Iterable[str]]  # yields what it is given, may show how far it is


@dataclass(frozen=True, slots=True)
class StoredGlass:
    """A finished sample of an ensemble, and why it was chosen."""

    ensemble: str
    sample: int
    why: str = ""  # a sentence; empty where it was asked for

    @property
    def name(self) -> str:
        """Its name on a page."""
        return f"ensemble {self.ensemble}, sample {self.sample}"


def softest_of(opened: OpenStore, ensembles: Sequence[str] = (), track: Track = iter) -> StoredGlass:
    """The sample with the softest quasilocalised mode in a store or in some of its ensembles; where none was measured, that
    with the softest soft spot or the lowest mode, and else the first one. Raises UsageError where no glass is finished."""
    names = list(ensembles) or opened.ensembles()
    tables = {name: opened.table(name) for name in track(names)}
    for column, kind in SOFTEST.items():
        every = [x for name, table in tables.items() if column in table for x in _of_column(name, table[column])]
        if every:
            return _chosen(every, f"softest {kind}")
    lowest = [x for name in names for x in _lowest_modes(opened, name)]
    if lowest:
        return _chosen(lowest, "lowest mode")
    for name in names:
        there = opened.finished(opened.study.ensemble(name))
        if there:
            return StoredGlass(
                name, there[0], "It is the first finished glass, as no glass of the store has whole results with modes."
            )
    of = f" of ensemble {names[0]!r}" if ensembles else ""
    raise UsageError(f"{opened.store.directory} holds no finished glass{of}; `vitrify run` makes them")


def stored_glass(opened: OpenStore, ensemble: str, sample: int, asked: Asked) -> tuple[Glass, Found, list[str]]:
    """A glass of a store, what was found of it, and sentences for its page. What the store holds is taken from it, and what
    else is asked is measured anew.

    Raises UsageError where there is no such ensemble or no such finished sample."""
    group = opened.study.ensemble(ensemble)
    there = opened.finished(group)
    check(sample in there, f"ensemble {ensemble!r}", "sample", sample, f"one that is finished: {_in_words(there)}")
    try:
        glass = opened.glass_of(group, sample)
    except BrokenFile as error:
        raise UsageError(f"the glass of {StoredGlass(ensemble, sample).name} cannot be read: {error}") from None
    results = _results(opened, group, sample)
    held = _held(results)
    found, notes = looked_over(glass, _rest(asked, results))
    found.values = _without_twins(found.values, held.values) | held.values
    found.arrays |= held.arrays
    found.frames = [*held.frames, *found.frames]
    return glass, found, [*_origin(results), *notes]


def _chosen(every: list[tuple[float, str, int]], what: str) -> StoredGlass:
    frequency, name, sample = min(every)
    why = f"Of {len(every)} finished glasses it is the one with the {what}, ω = {frequency:.4g} √(ε/m)/λ."
    return StoredGlass(name, sample, why if len(every) > 1 else "")


def _of_column(ensemble: str, column: pd.Series[float]) -> Iterator[tuple[float, str, int]]:
    """Frequency, ensemble and sample of each sample that has one."""
    there = column.dropna()
    for sample, frequency in zip(there.index.tolist(), there.tolist(), strict=True):
        yield float(frequency), ensemble, int(sample)


def _lowest_modes(opened: OpenStore, ensemble: str) -> Iterator[tuple[float, str, int]]:
    _, measured = next(kept_groups(opened.study, opened.study.ensemble(ensemble), opened.store))
    for product in (x for x in measured if x.name == "modes"):
        for sample, result in numbered_results(product, opened.store):
            if result.arrays["frequency"].size:
                yield float(result.arrays["frequency"][0]), ensemble, sample


def _results(opened: OpenStore, group: EnsembleSpec, sample: int) -> dict[str, Result]:
    """The results of one sample by observable."""
    _, measured = next(kept_groups(opened.study, group, opened.store))
    found = {x.name: result_of(x, sample, opened.store) for x in measured if sample < x.count}
    return {name: x for name, x in found.items() if x is not None}


def _held(results: dict[str, Result]) -> Found:
    """What a store holds, in the form of what is measured."""
    found = Found({name: value for x in results.values() for name, value in x.values.items()})
    found.arrays = {name: dict(results[name].arrays) for name in DRAWN if name in results and results[name].arrays}
    if "dipoles" in results:
        found.values["dipoles"] = _decay(results["dipoles"])
    if "qlm" in results:
        found.frames.append(
            ("quasilocalised", float(results["qlm"].values["qlm_frequency"]) ** 2, results["qlm"].arrays["vector"])
        )
    spots = results["soft_spots"].arrays if "soft_spots" in results else {}
    vectors = zip(spots["frequency"], spots["vector"], strict=True) if "vector" in spots else ()
    found.frames += [(f"soft spot {k}", float(omega) ** 2, x) for k, (omega, x) in enumerate(vectors)]
    return found


def _decay(stored: Result) -> list[dict[str, float]]:
    """c(r) in the form in which it is measured, without the distances at which no dipole tells it."""
    rows = zip(*(stored.arrays[x].tolist() for x in ("distance", "median", "count")), strict=True)
    return [{"r_over_a0": r, "c": c, "dipoles": n} for r, c, n in rows if n]


def _rest(asked: Asked, results: dict[str, Result]) -> Asked:
    """What is asked and not held: a store keeps frequencies of modes, and not the modes themselves."""
    spots = results.get("soft_spots")
    return replace(
        asked,
        qlm=asked.qlm and "qlm" not in results,
        soft_spots=0 if spots is not None and "vector" in spots.arrays else asked.soft_spots,
        dipoles=0 if "dipoles" in results else asked.dipoles,
        observables=tuple(x for x in asked.observables if x.name not in results),
    )


def _without_twins(anew: dict[str, object], held: dict[str, object]) -> dict[str, object]:
    """Numbers that were measured anew. They come first on the page, and the store's own take the place of theirs."""
    return {name: held.get(name, value) for name, value in anew.items()}


def _origin(results: dict[str, Result]) -> list[str]:
    """The sentence that says which numbers are the store's."""
    if not results:
        return ["The store holds the glass alone: all numbers were measured anew for this page."]
    kept = ", ".join(results)
    return [
        f"The store holds these results of the glass, and the page shows them: {kept}. All else was measured anew for this "
        "page, the displacements of the lowest modes among it, since a store keeps only their numbers."
    ]


def _in_words(numbers: Sequence[int]) -> str:
    """Numbers of samples, as a range where there are no gaps."""
    if not numbers:
        return "there is none yet"
    whole = len(numbers) == numbers[-1] - numbers[0] + 1
    if whole and len(numbers) > 1:
        return f"{numbers[0]} to {numbers[-1]}"
    few = ", ".join(map(str, numbers[:8]))
    return few + (", ..." if len(numbers) > 8 else "")
