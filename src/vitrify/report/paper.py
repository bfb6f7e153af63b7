"""The contribution of a paper to a report: its figures, tables, claims, and the sets of ensembles to which they refer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.errors import check
from vitrify.plugin_files import load_files, load_group
from vitrify.study import StudySpec

from .claim import Claim
from .gathered import Study

ENTRY_POINTS = "vitrify.papers"  # each is a Paper, or a module that registers one
NUMBER = re.compile(r"[A-Z]?\d{1,2}")  # number of a figure, such as 7 or S2: a part of its files' names


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the text below it and the numbers behind it."""

    number: str
    title: str
    caption: str
    draw: Callable[[Study], Drawing]
    data: Callable[[Study], pd.DataFrame] | None = None  # the numbers behind it, each value beside its error
    alternative: Callable[[Study], str] | None = None  # description for readers who do not see it


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, as its folder under `papers` describes it."""

    name: str  # name of its folder
    title: str
    sets: Mapping[str, str]  # the paper's sets of ensembles and the symbol of each one's control parameter
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]
    tables: Mapping[str, Callable[[Study], pd.DataFrame]]  # beside those that every study has, by title

    def __post_init__(self) -> None:
        owner = f"paper {self.name!r}"
        numbers = [x.number for x in self.figures]
        for number in numbers:
            check(NUMBER.fullmatch(number) is not None, owner, "figure", number, "a number such as 7 or S2")
        check(len(set(numbers)) == len(numbers), owner, "figures", numbers, "of different numbers")
        claims = [x.number for x in self.claims]
        check(len(set(claims)) == len(claims), owner, "claims", claims, "of different numbers")
        check(bool(self.sets), owner, "sets", dict(self.sets), "at least one, by which its studies are recognised")


PAPERS: dict[str, Paper] = {}  # by name, as they were registered


def register_paper(paper: Paper) -> Paper:
    """Register a paper, so that reports of its studies have its figures, claims and tables. Raises UsageError for a name
    that is taken."""
    check(PAPERS.get(paper.name, paper) is paper, "paper", "name", paper.name, "one that is not taken")
    PAPERS[paper.name] = paper
    return paper


def papers() -> list[Paper]:
    """All papers: first those of files that a user names, then those of installed packages, including ours."""
    load_files()
    for found in load_group(ENTRY_POINTS):
        if isinstance(found, Paper):
            register_paper(found)
    return list(PAPERS.values())


def paper_of(study: StudySpec) -> Paper | None:
    """The paper to which a study belongs: one of the study's ensembles stands in one of the paper's sets."""
    named = {name for spec in study.ensembles for name in spec.sets}
    return next((paper for paper in papers() if named & set(paper.sets)), None)
