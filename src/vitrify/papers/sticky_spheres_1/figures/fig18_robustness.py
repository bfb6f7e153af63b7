"""Fig. 18: how χ_G depends on the way it is estimated."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from vitrify.ensemble import fit_distribution, fluctuation
from vitrify.ensemble.distributions import LEAST_SAMPLES
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, panels, say

THRESHOLDS = (0.25, 0.5, 1.0, 2.0, 5.0)  # δ in percent
SHAPES = {"gaussian": "Gaussian", "three_quarter_gaussian": "3/4 Gaussian", "skewed_gaussian": "skewed"}
FIRST = ("CSS rc=1.1", "DSS rho=0.60")  # the paper's panels (c) and (d)
MOST_PANELS = 4


def draw(study: Study) -> Figure:
    """One panel an ensemble with samples enough."""
    able = [x for x in study.ensembles if len(x.table) >= LEAST_SAMPLES]
    able.sort(key=lambda x: FIRST.index(x.spec.name) if x.spec.name in FIRST else len(FIRST))
    figure, axes = panels(1, max(min(len(able), MOST_PANELS), 1))
    for axis, ensemble in zip(axes[0], able, strict=False):
        _panel(axis, ensemble)
    if not able:
        text = f"too few samples to tell:\nan estimate by fits needs {LEAST_SAMPLES}"
        say(axes[0, 0], text)
    return figure


def _panel(axis: Any, ensemble: Gathered) -> None:
    modulus, n = ensemble.table["shear_modulus"].to_numpy(float), ensemble.spec.n_particles
    found = [fluctuation(modulus, n, threshold) for threshold in THRESHOLDS]
    axis.errorbar(THRESHOLDS, [x.chi.value for x in found], [x.chi.error for x in found],
                  color=SEQUENCE[0], marker="o", capsize=3, label="outlier scheme")  # fmt: skip
    lines = {"direct": found[0].direct.value}
    lines |= {label: fit_distribution(modulus, n, shape).chi.value for shape, label in SHAPES.items()}  # type: ignore[arg-type]
    for colour, (label, value) in zip(SEQUENCE[1:], lines.items(), strict=False):
        axis.axhline(value, color=colour, ls="--", lw=1.2, label=label)
    axis.set(xscale="log", xlabel=r"$\delta$ (%)", ylabel=r"$\chi_G$", title=ensemble.spec.name)
    axis.legend(frameon=False, fontsize=6, loc="lower left")
    inset = axis.inset_axes((0.62, 0.66, 0.34, 0.3))
    inset.plot(THRESHOLDS, [100.0 * x.removed_fraction for x in found], marker=".", color=SEQUENCE[0])
    inset.set(xscale="log")
    inset.set_ylabel("removed (%)", fontsize=6)
    inset.tick_params(labelsize=6)
