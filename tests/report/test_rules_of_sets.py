"""Rules about several sets at once, and about growth along one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrify.ensemble import Estimate
from vitrify.report.claim import Measured, Verdict
from vitrify.report.rules import Trend
from vitrify.report.rules_of_sets import EachSet, Grows

GOODNESS = {Verdict.AGREES: 2, Verdict.COMPATIBLE: 1, Verdict.NOT_DECIDED: 0, Verdict.DISAGREES: 0}
FALLS = EachSet(Trend(rising=False))


def along(symbol, values, error):
    return tuple(Measured(f"{symbol} = {k}", Estimate(v, error), 3000, 100, float(k)) for k, v in enumerate(values))


@pytest.mark.parametrize(
    ("rho", "cutoff", "verdict"),
    [
        ([3, 2, 1], [5, 4], Verdict.AGREES), ([3, 2, 1], [4, 5], Verdict.DISAGREES), ([1, 2, 3], [5, 4], Verdict.DISAGREES),
        ([3, 2, 1], [5.0, 4.9], Verdict.COMPATIBLE), ([3, 2, 1], [4.9, 5.0], Verdict.NOT_DECIDED),
        ([3, 2, 1], [5.0], Verdict.NOT_DECIDED),
    ],
)  # fmt: skip
def test_the_worst_set_decides(rho, cutoff, verdict):
    found = FALLS.judge((*along("ρ", rho, 0.1), *along("r_c", cutoff, 0.1)))
    assert found.verdict is verdict
    assert "ρ: " in found.shown
    assert "r_c: " in found.shown


def test_of_many_sets_the_one_that_decides_is_shown():
    found = FALLS.judge((*along("a", [2, 1], 0.1), *along("b", [1, 2], 0.1), *along("c", [2, 1], 0.1)))
    assert found.verdict is Verdict.DISAGREES
    assert found.shown.startswith("b: ")
    assert "2 of 3" in found.shown


@pytest.mark.parametrize(
    ("values", "error", "verdict"),
    [
        ([1, 2, 3], 0.1, Verdict.AGREES), ([1, 1.2, 1.5], 0.1, Verdict.DISAGREES), ([1, 1.5, 2.1], 0.1, Verdict.COMPATIBLE),
        ([1, 1.5, 1.9], 0.1, Verdict.NOT_DECIDED), ([1, 4, 3], 0.1, Verdict.DISAGREES), ([3, 2, 1], 0.1, Verdict.DISAGREES),
        ([1, float("nan"), 3], 0.1, Verdict.NOT_DECIDED), ([1], 0.1, Verdict.NOT_DECIDED),
    ],
)  # fmt: skip
def test_growth_is_a_trend_and_a_factor(values, error, verdict):
    found = Grows(2.0).judge(along("q", values, error))
    assert found.verdict is verdict
    assert "2-fold" in Grows(2.0).margin


@given(values=st.lists(st.floats(0.1, 4), min_size=4, max_size=4), errors=st.lists(st.floats(1e-3, 2), min_size=4, max_size=4),
       grown=st.integers(0, 3), factor=st.floats(1, 50))  # fmt: skip
@pytest.mark.parametrize("rule", [FALLS, Grows(2.0)], ids=["EachSet", "Grows"])
def test_no_verdict_improves_because_an_error_grew(rule, values, errors, grown, factor):
    def parts(errors):
        both = zip(values, errors, strict=True)
        return tuple(
            Measured(f"{'ab'[k // 2]} = {k}", Estimate(v, e), 3000, 100, float(k)) for k, (v, e) in enumerate(both)
        )

    after = rule.judge(parts([x * (factor if k == grown else 1) for k, x in enumerate(errors)])).verdict
    assert GOODNESS[after] <= GOODNESS[rule.judge(parts(errors)).verdict]
