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

EXPERIMENTS = "Measured points of laboratory glasses are drawn where you give them as a table (vitrify report --experiments); the paper's own table is not public."
OTHERS = (
    "The paper also shows other glass formers, whose data are not available here; those that your study contains are drawn."
)
SETS = (
    "The three sets are QSS (q-sticky spheres of exponent q), DSS (piecewise sticky spheres with r_c = 1.2 at density ρ) and CSS (piecewise sticky spheres at "
    "ρ = 0.60 with the cutoff r_c of their attraction)."
)
MODES = "A quasilocalised mode is a soft, localised vibration; here it is the softest nonlinear mode of a glass, so that each glass gives one."
SHEAR_WAVE = (
    "Frequencies are in units of ω0 = c_s/a0, with the speed of shear waves c_s and the mean distance of particles a0."
)
CORE = "ξ_g, the core size of quasilocalised modes"
PREFACTOR = "A_g, the prefactor of the ω⁴ tail of the density of states, is in units of ω0⁻⁵ with ω0 = c_s/a0 (c_s is the speed of shear waves and a0 the mean distance of particles)."
CHI_G = "χ_G is the relative fluctuation of the shear modulus between glasses, Eq. (4)."
POISSON = "ν is Poisson's ratio."

FIGURES = (
    Figure("1", "Two glasses", "Two glasses whose attractions look alike differ in their mechanics. The panels show (a) the pair potentials φ of 'glass 1' (QSS, q = 20) and "
           "'glass 2' (DSS, ρ = 0.55), (b) Poisson's ratio ν, and (c) the density of states D(ω) at low frequencies, where the dashed lines are fits of A_g ω⁴. "
           + SHEAR_WAVE + " " + EXPERIMENTS, fig01_two_glasses.draw, fig01_two_glasses.data, fig01_two_glasses.alternative),
    Figure("2", "Pair potentials", "The panels show the pair potentials φ in units of ε: (a) q-sticky spheres (QSS) for each exponent q, and (b) piecewise sticky spheres (PSS) "
           "for each cutoff r_c, where the distance r is divided by that of the minimum. The curves are computed by the same functions that made the glasses.",
           fig02_potentials.draw, fig02_potentials.data, fig02_potentials.alternative),
    Figure("3", "Stickiness", "The panels show the stickiness s of Eq. (3), which compares the largest attractive and repulsive forces on a particle, against the control parameter of each "
           "set of ensembles. " + SETS, STICKINESS.draw, STICKINESS.data, STICKINESS.alternative),
    Figure("4", "Elastic moduli", "The panels show the ratio G/K of shear and bulk modulus (a-c) and Poisson's ratio ν (d-f) along the three sets. Each point is a mean over "
           "the glasses of an ensemble.", RATIOS.draw, RATIOS.data, RATIOS.alternative),
    Figure("5", "Fluctuations of moduli", "The panels show χ_G (a-c) and χ_K (d-f), the relative fluctuations of the shear modulus and of the bulk modulus between glasses, Eq. (4). "
           "Where an ensemble has more than about 650 glasses, outliers are first removed by the paper's scheme with the threshold δ = 1 %. With fewer glasses the scheme "
           "would remove ordinary ones, so that χ is computed from all of them.",
           CHI.draw, CHI.data, CHI.alternative),
    Figure("6", "Density of states", "Panels (a-c) show the density of states D(ω) per degree of freedom, which is 1/(3N) per mode, at the two ends of each set. The dots are counted from "
           "the lowest modes of many glasses, the thin lines show the whole spectrum of one glass, and the dashed lines are A_g ω⁴. Panels (d-f) show the prefactor A_g along the sets. It is "
           "found by maximum likelihood from at least 10 modes with frequencies below 0.75 of the first shear band and below a quarter of ω_g; the table of windows gives A_g "
           "for other upper limits. " + SHEAR_WAVE + " Eq. (A9) of the paper is printed with 1/N in place of 1/(3N); with 1/N, D(ω), A_g and the number 𝒩 of Fig. 8 would be three times as large.",
           DENSITIES.draw, DENSITIES.data, DENSITIES.alternative),
    Figure("7", "Dipole responses", "A dipole is a pair of opposite forces on two neighbours. The panels show how the response of the glass to it, c(r), decays with the distance r from the dipole (a-c), the same "
           "curves multiplied by r⁶ (d-f), and the distance ξ_g at which r⁶c(r) has its maximum (g-i), which is the core size of quasilocalised modes. Lengths are in units of the mean distance of "
           "particles a0. The maximum is searched for below 0.75 of half the box; an ensemble without a maximum there has glasses that are too small, and no point.",
           DECAYS.draw, DECAYS.data, DECAYS.alternative),
    Figure("8", "Frequency and number of quasilocalised modes", "The panels show the characteristic frequency ω_g = 2π c_s/ξ_g of quasilocalised modes (a-c), where ξ_g is their core size, and their number per "
           "degree of freedom, 𝒩 = A_g ω_g⁵ (d-f). " + SHEAR_WAVE,
           FREQUENCY.draw, FREQUENCY.data, FREQUENCY.alternative),
    Figure("9", "Energy of quasilocalised modes", MODES + " By Eq. (10) its ω² is the sum of four terms: k₊ and k₋ come from pairs with positive and negative stiffness φ'', f₊ and f₋ from attractive "
           "and repulsive forces. The panels show how each term is distributed over the modes, in units of ω0² with ω0 = c_s/a0. The dashed lines are the means.",
           fig09_energy_split.draw, fig09_energy_split.data, fig09_energy_split.alternative),
    Figure("10", "Structure", "The panels show the pair correlation function g(r) for each pair of species (small or large) together with the potential φ; the coloured bands are standard errors over glasses. "
           "Panels (a, b) show the first shell, with a grey area where pairs have a clearly negative stiffness (φ'' is at least a tenth of its most negative value). Panels (c, d) reach farther out; their "
           "highest maxima are cut off. The dashed line is the cutoff r_c = 1.2 of DSS.",
           fig10_structure.draw, fig10_structure.data, fig10_structure.alternative),
    Figure("11", "Depletion of negative stiffness", "Few pairs have a strongly negative stiffness. The curves show the pair correlation function g(r) against the stiffness φ''(r) of a pair at that distance, in units of ω0² "
           "(ω0 = c_s/a0), wherever φ'' is negative; each curve has two branches, on either side of the minimum of φ''. The bars are standard errors over glasses.",
           fig11_stiffness_depletion.draw, fig11_stiffness_depletion.data, fig11_stiffness_depletion.alternative),
    Figure("12", "Coupling to strain", "The ratio dilation/shear of Eq. (A16) tells whether a quasilocalised mode couples more to a change of volume or to a change of shape. The bars reach from the first "
           "to the third quartile of this ratio over the modes of an ensemble, and the lines are the means with their errors. The caption in the paper names the inverse of this ratio.", fig12_strain_coupling.draw,
           fig12_strain_coupling.data, fig12_strain_coupling.alternative),
    Figure("13", "Size of shear transformation zones", "The points show 2 ξ_g³, an estimate of the number of particles in a shear transformation zone, against Poisson's ratio ν; " + CORE + ", is in units of the mean "
           "distance of particles a0. " + EXPERIMENTS,
           STZ_AND_POISSON.draw, STZ_AND_POISSON.data, STZ_AND_POISSON.alternative),
    Figure("14", "A_g and Poisson's ratio", f"Each point is one ensemble. {PREFACTOR} {POISSON} {OTHERS}", PREFACTOR_AND_POISSON.draw, PREFACTOR_AND_POISSON.data, PREFACTOR_AND_POISSON.alternative),
    Figure("15", "A_g and χ_G", f"Each point is one ensemble. {PREFACTOR} {CHI_G} {OTHERS}", PREFACTOR_AND_CHI.draw, PREFACTOR_AND_CHI.data, PREFACTOR_AND_CHI.alternative),
    Figure("16", "ξ_g and χ_G", f"Each point is one ensemble. The ordinate is {CORE}, in units of the mean distance of particles a0. {CHI_G} The dashed line is proportional to χ_G^(2/3).",
           LENGTH_AND_CHI.draw, LENGTH_AND_CHI.data, LENGTH_AND_CHI.alternative),
    Figure("17", "Pressure", "The panels show the pressure p of QSS and CSS in two units: divided by p₀ (a, b), which is the sum of the magnitudes of the repulsive and the attractive contributions to p, and divided by the bulk modulus K "
           "(c, d).", PRESSURE.draw, PRESSURE.data, PRESSURE.alternative),
    Figure("18", "Robustness of χ_G", "χ_G, the relative fluctuation of the shear modulus G between glasses, can be estimated in several ways. The panels compare the estimate from all glasses ('direct') with fits of three functions to the "
           "distribution p(G), and with the paper's scheme that removes outliers above a threshold δ. The insets show which percentage of the glasses the scheme removes. Only ensembles of at least 50 glasses are shown. "
           "Where the study has glasses of soft spheres with an inverse-power potential (the set IPL), two panels for them come first, as in panels (a, b) of the paper: one shows χ_G against N, with "
           "p(G) of the smallest glasses in its inset, and the other shows χ_G against δ.", fig18_robustness.draw, fig18_robustness.data, fig18_robustness.alternative),
    Figure("19", "How ξ_g is extracted", "The core size ξ_g is the distance at which r⁶c(r) has its maximum, where c(r) is the response to a force dipole at distance r. The points show r⁶c(r) for CSS, the lines are cubic polynomials fitted in "
           "logarithmic coordinates around the maximum, and the squares mark ξ_g. An ensemble without a line and a square has no maximum below 0.75 of half the box.",
           fig19_extraction.draw, fig19_extraction.data, fig19_extraction.alternative),
)  # fmt: skip
