"""Claims 1, 2, 4 to 19, 57 to 60: potentials, moduli, their fluctuations, pressure.

The paper's words are read as follows: "about" a number is within the part or room that the rule says, chosen by the digits
that the paper gives; "roughly independent" and "largely insensitive" are within a fifth or a quarter of the mean, where
what does depend changes by a factor of two or more."""

from __future__ import annotations

from vitrify.report.claim import Claim, Sizes
from vitrify.report.rules import AllOf, Flat, Least, Trend, about, above, below

from .derived import HOTNESS, attraction, one_system
from .distribution_of_moduli import best_threshold, mean_skewness, scheme_over_fits
from .quantities import (
    CHI_G,
    CHI_K,
    CHI_RATIO,
    COORDINATION,
    G_OVER_K,
    POISSON,
    PRESSURE,
    PRESSURE_OVER_K,
    STICKINESS,
    against_all_others,
    along,
    at,
    beside,
    each,
    everywhere,
    over_set,
    ratio,
    sets,
    together,
)

GLASS_1, GLASS_2 = ("QSS", 20.0), ("DSS", 0.55)
MECHANICS = Sizes(n_particles=500, n_samples=10)  # means of forces and pairs: a few small glasses tell them
MODULI = Sizes(n_particles=1000, n_samples=50)
FLUCTUATIONS = Sizes(n_particles=1000, n_samples=100)  # χ to 7 %
RISES, FALLS = Trend(rising=True), Trend(rising=False)

