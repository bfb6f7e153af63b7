"""Claims 36 to 52: energies, structure and strain coupling of quasilocalised modes."""

from __future__ import annotations

from vitrify.report.claim import Claim, Sizes
from vitrify.report.rules import AllOf, Between, about, above, below, within_factor

from .macroscopic import FALLS, GLASS_1, GLASS_2, RISES
from .mode_quantities import (
    COUPLING,
    LEAST_STIFFNESS,
    SPAN,
    SPREAD,
    TERMS,
    by_stiffness,
    depletion,
    excess,
    exponent_by_size,
    in_both,
    left_over,
    mean_of,
    ratio_of_terms,
    size_of,
    width_of,
    with_frequency,
)
from .quantities import along, at, each, ratio, sets, together

BOTH = (GLASS_1, GLASS_2)
DOMINANT = ("k_plus", "k_minus")
SETTLED_BY_SIZE = "N = 1,000, 3,000, 8,000, n = 100 of each"
DEPLETED = {  # but large-large pairs of QSS, see claim 47
    f"{kind} at {name}": (place, kind)
    for place, name, kinds in ((GLASS_1, "q = 20", ("AA", "AB")), (GLASS_2, "ρ = 0.55", ("AA", "AB", "BB")))
    for kind in kinds
}
MEANS = Sizes(n_particles=1000, n_samples=50)
WIDTHS = Sizes(n_particles=1000, n_samples=100)  # a width of 100 modes is known to 7 %, of 10 to 22 %
PAIRS = Sizes(n_particles=1000, n_samples=10)  # glasses; each has hundreds of pairs at a distance

SPAN_REMARK = (
    "Read of the 95 % of the modes in the middle, in decades: the largest over the smallest would grow with the number of "
    "glasses without end. Half a decade: nearer to it, as a ratio, than to a quarter or to a whole one. The softest modes "
    "of glasses with D(ω) ~ ω⁴ and nothing else would span 0.43."
)
WIDTH_REMARK = (
    "It does not hold in the letter: the means are not small beside the scatter, and standard deviations are 15 to 19 % of "
    "the means (measured at N = 3,000), not of the order of the means themselves, which is taken to be 1/√10 to √10. What "
    "the paper concludes from it, that the widths depend neither on N nor on the modes' frequencies, is judged below."
)
SIZE_REMARK = "An exponent of 0.15 is a change by less than 1.4 over a factor of ten in N, where ω² itself changes by 2.5."

