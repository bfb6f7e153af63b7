"""A store in a notebook: tables and glasses by ensemble."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from vitrify.campaign import Store
from vitrify.glass import Glass
from vitrify.study import StudySpec, ensemble_table, parse_study
from vitrify.study.digest import glass_digest
from vitrify.study.plan import glass_folder, sample_name
from vitrify.study.work import read_glass


class OpenStore:
    """A store and the study that made it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.study: StudySpec = parse_study(store.read_text("study.toml"), "study.toml of the store")

    def ensembles(self) -> list[str]:
        """Names of the ensembles."""
        return [spec.name for spec in self.study.ensembles]

    def table(self, ensemble: str) -> pd.DataFrame:
        """A row for each finished sample; units ε, λ, m = 1."""
        return ensemble_table(self.study, self.study.ensemble(ensemble), self.store)

    def glass(self, ensemble: str, sample: int) -> Glass:
        """One glass. Raises FileNotFoundError where it has not been made, BrokenFile where its file is damaged."""
        spec = self.study.ensemble(ensemble)
        key = f"{glass_folder(self.study, spec)}/{sample_name(sample)}"
        return read_glass(self.store, key, glass_digest(self.study, spec))


def open_store(directory: Path | str) -> OpenStore:
    """Open a store that `vitrify run` wrote. Raises UsageError where the folder is none."""
    return OpenStore(Store(directory))
