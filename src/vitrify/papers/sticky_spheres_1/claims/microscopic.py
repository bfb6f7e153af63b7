"""Claims 3, 20 to 35, 53 to 56: density of states, core sizes, and the quantities related to them.

The paper's words are read as follows: "by a factor of 2" is nearer to 2 than to 1 or 3; "an order of magnitude" is 10
within a factor 1.5; "almost two orders" is 50 to 100; an exponent is the stated one if it is nearer to it than to the next
that theory knows; "hardly" and "weakly" are within a quarter of the mean (three tenths for A_g, whose errors the paper
calls noticeable)."""

from __future__ import annotations

from vitrify.report.claim import Claim, Sizes
from vitrify.report.rules import AllOf, Between, Flat, Least, Trend, about, above, below, within_factor

from .derived import decays, pooled_exponents
from .macroscopic import FLUCTUATIONS
from .quantities import (
    CHI_G,
    FREQUENCY,
    LENGTH,
    NUMBER,
    POISSON,
    PREFACTOR,
    STZ,
    against_all_others,
    along,
    at,
    each,
    enough,
    everywhere,
    ratio,
    sets,
    together,
)
from .relations import correlates, power, scatter_of_sizes, spread_between_models

GLASS_1, GLASS_2 = ("QSS", 20.0), ("DSS", 0.55)
STICKIEST_CSS, LEAST_STICKY_CSS = ("CSS", 1.1), ("CSS", 1.5)
DENSEST = ("DSS", 1.20)
TAIL = Sizes(n_particles=2000, n_samples=100)  # smaller boxes leave no window below the shear band
CORES = Sizes(
    n_particles=6000, n_samples=2
)  # L/2 twice the least ξ_g; softer glasses that are too small have no ξ_g at all
NUMBERS = Sizes(n_particles=2000, n_samples=2)
RISES = Trend(rising=True)
SOFT = "N = 32,000 and four glasses for ξ_g; N = 8,000, n = 150 for A_g of soft ensembles"
RARE = "N = 2,000 and n = 3,000 at r_c = 1.1"

