"""The page: one self-contained HTML file, its figures and tables also beside it."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import jinja2
import pandas as pd

from vitrify.campaign import Store
from vitrify.errors import plain
from vitrify.formats.whole import make_folder, require_folder, write_text_whole
from vitrify.opening import Opened, opened
from vitrify.study.columns import power_of

from . import tables
from .claim import MEANINGS, JudgedClaim, Verdict, judged
from .experiments import read_experiments
from .figures.catalogue import figures_of, with_controls
from .gathered import Study, Track, gather, untracked
from .paper import Paper, paper_of
from .pictures import Picture, draw_all
from .verdicts import write_claims

SOFTWARE = ("vitrify", "numpy", "scipy", "numba", "h5py", "lmfit", "matplotlib")


def write_report(
    source: Store | Opened, output: Path, experiments: Path | None = None, *, track: Track = untracked
) -> Path:  # fmt: skip
    """Write index.html, claims.json, figures/ and tables/ under `output` from a store or its tables; returns the page.

    experiments: a user's table for Figs. 1 and 13; track: yields what it is given and may show under a title how far it is.
    Raises UsageError where the table or the folder is not as it should be."""
    require_folder(output)
    found = opened(source)
    study = gather(found, read_experiments(experiments) if experiments else (), track)
    return write_page(study, output, quarantined=found.quarantined(), broken=found.broken, track=track)


def write_page(
    study: Study, output: Path, *, quarantined: Sequence[str] = (), broken: Sequence[str] = (), track: Track = untracked
) -> Path:
    """The same of a study that was gathered. quarantined, broken: what is told of files that were set aside or left out."""
    drawn = {
        "I": tables.ensembles(study),
        "observables": tables.observables(study),
        "microscopic": tables.microscopic(study),
        "windows": tables.windows(study),
    }
    paper = paper_of(study.spec)
    drawn |= {title: table(study) for title, table in paper.tables.items()} if paper else {}
    claims = [judged(x, study) for x in paper.claims] if paper else []
    make_folder(output / "figures")
    pictures = _pictures(study, paper, output / "figures", track)
    make_folder(output / "tables")
    for name, table in drawn.items():
        write_text_whole(output / "tables" / f"table_{_file_name(name)}.csv", table.to_csv(index=False))
    write_claims(claims, output)
    page = output / "index.html"
    text = _render(study, paper, pictures, drawn, claims, [plain(x) for x in quarantined], [plain(x) for x in broken])
    write_text_whole(page, text)
    return page


def _pictures(study: Study, paper: Paper | None, folder: Path, track: Track) -> list[Picture]:
    """The figures of the study's paper; without one those that any study has, against its own control parameters."""
    if paper:
        return draw_all(study, track(paper.figures, "figures"), folder)
    placed, controls = with_controls(study)
    return draw_all(placed, track(figures_of(placed, controls), "figures"), folder)


def _file_name(title: str) -> str:
    """A table's title as part of a file's name: "Table II. Coefficients" is "II"."""
    return title.removeprefix("Table ").split(".")[0]


def _numbers(figure: str) -> list[str]:
    """Figure numbers in a claim's place: "Figs. 1b, 4" is ["1", "4"], "Sect. II B" none."""
    return re.findall(r"\d+", figure) if figure.startswith("Fig") else []


def _by_verdict(claims: list[JudgedClaim]) -> dict[Verdict, list[JudgedClaim]]:
    """Claims by verdict, in the order of their meanings; a verdict that no claim has is there too."""
    return {verdict: [x for x in claims if x.judgement.verdict is verdict] for verdict in MEANINGS}


def _render(
    study: Study, paper: Paper | None, pictures: list[Picture], drawn: dict[str, pd.DataFrame], claims: list[JudgedClaim],
    quarantined: list[str], broken: list[str],
) -> str:  # fmt: skip
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vitrify.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    failed = tables.failures(study)
    return environment.get_template("page.html").render(
        study=study.spec,
        pictures=pictures,
        paper=paper,
        claims=claims,
        claims_of={p.figure.number: [x for x in claims if p.figure.number in _numbers(x.claim.figure)] for p in pictures},
        by_verdict=_by_verdict(claims),
        meanings=MEANINGS,
        table_1=_html(drawn["I"]),
        paper_tables={x: _html(drawn[x]) for x in paper.tables} if paper else {},
        file_name=_file_name,
        numbers=_html(drawn["observables"]),
        micro=_html(drawn["microscopic"]),
        windows=_html(drawn["windows"]),
        a0_to_d=power_of("a0", study.dimensions),
        d=study.dimensions[0] if len(study.dimensions) == 1 else "d",
        failures=_html(failed) if len(failed) else None,
        quarantined=quarantined,
        broken=broken,
        software={name: version(name) for name in SOFTWARE} | {"python": platform.python_version()},
        machine=platform.machine(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        done=sum(x.counts.done for x in study.ensembles),
        wanted=sum(x.counts.wanted for x in study.ensembles),
        core_hours=sum(float(x.table["seconds"].sum()) for x in study.ensembles if len(x.table)) / 3600.0,
    )


def _html(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, border=0, escape=True))