CLAIMS = (
    Claim(36, "Fig. 9", "Frequencies of the quasilocalised modes span half a decade, in QSS, q = 20, and DSS, ρ = 0.55.",
          in_both(BOTH, SPAN), Between(0.35, 0.71),
          "N = 3,000, n = 100", WIDTHS, SPAN_REMARK),
    Claim(37, "Fig. 9", "The distributions of the dominant terms, k₊ and k₋, have relative widths of order one.",
          in_both(BOTH, *(width_of(x) for x in DOMINANT)), Between(0.32, 3.2),
          "N = 3,000, n = 100", WIDTHS, WIDTH_REMARK),
    Claim(38, "Fig. 9", "These widths do not depend on N.",
          each(*(exponent_by_size(width_of(x)) for x in DOMINANT)),
          about(0.0, room=0.15), SETTLED_BY_SIZE, WIDTHS, SIZE_REMARK),
    Claim(39, "Fig. 9", "The terms do not depend on the mode's frequency.",
          in_both(BOTH, *(with_frequency(x) for x in TERMS)),
          about(0.0, room=0.3), "N = 3,000, n = 150", WIDTHS,
          "Correlation coefficients; below 0.3 frequency explains less than a tenth of a term's variance."),
    Claim(40, "Fig. 9", "Modes are softened by negative stiffness most: by k₋ more than by f₋.",
          in_both(BOTH, ratio_of_terms("f_minus", "k_minus")), below(1.0), "N = 3,000, n = 50", MEANS),
    Claim(41, "Fig. 9", "Attractive forces stabilise little: f₊ is about an order of magnitude below k₊.",
          in_both(BOTH, ratio_of_terms("f_plus", "k_plus")), within_factor(0.1, 1.5), "N = 3,000, n = 50", MEANS),
    Claim(42, "Fig. 9a", "In QSS, q = 20, k₊ and k₋ are nearly symmetric about zero.",
          at(GLASS_1, ratio_of_terms("k_minus", "k_plus")), about(-1.0, room=0.2),
          "N = 3,000, n = 50", MEANS),
    Claim(43, "Fig. 9", "In DSS, ρ = 0.55, k₊ and k₋ are larger in size than in QSS, q = 20, and their sum lies farther above zero.",
          each(*(excess(GLASS_2, GLASS_1, x) for x in (mean_of("k_plus"), size_of("k_minus"), mean_of(*DOMINANT)))),
          above(0.0), "N = 3,000, n = 50", MEANS),
    Claim(44, "Fig. 9", "The mean of the sum of all terms, ω² of the softest mode, goes as N^(−2/5).",
          exponent_by_size(mean_of(*TERMS)), about(-0.4, room=0.1),
          SETTLED_BY_SIZE, WIDTHS,
          "The least of N draws from D(ω) ~ ω⁴; from ω³ it would be −1/2, from ω⁵ −1/3."),
    Claim(45, "Fig. 10b", "In DSS, ρ = 0.55, no small-small pair has a stiffness among the most negative.",
          at(GLASS_2, left_over("AA")), below(0.02), "N = 3,000, n = 20", PAIRS,
          "Most negative: at least 0.9 of the least φ''. None: fewer than one in fifty of those that chance would put there."),
    Claim(46, "Fig. 10", "In QSS, q = 20, small-small and small-large pairs are depleted there too, but less than in DSS, ρ = 0.55.",
          each(*(excess(GLASS_1, GLASS_2, left_over(x)) for x in ("AA", "AB")),
               *(at(GLASS_1, depletion(x)) for x in ("AA", "AB"))),
          above(0.0), "N = 3,000, n = 20", PAIRS,
          "Depletion: 1 − g at the most negative stiffness over g just beyond it, where a tenth of that is left."),
    Claim(47, "Fig. 10a", "In QSS, q = 20, large-large pairs are hardly depleted.",
          at(GLASS_1, depletion("BB")), below(0.25), "N = 3,000, n = 20", PAIRS,
          "As in claim 46; hardly: by less than a quarter."),
    Claim(48, "Fig. 11", "The more negative the stiffness, the fewer pairs have it (all pair types but large-large in QSS, see claim 47).",
          together({name: by_stiffness(*x) for name, x in DEPLETED.items()}),
          AllOf(dict.fromkeys(DEPLETED, FALLS)), "N = 3,000, n = 20", PAIRS,
          "g is the number of pairs of one stiffness over that of an ideal gas, of both sides of the minimum of φ'', in quarters of its "
          "depth without the flattest 5 %: 0.15 is the stiffness nearest to zero, in units of the most negative one, 0.875 the most negative. Of large-large pairs in "
          "QSS the paper itself says that they are hardly depleted; their g does not fall."),
    Claim(49, "Fig. 11", "φ''/ω0² reaches more negative values in DSS, ρ = 0.55, than in QSS, q = 20.",
          excess(GLASS_1, GLASS_2, LEAST_STIFFNESS), above(0.0),
          "closed form, but for ω0²", Sizes(n_particles=1000, n_samples=10)),
    Claim(50, "Fig. 12", "The mean of dilation/shear is about zero in QSS, for every q.",
          along("QSS", COUPLING), about(0.0, room=0.1), "N = 3,000, n = 150", MEANS),
    Claim(51, "Fig. 12", "The mean of dilation/shear grows with stickiness in DSS and CSS: it falls with ρ and with r_c.",
          sets(COUPLING, "DSS", "CSS"), AllOf({"DSS": FALLS, "CSS": FALLS}), "N = 3,000, n = 150", MEANS),
    Claim(52, "Fig. 12", "The spread of dilation/shear grows strongly with q in QSS.",
          together({"every q": along("QSS", SPREAD), "ends": ratio(GLASS_1, ("QSS", 6.0), SPREAD)}),
          AllOf({"every q": RISES, "ends": above(2.0)}), "N = 3,000, n = 150", WIDTHS,
          "Standard deviations; strongly: it doubles at least."),
)  # fmt: skip
