"""The data by which the page's script answers a pointer: what each mark of a figure shows, and the glasses behind it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from vitrify.strict_json import strict_json

from .gathered import Study
from .glasses import GlassShown
from .marks import Place
from .pictures import Picture, Placed

STEPS = 10_000  # of coordinates: a tenth of a pixel of a wide figure


def answers(study: Study, pictures: Iterable[Picture], glasses: Sequence[GlassShown]) -> str:
    """The data as JSON that may stand inside HTML: no `<` is in it, so that no name ends its element."""
    found = {
        "ensembles": [x.spec.name for x in study.ensembles],
        "figures": {p.figure.number: _of_figure(p.marks) for p in pictures if p.marks},
        "glasses": [[x.ensemble, x.sample, x.words, x.command, x.page, x.numbers] for x in glasses],
    }
    text = strict_json(found, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace("\x7f", r"\u007f")


def policy(script: str) -> str:
    """The rule by which a browser runs this script and no other, and fetches nothing from elsewhere."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _of_figure(marks: Sequence[Placed]) -> dict[str, Any]:
    """Quantities, numbers of glasses (N, n), and each mark: the numbers of its ensemble, quantity and glasses, its place on
    the abscissa and its value in words, its sample, and its places in both forms of the figure."""
    quantities = list(dict.fromkeys(x.mark.quantity for x in marks))
    counts = list(dict.fromkeys(x.mark.count for x in marks))
    return {
        "quantities": quantities,
        "counts": [None if x is None else [x.n_particles, x.n_glasses] for x in counts],
        "marks": [
            [_owner(x), quantities.index(x.mark.quantity), counts.index(x.mark.count), x.mark.at, x.mark.shown,
             x.mark.sample, _steps(x.wide), _steps(x.narrow)]
            for x in marks
        ],
    }  # fmt: skip


def _owner(placed: Placed) -> int | str:
    """The number of an ensemble of the study, or a name."""
    mark = placed.mark
    return placed.ensemble if placed.ensemble is not None else mark.name or (mark.of.spec.name if mark.of else "")


def _steps(place: Place) -> list[int]:
    """Coordinates as whole numbers; of a point only its middle."""
    numbers = [round(STEPS * x) for x in place]
    return numbers if any(numbers[2:]) else numbers[:2]
