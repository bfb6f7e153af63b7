"""The status of a study as lines for a person, none wider than the terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import chain

from vitrify.campaign import Lease
from vitrify.study.costs import LOG, UNKNOWN
from vitrify.study.orphans import Orphans
from vitrify.study.products import GLASS, PILOTS
from vitrify.study.status import EnsembleStatus, ProductStatus, StudyStatus, totals
from vitrify.study.timings import TimedTask

from .amounts import duration, plain, size
from .table import Column, left_out, sentence, table, terminal_width, width_of

NESTED = 2  # columns by which what belongs to the line above is indented
MOST_TOLD = 10  # reasons of failure of one line, files that were set aside
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?")


def lines_of(found: StudyStatus, *, by_product: bool) -> list[str]:
    """The lines of `vitrify status`."""
    width = terminal_width()
    shown = _by_product(found, width) if by_product else _by_ensemble(found, width)
    rest = (part(found, width) for part in (_sources, _work, _quarantined, _not_asked_for))
    return [*shown, *chain.from_iterable(rest)]


def lines_of_slowest(tasks: list[TimedTask], core_hours: dict[str, float]) -> list[str]:
    """Lines of the slowest tasks of a log, and of core-hours by product."""
    if not tasks:
        return ["the log of this store has no task"]
    width = terminal_width()
    products = [f"{hours:10,.2f} core-hours of {plain(name)}" for name, hours in core_hours.items()]
    total = f"{sum(core_hours.values()):10,.2f} core-hours in all"
    return [*_slowest(tasks, width), "", *(line for x in [*products, total] for line in sentence(x, width))]


def orphans_line(x: Orphans) -> str:
    """The line of a folder with files that nobody asks for."""
    packed = f", {len(x.packed)} packed results" if x.packed else ""
    return f"{plain(x.folder) or '(top of the store)'}: {len(x.files)} files{packed}, {size(x.size)}: {plain(x.why)}"


def _slowest(tasks: list[TimedTask], width: int) -> Iterator[str]:
    """One line per task. Its key, a path in the store that is never shortened, has the next line where there is no room."""
    host = Column("host", [plain(x.host) for x in tasks], left=True, spare=1)
    seconds = Column("seconds", [f"{x.seconds:.1f}" for x in tasks])
    peak = Column("peak MB", [f"{x.peak_mb:.0f}" for x in tasks])
    outcome = Column("outcome", [x.outcome for x in tasks], left=True)
    keys = [plain(x.key) for x in tasks]
    longest = max(map(width_of, keys))
    rows = table(seconds, [peak, outcome, host], width)
    if width_of(max(rows, key=width_of)) + 1 + longest <= width:
        wide = max(map(width_of, rows))
        yield from (f"{row}{' ' * (wide - width_of(row))} {key}" for row, key in zip(rows, ["task", *keys], strict=True))
        return
    yield rows[0]
    for row, key in zip(rows[1:], keys, strict=True):
        yield row
        yield from sentence(key, width, indent=NESTED)


def _by_ensemble(found: StudyStatus, width: int) -> Iterator[str]:
    """Samples by ensemble, with tasks per hour and the time left for all products together."""
    everything, counts = totals(found), [x.samples for x in found.ensembles]
    left = [_time_left(found, x.core_seconds_left, x.unknown, x.estimated) for x in found.ensembles]
    name = Column("ensemble", [*(plain(x.ensemble) for x in found.ensembles), "total"], left=True)
    columns = [
        *(
            Column(x, [f"{n:,}" for n in (*(getattr(c, x) for c in counts), everything[x])])
            for x in ("wanted", "done", "failed")
        ),
        Column("running", [f"{n:,}" for n in (*(x.running for x in found.ensembles), everything["running"])], spare=2),
        Column("tasks/h", [_rate(n) for n in (*(x.rate for x in found.ensembles), everything["rate"])], spare=3),
        Column(_left(found), [*left, _total_left(found)]),
        Column("T", [*(f"{x.temperature}" for x in found.ensembles), ""], left=True, spare=1),
    ]
    head, *rows, total = table(name, columns, width)
    yield head
    for x, row in zip(found.ensembles, rows, strict=True):
        yield row
        yield from sentence(f"prepared by {plain(x.preparation)}", width, indent=NESTED) if x.preparation else ()
        yield from _reasons(x.samples.reasons, width)
        yield from _other_sizes(x, width)
    yield total
    yield from _no_room(left_out(name, columns, width), width)


def _other_sizes(x: EnsembleStatus, width: int) -> Iterator[str]:
    """Glasses of another size that an observable asks for, which are no samples of the ensemble's own size."""
    for n, counts in x.other_sizes.items():
        measured = ", ".join(p.product for p in x.products if p.n_particles == n and p.product not in (GLASS, PILOTS))
        numbers = f"{counts.wanted} wanted, {counts.done} done, {counts.failed} failed"
        yield from sentence(f"glasses of {n:,} particles for {measured}: {numbers}", width, indent=NESTED)
        yield from _reasons(counts.reasons, width)


