"""Claims 1 to 19, 57 to 60: potentials, moduli, their fluctuations, pressure."""

from __future__ import annotations

from vitrify.report.claim import Claim, Sizes
from vitrify.report.rules import Trend, about

from .quantities import along, at, ratio, summary

MODULI = Sizes(n_particles=1000, n_samples=50)

CLAIMS = (
    Claim(2, "Figs. 1b, 4", "Poisson's ratio falls by 18 % from 'glass 1' (QSS, q = 20) to 'glass 2' (DSS, ρ = 0.55).",
          ratio(("DSS", 0.55), ("QSS", 20.0), summary(lambda x: x.poisson_ratio), less=1.0),
          about(-0.18, part=0.25, percent=True), "N = 3,000, n = 50", MODULI),
    Claim(8, "Fig. 4", "G/K is about 0.15 at the dense end of DSS.",
          at(("DSS", 1.20), summary(lambda x: x.g_over_k)), about(0.15, part=0.1), "N = 3,000, n = 100", MODULI),
    Claim(11, "Fig. 4", "G/K rises as the density falls.",
          along("DSS", summary(lambda x: x.g_over_k)), Trend(rising=False), "N = 3,000, n = 50", MODULI),
)  # fmt: skip
