"""Glasses that somebody made elsewhere as an ensemble of a store, so that all that is done with glasses of a study is done
with them: each becomes a result like that of a glass that was made, under a number that it keeps.

An import may be killed at any moment and repeated, and more glasses may come later: what is there is known by the checksum
of the glass as it was read, and skipped."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from math import fsum, isclose, nan
from pathlib import Path
from typing import Any

from vitrify.campaign import Leases, Result, Store
from vitrify.campaign.store import MARK
from vitrify.campaign.worker import one_thread
from vitrify.errors import BrokenFile, ModelOverridden, SampleFailure, UsageError, check, plain, wrong
from vitrify.glass import Glass
from vitrify.glass_files import LAST, numbers_of
from vitrify.models import Model
from vitrify.models.catalogue import model_of
from vitrify.named_files import require_folder
from vitrify.observables.measurement import EQUILIBRIUM, balanced
from vitrify.physical_units import Units
from vitrify.preparation import quench_glass
from vitrify.short_forms import Fact, ShortForm
from vitrify.statics import Pairs

from .inventory import NAME
from .manifest import STUDY, stored_study, write_manifest
from .products import ensemble_products
from .spec import EnsembleSpec, ObservableSpec, StudySpec, is_name, is_name_of_store
from .study_text import with_ensemble
from .work import glass_checksum, glass_result

# in the provenance of an imported glass: its file, checksums of that and of the glass as it was read, and N/V
FROM, FILE_SUM, AS_READ, DENSITY = "imported_from", "imported_file_sha256", "imported_glass_sha256", "glass_density"
ALWAYS = ("mechanics", "elasticity")  # what is measured of every imported ensemble
UNIT = "import"  # of the lease: one import at a time says what the store's study is
EVERY = 5.0  # seconds between two states of that study: so much is left to the next import after a kill


@dataclass(frozen=True, slots=True)
class Source:
    """One glass to be imported. label: its name for a person, of which the provenance has the last part; read: gives the
    glass for a model, None where the file is to say it, and raises UsageError or SampleFailure; file: what holds it, if
    any does."""

    label: str
    read: Callable[[Model | None], Glass]
    file: Path | None = None


Track = Callable[[Sequence[Source]], Iterable[Source]]  # yields what it is given, may show how far it is


@dataclass(slots=True, repr=False)
class Imported(ShortForm):
    """Outcome of an import."""

    ensemble: str
    new: list[int] = field(default_factory=list)  # numbers of the glasses that are new in the store
    present: int = 0  # those that existed already, or were given twice
    failed: list[tuple[str, str]] = field(default_factory=list)  # label of what was left out, and why
    n_samples: int = 0  # of the ensemble now
    densities: tuple[float, float] = (nan, nan)  # the least and the largest ρ of its glasses
    overridden: list[str] = field(default_factory=list)  # sentences on models in files that the given one replaces

    def _facts(self) -> list[Fact]:
        return [
            Fact("ensemble", self.ensemble, self.sentence()),
            *(Fact(name, f"{x:,}", "") for name, x in (("new", len(self.new)), ("present", self.present))),
            Fact("left out", f"{len(self.failed):,}", ""),
            Fact("samples", f"{self.n_samples:,}", ""),
        ]

    def sentence(self) -> str:
        """One line for a person."""
        low, high = self.densities
        density = f"{low:.6g}" if isclose(low, high, rel_tol=1e-6) else f"{low:.6g} to {high:.6g}"
        there = f", {self.present} existed already" if self.present else ""
        failed = f", {len(self.failed)} left out" if self.failed else ""
        number = f"{len(self.new)} {'glass' if len(self.new) == 1 else 'glasses'} imported{there}{failed}"
        return f"{number}; ensemble {self.ensemble!r} has {self.n_samples}, of density {density}"

    def left_out(self) -> list[str]:
        """One line for each that was left out."""
        return [plain(why if label in why else f"{label}: {why}") for label, why in self.failed]


def import_glasses(
    glasses: Glass | Path | str | Iterable[Glass | Path | str],
    *,
    store: Path | str,
    ensemble: str,
    model: Model | str | None = None,
    species: Mapping[str, str] | None = None,
    frames: int | slice = LAST,
    box: Any = None,
    units: Units | str | None = None,
    quench: bool = False,
    force_tolerance: float = EQUILIBRIUM,
    observables: Sequence[str | Mapping[str, Any]] = (),
    track: Track = iter,
) -> Imported:
    """Make glasses an ensemble of a store, or add them to one that was imported; `vitrify run --store` then measures it.

    glasses: files, or glasses in memory; store: its folder, made where there is none; model: what the particles are, by
    default what the files or the ensemble say; species: names in the files → names in the mixture; frames: which of each
    file, by default the last; box, units: as of `Glass.read`; quench: minimise each first; force_tolerance: largest force
    of a minimum, in units of the mean |pair force|; observables: what is measured beside mechanics and elasticity, by name
    or as tables with options.

    All glasses of an ensemble have one model, dimension and number of particles; their densities may differ. A glass that
    cannot be read, is no minimum or does not belong to the others is left out, with the reason in `failed`. Raises
    UsageError where all are left out, and for a store or an ensemble to which no glasses can be added."""
    sources = sources_of(glasses, dict(species or {}), frames=frames, box=box, units=units)
    return import_sources(
        sources, store=store, ensemble=ensemble, model=model, quench=quench,
        force_tolerance=force_tolerance, observables=observables, track=track,
    )  # fmt: skip


def import_sources(
    sources: Sequence[Source],
    *,
    store: Path | str,
    ensemble: str,
    model: Model | str | None = None,
    quench: bool = False,
    force_tolerance: float = EQUILIBRIUM,
    observables: Sequence[str | Mapping[str, Any]] = (),
    track: Track = iter,
) -> Imported:
    """Import glasses of any sources, as `import_glasses` does those of files. Raises UsageError."""
    check(
        isinstance(ensemble, str) and is_name(ensemble), "import", "ensemble", ensemble, "a name without control characters"
    )
    number = isinstance(force_tolerance, int | float) and not isinstance(force_tolerance, bool)
    check(number and force_tolerance > 0, "import", "force_tolerance", force_tolerance, "a positive number")
    given = None if model is None else model_of(model)
    asked = [ObservableSpec.of(x) for x in observables]
    names = [x.name for x in asked]
    twice = next((x for k, x in enumerate(names) if x in names[:k]), None)
    check(twice is None, "import", "observables", twice, "named once each")
    for x in asked:
        check(
            not x.n_particles, f"observable {x.name}", "n_particles", x.n_particles, "left out, as glasses have their size"
        )
    work = _Import(Path(store), ensemble, given, asked, quench=quench, tolerance=force_tolerance)
    return work.of(sources, track)


def sources_of(
    glasses: Glass | Path | str | Iterable[Glass | Path | str],
    species: dict[str, str],
    *,
    frames: int | slice = LAST,
    box: Any = None,
    units: Units | str | None = None,
) -> list[Source]:
    """One source for each glass in memory, and for each chosen frame of each file. Raises UsageError for anything else."""
    listed = [glasses] if isinstance(glasses, Glass | str | os.PathLike) else list(glasses)
    options = {"species": species or None, "box": box, "units": units}
    return [x for number, given in enumerate(listed) for x in _sources(number, given, frames, options)]


def _sources(
    number: int, given: Glass | Path | str, frames: int | slice, options: dict[str, Any]
) -> Iterator[Source]:  # fmt: skip
    if isinstance(given, Glass):
        yield Source(f"glass {number}", lambda _model: given)
        return
    if not isinstance(given, str | os.PathLike):
        raise wrong("import", "glass", given, "a Glass or the path of a file")
    path = Path(given)
    for k in numbers_of(path, frames):
        label = f"{path} frame {k}" if isinstance(frames, slice) else str(path)
        yield Source(label, partial(_read, path, frame=k, **options), path)


def _read(path: Path, model: Model | None, **options: Any) -> Glass:
    return Glass.read(path, model, **options)


class _Import:
    """An import at work. The store is opened, or made, when the first glass is known to be one for it."""

    def __init__(
        self, directory: Path, ensemble: str, model: Model | None, asked: list[ObservableSpec], *, quench: bool,
        tolerance: float,
    ) -> None:  # fmt: skip
        self.directory, self.model, self.asked = directory, model, asked
        self.quench, self.tolerance = quench, tolerance
        self.done = Imported(ensemble)
        self.spec: EnsembleSpec | None = None
        self.glasses: _Glasses | None = None
        self.store: Store | None = None
        self.held = ExitStack()
        self.left_out = False  # the glass in hand
        self.written = 0.0

    def of(self, sources: Sequence[Source], track: Track) -> Imported:
        """Import all sources in their order. Raises UsageError."""
        with self.held, one_thread():  # as in a run: else the last bits of a quench depend on the number of cores
            if (self.directory / MARK).exists() or _holds_files(self.directory):
                self._open()
            else:
                require_folder(self.directory)
            if not sources and self.spec is None:
                raise UsageError(
                    f"there is nothing to import: the store has no ensemble {self.done.ensemble!r}, and no file is given"
                )
            try:
                for source in track(sources):
                    self._take(source)
            finally:
                self._settle()
        if sources and len(self.done.failed) == len(sources):
            raise _none_taken(self.done)
        return self.done

    def _open(self) -> None:
        """Open the store for this import alone, and look whether it has the ensemble."""
        self.store, self.glasses = Store.create(self.directory), None
        self.held.enter_context(_alone(self.store))
        study = _study_in(self.store)
        self.spec = next((x for x in study.ensembles if x.name == self.done.ensemble), None) if study else None
        if self.spec is None:
            return
        if not self.spec.imported:
            raise UsageError(f"ensemble {self.spec.name!r} of the store is made by its study; choose another name")
        if self.model is not None and self.model != self.spec.parsed_model:
            raise wrong(f"ensemble {self.spec.name!r}", "model", str(self.model), f"{self.spec.model}, as it was imported")

    def _take(self, source: Source) -> None:
        """Take one glass, or note why it is left out. What the store refuses is no fault of the glass and ends the
        import."""
        with self._noting(source):
            read = self._read(source)
            spec = self.spec or self._new_ensemble(read)
            _require_alike(read, spec)
        if self.left_out:
            return
        identity = glass_checksum(glass_result(read))
        if self._there(spec).has(identity):
            self.spec = spec
            self.done.present += 1
            return
        with self._noting(source):
            glass = self._minimum(read)
            about = _provenance(source, identity, glass)
        if not self.left_out:
            self._publish(spec, imported_result(glass, about, quenched=self.quench), identity)

    @contextmanager
    def _noting(self, source: Source) -> Iterator[None]:
        """Note that a glass is left out where the block fails."""
        self.left_out = False
        try:
            yield
        except (UsageError, SampleFailure) as error:
            self.done.failed.append((source.label, str(error)))
            self.left_out = True

    def _read(self, source: Source) -> Glass:
        """Read a glass. A file that says another model than the ensemble's is refused, unless the user said the model."""
        model = self.model or (self.spec.parsed_model if self.spec else None)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ModelOverridden)
            glass = source.read(model)
        said = [str(x.message) for x in told if issubclass(x.category, ModelOverridden)]
        if said and self.model is None and self.spec:
            raise UsageError(f"its model is not {self.spec.model}, that of ensemble {self.spec.name!r}")
        self.done.overridden += said
        return glass

    def _new_ensemble(self, glass: Glass) -> EnsembleSpec:
        names = [x.name for x in self.asked]
        return EnsembleSpec(
            name=self.done.ensemble, imported=True, model=str(glass.model), density=glass.density,
            dimension=glass.dimension, n_particles=glass.n_particles, n_samples=1,
            observables=(*(x for x in ALWAYS if x not in names), *self.asked),
        )  # fmt: skip

    def _there(self, spec: EnsembleSpec) -> _Glasses:
        """The glasses of the ensemble that the store has: also those of an import that was killed before it said so."""
        if self.glasses is None or self.glasses.spec != spec:
            self.glasses = _Glasses(spec, self.store)
        return self.glasses

    def _minimum(self, glass: Glass) -> Glass:
        """The glass to be kept, at mechanical equilibrium. Raises SampleFailure."""
        if self.quench:
            return quench_glass(glass)
        balanced(glass, Pairs.of(glass), self.tolerance)
        return glass

    def _publish(self, spec: EnsembleSpec, result: Result, identity: str) -> None:
        if self.store is None:
            self._open()
        assert self.store is not None
        self.spec = spec
        there = self._there(spec)
        self.done.new.append(there.publish(self.store, result, identity))
        if time.monotonic() - self.written > EVERY:
            self._settle()

    def _settle(self) -> None:
        """Write what the ensemble is now into the study of the store."""
        if self.spec is None or self.store is None:
            return
        there = self._there(self.spec)
        if not there.density:
            return
        names = {x.name: x for x in (*self.spec.measured, *self.asked)}
        low, high = min(there.density.values()), max(there.density.values())
        spec = replace(
            self.spec, n_samples=max(self.spec.n_samples, max(there.density) + 1), density=there.mean_density,
            observables=tuple(names.values()),
        )  # fmt: skip
        study = with_ensemble(_text_in(self.store), spec)
        write_manifest(replace(study, ensembles=(spec,)), self.store)  # all of its text, and what defines this ensemble
        self.done.n_samples, self.done.densities = spec.n_samples, (low, high)
        self.written = time.monotonic()


