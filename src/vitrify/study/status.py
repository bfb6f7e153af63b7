"""Status of a study: what is done, what is being done and by whom, what is left, and what that will cost.

A plan is the status of a store that is not there yet. Nothing is written, so that a store can be watched from any machine
that sees it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from vitrify.campaign import Lease, ReadOnlyLeases, Run, Store
from vitrify.campaign.journal import read_columns
from vitrify.campaign.packing import LARGEST, LEAST, WHOLE
from vitrify.campaign.packs import BLOCK as OF_ONE_PACK
from vitrify.errors import BrokenFile

from .costs import LOG, UNKNOWN, file_size, task_seconds
from .inventory import Counts, ProductInventory, sample_counts, take_inventory
from .manifest import stored_ledger
from .orphans import Orphans, SetAside, orphans, set_aside
from .products import PILOTS, Ledger, Product
from .spec import EnsembleSpec, StudySpec
from .timings import Timing, timings_by_folder

if TYPE_CHECKING:
    from .timings import Log

NOBODY: Mapping[str, int] = {}
TOLD = (  # fields of a product in `vitrify status --json`
    "product", "n_particles", "wanted", "done", "failed", "reasons", "running", "missing", "seconds", "peak_mb", "rate",
    "expected_seconds", "source", "core_seconds_left",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductStatus(ProductInventory):
    """One product of one group of glasses: the state of its tasks, and what the rest will cost."""

    running: int = 0
    timing: Timing | None = None  # timing of the tasks that were done here; None where none was
    expected_seconds: float | None = None  # seconds of one task on one core, measured here or from the table; None: unknown
    source: str = UNKNOWN  # their source: "log", "table", the glass former that they are guessed from, or "unknown"
    file_size: float | None = None  # bytes on the disk, one file; None where it is not known, or was not asked for

    @property
    def ensemble(self) -> str:
        """Name of the ensemble."""
        return self.asked.group.name

    @property
    def seconds(self) -> float | None:
        """Mean seconds of a task, or None where none was measured."""
        return self.timing.seconds if self.timing else None

    @property
    def peak_mb(self) -> float | None:
        """Largest memory of a task's process, or None where none was measured."""
        return self.timing.peak_mb if self.timing else None

    @property
    def rate(self) -> float:
        """Tasks per hour."""
        return self.timing.rate if self.timing else 0.0

    @property
    def core_seconds_left(self) -> float | None:
        """Seconds on one core of all missing tasks, or None where it is not known yet how long a task takes."""
        return _of_all(self.missing, self.expected_seconds)

    @property
    def core_hours(self) -> float | None:
        """Core-hours of all missing tasks."""
        return None if self.core_seconds_left is None else self.core_seconds_left / 3600.0

    @property
    def files(self) -> int:
        """Number of files for its results, once all are made and packed. Few results, and huge ones, have one file each."""
        length = self.file_size or 0.0
        if length > LARGEST:
            return self.wanted
        blocks, rest = divmod(self.wanted, OF_ONE_PACK)
        of_block, of_rest = (ceil(n * max(length, 1.0) / WHOLE) for n in (OF_ONE_PACK, rest))
        return blocks * of_block + (rest if rest < LEAST else of_rest)

    @property
    def disk(self) -> float | None:
        """Bytes that missing results will take, or None where that is not known yet."""
        return _of_all(self.missing, self.file_size)


