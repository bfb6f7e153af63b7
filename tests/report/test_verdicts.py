"""claims.json: every verdict for other programs, and all of them in one line."""

import json

from vitrify.ensemble import Estimate
from vitrify.report import summed_up
from vitrify.report.claim import Claim, Evidence, Measured, judged
from vitrify.report.gathered import Study
from vitrify.report.rules import above
from vitrify.report.verdicts import write_claims

NAN = float("nan")


def claim(number, *parts, beside=()):
    evidence = Evidence(parts, () if parts else ("ρ = 1.2",), beside)
    return judged(
        Claim(number, "Fig. 4", "G/K is positive.", lambda _: evidence, above(0.0), "n = 200", remark="So it is."),
        Study(None, ()),
    )


def part(value, error=0.1):
    return Measured("G/K at ρ = 1.2", Estimate(value, error), 3000, 100)


def test_a_record_holds_what_the_page_says(tmp_path):
    write_claims([claim(8, part(1.0), part(0.5), beside=(part(-1.0),))], tmp_path)
    record = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))[0]
    assert (record["number"], record["figure"], record["text"]) == (8, "Fig. 4", "G/K is positive.")
    assert (record["verdict"], record["value"], record["error"]) == ("agrees", 0.5, 0.1)
    assert (record["margin"], record["N"], record["n"], record["settles"]) == ("above 0", 3000, 100, "n = 200")
    assert record["remark"] == "So it is."
    assert record["parts"][0] == {"label": "G/K at ρ = 1.2", "value": 1.0, "error": 0.1, "N": 3000, "n": 100}
    assert [x["value"] for x in record["beside"]] == [-1.0]
    assert "-1.0(1)" in record["measured"]


def test_what_is_not_known_is_null(tmp_path):
    write_claims([claim(8), claim(9, part(NAN, NAN))], tmp_path)
    absent, unknown = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert (absent["verdict"], absent["value"], absent["parts"]) == ("not in this study", None, [])
    assert (unknown["verdict"], unknown["parts"][0]["error"]) == ("not decided", None)
    assert unknown["would_decide"] == "n = 200 would settle it"


def test_all_verdicts_are_summed_up_in_a_line(tmp_path):
    write_claims([claim(1, part(1.0)), claim(2, part(1.0)), claim(3, part(0.1)), claim(4, part(-1.0)), claim(5)], tmp_path)
    assert summed_up(tmp_path) == "5 claims: 2 agree, 1 compatible, 1 disagree, 1 not in this study"
    write_claims([], tmp_path)
    assert summed_up(tmp_path) == "no claims: no ensemble of this study stands in a paper's set"
