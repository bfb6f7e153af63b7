"""Fig. 18: dependence of χ_G on the way of estimating it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from vitrify.ensemble import Estimate, Fluctuation, GlassCount, fit_distribution, fluctuation
from vitrify.ensemble.distributions import LEAST_SAMPLES, Shape, histogram
from vitrify.papers.sticky_spheres_1.claims.distribution_of_moduli import SHAPES as FITTED
from vitrify.papers.sticky_spheres_1.claims.distribution_of_moduli import THRESHOLDS
from vitrify.papers.sticky_spheres_1.sets import control
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import Mark
from vitrify.report.style import SEQUENCE, bars, drawable, fixed_ticks, legend_below, logarithmic, panels, say

SOFT_SPHERES = "IPL"  # the set of inverse-power glasses: panels (a, b) of the paper
SHAPES = {shape: f"{name} fit" for shape, name in FITTED.items()}
STYLES = ("--", "-.", ":")
STICKY = (("CSS", 1.1), ("CSS", 1.2))  # the paper's panels (c) and (d)


@dataclass(frozen=True, slots=True)
class Ways:
    """χ_G of one ensemble estimated in every way."""

    scheme: tuple[Fluctuation, ...]  # by threshold
    fits: dict[Shape, Estimate]

    @property
    def direct(self) -> Estimate:
        """χ_G of all samples."""
        return self.scheme[0].direct


def draw(study: Study) -> Figure:
    """Draw soft spheres (a, b) where the study has them, and χ_G by threshold (c, d) for the two ensembles of the paper."""
    soft, sticky = _soft(study), _sticky(study)
    if not soft and not sticky:
        figure, axes = panels(1, 1)
        say(axes[0, 0], f"no ensemble has the {LEAST_SAMPLES} samples that an estimate by fits needs")
        return figure
    figure, axes = panels(2 if soft else 1, 2 if soft else max(len(sticky), 1))
    chosen = list(axes.ravel())
    if soft:
        _by_size(chosen.pop(0), soft)
        _by_threshold(chosen.pop(0), *soft[-1])
    for axis, (label, x) in zip(chosen, sticky, strict=False):
        _by_threshold(axis, label, x)
    for axis in chosen[len(sticky) :]:
        axis.remove()
    return figure


def data(study: Study) -> pd.DataFrame:
    """One row per way of estimating, for each ensemble that is drawn."""
    return pd.DataFrame([row for _, x in (*_soft(study), *_sticky(study)) for row in _rows(x)])


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    said = []
    for label, x in (*_soft(study), *_sticky(study)):
        ways = _ways(x)
        fits = ", ".join(f"{ways.fits[shape].value:.3g} by a {name}" for shape, name in SHAPES.items())
        one = ways.scheme[THRESHOLDS.index(1.0)]
        plain = label.replace("$", "").replace("\\", "")
        direct = f"χ_G is {ways.direct.value:.3g} from all samples"
        said.append(f"{plain}: {direct}, {one.chi.value:.3g} by the outlier scheme at δ = 1 %, {fits}.")
    return " ".join(said)


def _soft(study: Study) -> list[tuple[str, Gathered]]:
    """Soft spheres with samples enough, by rising size of the glasses."""
    able = [x for _, x in study.of_set(SOFT_SPHERES) if len(x.table) >= LEAST_SAMPLES]
    return [(f"soft spheres, $N$ = {x.spec.n_particles:,}", x) for x in sorted(able, key=lambda x: x.spec.n_particles)]


def _sticky(study: Study) -> list[tuple[str, Gathered]]:
    """The paper's two ensembles, or, where neither has samples enough, the first two that have."""
    named = [(control(name).shown(value), study.at(name, value)) for name, value in STICKY]
    able = [(label, x) for label, x in named if x is not None and len(x.table) >= LEAST_SAMPLES]
    others = [x for x in study.ensembles if len(x.table) >= LEAST_SAMPLES and SOFT_SPHERES not in x.spec.sets]
    return able or [(drawable(x.spec.name), x) for x in others[: len(STICKY)]]


def _ways(x: Gathered) -> Ways:
    return _of_modulus(tuple(x.table["shear_modulus"].to_numpy(float)), x.spec.n_particles)


@lru_cache(maxsize=32)  # the figure, its numbers and its words ask for the same
def _of_modulus(modulus: tuple[float, ...], n_particles: int) -> Ways:
    scheme = tuple(fluctuation(modulus, n_particles, threshold) for threshold in THRESHOLDS)
    return Ways(scheme, {shape: fit_distribution(modulus, n_particles, shape).chi for shape in SHAPES})


