"""Writes the list of claims in docs/paper.md from the tables in studies/results/evidence:

python studies/claims_page.py

The words around it are written by hand; a test holds that the list is what the tables say."""

from __future__ import annotations

from pathlib import Path

from vitrify.papers.sticky_spheres_1 import PAPER
from vitrify.report.claim import JudgedClaim, Verdict, judged
from vitrify.report.gathered import gather
from vitrify.report.verdicts import IN_WORDS
from vitrify.tables import open_results

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "studies" / "results" / "evidence"
PAGE = ROOT / "docs" / "paper.md"
BEGIN, END = "<!-- claims: written by studies/claims_page.py -->\n", "<!-- end of claims -->\n"


def listed(tables: Path = TABLES) -> str:
    """All claims as the tables decide them, summed up and then one by one, in Markdown."""
    study = gather(open_results(tables))
    claims = [judged(x, study) for x in PAPER.claims]
    counts = [f"{sum(x.judgement.verdict is v for x in claims)} {words}" for v, words in IN_WORDS.items()]
    head = f"The verdicts on the {len(claims)} claims are: {', '.join(counts)}.\n\n"
    table = "| # | place | what the paper says | measured here | margin | verdict |\n|---|---|---|---|---|---|\n"
    remarks = [f"- *{x.claim.number}.* {x.claim.remark}\n" for x in claims if x.claim.remark]
    return (
        head + table + "".join(_row(x) for x in claims) + "\nThese remarks belong to single claims:\n\n" + "".join(remarks)
    )


def with_list(page: str, found: str) -> str:
    """The page with its list in place of the one that stands there."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + found + END + rest.split(END)[1]


def _row(x: JudgedClaim) -> str:
    claim, judgement = x.claim, x.judgement
    clear = judgement.verdict in (Verdict.AGREES, Verdict.DISAGREES)
    verdict = f"**{judgement.verdict}**" if clear else str(judgement.verdict)
    lacking = f": {judgement.would_decide}" if judgement.would_decide else ""
    cells = (str(claim.number), claim.figure, claim.text, judgement.shown, claim.rule.margin, verdict + lacking)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(with_list(PAGE.read_text(encoding="utf-8"), listed()), encoding="utf-8")
