"""The standing of a study as lines for a person."""

from __future__ import annotations

import time
from collections.abc import Iterator

from vitrify.campaign import Claim
from vitrify.study.spent import Slow
from vitrify.study.standing import EnsembleStanding, ProductStanding, Standing, totals
from vitrify.study.surplus import Surplus

from .amounts import duration, plain, size

WIDE = 24  # characters of an ensemble's name


def lines_of(found: Standing, *, by_product: bool) -> list[str]:
    """All that `vitrify status` tells."""
    table = _by_product(found) if by_product else _by_ensemble(found)
    return [*table, *_work(found), *_quarantined(found), *_not_asked_for(found)]


def lines_of_slowest(tasks: list[Slow], core_hours: dict[str, float]) -> list[str]:
    """The slowest tasks of a log, and core-hours by product."""
    head = f"{'seconds':>10} {'peak MB':>8} {'outcome':8} {'host':16} task"
    rows = (f"{x.seconds:10.1f} {x.peak_mb:8.0f} {x.outcome:8} {plain(x.host):16.16} {plain(x.key)}" for x in tasks)
    products = [f"{hours:10,.2f} core-hours of {plain(name)}" for name, hours in core_hours.items()]
    total = f"{sum(core_hours.values()):10,.2f} core-hours in all"
    return [head, *rows, "", *products, total] if tasks else ["the log of this store has no task"]


def surplus_line(x: Surplus) -> str:
    """A folder with files that nobody asks for."""
    return f"{plain(x.folder) or '(top of the store)'}: {len(x.files)} files, {size(x.size)}: {plain(x.why)}"


def _by_ensemble(found: Standing) -> Iterator[str]:
    """Samples by ensemble; tasks an hour and the time left of all products together."""
    yield f"{'ensemble':{WIDE}} {'wanted':>7} {'done':>7} {'failed':>7} {'running':>7} {'tasks/h':>8} {_left(found):>14}  T"
    for x in found.ensembles:
        left = _time_left(found, x.core_seconds_left, x.unknown)
        yield f"{_counts(x.ensemble, x)} {x.running:7} {_rate(x.rate):>8} {left:>14}  {x.temperature}"
        for reason, number in x.samples.reasons.items():
            yield f"{'':{WIDE}} {number} failed: {plain(reason)}"
    yield _total(found)


def _total(found: Standing) -> str:
    x = totals(found)
    left = _time_left(found, x["core_seconds_left"], x["unknown"])
    counts = f"{x['wanted']:7} {x['done']:7} {x['failed']:7} {x['running']:7}"
    return f"{'total':{WIDE}} {counts} {_rate(x['rate']):>8} {left:>14}"


def _by_product(found: Standing) -> Iterator[str]:
    """Tasks by ensemble, size and product."""
    yield (
        f"{'ensemble':{WIDE}} {'product':18} {'N':>8} {'wanted':>7} {'done':>7} {'failed':>7} {'running':>7} "
        f"{'seconds':>9} {'peak MB':>8} {'tasks/h':>8} {_left(found):>14}"
    )
    for x in found.ensembles:
        for p in x.products:
            yield f"{plain(x.ensemble):{WIDE}.{WIDE}} {_product(found, p)}"
            for reason, number in p.reasons.items():
                yield f"{'':{WIDE}} {number} failed: {plain(reason)}"


def _product(found: Standing, p: ProductStanding) -> str:
    seconds = "unknown" if p.seconds is None else f"{p.seconds:.3g}"
    peak = "" if p.peak_mb is None else f"{p.peak_mb:.0f}"
    left = _time_left(found, p.core_seconds_left or 0.0, [p.product] if p.core_seconds_left is None else [])
    counts = f"{p.wanted:7} {p.done:7} {p.failed:7} {p.running:7}"
    return f"{p.product:18} {p.n_particles:8} {counts} {seconds:>9} {peak:>8} {_rate(p.rate):>8} {left:>14}"


def _counts(name: str, x: EnsembleStanding) -> str:
    return f"{plain(name):{WIDE}.{WIDE}} {x.samples.wanted:7} {x.samples.done:7} {x.samples.failed:7}"


def _left(found: Standing) -> str:
    return "time left" if found.workers else "core-time left"


def _time_left(found: Standing, core_seconds: float, unknown: list[str]) -> str:
    """Wall time for those at work now; core-time where nobody is. What was never measured is said to be unknown."""
    left = found.seconds_left(core_seconds) if found.workers else core_seconds
    if unknown:
        return f"> {duration(left)}" if left else "unknown"
    return duration(left) if left else "-"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}" if rate else "-"


def _work(found: Standing) -> Iterator[str]:
    yield from (f"at work: {plain(run.sentence())}" for run in found.runs)
    yield from (_in_hand(x) for x in found.in_hand)


def _in_hand(x: Claim) -> str:
    since = time.strftime("%H:%M:%S", time.localtime(x.since))
    spent = duration(round(max(time.time() - x.since, 0.0)))
    return f"  process {x.pid} on {plain(x.host)}: {plain(x.key)} since {since}, {spent}"


def _quarantined(found: Standing) -> Iterator[str]:
    if found.quarantined:
        yield f"{len(found.quarantined)} broken files were set aside:"
    yield from (f"  set aside: {plain(x.file)}: {plain(x.reason)}" for x in found.quarantined)


def _not_asked_for(found: Standing) -> Iterator[str]:
    if found.not_asked_for:
        yield "not asked for by the study now; `vitrify prune` removes it:"
    yield from (f"  {surplus_line(x)}" for x in found.not_asked_for)
