"""The page: one self-contained HTML file, with its figures and tables also as files next to it."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from itertools import count
from pathlib import Path

import jinja2
import pandas as pd

from vitrify import __version__
from vitrify.campaign import Store
from vitrify.errors import UsageError, plain
from vitrify.named_files import make_folder, require_folder, write_text_whole
from vitrify.opening import Opened, OpenStore, opened
from vitrify.options import code_of
from vitrify.study.columns import power_of

from . import tables
from .answers import answers, policy
from .claim import MEANINGS, Claim, JudgedClaim, Verdict, judged
from .experiments import read_experiments
from .figures.catalogue import figures_of, with_controls
from .gathered import Study, Track, gather, untracked
from .glasses import MOST, GlassShown, WriteGlass, glasses_shown, write_pages
from .paper import Paper, paper_of
from .pictures import Picture, draw_all
from .verdicts import write_claims

GlassPage = Callable[[OpenStore, str, int, Path], bool]  # writes that of a sample of an ensemble; tells whether it did
SOFTWARE = ("numpy", "scipy", "numba", "h5py", "lmfit", "matplotlib")


def write_report(
    source: Store | Opened, output: Path, experiments: Path | None = None, *, track: Track = untracked,
    glass_page: GlassPage | None = None, most_glasses: int = MOST,
) -> Path:  # fmt: skip
    """Write index.html, claims.json, figures/ and tables/ under `output` from a store or its tables; returns the page.

    experiments: a user's table for Figs. 1 and 13; track: yields what it is given and may show under a title how far it is;
    glass_page: writes the page of a glass of a store, to which the report then leads (`vitrify.look.write_stored_page`), of
    at most `most_glasses` under glasses/. Raises UsageError where the table or the folder is not as it should be."""
    require_folder(output)
    found = opened(source)
    study = gather(found, read_experiments(experiments) if experiments else (), track)
    return write_page(
        study, output, quarantined=found.quarantined(), broken=found.broken, track=track, most_glasses=most_glasses,
        store=found.store.directory.resolve().name if isinstance(found, OpenStore) else "STORE",
        glass_page=partial(glass_page, found) if isinstance(found, OpenStore) and glass_page else None,
    )  # fmt: skip


def write_page(
    study: Study, output: Path, *, quarantined: Sequence[str] = (), broken: Sequence[str] = (), track: Track = untracked,
    store: str = "STORE", glass_page: WriteGlass | None = None, most_glasses: int = MOST,
) -> Path:  # fmt: skip
    """Write the page of a study that was gathered. quarantined, broken: reasons for files that were set aside or left
    out; store: name of its folder; glass_page, most_glasses: as in `write_report`."""
    drawn = {
        "I": tables.ensembles(study),
        "observables": tables.observables(study),
        "microscopic": tables.microscopic(study),
        "windows": tables.windows(study),
    }
    paper = paper_of(study.spec)
    drawn |= {title: _table(title, table, study) for title, table in paper.tables.items()} if paper else {}
    claims = [_judged(x, study) for x in track(paper.claims, "claims")] if paper else []
    make_folder(output / "figures")
    pictures = _pictures(study, paper, output / "figures", track)
    make_folder(output / "tables")
    for name, table in drawn.items():
        write_text_whole(output / "tables" / f"table_{_file_name(name)}.csv", table.to_csv(index=False))
    write_claims(claims, output)
    page = output / "index.html"
    pages, without = write_pages(study, pictures, output, glass_page, most_glasses, track)
    glasses = glasses_shown(study, pictures, store=store, pages=pages)
    reasons = [[plain(x) for x in found] for found in (quarantined, (*broken, *without))]
    text = _render(study, paper, pictures, drawn, claims, glasses, *reasons)
    write_text_whole(page, text)
    return page


def _table(title: str, table: Callable[[Study], pd.DataFrame], study: Study) -> pd.DataFrame:
    """A table of a paper. Raises UsageError where the code of a plugin fails."""
    with code_of(table, f"table {title!r} of a paper", UsageError):
        return table(study)


def _judged(claim: Claim, study: Study) -> JudgedClaim:
    """A claim of a paper. Raises UsageError where the code of a plugin fails."""
    with code_of(claim.quantity, f"claim {claim.number} of a paper", UsageError):
        return judged(claim, study)


def _pictures(study: Study, paper: Paper | None, folder: Path, track: Track) -> list[Picture]:
    """The figures of the study's paper, or without one those that any study has, against its own control parameters."""
    if paper:
        return draw_all(study, track(paper.figures, "figures"), folder)
    placed, controls = with_controls(study)
    return draw_all(placed, track(figures_of(placed, controls), "figures"), folder)


def _file_name(title: str) -> str:
    """A table's title as part of a file's name: "Table II. Coefficients" is "II"."""
    return title.removeprefix("Table ").split(".")[0]


def _numbers(figure: str) -> list[str]:
    """Figure numbers in a claim's place: "Figs. 1b, 4" is ["1", "4"], "Sect. II B" none."""
    return re.findall(r"[A-Z]?\d+", figure) if figure.startswith("Fig") else []


def _by_verdict(claims: list[JudgedClaim]) -> dict[Verdict, list[JudgedClaim]]:
    """Claims by verdict, in the order of their meanings. A verdict that no claim has is included."""
    return {verdict: [x for x in claims if x.judgement.verdict is verdict] for verdict in MEANINGS}


def _render(
    study: Study, paper: Paper | None, pictures: list[Picture], drawn: dict[str, pd.DataFrame], claims: list[JudgedClaim],
    glasses: list[GlassShown], quarantined: list[str], broken: list[str],
) -> str:  # fmt: skip
    script = files("vitrify.report").joinpath("templates/marks.js").read_text(encoding="utf-8")
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
        table_1=_html(drawn["I"], "line-1"),
        paper_tables={x: _html(drawn[x]) for x in paper.tables} if paper else {},
        file_name=_file_name,
        numbers=_html(drawn["observables"], "line-2"),
        micro=_html(drawn["microscopic"], "line-3"),
        windows=_html(drawn["windows"], "line-4"),
        answers=answers(study, pictures, glasses),
        script=script,
        policy=policy(script),
        a0_to_d=power_of("a0", study.dimensions),
        d=study.dimensions[0] if len(study.dimensions) == 1 else "d",
        failures=_html(failed) if len(failed) else None,
        quarantined=quarantined,
        broken=broken,
        software={"vitrify": __version__}
        | {name: version(name) for name in SOFTWARE}
        | {"python": platform.python_version()},
        machine=platform.machine(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        done=sum(x.counts.done for x in study.ensembles),
        wanted=sum(x.counts.wanted for x in study.ensembles),
        core_hours=sum(float(x.table["seconds"].sum()) for x in study.ensembles if len(x.table)) / 3600.0,
    )


def _html(table: pd.DataFrame, lines: str = "") -> str:
    """A table in HTML. lines: the beginning of the identifiers of its lines, which end in their numbers from 0."""
    text = str(table.to_html(index=False, border=0, escape=True))
    numbers = count()
    return re.sub("<tr>", lambda _: f'<tr id="{lines}-{next(numbers)}">', text) if lines else text
