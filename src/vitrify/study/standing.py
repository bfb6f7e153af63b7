"""How far a study has come, from its store alone: what is done, what is being done and by whom, what is left.

Nothing is written, so that a store can be watched from any machine that sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from vitrify.campaign import Claim, Run, Store
from vitrify.campaign.journal import read_columns
from vitrify.campaign.onlooker import Onlooker
from vitrify.errors import BrokenFile

from . import digest
from .costs import LOG, UNKNOWN, task_seconds
from .counting import Counts, Held, held, sample_counts
from .folders import products, temperature_key
from .reading import parse_study
from .spec import EnsembleSpec, StudySpec
from .spent import Spent, spent_by_folder
from .surplus import SetAside, Surplus, set_aside, surplus


@dataclass(frozen=True, slots=True)
class ProductStanding:
    """One product of one group of glasses, in tasks."""

    product: str  # "parent_temperature", "glass" or an observable
    n_particles: int
    wanted: int
    done: int
    failed: int
    reasons: dict[str, int]  # of failure → tasks
    running: int
    missing: int  # that a run would do: neither done nor failed for good
    seconds: float | None  # mean of a task; None where none was measured
    peak_mb: float | None
    rate: float  # an hour
    expected_seconds: float | None  # of a task: the mean where any was measured, else by the table that `plan` has
    source: str  # of these: "log", "table", the glass former that they are guessed from, or "unknown"

    @property
    def core_seconds_left(self) -> float | None:
        """Of what is missing; None where it is not known yet what a task takes."""
        if not self.missing:
            return 0.0
        return None if self.expected_seconds is None else self.missing * self.expected_seconds


@dataclass(frozen=True, slots=True)
class EnsembleStanding:
    """One ensemble, and its products."""

    ensemble: str
    temperature: float | str  # "auto" until its pilots have found it
    samples: Counts  # glasses of its own size
    other_sizes: dict[int, Counts]  # those that an observable asks for, by particles
    products: tuple[ProductStanding, ...]

    @property
    def running(self) -> int:
        """Tasks in hand."""
        return sum(x.running for x in self.products)

    @property
    def missing(self) -> int:
        """Tasks that a run would do."""
        return sum(x.missing for x in self.products)

    @property
    def rate(self) -> float:
        """Tasks an hour."""
        return sum(x.rate for x in self.products)

    @property
    def core_seconds_left(self) -> float:
        """Of all that is missing and is known."""
        return sum(x.core_seconds_left or 0.0 for x in self.products)

    @property
    def unknown(self) -> list[str]:
        """Products that are missing and of which nobody knows yet what a task takes."""
        return list(dict.fromkeys(x.product for x in self.products if x.core_seconds_left is None))

    @property
    def estimated(self) -> list[str]:
        """Products that are missing and were not measured here, so that the table tells what a task takes."""
        return list(dict.fromkeys(x.product for x in self.products if x.missing and x.source not in (LOG, UNKNOWN)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a study has come."""

    study: str
    ensembles: tuple[EnsembleStanding, ...]
    runs: tuple[Run, ...]  # that are alive
    in_hand: tuple[Claim, ...]
    quarantined: tuple[SetAside, ...]
    not_asked_for: tuple[Surplus, ...]

    @property
    def workers(self) -> int:
        """That are at work now."""
        return len(self.in_hand)

    @property
    def missing(self) -> int:
        """Tasks that a run would do."""
        return sum(x.missing for x in self.ensembles)

    def seconds_left(self, core_seconds: float | None) -> float | None:
        """Wall time of so much work for those who are at work now; None where nobody is, or it is not known."""
        return core_seconds / self.workers if self.workers and core_seconds is not None else None


def standing(store: Store) -> Standing:
    """Look at a store. Raises UsageError where it has no study that can be read."""
    study = parse_study(store.read_text("study.toml"), f"{store.directory}/study.toml")
    onlooker = Onlooker(store)
    runs, in_hand = onlooker.living(), onlooker.in_hand()
    spent = spent_by_folder(read_columns(store), [x.began for x in runs])
    busy = Counter(x.key.rpartition("/")[0] for x in in_hand)
    parts = {spec.name: [held(x, store) for x in products(study, spec)] for spec in study.ensembles}
    ensembles = (_ensemble(study, spec, store, parts[spec.name], spent, busy) for spec in study.ensembles)
    extra = surplus(study, store, [x for part in parts.values() for x in part])
    return Standing(study.name, tuple(ensembles), tuple(runs), tuple(in_hand), tuple(set_aside(store)), tuple(extra))


def described(found: Standing) -> dict[str, Any]:
    """The same in plain tables and lists, as docs/command-line.md describes them."""
    return {
        "study": found.study,
        "workers": found.workers,
        "totals": totals(found),
        "ensembles": [_described(found, x) for x in found.ensembles],
        "runs": [asdict(x) | {"sentence": x.sentence()} for x in found.runs],
        "in_hand": [asdict(x) for x in found.in_hand],
        "quarantined": [asdict(x) for x in found.quarantined],
        "not_asked_for": [
            {"folder": x.folder, "files": len(x.files), "bytes": x.size, "why": x.why} for x in found.not_asked_for
        ],
    }


def _ensemble(
    study: StudySpec, spec: EnsembleSpec, store: Store, parts: list[Held], spent: dict[str, Spent], busy: Counter[str]
) -> EnsembleStanding:
    found = (_product(x, spent.get(x.product.folder), busy[x.product.folder]) for x in parts)
    samples = sample_counts(parts)
    own = samples.pop(spec.n_particles)
    return EnsembleStanding(spec.name, _temperature(study, spec, store), own, samples, tuple(found))


def _product(part: Held, spent: Spent | None, running: int) -> ProductStanding:
    asked = part.product
    expected, source = task_seconds(asked, spent)
    return ProductStanding(
        asked.name, asked.n_particles, asked.tasks, len(part.done), len(part.failures), part.reasons, running, part.missing,
        seconds=spent.seconds if spent else None,
        peak_mb=spent.peak_mb if spent else None,
        rate=spent.rate if spent else 0.0,
        expected_seconds=expected,
        source=source,
    )  # fmt: skip


def _temperature(study: StudySpec, spec: EnsembleSpec, store: Store) -> float | str:
    """T of an ensemble, given or found; a broken file tells nothing and stays where it is. Raises Unreadable."""
    key = temperature_key(study, spec)
    if not key:
        return spec.parent_temperature
    try:
        return float(store.read(key, digest.parent_temperature_digest(study, spec)).values["temperature"])
    except (BrokenFile, FileNotFoundError, KeyError, ValueError):
        return spec.parent_temperature


def totals(found: Standing) -> dict[str, Any]:
    """Of all ensembles."""
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


def _described(found: Standing, x: EnsembleStanding) -> dict[str, Any]:
    return {
        "ensemble": x.ensemble,
        "temperature": x.temperature,
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
            asdict(p) | {"core_seconds_left": p.core_seconds_left, "seconds_left": found.seconds_left(p.core_seconds_left)}
            for p in x.products
        ],
    }