def _by_product(found: StudyStatus, width: int) -> Iterator[str]:
    """Tasks by ensemble, size and product."""
    lines = [(x, p) for x in found.ensembles for p in x.products]
    name = Column("ensemble", [plain(x.ensemble) for x, _ in lines], left=True)
    columns = [
        Column("product", [p.product for _, p in lines], left=True),
        Column("N", [f"{p.n_particles:,}" for _, p in lines], spare=3),
        Column("wanted", [f"{p.wanted:,}" for _, p in lines], spare=1),
        Column("done", [f"{p.done:,}" for _, p in lines]),
        Column("failed", [f"{p.failed:,}" for _, p in lines], spare=2),
        Column("running", [f"{p.running}" for _, p in lines], spare=5),
        Column("seconds", ["unknown" if p.seconds is None else f"{p.seconds:.3g}" for _, p in lines], spare=4),
        Column("peak MB", ["" if p.peak_mb is None else f"{p.peak_mb:.0f}" for _, p in lines], spare=6),
        Column("tasks/h", [_rate(p.rate) for _, p in lines], spare=7),
        Column(_left(found), [_product_left(found, p) for _, p in lines]),
    ]
    head, *rows = table(name, columns, width)
    yield head
    for (_, p), row in zip(lines, rows, strict=True):
        yield row
        yield from _reasons(p.reasons, width)
    yield from _no_room(left_out(name, columns, width), width)


def _reasons(reasons: dict[str, int], width: int) -> Iterator[str]:
    """The commonest reasons of failure. Reasons that differ only in their numbers count as one, as a thousand samples would
    fill the screen."""
    alike: dict[str, list[str]] = {}
    for reason in reasons:
        alike.setdefault(NUMBER.sub("0", reason), []).append(reason)
    kinds = sorted(((sum(reasons[x] for x in kind), kind) for kind in alike.values()), key=lambda x: -x[0])
    for number, kind in kinds[:MOST_TOLD]:
        such = "" if len(kind) == 1 else ", such as"
        yield from sentence(f"{number} failed{such}: {plain(kind[0])}", width, indent=NESTED)
    if rest := sum(number for number, _ in kinds[MOST_TOLD:]):
        yield from sentence(f"{rest} failed for other reasons; --json tells them", width, indent=NESTED)


def _no_room(heads: list[str], width: int) -> Iterator[str]:
    if heads:
        yield from sentence(f"no room for {', '.join(heads)} in {width} columns; --json tells them too", width)


def _left(found: StudyStatus) -> str:
    return "time left" if found.workers else "core-time left"


def _total_left(found: StudyStatus) -> str:
    x = totals(found)
    return _time_left(found, x["core_seconds_left"], x["unknown"], x["estimated"])


def _product_left(found: StudyStatus, p: ProductStatus) -> str:
    unknown = [p.product] if p.core_seconds_left is None else []
    estimated = [p.product] if p.source not in (LOG, UNKNOWN) else []
    return _time_left(found, p.core_seconds_left or 0.0, unknown, estimated)


def _time_left(found: StudyStatus, core_seconds: float, unknown: list[str], estimated: list[str]) -> str:
    """Wall time for the workers that are at work now, or core-time where nobody works. ">" marks a sum without the tasks
    whose cost is not known yet, "~" one that uses the table."""
    left = found.seconds_left(core_seconds) if found.workers else core_seconds
    if not left:
        return "unknown" if unknown else "-"
    return f"{'> ' if unknown else ''}{'~ ' if estimated else ''}{duration(left)}"


def _sources(found: StudyStatus, width: int) -> Iterator[str]:
    """The meaning of the marks of the time left, where there are any."""
    x = totals(found)
    if x["estimated"]:
        names = ", ".join(x["estimated"])
        yield from sentence(f"~ an estimate, as `vitrify plan` makes it, until some are measured here: {names}", width)
    if x["unknown"]:
        yield from sentence(f"> at least so much, as nobody knows yet what these take: {', '.join(x['unknown'])}", width)


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}" if rate else "-"


def _work(found: StudyStatus, width: int) -> Iterator[str]:
    for run in found.runs:
        yield from sentence(f"at work: {plain(run.sentence())}", width)
    for x in found.in_hand:
        yield from sentence(_in_hand(x), width, indent=NESTED)


def _in_hand(x: Lease) -> str:
    since = time.strftime("%H:%M:%S", time.localtime(x.since))
    spent = duration(round(max(time.time() - x.since, 0.0)))
    return f"process {x.pid} on {plain(x.host)}: {plain(x.key)} since {since}, {spent}"


def _quarantined(found: StudyStatus, width: int) -> Iterator[str]:
    if found.quarantined:
        yield f"{len(found.quarantined)} broken files were set aside:"
    for x in found.quarantined[:MOST_TOLD]:
        yield from sentence(f"set aside: {plain(x.file)}: {plain(x.reason)}", width, indent=NESTED)
    if len(found.quarantined) > MOST_TOLD:
        yield from sentence(f"and {len(found.quarantined) - MOST_TOLD} more; --json tells them", width, indent=NESTED)


def _not_asked_for(found: StudyStatus, width: int) -> Iterator[str]:
    if found.not_asked_for:
        yield from sentence("not asked for by the study now; `vitrify prune` removes it:", width)
    for x in found.not_asked_for:
        yield from sentence(orphans_line(x), width, indent=NESTED)
