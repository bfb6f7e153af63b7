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
SETTLED_BY_SIZE = "n = 100 of each of N = 1,000, 3,000 and 8,000"
DEPLETED = {  # but large-large pairs of QSS, see claim 47
    f"{kind} at {name}": (place, kind)
    for place, name, kinds in ((GLASS_1, "q = 20", ("AA", "AB")), (GLASS_2, "ρ = 0.55", ("AA", "AB", "BB")))
    for kind in kinds
}
MEANS = Sizes(n_particles=1000, n_samples=50)
WIDTHS = Sizes(n_particles=1000, n_samples=100)  # a width of 100 modes is known to 7 %, of 10 to 22 %
PAIRS = Sizes(n_particles=1000, n_samples=10)  # glasses; each has hundreds of pairs at a distance

SPAN_REMARK = (
    "The span, in decades, is that of the middle 95 % of the modes, because the ratio of the largest to the smallest "
    "frequency would grow without end with the number of glasses. It counts as half a decade if it is nearer, as a ratio, "
    "to a half than to a quarter or to one. The softest modes of glasses with D(ω) ~ ω⁴ and nothing else would span 0.43."
)
WIDTH_REMARK = (
    "The claim does not hold literally. Standard deviations are 15 to 19 % of the means (measured at N = 3,000), and not of "
    "the order of the means themselves, which is read as 1/√10 to √10 of them. Claims 38 and 39 judge what the paper "
    "concludes from it: that the widths depend neither on N nor on the frequencies of the modes."
)
SIZE_REMARK = "With an exponent of 0.15 a width changes by a factor of 1.4 when N grows tenfold; ω² itself changes by 2.5."

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
          "The numbers are correlation coefficients. Below 0.3 the frequency explains less than a tenth of the variance of a term."),
    Claim(40, "Fig. 9", "What softens the modes most is negative stiffness: k₋ softens them more than f₋.",
          in_both(BOTH, ratio_of_terms("f_minus", "k_minus")), below(1.0), "N = 3,000, n = 50", MEANS),
    Claim(41, "Fig. 9", "Attractive forces stabilise the modes little: f₊ is about an order of magnitude below k₊.",
          in_both(BOTH, ratio_of_terms("f_plus", "k_plus")), within_factor(0.1, 1.5), "N = 3,000, n = 50", MEANS),
    Claim(42, "Fig. 9a", "In QSS, q = 20, k₊ and k₋ are nearly symmetric about zero.",
          at(GLASS_1, ratio_of_terms("k_minus", "k_plus")), about(-1.0, room=0.2),
          "N = 3,000, n = 50", MEANS),
    Claim(43, "Fig. 9", "In DSS, ρ = 0.55, k₊ and k₋ are larger in absolute value than in QSS, q = 20, and their sum lies farther above zero.",
          each(*(excess(GLASS_2, GLASS_1, x) for x in (mean_of("k_plus"), size_of("k_minus"), mean_of(*DOMINANT)))),
          above(0.0), "N = 3,000, n = 50", MEANS),
    Claim(44, "Fig. 9", "The mean of the sum of all terms, which is ω² of the softest mode, scales as N^(−2/5).",
          exponent_by_size(mean_of(*TERMS)), about(-0.4, room=0.1),
          SETTLED_BY_SIZE, WIDTHS,
          "This is how the lowest of N frequencies drawn from D(ω) ~ ω⁴ scales. With ω³ the exponent would be −1/2, with ω⁵ −1/3."),
    Claim(45, "Fig. 10b", "In DSS, ρ = 0.55, no small-small pair has a stiffness among the most negative.",
          at(GLASS_2, left_over("AA")), below(0.02), "N = 3,000, n = 20", PAIRS,
          "The most negative stiffnesses are those of at least 0.9 times the minimum of φ''. 'No pair' is read as fewer than one in fifty of the pairs that an ideal gas would have there."),
    Claim(46, "Fig. 10", "In QSS, q = 20, small-small and small-large pairs of the most negative stiffness are depleted too, but less than in DSS, ρ = 0.55.",
          each(*(excess(GLASS_1, GLASS_2, left_over(x)) for x in ("AA", "AB")),
               *(at(GLASS_1, depletion(x)) for x in ("AA", "AB"))),
          above(0.0), "N = 3,000, n = 20", PAIRS,
          "The depletion is 1 − g/g', where g is taken at the most negative stiffness and g' just farther out, where a tenth of that stiffness is left."),
    Claim(47, "Fig. 10a", "In QSS, q = 20, large-large pairs are hardly depleted.",
          at(GLASS_1, depletion("BB")), below(0.25), "N = 3,000, n = 20", PAIRS,
          "The depletion is defined as in claim 46; 'hardly' is read as less than a quarter."),
    Claim(48, "Fig. 11", "The more negative a stiffness is, the fewer pairs have it (for all kinds of pairs except large-large pairs of QSS, see claim 47).",
          together({name: by_stiffness(*x) for name, x in DEPLETED.items()}),
          AllOf(dict.fromkeys(DEPLETED, FALLS)), "N = 3,000, n = 20", PAIRS,
          "g is the number of pairs of a given stiffness over that in an ideal gas, counted on both sides of the minimum of φ''. The stiffnesses are divided into four ranges "
          "(without the weakest 5 %), which are named by their middle in units of the most negative stiffness: 0.15 is nearest to zero, 0.875 is the most negative. The paper itself "
          "says that large-large pairs of QSS are hardly depleted; their g does not fall."),
    Claim(49, "Fig. 11", "φ''/ω0² reaches more negative values in DSS, ρ = 0.55, than in QSS, q = 20.",
          excess(GLASS_1, GLASS_2, LEAST_STIFFNESS), above(0.0),
          "the formulas of the potentials, and a few glasses for ω0²,", Sizes(n_particles=1000, n_samples=10)),
    Claim(50, "Fig. 12", "The mean of dilation/shear is about zero in QSS, for every q.",
          along("QSS", COUPLING), about(0.0, room=0.1), "N = 3,000, n = 150", MEANS),
    Claim(51, "Fig. 12", "The mean of dilation/shear grows with stickiness in DSS and CSS: it falls with ρ and with r_c.",
          sets(COUPLING, "DSS", "CSS"), AllOf({"DSS": FALLS, "CSS": FALLS}), "N = 3,000, n = 150", MEANS),
    Claim(52, "Fig. 12", "The spread of dilation/shear grows strongly with q in QSS.",
          together({"every q": along("QSS", SPREAD), "ends": ratio(GLASS_1, ("QSS", 6.0), SPREAD)}),
          AllOf({"every q": RISES, "ends": above(2.0)}), "N = 3,000, n = 150", WIDTHS,
          "The spread is the standard deviation. 'Strongly' is read as at least a doubling."),
)  # fmt: skip
