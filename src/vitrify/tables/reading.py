"""A folder of tables in a notebook, or as the source of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vitrify.campaign import Result
from vitrify.campaign.store import MARK as STORE
from vitrify.ensemble import ParentTemperature
from vitrify.errors import BrokenFile, UsageError
from vitrify.opening import Opened, open_store, require_observable
from vitrify.study import Counts, EnsembleSpec, StudySpec
from vitrify.study.columns import KEYS, columns, in_order, said_dimension, units
from vitrify.study.results import PROVENANCE as MADE

from .agreement import unlike_tables
from .files import from_files
from .folder import MARK, TablesFolder
from .record import Part, Record, Row

FORGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration, UsageError)  # by such a table


class OpenTables:
    """Results that were published as tables: the same tables and results as those of the store, of glasses their checksums
    alone. A table that was damaged or changed leaves its ensemble out, and `broken` says so."""

    def __init__(self, tables: TablesFolder) -> None:
        self.folder = tables
        found = tables.study()
        if found is None:
            raise UsageError(f"{tables.directory} has no study.toml: export an ensemble to it first")
        self.study: StudySpec = found
        self._broken: dict[str, str] = {}
        self._abouts = self._read_provenances()
        self._records: dict[str, Record] = {}

    @property
    def broken(self) -> list[str]:
        """Why ensembles were left out here, or files when they were taken out of the store."""
        return list(self._broken.values())

    def quarantined(self) -> list[str]:
        """Nothing: what a run set aside is told by its store."""
        return []

    def ensembles(self) -> list[str]:
        """Names of the ensembles of the study, of which some may have no tables yet."""
        return [spec.name for spec in self.study.ensembles]

    def units(self) -> dict[str, str]:
        """Unit by column, for all that a table can have; "1" for a plain number, empty for a text."""
        return {name: x.unit for name, x in columns().items()}

    def table(self, ensemble: str) -> pd.DataFrame:
        """A row for each finished sample of the ensemble's own size; units ε, λ, m = 1, and in attrs["units"]."""
        spec = self.study.ensemble(ensemble)
        found = self._table(spec.groups()[0])
        found.attrs["units"] = units(found, [spec.dimension])
        return found

    def tables(self, ensembles: Sequence[str] = ()) -> pd.DataFrame:
        """A row for each finished sample of all ensembles, or of these; columns ensemble, sample, n_particles, dimension
        where any is not of three, observables, provenance. Glasses of another size that an observable asked for
        have rows of their own."""
        chosen = [self.study.ensemble(x) for x in dict.fromkeys(ensembles)] or list(self.study.ensembles)
        found = [self._keyed(x).assign(**said_dimension(x, chosen)) for spec in chosen for x in spec.groups()]
        rows = [x for x in found if len(x)]
        table = in_order(pd.concat(rows, ignore_index=True)) if rows else pd.DataFrame(columns=list(KEYS))
        table.attrs["units"] = units(table)
        return table

    def results(self, ensemble: str, observable: str) -> list[Result]:
        """The finished results of one observable, each with its values and arrays to the digits that were kept. Those of
        g(r) are means over equal parts of the samples; of D(ω) the first samples alone are kept. Raises UsageError."""
        require_observable(observable)
        record = self._record(self.study.ensemble(ensemble))
        return list(record.results.get(observable, {}).values()) if record else []

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from the pilots of an ensemble; None where T is given by the study."""
        record = self._record(self.study.ensemble(ensemble))
        return record.parent if record else None

    def counts(self, ensemble: str) -> Counts:
        """Samples of the ensemble's own size wanted, finished with all their observables, and failed with the reasons."""
        spec = self.study.ensemble(ensemble)
        record = self._record(spec)
        return record.counts if record else Counts(spec.groups()[0].n_samples, 0, 0, {})

    def provenance(self, ensemble: str) -> Mapping[str, Any]:
        """What the tables of an ensemble say of themselves; empty where there are none."""
        return self._abouts.get(self.study.ensemble(ensemble).name, ("", {}))[1]

    def parts(self, ensemble: str) -> tuple[Part, ...]:
        """What is there of each product of an ensemble, and what defines it."""
        record = self._record(self.study.ensemble(ensemble))
        return record.parts if record else ()

    def result(self, ensemble: str, observable: str, sample: int) -> Result | None:
        """The result of one sample; None where there is none."""
        record = self._record(self.study.ensemble(ensemble))
        return record.results.get(observable, {}).get(sample) if record and observable != "structure" else None

    def rows(self, ensemble: str, n_particles: int | None = None) -> list[Row]:
        """All values of each finished sample; n_particles: of another size that an observable asked for."""
        spec = self.study.ensemble(ensemble)
        wanted, record = n_particles or spec.n_particles, self._record(spec)
        return [x for x in record.rows if x["n_particles"] == wanted and x["finished"]] if record else []

    def _read_provenances(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Folder and provenance by ensemble of the study."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for name, about in self.folder.provenances():
            if isinstance(about, BrokenFile):
                self._broken[name] = f"{name} is left out: {about}"
            elif about["ensemble"] not in self.ensembles():
                self._broken[name] = f"{name} is left out: study.toml has no ensemble {about['ensemble']!r}"
            elif about["ensemble"] in found:
                first = found[about["ensemble"]][0]
                self._broken[name] = f"{name} is left out: {first} has the tables of {about['ensemble']!r} already"
            else:
                found[str(about["ensemble"])] = (name, about)
        return found

    def _record(self, spec: EnsembleSpec) -> Record | None:
        """The tables of an ensemble, read once; None where there are none that are sound."""
        if spec.name not in self._records and spec.name in self._abouts:
            name, about = self._abouts[spec.name]
            try:
                self._records[spec.name] = self._read(spec, name, about)
            except BrokenFile as error:
                self._broken[name] = f"{name} is left out: {error}"
                del self._abouts[spec.name]
        return self._records.get(spec.name)

    def _read(self, spec: EnsembleSpec, name: str, about: Mapping[str, Any]) -> Record:
        try:
            if differs := unlike_tables(self.study, spec, about):
                raise BrokenFile(differs)
            record = from_files(spec, self.folder.texts(name, about), about)
        except FORGED as error:
            raise BrokenFile(f"its tables make no sense: {str(error).splitlines()[0] if str(error) else error!r}") from None
        self._broken |= {f"{name} {k}": x for k, x in enumerate(record.broken)}
        return record

    def _table(self, group: EnsembleSpec) -> pd.DataFrame:
        record = self._record(group)
        if record is None:
            return pd.DataFrame.from_dict({}, orient="index").rename_axis("sample")
        asked = [x.name for x in group.measured]
        wanted = [*MADE, *(c for x in record.parts if x.name in asked for c in x.columns)]
        rows = {
            int(x["sample"]): {name: x[name] for name in wanted if name in x}
            for x in record.rows
            if x["finished"] and x["n_particles"] == group.n_particles
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sample")

    def _keyed(self, group: EnsembleSpec) -> pd.DataFrame:
        table = self._table(group).reset_index()
        keys = pd.DataFrame({"ensemble": group.name, "n_particles": group.n_particles}, index=table.index)
        return pd.concat([keys, table], axis=1)


def open_tables(directory: Path | str) -> OpenTables:
    """Open a folder that `vitrify export --tables` wrote. Raises UsageError where it is none."""
    return OpenTables(TablesFolder(directory))


def open_results(directory: Path | str) -> Opened:
    """Open a store or a folder of tables, whichever it is. Raises UsageError where it is neither."""
    if (Path(directory) / MARK).exists():
        return open_tables(directory)
    if (Path(directory) / STORE).exists():
        return open_store(directory)
    raise UsageError(f"{directory} is neither a vitrify store nor a folder of tables: it has no {STORE} and no {MARK}")
