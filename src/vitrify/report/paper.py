"""What a paper adds to a report: its figures, tables, claims and the sets of ensembles that they speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.study import StudySpec

from .claim import Claim
from .gathered import Study

ENTRY_POINTS = "vitrify.papers"  # each is a Paper; another package may bring its own


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and what stands under and beside it."""

    number: str
    title: str
    caption: str
    draw: Callable[[Study], Drawing]
    data: Callable[[Study], pd.DataFrame] | None = None  # the numbers behind it, each value beside its error
    alternative: Callable[[Study], str] | None = None  # what is seen, for those who do not see it


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, as its folder under `papers` describes it."""

    name: str  # of its folder
    title: str
    sets: Mapping[str, str]  # the paper's sets of ensembles and the symbol of each one's control parameter
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]
    tables: Mapping[str, Callable[[Study], pd.DataFrame]]  # beside those that every study has, by title


def papers() -> list[Paper]:
    """All that are installed, ours and those of other packages."""
    return [x.load() for x in sorted(entry_points(group=ENTRY_POINTS), key=lambda x: x.name)]


def paper_of(study: StudySpec) -> Paper | None:
    """The paper that a study belongs to: one of its ensembles stands in one of the paper's sets."""
    named = {name for spec in study.ensembles for name in spec.sets}
    return next((paper for paper in papers() if named & set(paper.sets)), None)