@dataclass(frozen=True, slots=True)
class EnsembleStatus:
    """One ensemble and its products."""

    ensemble: str
    temperature: float | str  # "auto" until its pilots have found it, "imported" where no temperature is known
    samples: Counts  # glasses of its own size
    other_sizes: dict[int, Counts]  # those that an observable asks for, by particles
    products: tuple[ProductStatus, ...]
    preparation: str = ""  # its steps, where any stands between melt and quench
    imported: bool = False  # True where its glasses come from files

    @property
    def running(self) -> int:
        """Number of tasks in hand."""
        return sum(x.running for x in self.products)

    @property
    def missing(self) -> int:
        """Number of tasks that a run would do."""
        return sum(x.missing for x in self.products)

    @property
    def rate(self) -> float:
        """Tasks per hour."""
        return sum(x.rate for x in self.products)

    @property
    def core_seconds_left(self) -> float:
        """Seconds on one core of all missing tasks whose cost is known."""
        return sum(x.core_seconds_left or 0.0 for x in self.products)

    @property
    def unknown(self) -> list[str]:
        """Missing products whose cost per task is not known yet."""
        return list(dict.fromkeys(x.product for x in self.products if x.core_seconds_left is None))

    @property
    def estimated(self) -> list[str]:
        """Missing products that were not measured here, so that the table tells what a task takes."""
        return list(dict.fromkeys(x.product for x in self.products if x.missing and x.source not in (LOG, UNKNOWN)))


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """The progress of a study."""

    study: str
    ensembles: tuple[EnsembleStatus, ...]
    runs: tuple[Run, ...]  # that are alive
    in_hand: tuple[Lease, ...]
    quarantined: tuple[SetAside, ...]
    not_asked_for: tuple[Orphans, ...]

    @property
    def workers(self) -> int:
        """Workers that are at work now."""
        return len(self.in_hand)

    @property
    def missing(self) -> int:
        """Number of tasks that a run would do."""
        return sum(x.missing for x in self.ensembles)

    def seconds_left(self, core_seconds: float | None) -> float | None:
        """Wall time of so much work for the workers that are at work now, or None where nobody works or it is not known."""
        return core_seconds / self.workers if self.workers and core_seconds is not None else None


def product_statuses(
    study: StudySpec | Ledger, store: Store | None = None, *, log: Log | None = None, began: Sequence[float] = (),
    running: Mapping[str, int] = NOBODY, file_sizes: bool = False,
) -> list[ProductStatus]:  # fmt: skip
    """One status per product of a study, in its order. Without a store they are its plan.

    log: of the store, as `read_log` or `read_columns` reads it; began: when the runs that are alive began, in seconds since
    1970; running: tasks in hand by folder; file_sizes: also look at the sizes of some files. Raises Unreadable."""
    timings = {} if log is None else timings_by_folder(log, began)

    def status(product: Product) -> ProductStatus:
        there, timing = take_inventory(product, store), timings.get(product.folder)
        seconds, source = task_seconds(product, timing)
        size = file_size(there, store) if file_sizes else None
        names = (there.asked, there.there, there.failures, there.beyond)
        return ProductStatus(*names, running.get(product.folder, 0), timing, seconds, source, size)

    return [status(x) for x in Ledger.of(study).products]


def study_status(store: Store) -> StudyStatus:
    """Look at a store. Raises UsageError where it has no study that can be read."""
    ledger = stored_ledger(store)
    leases = ReadOnlyLeases(store)
    runs, in_hand = leases.living(), leases.in_hand()
    running = Counter(x.key.rpartition("/")[0] for x in in_hand)
    products = product_statuses(
        ledger, store, log=read_columns(store), began=[x.began for x in runs], running=running
    )  # fmt: skip
    ensembles = (_ensemble(x, [p for p in products if p.ensemble == x.name], store) for x in ledger.study.ensembles)
    aside, extra = set_aside(store), orphans(ledger, store, products)
    return StudyStatus(ledger.study.name, tuple(ensembles), tuple(runs), tuple(in_hand), tuple(aside), tuple(extra))


