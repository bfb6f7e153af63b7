"""Check of a folder of tables: one sample is made again from its study, and compared.

On the same kind of processor it is the same to the last bit. On another, round-off differs, and as a liquid is chaotic the
glass is another one of the same ensemble (seen with AVX2 against AVX-512: G off by 17 %, at N = 100): then its numbers must
lie where those of the ensemble lie."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from vitrify import campaign
from vitrify.backends.processor import processor_kind
from vitrify.campaign import Result, Store
from vitrify.campaign.result_file import Value
from vitrify.errors import SampleFailure, UsageError
from vitrify.study import Ledger, Product, plan
from vitrify.study.products import GLASS
from vitrify.study.work import glass_checksum

from .reading import OpenTables
from .record import CHECKSUM, Part, Row

ELSEWHERE = 1e-6  # relative difference that a number of the same glass may have between kinds of processors
LEAST = 20  # samples of an ensemble, for another glass to be judged by them
WIDER = 1.0  # widths of an ensemble's range by which another glass may lie beyond it
STORED = {"frequency": 1e-6, "participation_ratio": 0.06, "each": 1e-5}  # relative, by the digits of the tables
ROUND_OFF = (
    "max_force",
    "modes_largest_residual",
    "qlm_residual",
)  # these are nothing but last bits, compared only on one kind of processor
UNLIKE = ("seconds", "processor")  # values that differ in any two runs


@dataclass(slots=True)
class Remade:
    """Comparison of a remade sample with its row. differences: relative ones of the values that do not agree, or, for
    another glass, in widths of the ensemble's range; earlier: products of another version of the code, which are not
    judged."""

    ensemble: str
    sample: int
    n_particles: int
    same_processor: bool
    same_glass: bool
    same_version: bool = True
    compared: int = 0
    differences: dict[str, float] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Tell whether it agrees: to the last bit on the same kind of processor, elsewhere to a part in a million, or as
        another glass of the ensemble does."""
        return not self.differences and (self.same_glass or not (self.same_processor and self.same_version))

    def sentence(self) -> str:
        """One line for a person."""
        where = "the same kind of processor" if self.same_processor else "another kind of processor"
        where += "" if self.same_version else " by another version of the code"
        glass = "the same glass" if self.same_glass else "another glass"
        off = ", ".join(f"{name} by {x:.1e}" for name, x in self.differences.items())
        unjudged = f"; of another version, not judged: {', '.join(self.earlier)}" if self.earlier else ""
        return (
            f"sample {self.sample} of {self.ensemble!r} (N = {self.n_particles}) made again on {where}: {glass}, "
            f"{self.compared} numbers compared, {f'these differ: {off}' if off else 'all agree'}{unjudged}"
        )


def remake(tables: OpenTables, ensemble: str, sample: int, *, n_particles: int | None = None) -> Remade:
    """Make one sample again from the study, at the parent temperature that is there, and compare it with its row.

    n_particles: another size that an observable asked for. A glass made by another version of the code or on another kind
    of processor is a different glass here, and is judged by the others of its ensemble. Raises UsageError where the sample
    is not there, or where the others are too few, and SampleFailure where it could not be made."""
    if tables.study.ensemble(ensemble).imported:  # or there is none
        raise UsageError(f"ensemble {ensemble!r} was imported: its glasses were made elsewhere, and cannot be made again")
    row = next((x for x in tables.rows(ensemble, n_particles) if x["sample"] == sample), None)
    if row is None:
        raise UsageError(f"the tables hold no finished sample {sample} of {ensemble!r}")
    ledger = Ledger(tables.study).chosen(ensemble=ensemble)
    glasses, measured = next(x for x in ledger.groups() if x[0].n_particles == row["n_particles"])
    parts = {x.name: x for x in tables.parts(ensemble) if x.n_particles == glasses.n_particles}
    made = _made(ledger, [glasses, *measured], sample, tables)
    same_glass = glass_checksum(made[GLASS])[:CHECKSUM] == row.get("glass")
    same_version = parts[GLASS].digest == glasses.digest
    measured = [x for x in measured if x.name in parts]
    earlier = tuple(x.name for x in measured if _own(x.definition) != _own(parts[x.name].definition))
    same_processor = row.get("processor") == processor_kind()
    found = Remade(ensemble, sample, glasses.n_particles, same_processor, same_glass, same_version, earlier=earlier)
    judged = [x for x in measured if sample < x.count and x.name not in earlier]
    if not same_glass and not (same_processor and same_version):
        others = tables.rows(ensemble, glasses.n_particles)
        _require_enough(
            others, ensemble, "on another kind of processor" if same_version else "by another version of the code"
        )
        for product in judged:
            _place(made[product.name], others, parts[product.name], found)
        return found
    for product in judged:
        _compare(made[product.name], row, parts[product.name], found)
        _compare_arrays(made[product.name], tables.result(ensemble, product.name, sample), found)
    return found


