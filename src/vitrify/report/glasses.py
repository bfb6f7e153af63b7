"""Single glasses to which the page leads: the softest of each ensemble, and those that figures show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path

import numpy as np

from vitrify.errors import BrokenFile, Unreadable, UsageError
from vitrify.named_files import make_folder, remove_file
from vitrify.study.columns import described
from vitrify.study.observable import NUMBER

from .gathered import Gathered, Study, Track
from .pictures import Picture

SOFTEST = {  # columns by which the softest glass of an ensemble is chosen, the first that is there
    "qlm_frequency": "quasilocalised mode",
    "soft_spot_frequency": "soft spot",
}
FOLDER = "glasses"  # beside the page
NAMED = re.compile(r"glass_\d+_\d+\.html")
MOST = 30  # pages of glasses beside a report
WriteGlass = Callable[[str, int, Path], bool]  # writes the page of a sample of an ensemble; tells whether it did


@dataclass(frozen=True, slots=True)
class GlassShown:
    """One glass as the page tells of it."""

    ensemble: int  # its number in the study
    sample: int
    words: str  # why it is this one
    command: str  # which shows it in 3D
    page: str | None  # which shows it in 3D, relative to the report
    numbers: tuple[tuple[str, str], ...]  # by column


def softest(x: Gathered) -> tuple[int, str] | None:
    """The number of an ensemble's softest sample, and in words what makes it so: the least frequency of a nonlinear mode.
    Where none was measured it is the first finished sample; None where there is none."""
    samples = [int(k) for k in x.table.index]
    for column, kind in SOFTEST.items():
        known = x.table[column].to_numpy(float) if column in x.table else np.empty(0)
        if np.isfinite(known).any():
            unit = described(x.table[[column]], [x.spec.dimension])[column].unit
            sample, least = samples[int(np.nanargmin(known))], np.nanmin(known)
            words = f"Of all glasses of this ensemble, sample {sample} has the softest {kind}: ω = {least:.4g} {unit}."
            return sample, words
    if not samples:
        return None
    return samples[0], f"No nonlinear mode was measured in this ensemble; sample {samples[0]} is its first glass."


def chosen_samples(study: Study, pictures: Iterable[Picture]) -> list[tuple[int, int, str]]:
    """The glasses of the page: number of the ensemble, of the sample, and words. The softest ones come first."""
    found: dict[tuple[int, int], str] = {}
    for k, x in enumerate(study.ensembles):
        if (one := softest(x)) is not None:
            found[k, one[0]] = one[1]
    for picture in pictures:
        for placed in picture.marks:
            if placed.ensemble is not None and placed.mark.sample is not None:
                found.setdefault(
                    (placed.ensemble, placed.mark.sample), f"The line shows sample {placed.mark.sample} alone."
                )
    return [(k, sample, words) for (k, sample), words in found.items()]


def glasses_shown(
    study: Study, pictures: Iterable[Picture], *, store: str, pages: Mapping[tuple[int, int], str]
) -> list[GlassShown]:
    """Describe the glasses of the page. store: name of the store's folder, for the command; pages: the addresses of those
    that have pages of their own, by number of the ensemble and of the sample."""
    return [
        GlassShown(
            k, sample, words, command(store, study.ensembles[k].spec.name, sample), pages.get((k, sample)),
            _numbers(study.ensembles[k], sample),
        )
        for k, sample, words in chosen_samples(study, pictures)
    ]  # fmt: skip


def write_pages(
    study: Study, pictures: Iterable[Picture], output: Path, write: WriteGlass | None, most: int, track: Track
) -> tuple[dict[tuple[int, int], str], list[str]]:
    """Write pages of at most so many glasses beside the report. Returns their addresses relative to it, by number of the
    ensemble and of the sample, and the reasons why others have no page. Pages of an earlier report that are not written
    again are removed."""
    wanted = [(k, sample) for k, sample, _ in chosen_samples(study, pictures)][:most] if write else []
    folder = output / FOLDER
    if wanted:
        make_folder(folder)
    found: dict[tuple[int, int], str] = {}
    reasons: list[str] = []
    for k, sample in track(wanted, "pages of glasses") if wanted else ():
        name = f"glass_{k + 1:02d}_{sample:06d}.html"
        ensemble = study.ensembles[k].spec.name
        try:
            if write and write(ensemble, sample, folder / name):
                found[k, sample] = f"{FOLDER}/{name}"
        except (UsageError, BrokenFile, Unreadable, FileNotFoundError) as error:
            reasons.append(f"the page in 3D of ensemble {ensemble!r}, sample {sample}: {error}")
    kept = {Path(x).name for x in found.values()}
    for old in sorted(folder.iterdir()) if folder.is_dir() else ():
        if NAMED.fullmatch(old.name) and old.name not in kept:
            remove_file(old)
    return found, reasons


def command(store: str, ensemble: str, sample: int) -> str:
    """The command line that writes the page of a glass in 3D."""
    return shlex.join(["vitrify", "look", store, "--ensemble", ensemble, "--sample", str(sample)])


def _numbers(x: Gathered, sample: int) -> tuple[tuple[str, str], ...]:
    """The numbers of a sample with their units, by column of the table."""
    if sample not in x.table.index:
        return ()
    about = described(x.table, [x.spec.dimension])
    row: dict[str, object] = {str(name): value for name, value in x.table.loc[sample].items()}
    numbers = {k: float(v) for k, v in row.items() if isinstance(v, Real)}
    units = {name: "" if about[name].unit == NUMBER else f" {about[name].unit}" for name in numbers}
    return tuple((name, f"{value:.6g}{units[name]}") for name, value in numbers.items() if isfinite(value))
