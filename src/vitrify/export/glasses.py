"""The glasses of a store as files, a folder an ensemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrify.errors import BrokenFile, UsageError
from vitrify.formats import write_glass
from vitrify.formats.choose import require_writer
from vitrify.formats.format import FORMATS
from vitrify.formats.whole import make_folder, require_folder
from vitrify.glass import Glass
from vitrify.opening import OpenStore
from vitrify.study import EnsembleSpec
from vitrify.study.folders import glass_folder, sample_name

Wanted = tuple[EnsembleSpec, int, Path]  # group, sample and its file
Track = Callable[[Sequence[Wanted]], Iterable[Wanted]]  # yields what it is given, may show how far it is


@dataclass(slots=True)
class Exported:
    """What became of the glasses of a store."""

    written: int = 0
    present: int = 0  # files that were there already
    broken: list[str] = field(default_factory=list)  # why a glass could not be read

    def sentence(self) -> str:
        """One line for the user."""
        said = f"{self.written} glasses written, {self.present} were there already"
        return said + (f", {len(self.broken)} could not be read" if self.broken else "")


def export_glasses(
    opened: OpenStore, folder: Path, *, form: str = "extxyz", ensembles: Sequence[str] = (), samples: int | None = None,
    overwrite: bool = False, track: Track = iter,
) -> Exported:  # fmt: skip
    """Write every finished glass to FOLDER/<ensemble>/000123.xyz, those of another size to a folder within, named by N.

    form: a name of FORMATS; samples: at most so many of each ensemble. A file that is there is not written again, whatever
    it holds, unless `overwrite`. Raises UsageError for an unknown ensemble, a missing package or an unwritable place."""
    require_glasses(folder, form)
    done = Exported()
    groups = opened.groups(ensembles, samples=samples)
    wanted = [(x, sample, path) for x in groups for sample, path in _files(opened, x, folder, FORMATS[form].suffixes[0])]
    for group, sample, path in track(wanted):
        if path.exists() and not overwrite:
            done.present += 1
        elif (glass := _glass(opened, group, sample, done)) is not None:
            make_folder(path.parent)
            write_glass(glass, path)
            done.written += 1
    return done


def require_glasses(folder: Path, form: str) -> None:
    """Raise UsageError unless glasses can be written to this folder: asked before a long store is read."""
    require_writer(folder / f"x{FORMATS[form].suffixes[0]}")
    require_folder(folder)


def _files(opened: OpenStore, group: EnsembleSpec, folder: Path, suffix: str) -> Iterable[tuple[int, Path]]:
    """Each finished sample of a group with its file."""
    place = folder / _name(opened, group)
    if group.n_particles != opened.study.ensemble(group.name).n_particles:
        place = place / str(group.n_particles)
    return ((sample, place / f"{sample_name(sample)}{suffix}") for sample in opened.finished(group))


def _name(opened: OpenStore, group: EnsembleSpec) -> str:
    """The ensemble's folder, named as in the store, so that it leads nowhere else; with a digest where two share one."""
    names = {x.name: glass_folder(opened.study, x).partition("/")[0] for x in opened.study.ensembles}
    name = names[group.name]
    if Counter(names.values())[name] == 1:
        return name
    return glass_folder(opened.study, opened.study.ensemble(group.name)).replace("/glass", "")


def _glass(opened: OpenStore, group: EnsembleSpec, sample: int, done: Exported) -> Glass | None:
    try:
        return opened.glass_of(group, sample)
    except (BrokenFile, UsageError) as error:
        done.broken.append(f"{opened.key(group, sample)}: {error}")
        return None