def _own(definition: Mapping[str, object]) -> dict[str, object]:
    """Definition of an observable without that of its glass."""
    return {name: x for name, x in definition.items() if name != GLASS}


def _made(ledger: Ledger, products: list[Product], sample: int, tables: OpenTables) -> dict[str, Result]:
    """Make the glass and its observables, by name."""
    glasses, pilots = products[0], products[0].needs
    unit = next(x for x in plan(ledger) if x.key == glasses.key(sample))
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(folder)
        parent = tables.parent_temperature(glasses.group.name)
        if parent is not None and pilots is not None:
            store.publish(pilots.key(0), pilots.digest, Result(asdict(parent)))
        campaign.run([unit], store, workers=1)
        return {x.name: _read(store, x, sample) for x in products if sample < x.count}


def _read(store: Store, product: Product, sample: int) -> Result:
    key = product.key(sample)
    failure = store.failure(key)
    if failure is not None:
        raise SampleFailure(f"{key} could not be made again: {failure.reason}")
    return store.read(key)


def _compare(made: Result, row: dict[str, Any], part: Part, found: Remade) -> None:
    for name in part.columns:
        if name in UNLIKE or name not in row or (name in ROUND_OFF and not found.same_processor):
            continue
        found.compared += 1
        off = _difference(made.values.get(name, math.nan), row[name])
        if off > (0.0 if found.same_processor else ELSEWHERE):
            found.differences[name] = off


def _place(made: Result, others: list[Row], part: Part, found: Remade) -> None:
    """Place of another glass's numbers among those of the ensemble."""
    for name in part.columns:
        values = [x[name] for x in others if isinstance(x.get(name), float) and math.isfinite(float(x[name]))]
        number = made.values.get(name)
        if name in ROUND_OFF or len(values) < LEAST or not isinstance(number, float):
            continue
        low, high = min(map(float, values)), max(map(float, values))
        found.compared += 1
        beyond = max(low - number, number - high)
        if not beyond <= WIDER * (high - low):
            found.differences[name] = beyond / (high - low) if high > low else math.inf


def _require_enough(others: list[Row], ensemble: str, how: str) -> None:
    if len(others) < LEAST:
        raise UsageError(
            f"{ensemble!r} was made {how}, so that this sample becomes another glass here: it is compared with the "
            f"others of its ensemble, of which there must be {LEAST}, but are {len(others)}"
        )


def _difference(one: Value, other: Value) -> float:
    """Relative difference for floats; for all else 0 or infinite."""
    if one == other or (one != one and other != other):  # both are no number
        return 0.0
    if not isinstance(one, float) or not isinstance(other, float):
        return math.inf
    off = abs(one - other) / max(abs(one), abs(other))
    return off if math.isfinite(off) else math.inf


def _compare_arrays(made: Result, kept: Result | None, found: Remade) -> None:
    for name, digits in STORED.items():
        if kept is None or name not in kept.arrays:
            continue
        one, other = made.arrays[name], kept.arrays[name]
        found.compared += other.size
        allowed = digits if found.same_processor else max(digits, ELSEWHERE)
        if one.shape != other.shape:
            found.differences[name] = math.inf
        elif not np.allclose(one, other, rtol=allowed, atol=0.0, equal_nan=True):
            found.differences[name] = float(np.nanmax(np.abs(one / other - 1.0)))
