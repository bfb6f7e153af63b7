"""What the paper says of its figures, in our words, and what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np

from vitrify.ensemble import EnsembleSummary, Estimate, fit_power_law, mean, ratio_of_means
from vitrify.ensemble.estimate import UNKNOWN

from .gathered import Series, Study

AGREES, DEVIATES, TOO_FEW = "agreement", "deviation", "too few samples to tell"
SIGMAS = 2.0


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim beside one measurement."""

    figure: str
    text: str  # what the paper says, in our words
    measured: str
    verdict: str


def statements(study: Study) -> list[Statement]:
    """All that can be checked, in the order of the figures."""
    return [
        *_stickiness(study), *_moduli(study), *_fluctuations(study), *_tails(study), *_lengths(study), *_energies(study),
        *_couplings(study), *_relations(study), *_pressure(study),
    ]  # fmt: skip


def _stickiness(study: Study) -> list[Statement]:
    s = {name: study.series(name, lambda x: x.stickiness) for name in ("QSS", "DSS", "CSS")}
    return [
        _trend("Fig. 3", "Stickiness grows with the exponent q.", s["QSS"], rising=True),
        _trend("Fig. 3", "Stickiness falls with density.", s["DSS"], rising=False),
        _trend("Fig. 3", "Stickiness falls with the range of the attraction.", s["CSS"], rising=False),
    ]


def _moduli(study: Study) -> list[Statement]:
    ratio = {name: study.series(name, lambda x: x.g_over_k) for name in ("QSS", "DSS", "CSS")}
    nu = {name: study.series(name, lambda x: x.poisson_ratio) for name in ("QSS", "DSS")}
    dense, loose = ratio["DSS"].at(1.20), ratio["DSS"].at(0.55)
    glass_1, glass_2 = nu["QSS"].at(20), nu["DSS"].at(0.55)
    small_rc = study.series("CSS", lambda x: x.coordination).at(1.1)
    return [
        _number("Fig. 4", "G/K is about 0.15 at the dense end of DSS.", dense, 0.15, 0.15),
        _number("Fig. 4", "G/K rises by about 180 % over DSS.", _change(loose, dense), 1.8, 0.25, percent=True),
        _spread("Fig. 4", "G/K hardly depends on q.", ratio["QSS"], 0.25),
        _trend("Fig. 4", "G/K grows as the range of the attraction falls.", ratio["CSS"], rising=False),
        _number("Figs. 1, 4", "ν falls by about 18 % from 'glass 1' (QSS, q = 20) to 'glass 2' (DSS, ρ = 0.55).",
                _change(glass_2, glass_1), -0.18, 0.25, percent=True),
        _number("Sect. II B", "The smallest mean coordination of all ensembles, at r_c = 1.1, is about 10.5.",
                small_rc, 10.5, 0.05),
    ]  # fmt: skip


def _fluctuations(study: Study) -> list[Statement]:
    chi_g = {name: study.series(name, lambda x: x.chi_g.chi) for name in ("QSS", "DSS", "CSS")}
    chi_k = {name: study.series(name, lambda x: x.chi_k.chi) for name in ("QSS", "DSS", "CSS")}
    growth = _ratio(chi_k["QSS"].at(20), chi_k["QSS"].at(6))
    return [
        _spread("Fig. 5", "χ_G hardly depends on q.", chi_g["QSS"], 0.25),
        _trend("Fig. 5", "χ_G falls with stickiness in DSS, so it rises with density.", chi_g["DSS"], rising=True),
        _trend("Fig. 5", "χ_G falls with stickiness in CSS, so it rises with r_c.", chi_g["CSS"], rising=True),
        _number("Fig. 5", "χ_K grows about 6-fold with q.", growth, 6.0, 0.25),
        _trend(
            "Fig. 5",
            "χ_K grows with stickiness in DSS, so it falls with density.",
            chi_k["DSS"],
            rising=False,
        ),
        _trend("Fig. 5", "χ_K grows with stickiness in CSS, so it falls with r_c.", chi_k["CSS"], rising=False),
        _below(
            "Fig. 5",
            "χ_K is smaller than χ_G in every ensemble.",
            study,
            lambda x: x.chi_k.chi,
            lambda x: x.chi_g.chi,
        ),
    ]


def _tails(study: Study) -> list[Statement]:
    a = {name: study.along(name, lambda x: x.micro.prefactor) for name in ("QSS", "DSS", "CSS")}
    return [
        _number("Figs. 1, 6", "D(ω) falls about 6.5-fold from 'glass 1' to 'glass 2'.",
                _ratio(a["QSS"].at(20), a["DSS"].at(0.55)), 6.5, 0.3),
        _spread("Fig. 6", "A_g hardly depends on q.", a["QSS"], 0.3),
        _number("Fig. 6", "A_g falls about 10-fold with stickiness in DSS.", _ratio(a["DSS"].at(1.2), a["DSS"].at(0.55)),
                10.0, 0.4),
        _number("Fig. 6", "A_g falls almost 100-fold with stickiness in CSS.", _ratio(a["CSS"].at(1.5), a["CSS"].at(1.1)),
                80.0, 0.5),
        _number("Fig. 6", "A_g is about 4e-3 ω0⁻⁵ at r_c = 1.1.", a["CSS"].at(1.1), 4e-3, 0.3),
        *[_near("Fig. 6", f"The exponent of D(ω) is 4 ({x.spec.name}).", x.micro.tail.exponent, 4.0, 0.3)
          for x in study.ensembles if x.micro.tail.exponent.is_known],
    ]  # fmt: skip


