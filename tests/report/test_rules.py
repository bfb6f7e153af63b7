"""Rules that judge claims: each verdict where it belongs, and none that a larger error makes better."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrify.ensemble import Estimate
from vitrify.report.claim import Claim, Evidence, Measured, Sizes, Verdict, judged
from vitrify.report.gathered import Study
from vitrify.report.rules import AllOf, Between, Flat, Least, Trend, about, above, below, within, within_factor

GOODNESS = {Verdict.AGREES: 2, Verdict.COMPATIBLE: 1, Verdict.NOT_DECIDED: 0, Verdict.DISAGREES: 0}
RULES = [
    about(0.3, part=0.2),
    above(0.0),
    below(0.1),
    Between(0.1, 0.5),
    Trend(rising=True),
    Trend(rising=False),
    Flat(0.2),
    Least(),
    within_factor(0.3, 2.0),
    AllOf({"0": about(0.3, part=0.2), "1": above(0.0), "2": below(1.0)}),
]
VALUES = st.floats(-2, 2)
ERRORS = st.floats(1e-3, 2)


def parts(values, errors, n=100, size=3000):
    each = zip(values, errors, strict=True)
    return tuple(Measured(f"x = {k}", Estimate(v, e), size, n, float(k), str(k)) for k, (v, e) in enumerate(each))


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.30, 0.01, Verdict.AGREES), (0.22, 0.01, Verdict.AGREES), (0.21, 0.01, Verdict.COMPATIBLE), (0.30, 0.2, Verdict.COMPATIBLE),
        (0.19, 0.01, Verdict.NOT_DECIDED), (0.45, 0.01, Verdict.DISAGREES), (0.05, 0.01, Verdict.DISAGREES),
        (float("nan"), 0.1, Verdict.NOT_DECIDED), (0.3, float("nan"), Verdict.NOT_DECIDED),
    ],
)  # fmt: skip
def test_a_value_with_twice_its_error_against_an_interval(value, error, verdict):
    assert within(Estimate(value, error), 0.2, 0.4) is verdict
    assert about(0.3, room=0.1).judge(parts([value], [error])).verdict is verdict


@pytest.mark.parametrize("rule", range(len(RULES)))
@given(values=st.lists(VALUES, min_size=3, max_size=3), errors=st.lists(ERRORS, min_size=3, max_size=3),
       grown=st.integers(0, 2), factor=st.floats(1, 50))  # fmt: skip
def test_no_verdict_improves_because_an_error_grew(rule, values, errors, grown, factor):
    if rule == 6:
        values = [abs(x) + 0.1 for x in values]  # a part of a mean has a meaning for one sign
    before = RULES[rule].judge(parts(values, errors)).verdict
    errors = [x * (factor if k == grown else 1) for k, x in enumerate(errors)]
    after = RULES[rule].judge(parts(values, errors)).verdict
    assert GOODNESS[after] <= GOODNESS[before]


@pytest.mark.parametrize(
    ("values", "error", "verdict"),
    [
        ([1, 2, 3], 0.1, Verdict.AGREES), ([3, 2, 1], 0.1, Verdict.DISAGREES), ([1, 3, 2], 0.1, Verdict.DISAGREES),
        ([1, 1.05, 3], 0.1, Verdict.AGREES), ([1, 1.1, 1.2], 0.3, Verdict.COMPATIBLE), ([1.2, 1.1, 1.0], 0.3, Verdict.NOT_DECIDED),
    ],
)  # fmt: skip
def test_a_trend_is_tested_over_its_ends_and_over_all_neighbours(values, error, verdict):
    assert Trend(rising=True).judge(parts(values, [error] * 3)).verdict is verdict


def test_ends_that_are_certain_are_not_excused_by_a_point_between_them_that_is_not():
    falls = parts([10, 5, 1], [0.1, 20.0, 0.1])
    assert Trend(rising=True).judge(falls).verdict is Verdict.DISAGREES


def test_a_trend_against_what_is_not_known_is_no_trend():
    one, two, three = parts([1, 2, 3], [0.1] * 3)
    found = Trend(rising=True).judge((one, replace(two, control=float("nan")), three))
    assert found.verdict is Verdict.NOT_DECIDED
    assert found.shown == "not known yet: x = 1"


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, -1.0]], ids=str)
def test_of_a_mean_of_zero_nothing_is_a_part(values):
    assert Flat(0.2).judge(parts(values, [0.1, 0.1])).verdict is Verdict.NOT_DECIDED


def test_a_factor_is_the_same_either_way():
    rule = within_factor(0.3, 2.0)
    assert [rule.judge(parts([x], [0.001])).verdict for x in (0.152, 0.598)] == [Verdict.AGREES] * 2
    assert [rule.judge(parts([x], [0.001])).verdict for x in (0.147, 0.603)] == [Verdict.DISAGREES] * 2


@pytest.mark.parametrize(
    ("values", "error", "verdict"),
    [
        ([1, 2, 2, 1], 0.1, Verdict.AGREES), ([1, 2, 1, 2], 0.1, Verdict.DISAGREES), ([1, 2, 2, 1], 0.6, Verdict.COMPATIBLE),
        ([1, 2, 1, 2], 0.6, Verdict.NOT_DECIDED), ([1, 2], 0.1, Verdict.NOT_DECIDED),
    ],
)  # fmt: skip
def test_of_several_parts_each_has_its_own_rule_and_the_worst_decides(values, error, verdict):
    rule = AllOf({"QSS": Trend(rising=True), "DSS": Trend(rising=False)})
    each = [
        replace(x, group=name)
        for x, name in zip(parts(values, [error] * len(values)), ("QSS", "QSS", "DSS", "DSS"), strict=False)
    ]
    found = rule.judge(tuple(each))
    assert found.verdict is verdict
    assert "QSS: from 1.0(" in found.shown
    assert "DSS: " in found.shown


def test_margins_are_plain_numbers():
    margins = [x.margin for x in (Between(100.0, 1200.0), above(0.004), about(-0.18, part=0.25, percent=True))]
    assert margins == ["100 to 1,200", "above 0.004", "-22.5 to -13.5 %"]


def test_parts_with_one_margin_share_its_words():
    margin = AllOf({"QSS": Trend(rising=True), "DSS": Trend(rising=False), "CSS": Trend(rising=False)}).margin
    assert margin.startswith("QSS: it rises")
    assert "; DSS, CSS: it falls" in margin


NO_LEAST = Sizes()


def claim(rule, evidence, least=NO_LEAST):
    return judged(Claim(1, "Fig. 1", "x", lambda _: evidence, rule, "n = 200", least), Study(None, ()))


def test_sizes_below_which_no_verdict_is_given():
    few = Evidence(parts([0.3], [0.01], n=10, size=500))
    assert claim(about(0.3, part=0.2), few).judgement.verdict is Verdict.AGREES
    found = claim(about(0.3, part=0.2), few, Sizes(1000, 50)).judgement
    assert found.verdict is Verdict.NOT_DECIDED
    assert found.would_decide == "a verdict takes glasses of N = 1,000 or more and n = 50 or more; n = 200 would settle it"


def test_what_a_study_lacks_is_named():
    found = claim(above(), Evidence(missing=("ρ = 1.2",))).judgement
    assert found.verdict is Verdict.ABSENT
    assert "ρ = 1.2" in found.shown
    many = claim(above(), Evidence(missing=tuple("abcdefgh"))).judgement
    assert many.shown == "the study lacks a, b, c and 5 more"


def test_what_would_decide_is_told_in_samples():
    found = above(0.0).judge(parts([-0.1], [0.1], n=100))  # twice the error must fall to 0.1: four times the samples
    assert found.verdict is Verdict.NOT_DECIDED
    assert "400" in found.would_decide


def test_an_error_that_more_samples_do_not_shrink_promises_no_number_of_them():
    one = parts([-0.1], [0.1], n=100)[0]
    assert above(0.0).judge((replace(one, by_samples=False),)).would_decide == ""
    assert (
        claim(above(0.0), Evidence((replace(one, by_samples=False),))).judgement.would_decide == "n = 200 would settle it"
    )  # what the claim says


def test_what_would_decide_is_enough_for_all_that_is_open():
    found = above(0.0).judge(parts([-0.15, -0.05], [0.1, 0.1], n=100))  # 1.8 and 16 times the samples
    assert "1,600" in found.would_decide
    groups = AllOf({"0": above(0.0), "1": above(0.0)}).judge(parts([-0.1, -0.05], [0.1, 0.1], n=100))
    said = "0: about n = 400 of N = 3,000 would decide it; 1: about n = 1,600 of N = 3,000 would decide it"
    assert groups.would_decide == said


def test_a_trend_says_what_would_decide_it():
    ends = Trend(rising=True).judge(parts([0.1, 0.0], [0.05, 0.05], n=100))  # 2 √2 0.05 must fall to 0.09, with the slack
    assert "about n = 250 " in ends.would_decide
    step = Trend(rising=True).judge(parts([0.0, 3.0, 2.0, 10.0], [0.1, 0.4, 0.3, 0.1], n=100))
    assert step.verdict is Verdict.AGREES  # as far as the whole change allows
    open_step = Trend(rising=True).judge(parts([0.0, 4.0, 2.0, 10.0], [0.1, 0.6, 0.8, 0.1], n=100))
    assert open_step.verdict is Verdict.NOT_DECIDED
    assert "about n = 400 " in open_step.would_decide  # twice the error, 2.0, must fall to the 1.0 beyond the slack


def test_a_value_at_the_bound_promises_no_number_of_samples():
    found = claim(above(0.0), Evidence(parts([-1e-6], [0.1]))).judgement
    assert "at the edge of the margin" in found.would_decide
    assert "n = " not in found.would_decide


def test_numbers_beside_a_claim_are_shown_and_not_judged():
    found = claim(above(0.0), Evidence(parts([1.0], [0.1]), beside=parts([-9.0], [0.1])))
    assert found.judgement.verdict is Verdict.AGREES
    assert found.judgement.shown == "1.0(1); for comparison: x = 0: -9.0(1)"
    assert [x.estimate.value for x in found.beside] == [-9.0]


def test_of_many_numbers_the_worst_decides():
    many = parts([0.3, 0.3, 0.9], [0.01, 0.01, 0.01])
    found = about(0.3, room=0.1).judge(many)
    assert found.verdict is Verdict.DISAGREES
    assert found.value == many[2].estimate
    assert about(0.3, room=0.1).judge(tuple(replace(x, estimate=many[0].estimate) for x in many)).verdict is Verdict.AGREES


@pytest.mark.parametrize("rule", [Trend(rising=True), Flat(0.2)], ids=["trend", "flat"])
def test_what_is_not_known_yet_is_named_once(rule):
    none = parts([float("nan")] * 3, [float("nan")] * 3)
    assert rule.judge(none).shown == "no number is known yet"
    some = tuple(replace(x, label="g of AA") for x in none[:2]) + parts([0.3], [0.1])
    assert rule.judge(some).shown == "not known yet: g of AA"
    assert "%" not in about(-0.18, part=0.25, percent=True).judge(none[:1]).shown  # a dash has no unit
