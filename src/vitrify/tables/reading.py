"""Reading of a folder of tables, in a notebook or as the source of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vitrify.campaign import Result
from vitrify.campaign.store import MARK as STORE
from vitrify.ensemble import ParentTemperature
from vitrify.errors import BrokenFile, UsageError
from vitrify.opening import Opened, open_store, overview, overview_table, require_observable
from vitrify.study import Counts, EnsembleSpec, SampleResult, StudySpec
from vitrify.study.columns import KEYS, columns, in_order, said_dimension, units
from vitrify.study.results import PROVENANCE as MADE

from .agreement import unlike_tables
from .files import from_files
from .folder import MARK, TablesFolder
from .record import Part, Record, Row

FORGED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration, UsageError)  # by such a table


class OpenTables:
    """Results that were published as tables, with the same tables and results as their store; of glasses only the
    checksums. A table that was damaged or changed leaves its ensemble out, and `broken` says so."""

    def __init__(self, tables: TablesFolder) -> None:
        self.folder = tables
        found = tables.study()
        if found is None:
            raise UsageError(f"{tables.directory} has no study.toml: export an ensemble to it first")
        self.study: StudySpec = found
        self._broken: dict[str, str] = {"": tables.absent} if tables.absent else {}
        self._abouts = self._read_provenances()
        self._records: dict[str, Record] = {}

    def __repr__(self) -> str:
        return overview("OpenTables", self.study, self.folder.directory, self._finished_of())

    def _repr_html_(self) -> str:
        """The table that a notebook shows: the ensembles, and how many of their glasses there are."""
        return overview_table("OpenTables", self.study, self._finished_of())

    def _finished_of(self) -> dict[str, int]:
        return {name: self.counts(name).done for name in self.ensembles()}

    @property
    def broken(self) -> list[str]:
        """Reasons why ensembles were left out here, or files when the tables were taken out of the store."""
        return list(self._broken.values())

    def quarantined(self) -> list[str]:
        """Always empty: only a store tells what a run set aside."""
        return []

    def ensembles(self) -> list[str]:
        """Names of the ensembles of the study, some of which may have no tables yet."""
        return [spec.name for spec in self.study.ensembles]

    def units(self) -> dict[str, str]:
        """Unit by column, for every column that a table can have; "1" for a plain number, empty for a text."""
        return {name: x.unit for name, x in columns().items()}

    def table(self, ensemble: str) -> pd.DataFrame:
        """One row per finished sample of the ensemble's own size; units ε, λ, m = 1, also in attrs["units"]."""
        spec = self.study.ensemble(ensemble)
        found = self._table(spec.groups()[0])
        found.attrs["units"] = units(found, [spec.dimension])
        found.attrs["ensemble"] = ensemble
        return found

    def tables(self, ensembles: Sequence[str] = ()) -> pd.DataFrame:
        """One row per finished sample of all ensembles, or of these. The columns are ensemble, sample, n_particles,
        dimension where any is not of three, observables and provenance. Glasses of another size that an observable asked
        for have rows of their own."""
        chosen = [self.study.ensemble(x) for x in dict.fromkeys(ensembles)] or list(self.study.ensembles)
        found = [self._keyed(x).assign(**said_dimension(x, chosen)) for spec in chosen for x in spec.groups()]
        rows = [x for x in found if len(x)]
        table = in_order(pd.concat(rows, ignore_index=True)) if rows else pd.DataFrame(columns=list(KEYS))
        table.attrs["units"] = units(table)
        return table

    def results(self, ensemble: str, observable: str) -> list[SampleResult]:
        """The finished results of one observable, each with its values and arrays to the digits that were kept. Those of
        g(r) are means over equal parts of the samples; of D(ω) only the first samples are kept. Raises UsageError."""
        require_observable(observable)
        record = self._record(self.study.ensemble(ensemble))
        found = record.results.get(observable, {}) if record else {}
        several = observable == "structure"  # of each part of the samples a mean
        return [SampleResult.of(x, ensemble, observable, None if several else k) for k, x in found.items()]

    def densities(self, ensemble: str, observable: str) -> list[float]:
        """ρ = N/V of the glass of each of `results`, in their order. Those of g(r) are of no single glass."""
        require_observable(observable)
        spec = self.study.ensemble(ensemble)
        record = self._record(spec)
        rows = {x["sample"]: x for x in record.rows if x["n_particles"] == spec.particles_of(observable)} if record else {}
        asked = record.results.get(observable, {}) if record else {}
        return [float(rows.get(k, {}).get("glass_density", spec.density)) for k in asked]

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from the pilots of an ensemble, or None where the study gives T."""
        record = self._record(self.study.ensemble(ensemble))
        return record.parent if record else None

    def counts(self, ensemble: str) -> Counts:
        """Number of samples of the ensemble's own size that are wanted, that are finished with all their observables, and
        that failed with the reasons."""
        spec = self.study.ensemble(ensemble)
        record = self._record(spec)
        return record.counts if record else Counts(spec.groups()[0].n_samples, 0, 0, {})

    def provenance(self, ensemble: str) -> Mapping[str, Any]:
        """The provenance of the tables of an ensemble; empty where there are none."""
        return self._abouts.get(self.study.ensemble(ensemble).name, ("", {}))[1]

    def parts(self, ensemble: str) -> tuple[Part, ...]:
        """Counts and definition of each product of an ensemble."""
        record = self._record(self.study.ensemble(ensemble))
        return record.parts if record else ()

    def result(self, ensemble: str, observable: str, sample: int) -> Result | None:
        """The result of one sample, or None where there is none."""
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
        """The tables of an ensemble, read once, or None where there are none that are sound."""
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
            raise BrokenFile(
                f"its tables cannot be understood: {str(error).splitlines()[0] if str(error) else error!r}"
            ) from None
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