def _lengths(study: Study) -> list[Statement]:
    xi = {name: study.along(name, lambda x: x.micro.length) for name in ("QSS", "DSS", "CSS")}
    omega = {name: study.along(name, lambda x: x.micro.frequency) for name in ("QSS", "DSS", "CSS")}
    number = [
        (x.spec.name, x.micro.number) for x in study.ensembles if x.micro.number.is_known and "1.1" not in x.spec.name
    ]
    return [
        _spread("Fig. 7", "ξ_g depends only weakly on q.", xi["QSS"], 0.25),
        _trend("Fig. 7", "ξ_g grows with density in DSS.", xi["DSS"], rising=True),
        _trend("Fig. 7", "ξ_g grows with r_c in CSS.", xi["CSS"], rising=True),
        _number("Fig. 8", "ω_g grows about 2-fold with stickiness in DSS.",
                _ratio(omega["DSS"].at(0.55), omega["DSS"].at(1.2)), 2.0, 0.3),
        _number("Fig. 8", "ω_g grows about 2-fold with stickiness in CSS.",
                _ratio(omega["CSS"].at(1.1), omega["CSS"].at(1.5)), 2.0, 0.3),
        *[_near("Fig. 8", f"𝒩 is about 0.3 ({name}).", x, 0.3, 0.15) for name, x in number],
        _near("Fig. 8", "𝒩 is about 1e-2 at r_c = 1.1.", study.along("CSS", lambda x: x.micro.number).at(1.1), 1e-2, 1e-2),
    ]  # fmt: skip


def _qlm_ratio(study: Study, name: str, control: float, above: str, below: str) -> Estimate | None:
    """Of the means of two terms of a mode's energy, Eq. (10)."""
    found = study.at(name, control)
    if found is None or len(found.qlm) < 2:
        return None
    return ratio_of_means(found.qlm[f"qlm_{above}"].to_numpy(float), found.qlm[f"qlm_{below}"].to_numpy(float))


def _energies(study: Study) -> list[Statement]:
    force, soft = (_qlm_ratio(study, "QSS", 20, term, "k_plus") for term in ("f_plus", "k_minus"))
    softer = _qlm_ratio(study, "DSS", 0.55, "k_minus", "k_plus")
    return [
        _near("Fig. 9", "In QSS, q = 20, f₊ is about an order of magnitude below k₊.", force, 0.1, 0.1),
        _near("Fig. 9", "In QSS, q = 20, k₋ nearly balances k₊ (their ratio is near −1).", soft, -1.0, 0.25),
        _greater("Fig. 9", "k₋/k₊ is weaker in DSS, ρ = 0.55 than in QSS, q = 20.", softer, soft),
    ]


def _couplings(study: Study) -> list[Statement]:
    def along(name: str) -> Series:
        return study.along(name, lambda x: mean(x.qlm["qlm_dilation_over_shear"]) if len(x.qlm) else UNKNOWN)

    zero = zip(along("QSS").control, along("QSS").estimates, strict=True)
    return [
        *[_near("Fig. 12", f"Dilation/shear is 0 on average in QSS, q = {q:g}.", x, 0.0, 0.1) for q, x in zero],
        _trend(
            "Fig. 12", "Dilation/shear grows with stickiness in DSS, so it falls with density.", along("DSS"), rising=False
        ),
        _trend("Fig. 12", "Dilation/shear grows with stickiness in CSS, so it falls with r_c.", along("CSS"), rising=False),
    ]


def _relations(study: Study) -> list[Statement]:
    chi = [x.summary.chi_g.chi for x in study.ensembles]
    length = fit_power_law(chi, [x.micro.length for x in study.ensembles])
    prefactor = fit_power_law(chi, [x.micro.prefactor for x in study.ensembles])

    def with_poisson_ratio(name: str) -> Estimate:
        """Exponent of A_g ~ ν^β along a set."""
        each = [x for _, x in study.of_set(name)]
        return fit_power_law([x.summary.poisson_ratio for x in each], [x.micro.prefactor for x in each]).exponent

    return [
        *[
            _greater(
                "Fig. 14",
                f"A_g grows with ν in {name} (exponent of a power law).",
                with_poisson_ratio(name),
                Estimate(0.0, 0.0),
            )
            for name in ("DSS", "CSS")
        ],
        _greater("Fig. 15", "A_g grows with χ_G.", prefactor.exponent, Estimate(0.0, 0.0)),
        _near("Fig. 16", "ξ_g ~ χ_G^(2/3).", length.exponent, 2.0 / 3.0, 0.1),
    ]


