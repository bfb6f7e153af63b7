"""Claims 36 to 52: energies, structure and strain coupling of quasilocalised modes."""

from __future__ import annotations

from vitrify.papers.sticky_spheres_1.negative_stiffness import most_negative_stiffness
from vitrify.report.claim import Claim, Sizes
from vitrify.report.rules import Between, Trend, about, above, below
from vitrify.report.rules_of_sets import EachSet, Grows

from .mode_quantities import (
    ELASTICITY,
    GLASS_1,
    GLASS_2,
    STRUCTURE,
    TERMS,
    along_sets,
    by_stiffness,
    depleted,
    exceeding,
    exponents_by_size,
    in_each,
    mean_coupling,
    mean_sum,
    mean_term,
    not_there,
    ratio_of_terms,
    size_of_term,
    span_of_frequencies,
    spread_of_coupling,
    together,
    width_of_term,
    with_frequency,
)

BOTH = (GLASS_1, GLASS_2)
DOMINANT = {x: TERMS[x] for x in ("k_plus", "k_minus")}
MEANS = Sizes(n_particles=1000, n_samples=50)
WIDTHS = Sizes(n_particles=1000, n_samples=100)  # a width of 100 modes is known to 7 %, of 10 to 22 %
PAIRS = Sizes(n_particles=1000, n_samples=10)  # glasses; each has hundreds of pairs at a distance

SPAN_REMARK = (
    "Read of the 95 % of the modes in the middle, in decades: the largest over the smallest would grow with the number of "
    "glasses without end. Half a decade: nearer to it, as a ratio, than to a quarter or to a whole one. The softest modes "
    "of glasses with D(ω) ~ ω⁴ and nothing else would span 0.43."
)
WIDTH_REMARK = (
    "It does not hold in the letter: the means are not small beside the scatter, and standard deviations are 12 to 20 % of "
    "the means (measured at N = 3,000), not of the order of the means themselves, which is taken to be 1/√10 to √10. What "
    "the paper concludes from it, that the widths depend neither on N nor on the modes' frequencies, is judged below."
)
SIZE_REMARK = "An exponent of 0.15 is a change by less than 1.4 over a factor of ten in N, where ω² itself changes by 2.5."