CLAIMS = (
    Claim(3, "Figs. 1c, 6", "D(ω) falls about 6.5-fold from 'glass 1' (QSS, q = 20) to 'glass 2' (DSS, ρ = 0.55).",
          ratio(GLASS_1, GLASS_2, PREFACTOR), about(6.5, part=0.3), SOFT, TAIL),
    Claim(20, "Fig. 6", "D(ω) grows from zero frequency as ω⁴.",
          pooled_exponents, about(4.0, room=0.5), "400 modes per set", Sizes(n_particles=2000, n_samples=100),
          remark="The exponent β is fitted to all modes of a set together, as far as they lie below the upper limits of their ensembles' fits. Other work finds exponents nearer to 3 in "
                 "glasses quenched from very hot liquids. The table of windows gives the exponents of single ensembles."),
    Claim(21, "Fig. 6", "A_g hardly depends on q.",
          along("QSS", PREFACTOR), Flat(0.3), SOFT, TAIL),
    Claim(22, "Fig. 6", "A_g falls by an order of magnitude with stickiness in DSS.",
          ratio(DENSEST, GLASS_2, PREFACTOR), within_factor(10.0, 1.5), SOFT, TAIL),
    Claim(23, "Fig. 6", "A_g falls by almost two orders of magnitude with stickiness in CSS.",
          ratio(LEAST_STICKY_CSS, STICKIEST_CSS, PREFACTOR), Between(50.0, 100.0), RARE, TAIL),
    Claim(24, "Fig. 6", "A_g is about 4e-3 ω0⁻⁵ at r_c = 1.1.",
          at(STICKIEST_CSS, PREFACTOR), about(4e-3, part=0.25), RARE, TAIL),
    Claim(25, "Fig. 6", "A_g is lowest of all at r_c = 1.1.",
          against_all_others(STICKIEST_CSS, PREFACTOR), Least(), RARE, TAIL),
    Claim(26, "Sect. V A", "A_g grows about 4.5-fold from r_c = 1.3 to 2.4, as the prefactor B of ref. [28] does.",
          ratio(("CSS beyond the paper", 2.4), ("CSS", 1.3), PREFACTOR), about(4.5, part=0.3),
          "N = 8,000 and n = 100 at r_c = 2.4, with its ξ_g from N = 64,000,", TAIL,
          remark="B is the prefactor of the distribution of the modes' stiffnesses ω². It equals A_g/2 if both are in units of ω0. "
                 "Ref. [28] fitted the exponent of that distribution as a free parameter."),
    Claim(27, "Fig. 7", "Dipole responses decay as r⁻⁶ beyond ξ_g.",
          decays, about(-6.0, room=0.5), "N = 64,000", Sizes(n_particles=12_000, n_samples=2),
          remark="An ensemble is judged if 0.85 of half the box is at least twice ξ_g."),
    Claim(28, "Fig. 7", "ξ_g depends only weakly on q.",
          along("QSS", LENGTH), Flat(0.25), "N = 32,000, 6 glasses, 24 dipoles", CORES),
    Claim(29, "Fig. 7", "ξ_g falls with stickiness in DSS and CSS, so it rises with density and with r_c.",
          sets(LENGTH, "DSS", "CSS"), AllOf({"DSS": RISES, "CSS": RISES}), "N = 32,000, 6 glasses", CORES),
    Claim(30, "Fig. 7", "ξ_g varies by up to a factor of 2 in DSS and CSS.",
          each(ratio(DENSEST, GLASS_2, LENGTH), ratio(LEAST_STICKY_CSS, STICKIEST_CSS, LENGTH)), about(2.0, room=0.5),
          "N = 32,000, 6 glasses", CORES),
    Claim(31, "Fig. 8", "ω_g hardly depends on q.",
          along("QSS", FREQUENCY), Flat(0.25), "N = 32,000, 6 glasses, 24 dipoles", CORES),
    Claim(32, "Fig. 8", "ω_g grows about 2-fold with stickiness in DSS and CSS.",
          each(ratio(GLASS_2, DENSEST, FREQUENCY), ratio(STICKIEST_CSS, LEAST_STICKY_CSS, FREQUENCY)), about(2.0, room=0.5),
          "N = 32,000, 6 glasses", CORES),
    Claim(33, "Fig. 8", "The number density 𝒩 of quasilocalised modes is about 0.3 in every ensemble except r_c = 1.1.",
          everywhere(NUMBER, but=(STICKIEST_CSS,)), within_factor(0.3, 2.0), "an error of 15 % in A_g and of 3 % in ξ_g", NUMBERS,
          remark="The paper calls 𝒩 quasi-universal 'up to some noticeable noise', which is read as a factor of two in either direction."),
    Claim(34, "Fig. 8", "Quasilocalised modes are depleted only at r_c = 1.1, where 𝒩 is of the order of 1e-2.",
          together({"𝒩": at(STICKIEST_CSS, NUMBER), "lowest of all": against_all_others(STICKIEST_CSS, NUMBER)}),
          AllOf({"𝒩": Between(0.01, 0.1), "lowest of all": Least()}), RARE, NUMBERS,
          remark="The paper's own A_g and ξ_g at r_c = 1.1 give 𝒩 = 0.05, so that 'of the order of 1e-2' is read as 0.01 to 0.1."),
    Claim(35, "Sect. V C", "The fall of A_g towards r_c = 1.1 is not explained by ω_g alone: 𝒩 falls too.",
          ratio(STICKIEST_CSS, LEAST_STICKY_CSS, NUMBER), below(0.5), RARE, NUMBERS),
    Claim(53, "Fig. 13", "The size of shear transformation zones, some hundreds of particles, grows with Poisson's ratio, with more scatter at high ratios.",
          together({"DSS": along("DSS", STZ, against=POISSON), "CSS": along("CSS", STZ, against=POISSON),
                    "size": everywhere(STZ), "scatter": scatter_of_sizes}),
          AllOf({"DSS": RISES, "CSS": RISES, "size": Between(100.0, 1200.0), "scatter": above(1.0)}), "N = 32,000, 6 glasses", CORES,
          remark="The figure also shows laboratory glasses if you give a table of them; the verdict rests on the computer glasses alone."),
    Claim(54, "Fig. 14", "Within a model A_g rises with Poisson's ratio; at the same ratio it differs widely between models.",
          together({"DSS": along("DSS", PREFACTOR, against=POISSON), "CSS": along("CSS", PREFACTOR, against=POISSON),
                    "between models": spread_between_models}),
          AllOf({"DSS": RISES, "CSS": RISES, "between models": above(2.0)}), SOFT, TAIL,
          remark="Only two of the paper's models are available here: 'between models' compares QSS and DSS at the same ν."),
    Claim(55, "Fig. 15", "A_g correlates well with χ_G.",
          correlates(CHI_G, PREFACTOR, "correlation of ln A_g with ln χ_G"), above(0.8), "n = 200 for χ_G; " + SOFT, TAIL),
    Claim(56, "Fig. 16", "ξ_g grows as χ_G^(2/3).",
          power(enough(CHI_G, FLUCTUATIONS), LENGTH, "exponent of ξ_g ~ χ_G^β"), about(2.0 / 3.0, room=0.1), "n = 650 for χ_G, and 6 glasses of N = 32,000 for ξ_g,",
          Sizes(n_particles=1000, n_samples=2)),
)  # fmt: skip
