"""The page: one self-contained HTML file, its figures and tables also beside it."""

from __future__ import annotations

import base64
import io
import platform
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
from vitrify.errors import UsageError

from . import tables
from .experiments import read_experiments
from .figures import FIGURES, Figure
from .gathered import Study, gather
from .statements import statements

SOFTWARE = ("vitrify", "numpy", "scipy", "numba", "h5py", "lmfit", "matplotlib")
LONGEST_SHOWN = 40  # characters of a name in a figure
STYLE: Any = {"font.size": 9, "svg.fonttype": "path", "svg.hashsalt": "vitrify", "axes.titlesize": 9}


def write_report(store: Store, output: Path, experiments: Path | None = None) -> Path:
    """Write index.html, figures/ and tables/ under `output` from what the store holds; returns the page.

    experiments: a user's table for Figs. 1 and 13. Raises UsageError where it or the folder is not as it should be."""
    study = gather(store, read_experiments(experiments) if experiments else ())
    drawn = {
        "I": tables.ensembles(study),
        "observables": tables.observables(study),
        "microscopic": tables.microscopic(study),
        "windows": tables.windows(study),
        "II": tables.coefficients(),
    }
    shown = _as_drawn(study)
    try:
        pictures = [_picture(study, shown, figure, output / "figures") for figure in FIGURES]
        for name, table in drawn.items():
            _save(table, output / "tables" / f"table_{name}.csv")
        page = output / "index.html"
        page.write_text(_render(store, study, pictures, drawn), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the report {output} cannot be written: {error.strerror or error}") from None
    return page


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


def _picture(study: Study, shown: Study, figure: Figure, folder: Path) -> dict[str, Any]:
    """Draw a figure, save it as SVG and PNG, and give what the page shows of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a name in a script that the font lacks: boxes are drawn
        warnings.filterwarnings("ignore", "No artists with labels found")  # experiments alone, as yet
        drawing = figure.draw(shown)
        name = f"figure_{int(figure.number):02d}"
        svg = _bytes(drawing, "svg")
        (folder / f"{name}.svg").write_bytes(svg)
        (folder / f"{name}.png").write_bytes(_bytes(drawing, "png"))
    said = [x for x in statements(study) if figure.number in _numbers(x.figure)]
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return {"figure": figure, "source": source, "statements": said}


def _bytes(drawing: Drawing, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {}
    drawing.savefig(buffer, format=kind, dpi=150, metadata=metadata)
    return buffer.getvalue()


def _numbers(figure: str) -> list[str]:
    """Figure numbers in a statement's place: "Figs. 1, 4" is ["1", "4"]; Sect. II B goes with Fig. 3."""
    if figure.startswith("Sect."):
        return ["3"]
    return figure.removeprefix("Figs.").removeprefix("Fig.").replace(" ", "").split(",")


def _save(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


def _render(store: Store, study: Study, pictures: list[dict[str, Any]], drawn: dict[str, pd.DataFrame]) -> str:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("vitrify.report"), autoescape=True)
    failed = tables.failures(study)
    return environment.get_template("page.html").render(
        study=study.spec,
        pictures=pictures,
        said=statements(study),
        table_1=_html(drawn["I"]),
        table_2=_html(drawn["II"]),
        numbers=_html(drawn["observables"]),
        micro=_html(drawn["microscopic"]),
        windows=_html(drawn["windows"]),
        failures=_html(failed) if len(failed) else None,
        quarantined=store.quarantined(),
        broken=list(store.broken.values()),
        software={name: version(name) for name in SOFTWARE} | {"python": platform.python_version()},
        machine=platform.machine(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        done=sum(x.counts.done for x in study.ensembles),
        wanted=sum(x.counts.wanted for x in study.ensembles),
        core_hours=sum(float(x.table["seconds"].sum()) for x in study.ensembles if len(x.table)) / 3600.0,
    )


def _html(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, border=0, escape=True))