def _pressure(study: Study) -> list[Statement]:
    p = study.series("QSS", lambda x: x.p_over_p0)
    each = zip(p.control, p.estimates, strict=True)
    return [_near("Fig. 17", f"p/p₀ is about 0.05 for QSS, q = {q:g}.", e, 0.05, 0.03) for q, e in each]


def _number(
    figure: str,
    text: str,
    found: Estimate | None,
    expected: float,
    tolerance: float,
    *,
    percent: bool = False,
) -> Statement:
    """Agreement within the paper's "about" (a part of the number) and twice the error."""
    return _judged(figure, text, found, expected, tolerance * abs(expected), percent)


def _near(figure: str, text: str, found: Estimate | None, expected: float, room: float) -> Statement:
    """Agreement within an absolute room and twice the error."""
    return _judged(figure, text, found, expected, room, False)


def _judged(figure: str, text: str, found: Estimate | None, expected: float, room: float, percent: bool) -> Statement:
    if found is None or not found.is_known:
        return Statement(figure, text, "not measured", TOO_FEW)
    scale = 100.0 if percent else 1.0
    shown = f"{Estimate(scale * found.value, scale * found.error)}{' %' if percent else ''}"
    if SIGMAS * found.error > max(0.5 * abs(expected), room):
        return Statement(figure, text, shown, TOO_FEW)
    off = abs(found.value - expected)
    return Statement(figure, text, shown, AGREES if off <= room + SIGMAS * found.error else DEVIATES)


def _greater(figure: str, text: str, found: Estimate | None, other: Estimate | None) -> Statement:
    """One number above another, beyond twice the error."""
    if found is None or other is None or not (found.is_known and other.is_known):
        return Statement(figure, text, "not measured", TOO_FEW)
    shown = f"{found}, against {other}"
    if found.deviation(other) < SIGMAS:
        return Statement(figure, text, shown, TOO_FEW)
    return Statement(figure, text, shown, AGREES if found.value > other.value else DEVIATES)


def _trend(figure: str, text: str, series: Series, *, rising: bool) -> Statement:
    """From one end of a set to the other, beyond twice the error."""
    if len(series.control) < 2 or not (series.estimates[0].is_known and series.estimates[-1].is_known):
        return Statement(figure, text, "not measured", TOO_FEW)
    first, last = series.estimates[0], series.estimates[-1]
    step, error = last.value - first.value, hypot(first.error, last.error)
    shown = f"{first} at {series.control[0]:g}, {last} at {series.control[-1]:g}"
    if abs(step) < SIGMAS * error:
        return Statement(figure, text, shown, TOO_FEW)
    return Statement(figure, text, shown, AGREES if (step > 0) == rising else DEVIATES)


def _spread(figure: str, text: str, series: Series, room: float) -> Statement:
    """Largest departure from the mean of a set, as a part of it."""
    if len(series.control) < 2 or not np.isfinite(series.errors).all():
        return Statement(figure, text, "not measured", TOO_FEW)
    middle = float(series.values.mean())
    spread = float(np.abs(series.values / middle - 1.0).max())
    error = float(np.max(series.errors)) / middle
    shown = f"{middle:.3g}, departures up to {100 * spread:.0f} % (errors up to {100 * error:.0f} %)"
    if SIGMAS * error > room:
        return Statement(figure, text, shown, TOO_FEW)
    return Statement(figure, text, shown, AGREES if spread <= room + SIGMAS * error else DEVIATES)


def _below(
    figure: str,
    text: str,
    study: Study,
    smaller: Callable[[EnsembleSummary], Estimate],
    larger: Callable[[EnsembleSummary], Estimate],
) -> Statement:
    """One quantity below another in every ensemble, by twice the error."""
    both = [(x.spec.name, smaller(x.summary), larger(x.summary)) for x in study.ensembles]
    known = [(name, a, b) for name, a, b in both if a.is_known and b.is_known]
    if not known:
        return Statement(figure, text, "not measured", TOO_FEW)
    against = [name for name, a, b in known if a.value > b.value and a.deviation(b) > SIGMAS]
    clear = [name for name, a, b in known if a.value < b.value and a.deviation(b) > SIGMAS]
    shown = f"clear in {len(clear)} of {len(known)} ensembles" + (f"; against it: {', '.join(against)}" if against else "")
    verdict = DEVIATES if against else AGREES if 2 * len(clear) >= len(known) else TOO_FEW
    return Statement(figure, text, shown, verdict)


def _change(new: Estimate | None, old: Estimate | None) -> Estimate | None:
    """new/old − 1."""
    ratio = _ratio(new, old)
    return None if ratio is None else Estimate(ratio.value - 1.0, ratio.error)


def _ratio(new: Estimate | None, old: Estimate | None) -> Estimate | None:
    """new/old with its error."""
    if new is None or old is None or not (isfinite(new.value) and isfinite(old.value)) or old.value == 0:
        return None
    value = new.value / old.value
    return Estimate(value, abs(value) * hypot(new.error / new.value, old.error / old.value))
