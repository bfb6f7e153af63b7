"""The page: one self-contained HTML file, its figures and tables also beside it."""

from __future__ import annotations

import base64
import io
import platform
import re
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure as Drawing

from vitrify.campaign import Store
from vitrify.errors import plain
from vitrify.formats.whole import make_folder, require_folder, write_text_whole, write_whole
from vitrify.opening import Opened, opened

from . import tables
from .claim import MEANINGS, JudgedClaim, judged
from .experiments import read_experiments
from .gathered import Study, Track, gather, untracked
from .paper import Figure, Paper, paper_of
from .verdicts import write_claims

SOFTWARE = ("vitrify", "numpy", "scipy", "numba", "h5py", "lmfit", "matplotlib")
LONGEST_SHOWN = 40  # characters of a name in a figure
STYLE: Any = {"font.size": 9, "svg.fonttype": "path", "svg.hashsalt": "vitrify", "axes.titlesize": 9}


def write_report(
    source: Store | Opened, output: Path, experiments: Path | None = None, *, track: Track = untracked
) -> Path:  # fmt: skip
    """Write index.html, claims.json, figures/ and tables/ under `output` from a store or its tables; returns the page.

    experiments: a user's table for Figs. 1 and 13; track: yields what it is given and may show under a title how far it is.
    Raises UsageError where the table or the folder is not as it should be."""
    require_folder(output)
    found = opened(source)
    study = gather(found, read_experiments(experiments) if experiments else (), track)
    drawn = {
        "I": tables.ensembles(study),
        "observables": tables.observables(study),
        "microscopic": tables.microscopic(study),
        "windows": tables.windows(study),
    }
    paper = paper_of(study.spec)
    drawn |= {title: table(study) for title, table in paper.tables.items()} if paper else {}
    claims = [judged(x, study) for x in paper.claims] if paper else []
    shown = _as_drawn(study)
    make_folder(output / "figures")
    figures = paper.figures if paper else ()
    pictures = [_picture(shown, figure, claims, output / "figures") for figure in track(figures, "figures")]
    make_folder(output / "tables")
    for name, table in drawn.items():
        write_text_whole(output / "tables" / f"table_{_file_name(name)}.csv", table.to_csv(index=False))
    write_claims(claims, output)
    page = output / "index.html"
    write_text_whole(page, _render(found, study, paper, pictures, drawn, claims))
    return page


def _file_name(title: str) -> str:
    """A table's title as part of a file's name: "Table II. Coefficients" is "II"."""
    return title.removeprefix("Table ").split(".")[0]


def _as_drawn(study: Study) -> Study:
    """The study with the user's own names as a figure can show them: short, and with no $, which would begin a formula."""

    def plain(name: str) -> str:
        return (name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…").replace("$", r"\$")

    ensembles = [
        replace(x, spec=replace(x.spec, name=plain(x.spec.name), sets={plain(k): v for k, v in x.spec.sets.items()}))
        for x in study.ensembles
    ]
    experiments = [replace(x, alloy=plain(x.alloy)) for x in study.experiments]
    return replace(study, ensembles=tuple(ensembles), experiments=tuple(experiments))


def _picture(shown: Study, figure: Figure, claims: list[JudgedClaim], folder: Path) -> dict[str, Any]:
    """Draw a figure, save it as SVG and PNG, and give what the page shows of it."""
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a name in a script that the font lacks: boxes are drawn
        warnings.filterwarnings("ignore", "No artists with labels found")  # experiments alone, as yet
        drawing = figure.draw(shown)
        name = f"figure_{int(figure.number):02d}"
        svg = _bytes(drawing, "svg")
        png = _bytes(drawing, "png")
    write_whole(folder / f"{name}.svg", lambda beside: beside.write_bytes(svg))
    write_whole(folder / f"{name}.png", lambda beside: beside.write_bytes(png))
    said = [x for x in claims if figure.number in _numbers(x.claim.figure)]
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return {"figure": figure, "source": source, "claims": said}


def _bytes(drawing: Drawing, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {}
    drawing.savefig(buffer, format=kind, dpi=150, metadata=metadata)
    return buffer.getvalue()


def _numbers(figure: str) -> list[str]:
    """Figure numbers in a claim's place: "Figs. 1b, 4" is ["1", "4"], "Sect. II B" none."""
    return re.findall(r"\d+", figure) if figure.startswith("Fig") else []


def _render(
    source: Opened, study: Study, paper: Paper | None, pictures: list[dict[str, Any]], drawn: dict[str, pd.DataFrame],
    claims: list[JudgedClaim],
) -> str:  # fmt: skip
    environment = jinja2.Environment(loader=jinja2.PackageLoader("vitrify.report"), autoescape=True)
    failed = tables.failures(study)
    return environment.get_template("page.html").render(
        study=study.spec,
        pictures=pictures,
        paper=paper,
        claims=claims,
        meanings=MEANINGS,
        table_1=_html(drawn["I"]),
        paper_tables={x: _html(drawn[x]) for x in paper.tables} if paper else {},
        numbers=_html(drawn["observables"]),
        micro=_html(drawn["microscopic"]),
        windows=_html(drawn["windows"]),
        failures=_html(failed) if len(failed) else None,
        quarantined=[plain(x) for x in source.quarantined()],
        broken=[plain(x) for x in source.broken],
        software={name: version(name) for name in SOFTWARE} | {"python": platform.python_version()},
        machine=platform.machine(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        done=sum(x.counts.done for x in study.ensembles),
        wanted=sum(x.counts.wanted for x in study.ensembles),
        core_hours=sum(float(x.table["seconds"].sum()) for x in study.ensembles if len(x.table)) / 3600.0,
    )


def _html(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, border=0, escape=True))