CLAIMS = (
    Claim(36, "Fig. 9", "Frequencies of the quasilocalised modes span half a decade, in QSS, q = 20, and DSS, ρ = 0.55.",
          in_each(BOTH, {"decades of ω": span_of_frequencies}), Between(0.35, 0.71),
          "N = 3,000, n = 100", WIDTHS, SPAN_REMARK),
    Claim(37, "Fig. 9", "The distributions of the dominant terms, k₊ and k₋, have relative widths of order one.",
          in_each(BOTH, {f"width of {symbol}": width_of_term(x) for x, symbol in DOMINANT.items()}), Between(0.32, 3.2),
          "N = 3,000, n = 100", WIDTHS, WIDTH_REMARK),
    Claim(38, "Fig. 9", "These widths do not depend on N.",
          exponents_by_size({f"width of {symbol} ~ Nᵃ": width_of_term(x) for x, symbol in DOMINANT.items()}),
          about(0.0, room=0.15), "N = 1,000, 3,000, 8,000, n = 100 of each", WIDTHS, SIZE_REMARK),
    Claim(39, "Fig. 9", "The terms do not depend on the mode's frequency.",
          in_each(BOTH, {f"correlation of {symbol} with ω": with_frequency(x) for x, symbol in TERMS.items()}),
          about(0.0, room=0.3), "N = 3,000, n = 150", WIDTHS,
          "Correlation coefficients; below 0.3 frequency explains less than a tenth of a term's variance."),
    Claim(40, "Fig. 9", "Modes are softened by negative stiffness most: by k₋ more than by f₋.",
          in_each(BOTH, {"f₋/k₋": ratio_of_terms("f_minus", "k_minus")}), below(1.0), "N = 3,000, n = 50", MEANS),
    Claim(41, "Fig. 9", "Attractive forces stabilise little: f₊ is about an order of magnitude below k₊.",
          in_each(BOTH, {"f₊/k₊": ratio_of_terms("f_plus", "k_plus")}), Between(0.05, 0.2), "N = 3,000, n = 50", MEANS,
          "About an order of magnitude: a tenth to within a factor of two."),
    Claim(42, "Fig. 9a", "In QSS, q = 20, k₊ and k₋ are nearly symmetric about zero.",
          in_each((GLASS_1,), {"k₋/k₊": ratio_of_terms("k_minus", "k_plus")}), about(-1.0, room=0.2),
          "N = 3,000, n = 50", MEANS),
    Claim(43, "Fig. 9", "In DSS, ρ = 0.55, k₊ and k₋ are larger in size than in QSS, q = 20, and their sum lies farther above zero.",
          exceeding(GLASS_2, GLASS_1, {"k₊/ω0²": mean_term("k_plus"), "|k₋|/ω0²": size_of_term("k_minus"),
                                       "(k₊ + k₋)/ω0²": mean_sum("k_plus", "k_minus")}),
          above(0.0), "N = 3,000, n = 50", MEANS),
    Claim(44, "Fig. 9", "The mean of the sum of all terms, ω² of the softest mode, goes as N^(−2/5).",
          exponents_by_size({"ω²/ω0² ~ Nᵃ": mean_sum(*TERMS)}), about(-0.4, room=0.1),
          "N = 1,000, 3,000, 8,000, n = 100 of each", WIDTHS,
          "The least of N draws from D(ω) ~ ω⁴; from ω³ it would be −1/2, from ω⁵ −1/3."),
    Claim(45, "Fig. 10b", "In DSS, ρ = 0.55, no small-small pair has a stiffness among the most negative.",
          in_each((GLASS_2,), {"g of AA": depleted("AA")}, STRUCTURE), below(0.02), "N = 3,000, n = 20", PAIRS,
          "Most negative: at least 0.9 of the least φ''. None: fewer than one in fifty of those that chance would put there."),
    Claim(46, "Fig. 10", "In QSS, q = 20, small-small and small-large pairs are depleted there too, but less than in DSS, ρ = 0.55.",
          together(exceeding(GLASS_1, GLASS_2, {f"g of {x}": depleted(x) for x in ("AA", "AB")}, STRUCTURE),
                   in_each((GLASS_1,), {f"depletion of {x}": not_there(x) for x in ("AA", "AB")}, STRUCTURE)),
          above(0.0), "N = 3,000, n = 20", PAIRS,
          "Depletion: 1 − g at the most negative stiffness over g just beyond it, where a tenth of that is left."),
    Claim(47, "Fig. 10a", "In QSS, q = 20, large-large pairs are hardly depleted.",
          in_each((GLASS_1,), {"depletion of BB": not_there("BB")}, STRUCTURE), below(0.25), "N = 3,000, n = 20", PAIRS,
          "As in claim 46; hardly: by less than a quarter."),
    Claim(48, "Fig. 11", "The more negative the stiffness, the fewer pairs have it (all pair types but large-large in QSS, see claim 47).",
          by_stiffness(tuple((place, x) for place in BOTH for x in ("AA", "AB", "BB") if (place, x) != (GLASS_1, "BB"))),
          EachSet(Trend(rising=False)), "N = 3,000, n = 20", PAIRS,
          "g over both sides of the minimum of φ'', in quarters of its depth, without the flattest 5 %. Of large-large pairs in "
          "QSS the paper itself says that they are hardly depleted; their g does not fall."),
    Claim(49, "Fig. 11", "φ''/ω0² reaches more negative values in DSS, ρ = 0.55, than in QSS, q = 20.",
          exceeding(GLASS_1, GLASS_2, {"least φ''/ω0²": most_negative_stiffness}, ELASTICITY), above(0.0),
          "closed form, but for ω0²", Sizes(n_particles=1000, n_samples=10)),
    Claim(50, "Fig. 12", "The mean of dilation/shear is about zero in QSS, for every q.",
          along_sets(("QSS",), mean_coupling), about(0.0, room=0.1), "N = 3,000, n = 150", MEANS),
    Claim(51, "Fig. 12", "The mean of dilation/shear grows with stickiness in DSS and CSS: it falls with ρ and with r_c.",
          along_sets(("DSS", "CSS"), mean_coupling), EachSet(Trend(rising=False)), "N = 3,000, n = 150", MEANS),
    Claim(52, "Fig. 12", "The spread of dilation/shear grows strongly with q in QSS.",
          along_sets(("QSS",), spread_of_coupling), Grows(2.0), "N = 3,000, n = 150", WIDTHS,
          "Standard deviations; strongly: it doubles at least."),
)  # fmt: skip
