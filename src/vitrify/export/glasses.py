"""Export of the glasses of a store as files, one folder per ensemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrify.errors import BrokenFile, UsageError
from vitrify.glass import Glass
from vitrify.glass_files import FORMATS, require_writer, write_glass
from vitrify.models import Model
from vitrify.named_files import make_folder, require_folder
from vitrify.opening import OpenStore
from vitrify.study import EnsembleSpec, Ledger
from vitrify.study.products import GLASS, safe_name, sample_name

Wanted = tuple[EnsembleSpec, int, Path]  # group, sample and its file
Track = Callable[[Sequence[Wanted]], Iterable[Wanted]]  # yields what it is given, may show how far it is


@dataclass(slots=True)
class Exported:
    """Result of an export: the numbers of glasses that were written and that existed already, and messages."""

    written: int = 0
    present: int = 0  # files that existed already
    broken: list[str] = field(default_factory=list)  # why a glass could not be read

    def sentence(self) -> str:
        """One line for the user."""
        glasses = "glass" if self.written == 1 else "glasses"
        said = f"{self.written} {glasses} written, {self.present} existed already"
        return said + (f", {len(self.broken)} could not be read" if self.broken else "")


def export_glasses(
    opened: OpenStore, folder: Path, *, form: str = "extxyz", ensembles: Sequence[str] = (), samples: int | None = None,
    overwrite: bool = False, names: Mapping[str, str] | None = None, track: Track = iter,
) -> Exported:  # fmt: skip
    """Write every finished glass to FOLDER/<ensemble>/000123.xyz, and those of another size to a folder inside, named by N.

    form: a name of FORMATS; samples: at most so many of each ensemble; names: of species in the files, label → name, each
    of which an ensemble has. An existing file is kept, whatever it holds, unless `overwrite` is set. Raises UsageError for
    an unknown ensemble or species, a missing package or an unwritable place."""
    require_glasses(folder, form)
    done = Exported()
    groups = opened.groups(ensembles, samples=samples)
    _require_names(names or {}, groups)
    wanted = [(x, sample, path) for x in groups for sample, path in _files(opened, x, folder, FORMATS[form].suffixes[0])]
    for group, sample, path in track(wanted):
        if path.exists() and not overwrite:
            done.present += 1
        elif (glass := _glass(opened, group, sample, done)) is not None:
            make_folder(path.parent)
            write_glass(glass.with_names(_among(names or {}, glass.model)), path)
            done.written += 1
    return done


def require_glasses(folder: Path, form: str) -> None:
    """Raise UsageError unless glasses can be written to this folder: asked before a long store is read."""
    require_writer(folder / f"x{FORMATS[form].suffixes[0]}")
    require_folder(folder)


def _require_names(names: Mapping[str, str], groups: Sequence[EnsembleSpec]) -> None:
    """Raise UsageError for names that a mixture cannot have, or of a species that no ensemble has."""
    models = [x.parsed_model for x in groups]
    labels = {label for model in models for label in model.mixture.labels}
    unknown = next((x for x in names if x not in labels), None)
    if unknown is not None:
        raise UsageError(f"names has {unknown!r}, must name only the species of the ensembles, {', '.join(sorted(labels))}")
    for model in models:
        model.with_names(_among(names, model))


def _among(names: Mapping[str, str], model: Model) -> dict[str, str]:
    """The names of a model's species."""
    return {label: name for label, name in names.items() if label in model.mixture.labels}


def _files(opened: OpenStore, group: EnsembleSpec, folder: Path, suffix: str) -> Iterable[tuple[int, Path]]:
    """Each finished sample of a group with the path of its file."""
    place = folder / _name(opened, group)
    if group.n_particles != opened.study.ensemble(group.name).n_particles:
        place = place / str(group.n_particles)
    return ((sample, place / f"{sample_name(sample)}{suffix}") for sample in opened.finished(group))


def _name(opened: OpenStore, group: EnsembleSpec) -> str:
    """The ensemble's folder, named as in the store, so that it leads nowhere else. It has a digest where two ensembles
    share a name."""
    name = safe_name(group.name)
    if Counter(safe_name(x.name) for x in opened.study.ensembles)[name] == 1:
        return name
    glasses, _ = next(Ledger(opened.study).chosen(ensemble=group.name).groups())
    return glasses.folder.replace(f"/{GLASS}", "")


def _glass(opened: OpenStore, group: EnsembleSpec, sample: int, done: Exported) -> Glass | None:
    try:
        return opened.glass_of(group, sample)
    except (BrokenFile, UsageError) as error:
        done.broken.append(f"{opened.key(group, sample)}: {error}")
        return None