CLAIMS = (
    Claim(1, "Fig. 1a", "The attractive parts of the potentials of 'glass 1' (QSS, q = 20) and 'glass 2' (DSS, ρ = 0.55) are alike.",
          attraction(GLASS_1, GLASS_2), about(1.0, part=0.25), "the formulas of the potentials"),
    Claim(2, "Figs. 1b, 4", "Poisson's ratio falls by 18 % from 'glass 1' (QSS, q = 20) to 'glass 2' (DSS, ρ = 0.55).",
          ratio(GLASS_2, GLASS_1, POISSON, less=1.0), about(-0.18, part=0.25, percent=True), "N = 3,000, n = 50", MODULI),
    Claim(4, "Fig. 17", "p/p₀ is about 0.05 in every ensemble of QSS.",
          beside(along("QSS", PRESSURE), "QSS q=12 by T", "QSS q=20 by T", quantity=PRESSURE), about(0.05, room=0.02),
          "N = 10,000 and n = 10, together with p/p₀ as a function of T,", MODULI,
          remark="At a given density p/p₀ rises with the temperature of the parent liquid. For q = 20 it is about 0.11 at the lowest "
                 "temperature that the paper's rule allows (claim 5), and about 0 at half of that temperature. A value of 0.05 needs about 0.7 of the "
                 "lowest allowed temperature, or ρ = 0.6756 instead of 0.677."),
    Claim(5, "Sect. II B", "The parent liquids are at least four times as hot as G∞ a0³/30.",
          everywhere(HOTNESS), above(1.0), "N = 1,000, n = 50", MODULI,
          remark="Here G∞ is the mean modulus of the ensemble's own glasses. A temperature that was chosen from a few pilot glasses misses the "
                 "rule if these happen to be softer than the ensemble."),
    Claim(6, "Sect. II B", "Of all ensembles the mean coordination is lowest at r_c = 1.1, where it is about 10.5.",
          together({"r_c = 1.1": at(("CSS", 1.1), COORDINATION), "lowest of all": against_all_others(("CSS", 1.1), COORDINATION)}),
          AllOf({"r_c = 1.1": about(10.5, room=0.2), "lowest of all": Least()}), "N = 500, n = 10", MECHANICS),
    Claim(7, "Fig. 3", "Stickiness rises with the exponent q, and falls with density and with the range of the attraction.",
          sets(STICKINESS, "QSS", "DSS", "CSS"), AllOf({"QSS": RISES, "DSS": FALLS, "CSS": FALLS}), "N = 500, n = 10", MECHANICS),
    Claim(8, "Fig. 4", "G/K is about 0.15 at the dense end of DSS.",
          at(("DSS", 1.20), G_OVER_K), about(0.15, part=0.1), "N = 3,000, n = 100", MODULI),
    Claim(9, "Sect. IV A", "At the dense end of DSS, G/K equals that of glasses of inverse-power-law spheres.",
          over_set(("DSS", 1.20), "IPL", G_OVER_K), about(1.0, part=0.1), "N = 3,000, n = 50", MODULI),
    Claim(10, "Fig. 4", "G/K rises by about 180 % over DSS.",
          ratio(GLASS_2, ("DSS", 1.20), G_OVER_K, less=1.0), about(1.8, part=0.15, percent=True), "N = 3,000, n = 50", MODULI),
    Claim(11, "Fig. 4", "G/K rises as the density falls.",
          along("DSS", G_OVER_K), FALLS, "N = 3,000, n = 50", MODULI),
    Claim(12, "Fig. 4", "G/K rises as the range of the attraction falls.",
          along("CSS", G_OVER_K), FALLS, "N = 3,000, n = 50", MODULI),
    Claim(13, "Fig. 4", "G/K and Poisson's ratio hardly depend on q.",
          together({"G/K": along("QSS", G_OVER_K), "ν": along("QSS", POISSON)}),
          AllOf({"G/K": Flat(0.2), "ν": Flat(0.05)}), "N = 3,000, n = 50", MODULI),
    Claim(14, "Sect. IV A", "G/K of QSS, q = 20, is much smaller than that of glasses whose attraction is similar, r_c = 1.2.",
          each(ratio(GLASS_1, ("CSS", 1.2), G_OVER_K), ratio(GLASS_1, GLASS_2, G_OVER_K)), below(0.8), "N = 3,000, n = 50", MODULI,
          remark="Here the paper takes CSS, r_c = 1.2, as 'glass 2', and elsewhere DSS, ρ = 0.55; both are compared."),
    Claim(15, "Fig. 5", "χ_G hardly depends on q.",
          along("QSS", CHI_G), Flat(0.25), "n = 200", FLUCTUATIONS),
    Claim(16, "Fig. 5", "χ_G falls with stickiness in DSS and CSS, so it rises with density and with r_c.",
          sets(CHI_G, "DSS", "CSS"), AllOf({"DSS": RISES, "CSS": RISES}), "n = 100 for the ends, and n = 1,000 for every step between neighbours,",
          FLUCTUATIONS),
    Claim(17, "Fig. 5", "χ_K grows about 6-fold with q.",
          ratio(GLASS_1, ("QSS", 6.0), CHI_K), about(6.0, part=0.25), "n = 200", FLUCTUATIONS),
    Claim(18, "Fig. 5", "χ_K grows with stickiness in DSS and CSS, so it falls with density and with r_c.",
          sets(CHI_K, "DSS", "CSS"), AllOf({"DSS": FALLS, "CSS": FALLS}), "n = 100 for the ends, and n = 1,000 for every step between neighbours,",
          FLUCTUATIONS),
    Claim(19, "Fig. 5", "In every ensemble χ_K is substantially smaller than χ_G.",
          everywhere(CHI_RATIO), below(0.8), "n = 100", FLUCTUATIONS),
    Claim(57, "Fig. 17", "The glasses of CSS, which all have one density, are under pressure: p/p₀ and p/K are positive for every r_c.",
          together({"p/p₀": along("CSS", PRESSURE), "p/K": along("CSS", PRESSURE_OVER_K)}),
          AllOf({"p/p₀": above(0.0), "p/K": above(0.0)}), "N = 500, n = 10", MECHANICS,
          remark="The paper shows these numbers in a figure, and its text says only that the density is fixed; therefore only their sign is judged."),
    Claim(58, "Fig. 18", "The distribution p(G) has a tail towards low G: its skewness is negative.",
          mean_skewness, below(0.0), "n = 100", Sizes(n_particles=500, n_samples=100)),
    Claim(59, "Fig. 18", "The outlier scheme agrees with fits of p(G), and δ = 1 % is its best threshold.",
          together({"scheme over fits": scheme_over_fits, "δ": best_threshold}),
          AllOf({"scheme over fits": about(1.0, part=0.1), "δ": below(0.02)}), "n = 1,000", Sizes(n_particles=500, n_samples=1000),
          remark="The paper does not say what a '3/4 Gaussian' is. If it is read as a Gaussian fitted to the upper three quarters of the samples, it "
                 "gives a smaller χ_G than the scheme, because it leaves out the tail, which the scheme keeps in part."),
    Claim(60, "Sect. II B", "CSS at r_c = 1.2 and DSS at ρ = 0.60 are one system.",
          one_system(("CSS", 1.2), ("DSS", 0.60)), about(1.0, part=0.02), "one ensemble that stands in both sets, or two ensembles of N = 3,000 and n = 100,"),
)  # fmt: skip
