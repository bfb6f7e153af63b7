"""The verdicts on all claims, as a file that other programs read and as a summary in one line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vitrify.named_files import write_text_whole
from vitrify.strict_json import strict_json

from .claim import JudgedClaim, Measured, Verdict

FILE = "claims.json"
IN_WORDS = {  # behind a number of claims
    Verdict.AGREES: "agree",
    Verdict.COMPATIBLE: "compatible",
    Verdict.DISAGREES: "disagree",
    Verdict.NOT_DECIDED: "not decided",
    Verdict.ABSENT: "not in this study",
}


def records(claims: Iterable[JudgedClaim]) -> list[dict[str, Any]]:
    """One record per claim, in plain numbers and texts. Unknown numbers are NaN."""
    return [_record(x) for x in claims]


def write_claims(claims: Iterable[JudgedClaim], folder: Path) -> None:
    """Write claims.json, in which unknown numbers are null. Raises UsageError where it cannot be written."""
    write_text_whole(folder / FILE, strict_json(records(claims), indent=1, ensure_ascii=False) + "\n")


def summed_up(folder: Path) -> str:
    """Number of claims by verdict, from a report's claims.json: "60 claims: 41 agree, 9 compatible, ..."."""
    found = [x["verdict"] for x in json.loads((folder / FILE).read_text(encoding="utf-8"))]
    if not found:
        return "no claims: no ensemble of this study stands in a paper's set"
    counts = [f"{found.count(verdict)} {words}" for verdict, words in IN_WORDS.items() if verdict in found]
    return f"{len(found)} claims: {', '.join(counts)}"


def _record(judged: JudgedClaim) -> dict[str, Any]:
    claim, judgement = judged.claim, judged.judgement
    return {
        "number": claim.number,
        "figure": claim.figure,
        "text": claim.text,
        "verdict": str(judgement.verdict),
        "value": judgement.value.value,
        "error": judgement.value.error,
        "margin": claim.rule.margin,
        "N": judged.n_particles,
        "n": judged.n_samples,
        "measured": judgement.shown,
        "would_decide": judgement.would_decide,
        "settles": claim.settles,
        "remark": claim.remark,
        "parts": [_part(x) for x in judged.parts],
        "beside": [_part(x) for x in judged.beside],
    }


def _part(x: Measured) -> dict[str, Any]:
    found = {"label": x.label, "value": x.estimate.value, "error": x.estimate.error, "N": x.n_particles, "n": x.n_samples}
    return {**found, "group": x.group} if x.group else found
