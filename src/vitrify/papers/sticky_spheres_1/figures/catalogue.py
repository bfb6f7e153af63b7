"""The figures of the report, in the paper's order."""

from __future__ import annotations

from vitrify.report.paper import Figure

from . import (
    fig01_two_glasses,
    fig02_potentials,
    fig09_energy_split,
    fig10_structure,
    fig11_stiffness_depletion,
    fig12_strain_coupling,
    fig18_robustness,
    fig19_extraction,
)
from .along_sets import CHI, DECAYS, DENSITIES, FREQUENCY, PRESSURE, RATIOS, STICKINESS
from .fig13_to_16_relations import LENGTH_AND_CHI, PREFACTOR_AND_CHI, PREFACTOR_AND_POISSON, STZ_AND_POISSON

LEFT_OUT = "Other glass formers of the paper are left out: their data are not ours."
EXPERIMENTS = (
    "Experimental points are drawn from a table that the user gives (report --experiments); the paper's are not public."
)

FIGURES = (
    Figure("1", "Two glasses", "(a) 'glass 1' (QSS, q = 20) and 'glass 2' (DSS, ρ = 0.55); (b) Poisson's ratio; (c) D(ω) and "
           "its ω⁴ fits. " + EXPERIMENTS, fig01_two_glasses.draw, fig01_two_glasses.data, fig01_two_glasses.alternative),
    Figure("2", "Pair potentials", "(a) QSS for each q; (b) PSS for each r_c, against r in units of the minimum's "
           "place. Drawn from the very functions that made the glasses.", fig02_potentials.draw, fig02_potentials.data, fig02_potentials.alternative),
    Figure("3", "Stickiness", "s of Eq. (3) against the control parameter of each set.", STICKINESS.draw, STICKINESS.data, STICKINESS.alternative),
    Figure("4", "Elastic moduli", "G/K (a-c) and Poisson's ratio (d-f), means over samples.", RATIOS.draw, RATIOS.data, RATIOS.alternative),
    Figure("5", "Fluctuations of moduli", "χ_G (a-c) and χ_K (d-f) of Eq. (4), after the outlier scheme where samples are "
           "enough for it (above 650 at δ = 1 %: with fewer it would remove healthy ones); else of all samples.",
           CHI.draw, CHI.data, CHI.alternative),
    Figure("6", "Density of states", "(a-c) D(ω) per degree of freedom, 1/(3N), at either end of each set: dots from the "
           "lowest modes, thin lines the whole spectrum of one glass, dashed A_g ω⁴. (d-f) A_g ω0⁵ by maximum likelihood below "
           "0.75 of the first shear band and a quarter of ω_g, for at least 10 modes; see the table of windows. With the 1/N "
           "that Eq. (A9) prints, D(ω), A_g and 𝒩 would be three times as large.", DENSITIES.draw, DENSITIES.data, DENSITIES.alternative),
    Figure("7", "Dipole responses", "(a-c) c(r), (d-f) r⁶c(r), (g-i) ξ_g. The maximum is looked for below 0.75 of half the box; "
           "where there is none the glasses are too small and give no length.", DECAYS.draw, DECAYS.data, DECAYS.alternative),
    Figure("8", "Frequency and number of quasilocalised modes", "ω_g = 2π c_s/ξ_g (a-c) and 𝒩 = A_g ω_g⁵ (d-f).",
           FREQUENCY.draw, FREQUENCY.data, FREQUENCY.alternative),
    Figure("9", "Energy of quasilocalised modes", "The four terms of Eq. (10) in ω0², one nonlinear mode a glass; dashed: means.",
           fig09_energy_split.draw, fig09_energy_split.data, fig09_energy_split.alternative),
    Figure("10", "Structure", "g(r) by pair type (A small, B large) over φ, with its error over glasses as a band; (a, b) about "
           "the first shell, grey where φ'' is below a tenth of its least value, (c, d) farther out, the highest maxima cut off. "
           "Dashed: the cutoff r_c = 1.2.",
           fig10_structure.draw, fig10_structure.data, fig10_structure.alternative),
    Figure("11", "Depletion of negative stiffness", "g(r) against φ''(r)/ω0² where φ'' < 0, on either side of its minimum; bars: "
           "errors over glasses.", fig11_stiffness_depletion.draw, fig11_stiffness_depletion.data,
           fig11_stiffness_depletion.alternative),
    Figure("12", "Coupling to strain", "Bars: from the first to the third quartile of dilation/shear (Eq. A16) of quasilocalised "
           "modes; lines: means with their errors. The paper's caption has the ratio upside down.", fig12_strain_coupling.draw,
           fig12_strain_coupling.data, fig12_strain_coupling.alternative),
    Figure("13", "Size of shear transformation zones", "2 ξ_g³ against Poisson's ratio. " + EXPERIMENTS,
           STZ_AND_POISSON.draw, STZ_AND_POISSON.data, STZ_AND_POISSON.alternative),
    Figure("14", "A_g and Poisson's ratio", LEFT_OUT, PREFACTOR_AND_POISSON.draw, PREFACTOR_AND_POISSON.data, PREFACTOR_AND_POISSON.alternative),
    Figure("15", "A_g and χ_G", LEFT_OUT, PREFACTOR_AND_CHI.draw, PREFACTOR_AND_CHI.data, PREFACTOR_AND_CHI.alternative),
    Figure("16", "ξ_g and χ_G", "Dashed: χ_G^(2/3).", LENGTH_AND_CHI.draw, LENGTH_AND_CHI.data, LENGTH_AND_CHI.alternative),
    Figure("17", "Pressure", "p/p₀ for QSS and CSS (a, b) and p/K (c, d).", PRESSURE.draw, PRESSURE.data, PRESSURE.alternative),
    Figure("18", "Robustness of χ_G", "χ_G directly, by fits of p(G) and by the outlier scheme at thresholds δ, for "
           "ensembles of at least 50 samples; insets: the percentage removed. Panels on soft spheres, the paper's (a, b), are there "
           "where the study has inverse-power glasses (set IPL): against N, inset p(G) of the smallest; and by δ.", fig18_robustness.draw, fig18_robustness.data, fig18_robustness.alternative),
    Figure("19", "How ξ_g is extracted", "r⁶c(r) of CSS; lines: the cubic fitted in logarithms over the bump; squares: ξ_g. "
           "Where there is neither, no maximum lies below 0.75 of half the box.",
           fig19_extraction.draw, fig19_extraction.data, fig19_extraction.alternative),
)  # fmt: skip