def wall_hours(found: Iterable[ProductStatus], cores: int) -> float:
    """Wall time in hours on so many cores: all core-hours shared out, but no less than the longest sample after its pilots,
    as one core does a sample and all its observables. Costs that are not known yet count as zero."""
    missing = [x for x in found if x.missing]
    pilots = {x.ensemble: x.expected_seconds or 0.0 for x in missing if x.product == PILOTS}
    samples: dict[tuple[str, int], float] = defaultdict(float)
    for x in missing:
        if x.product != PILOTS:
            samples[x.ensemble, x.n_particles] += x.expected_seconds or 0.0
    chains = [*pilots.values(), *(pilots.get(name, 0.0) + spent for (name, _), spent in samples.items())]
    return max(sum(x.core_hours or 0.0 for x in missing) / cores, max(chains, default=0.0) / 3600.0)


def _ensemble(spec: EnsembleSpec, products: list[ProductStatus], store: Store) -> EnsembleStatus:
    samples = sample_counts(products)
    own = samples.pop(spec.n_particles)
    return EnsembleStatus(
        spec.name,
        "imported" if spec.imported else _temperature(spec, products, store),
        own,
        samples,
        tuple(products),
        spec.recipe.sentence,
        spec.imported,
    )


def _temperature(spec: EnsembleSpec, products: list[ProductStatus], store: Store) -> float | str:
    """T of an ensemble, given or found. A broken file gives none and stays where it is. Raises Unreadable."""
    for pilots in (x.asked for x in products if x.product == PILOTS):
        with suppress(BrokenFile, FileNotFoundError, KeyError, ValueError):
            return float(store.read(pilots.key(0), pilots.digest).values["temperature"])
    return spec.parent_temperature


def _of_all(missing: int, each: float | None) -> float | None:
    if not missing:
        return 0.0
    return None if each is None else missing * each


def described(found: StudyStatus) -> dict[str, Any]:
    """The status in plain tables and lists, as docs/command-line.md describes them."""
    return {
        "study": found.study,
        "workers": found.workers,
        "totals": totals(found),
        "ensembles": [_described(found, x) for x in found.ensembles],
        "runs": [asdict(x) | {"sentence": x.sentence()} for x in found.runs],
        "in_hand": [asdict(x) for x in found.in_hand],
        "quarantined": [asdict(x) for x in found.quarantined],
        "not_asked_for": [
            {"folder": x.folder, "files": len(x.files), "packed": len(x.packed), "bytes": x.size, "why": x.why}
            for x in found.not_asked_for
        ],
    }


def totals(found: StudyStatus) -> dict[str, Any]:
    """Sums over all ensembles."""
    core = sum(x.core_seconds_left for x in found.ensembles)
    return {
        **_summed(x.samples for x in found.ensembles),
        "other_sizes": _summed(counts for x in found.ensembles for counts in x.other_sizes.values()),
        **{name: sum(getattr(x, name) for x in found.ensembles) for name in ("running", "missing", "rate")},
        "core_seconds_left": core,
        "seconds_left": found.seconds_left(core),
        "unknown": list(dict.fromkeys(name for x in found.ensembles for name in x.unknown)),
        "estimated": list(dict.fromkeys(name for x in found.ensembles for name in x.estimated)),
    }


def _summed(counts: Iterable[Counts]) -> dict[str, int]:
    everything = list(counts)
    return {name: sum(getattr(x, name) for x in everything) for name in ("wanted", "done", "failed")}


def _described(found: StudyStatus, x: EnsembleStatus) -> dict[str, Any]:
    return {
        "ensemble": x.ensemble,
        "temperature": x.temperature,
        "preparation": x.preparation,
        "imported": x.imported,
        **asdict(x.samples),
        "other_sizes": [{"n_particles": n, **asdict(counts)} for n, counts in x.other_sizes.items()],
        "running": x.running,
        "missing": x.missing,
        "rate": x.rate,
        "core_seconds_left": x.core_seconds_left,
        "seconds_left": found.seconds_left(x.core_seconds_left),
        "unknown": x.unknown,
        "estimated": x.estimated,
        "products": [
            {name: getattr(p, name) for name in TOLD} | {"seconds_left": found.seconds_left(p.core_seconds_left)}
            for p in x.products
        ],
    }