class _Glasses:
    """The glasses of an imported ensemble in a store, by number."""

    def __init__(self, spec: EnsembleSpec, store: Store | None) -> None:
        self.spec = spec
        self.product, *self.measured = ensemble_products(StudySpec(ensembles=(spec,)), spec)
        self.density: dict[int, float] = {}
        self.identities: set[str] = set()  # checksums of the glasses as they were read
        self.free = 0  # no number below it is free
        if store is not None:
            for name in filter(NAME.fullmatch, sorted(store.names(self.product.folder))):
                self._look(store, int(name))

    def has(self, identity: str) -> bool:
        """Tell whether a glass is there already."""
        return identity in self.identities

    @property
    def mean_density(self) -> float:
        """Mean ρ, in λ^−d."""
        return fsum(self.density.values()) / len(self.density)

    def publish(self, store: Store, result: Result, identity: str) -> int:
        """Keep a glass under the first number that is free. What failed for want of a glass of this number is forgotten."""
        while self.free in self.density:
            self.free += 1
        number = self.free
        store.publish(self.product.key(number), self.product.digest, result)
        for x in (self.product, *self.measured):
            store.clear_failure(x.key(number))
        self._note(number, result.values, identity)
        return number

    def _look(self, store: Store, number: int) -> None:
        """Learn of a glass that is there. A broken one is set aside, so that its file can be imported again."""
        key = self.product.key(number)
        try:
            about = store.summary(key, self.product.digest).values
            self._note(number, about, str(about.get(AS_READ, "")))
        except FileNotFoundError:  # taken away meanwhile
            return
        except BrokenFile as error:
            store.quarantine(key, str(error))

    def _note(self, number: int, about: Mapping[str, Any], identity: str) -> None:
        self.density[number] = float(about.get(DENSITY, self.spec.density))
        self.identities.add(identity)