def _rows(x: Gathered) -> Iterator[dict[str, object]]:
    ways = _ways(x)
    where = {"ensemble": x.spec.name, "n_particles": x.spec.n_particles, "n_samples": len(x.table)}
    others: dict[str, Estimate] = {"direct": ways.direct} | {str(shape): chi for shape, chi in ways.fits.items()}
    for name, found in others.items():
        yield {**where, "way": name, "chi_g": found.value, "chi_g_error": found.error}
    for threshold, f in zip(THRESHOLDS, ways.scheme, strict=True):
        removed = 100.0 * f.removed_fraction
        numbers = {"chi_g": f.chi.value, "chi_g_error": f.chi.error, "delta_percent": threshold, "removed_percent": removed}
        yield {**where, "way": "outlier scheme", **numbers}


def _by_size(axis: Any, soft: list[tuple[str, Gathered]]) -> None:
    """Draw χ_G of soft spheres against N, directly and by fits. The inset shows p(G) of the smallest glasses, with its tail
    to low G."""
    sizes = [x.spec.n_particles for _, x in soft]
    logarithmic(axis, "x")
    lines = {"direct": [_ways(x).direct for _, x in soft]}
    lines |= {label: [_ways(x).fits[shape] for _, x in soft] for shape, label in SHAPES.items()}
    for k, (label, found) in enumerate(lines.items()):
        at = np.array(sizes) * 1.03 ** (k - 1.5)  # side by side, so that error bars do not hide each other
        how: Any = {"color": SEQUENCE[k + 1], "marker": "osDv"[k], "ls": ":", "label": label}
        marks = [_mark(x, label, e, f"N = {x.spec.n_particles:,}") for (_, x), e in zip(soft, found, strict=True)]
        bars(axis, at, [x.value for x in found], [x.error for x in found], marks=marks, **how)
    axis.set(xlabel="$N$", ylabel=r"$\chi_G$", title="soft spheres")
    axis.set_xlim(0.7 * sizes[0], 1.4 * sizes[-1])
    fixed_ticks(axis.xaxis, sizes)
    values = [x.value for found in lines.values() for x in found if np.isfinite(x.value)]
    axis.set_ylim(0.8 * min(values), 1.2 * max(values))  # the error of a fit that fits badly may be of any size
    _make_room(axis)
    legend_below(axis)
    centre, count = histogram(soft[0][1].table["shear_modulus"].to_numpy(float))
    there = count > 0
    inset = _inset(axis)
    inset.plot(centre[there], count[there] / count.sum(), ".", ms=3, color=SEQUENCE[0])
    logarithmic(inset, "y")
    inset.yaxis.set_major_locator(LogLocator(numticks=4))
    inset.yaxis.set_minor_locator(NullLocator())
    inset.xaxis.set_major_locator(MaxNLocator(3))
    inset.set_title("$p(G)$", fontsize=7, pad=2)


def _by_threshold(axis: Any, label: str, x: Gathered) -> None:
    """Draw χ_G against δ next to the other ways. The inset shows which samples are removed."""
    ways = _ways(x)
    logarithmic(axis, "x")
    chi = [f.chi for f in ways.scheme]
    how: Any = {"color": SEQUENCE[0], "marker": "o", "label": "outlier scheme"}
    marks = [_mark(x, "outlier scheme", e, f"δ = {at:g} %") for at, e in zip(THRESHOLDS, chi, strict=True)]
    bars(axis, THRESHOLDS, [e.value for e in chi], [e.error for e in chi], marks=marks, **how)
    axis.axhline(ways.direct.value, color=SEQUENCE[1], lw=1.2, label="direct")
    for colour, style, (shape, name) in zip(SEQUENCE[2:], STYLES, SHAPES.items(), strict=False):
        axis.axhline(ways.fits[shape].value, color=colour, ls=style, lw=1.4, label=name)
    axis.set(xlabel=r"$\delta$ (%)", ylabel=r"$\chi_G$", title=label)
    fixed_ticks(axis.xaxis, THRESHOLDS)
    _make_room(axis)
    legend_below(axis)
    inset = _inset(axis)
    removed = [100.0 * f.removed_fraction for f in ways.scheme]
    inset.plot(THRESHOLDS, removed, marker=".", color=SEQUENCE[0])
    inset.set_ylim(0.0, max(1.0, 1.2 * max(removed)))
    logarithmic(inset, "x")
    fixed_ticks(inset.xaxis, (THRESHOLDS[0], 1.0, THRESHOLDS[-1]))
    inset.yaxis.set_major_locator(MaxNLocator(2))
    inset.set_title("removed (%)", fontsize=7, pad=2)


def _mark(x: Gathered, way: str, found: Estimate, at: str) -> Mark:
    return Mark(x, f"χ_G ({way})", found, at, GlassCount(x.spec.n_particles, len(x.table)))


def _make_room(axis: Any) -> None:
    """Free the upper half of a panel for an inset."""
    low, high = axis.get_ylim()
    axis.set_ylim(low - 0.1 * (high - low), high + 1.3 * (high - low))


def _inset(axis: Any) -> Any:
    inset = axis.inset_axes((0.46, 0.64, 0.5, 0.24))
    inset.tick_params(labelsize=7, direction="in", pad=2)
    return inset