def imported_result(glass: Glass, about: Mapping[str, Any], *, quenched: bool) -> Result:
    """A glass as the store keeps it, with what is known of its import. The processor is told of what was quenched here;
    else it stays what the file says of it."""
    found = glass_result(glass)
    values = {**found.values, **about}
    if not quenched:
        values.pop("processor")
        values |= {name: x for name, x in glass.provenance.items() if name == "processor"}
    return replace(found, values=values)


def _provenance(source: Source, identity: str, glass: Glass) -> dict[str, str | float]:
    """Where a glass comes from: the name of its file without folders, which say nothing on another machine, and checksums
    of the file's content and of the glass as it was read. Raises UsageError where the file cannot be read now."""
    about: dict[str, str | float] = {FROM: plain(Path(source.label).name), AS_READ: identity, DENSITY: glass.density}
    if source.file is not None:
        try:
            state = source.file.stat()
            about[FILE_SUM] = _content_sum(source.file, state.st_ino, state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise UsageError(f"{source.file} cannot be read: {error.strerror or error}") from None
    return about


@lru_cache(maxsize=1)  # frames of one file come one after the other
def _content_sum(file: Path, *state: int) -> str:
    """SHA-256 of a file's content. state: what tells one content of it from another. Raises OSError."""
    del state
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _require_alike(glass: Glass, spec: EnsembleSpec) -> None:
    """Raise UsageError for a glass that cannot be one of this ensemble."""
    owner = f"but all glasses of ensemble {spec.name!r} have"
    if glass.n_particles != spec.n_particles:
        raise UsageError(f"it has {glass.n_particles} particles, {owner} {spec.n_particles}")
    if glass.dimension != spec.dimension:
        raise UsageError(f"it has {glass.dimension} dimensions, {owner} {spec.dimension}")
    if str(glass.model) != spec.model:
        raise UsageError(f"its model is {glass.model}, {owner} {spec.model}")
    if glass.model != spec.parsed_model:
        raise UsageError(
            f"its model {glass.model} has a potential that is not part of vitrify: register it by a plugin, which names it"
        )


def _none_taken(done: Imported) -> UsageError:
    number = len(done.failed)
    files = "the only glass" if number == 1 else f"none of the {number} glasses"
    could = "could not be imported" if number == 1 else "could be imported"
    return UsageError(f"{files} {could}:", each=[UsageError(x) for x in done.left_out()])


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Hold the store's one lease on imports. Raises UsageError where another import is at work."""
    leases = Leases(store)
    with leases.announced("import", 1) as me:
        if not leases.acquire(UNIT, me.name):
            raise UsageError(f"another import into the store {store.directory} is running: wait until it has ended")
        yield


def _holds_files(directory: Path) -> bool:
    """Tell whether there is something that a new store would have to share its folder with."""
    return directory.is_dir() and any(not x.name.startswith(".") for x in directory.iterdir())


def _study_in(store: Store) -> StudySpec | None:
    """The study that a store holds, or None where it has none yet. Raises UsageError for one that cannot be read."""
    return stored_study(store) if os.path.lexists(store.directory / STUDY) else None


def _text_in(store: Store) -> str:
    """The text of the study that a store holds, or that of a new one, named after the store."""
    if os.path.lexists(store.directory / STUDY):
        return store.read_text(STUDY)
    name = store.directory.resolve().name.removesuffix("-store")
    return f"[study]\nname = {json.dumps(name if is_name_of_store(name) else 'imported', ensure_ascii=False)}\n"
