"""python -m benchmarks.costs: the table that `vitrify plan` reckons with, src/vitrify/study/costs.json.

Every glass former of Table I, of studies/other_glasses.toml and of the catalogue's other families makes a few glasses of
two sizes at its own parent temperature, and measures all of them. Powers of N and sizes of files come from PSS, below and
above the sizes up to which modes and spectra are dense. One pinned core, one thread, in processor time, so that a busy
machine does little harm; some twenty minutes.

--missing measures only formers that the table has not got. On another processor than the table's their seconds are told
in seconds of the table's: PSS is measured here too, and each stage is scaled by what that stage of PSS takes there and
here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

import vitrify
from vitrify.campaign import Result, result_file
from vitrify.ensemble.parent_temperature import ParentTemperature, find_parent_temperature
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.catalogue import parse
from vitrify.preparation import Recipe
from vitrify.statics import Pairs
from vitrify.study import read_study
from vitrify.study.observables import OBSERVABLES
from vitrify.study.work import glass_result, measured_result

from .child import environment
from .projection import STUDY
from .stages import CLOCK, MEASURED, Costs, costs, power_of_responses, powers, seconds_of_making, timed_glass
from .systems import PSS, SCRATCH
from .table import surroundings

OUT = Path(vitrify.__file__).parent / "study" / "costs.json"
OTHERS = STUDY.with_name("other_glasses.toml")
FAMILIES = (  # no study of ours names a density
    ("lennard_jones()", 0.70), ("inverse_power()", 0.82), ("hertzian()", 0.95), ("harmonic()", 0.95),
    ("kob_andersen()", 1.2), ("polydisperse_ipl()", 0.58),
)  # fmt: skip
SCALES = {500: (300, 700), 1200: (1200, 8000)}  # where a table of seconds is taken → between which sizes of PSS its powers
EACH = 3  # glasses of every former and size
GLASSES = {
    300: 8,
    700: 8,
    1200: 8,
    8000: 3,
}  # of PSS: some quenches and quasilocalised modes take several times as long as others
FINDS = 3  # parent temperatures found, for the rounds that they take


@click.command()
@click.option("--core", type=int, help="Core to pin to; the last this process may use unless given.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=OUT, help="Where the table goes.")
@click.option("--missing", is_flag=True, help="Measure only glass formers that the table has not got.")
def main(core: int | None, out: Path, missing: bool) -> None:
    """Measure the costs and write the table."""
    if SCRATCH not in os.environ:  # threads are counted when numpy is imported, so the work is done in a child
        with tempfile.TemporaryDirectory(prefix="vitrify-costs-") as scratch:
            sys.exit(
                subprocess.call([sys.executable, "-m", "benchmarks.costs", *sys.argv[1:]], env=environment(Path(scratch)))
            )
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if core is None else core})
    found = completed(json.loads(OUT.read_text(encoding="utf-8"))) if missing else table()
    out.write_text(json.dumps(_rounded(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(f"{out}")


def table() -> dict[str, Any]:
    """All of the table, seconds on one core."""
    scales = {str(size): _scale(*between) for size, between in SCALES.items()}
    entries = _entries(_formers())
    rounds = float(np.mean([entry.pop("rounds") for entry in entries]))
    about = {"processor": surroundings()["processor"], "pilot_rounds": rounds, "fire_over_cg": _fire_over_cg()}
    return {**about, "scales": scales, "entries": entries}


def completed(table: dict[str, Any]) -> dict[str, Any]:
    """The table with the glass formers that it has not got, in seconds of its own processor."""
    known = {(x["model"], x["density"]): x for x in table["entries"]}
    wanted = [former for former in _formers() if former not in known]
    pss = str(PSS.model), PSS.density
    here, there = _entries([pss])[0]["seconds"], known[pss]["seconds"]
    entries = _entries(wanted)
    for entry in entries:
        entry.pop("rounds")
        entry["seconds"] = {
            n: {stage: x * there[n][stage] / here[n][stage] for stage, x in spent.items()}
            for n, spent in entry["seconds"].items()
        }
    return {**table, "entries": [*table["entries"], *entries]}


def _entries(formers: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """What each costs, told as soon as it is known."""
    started, entries = time.perf_counter(), []
    for text, density in formers:
        entries.append(_entry(parse(text), density))
        click.echo(
            f"{time.perf_counter() - started:6.0f} s: {text} at density {density:g}: {entries[-1]['seconds']}", err=True
        )
    return entries


def _formers() -> list[tuple[str, float]]:
    """Models with their densities, each once."""
    ensembles = [x for study in (STUDY, OTHERS) for x in read_study(study).ensembles]
    families = ((str(parse(text)), density) for text, density in FAMILIES)
    return list(dict.fromkeys([*((str(x.parsed_model), x.density) for x in ensembles), *families]))


def _entry(model: Model, density: float) -> dict[str, Any]:
    """One glass former: seconds by stage at each size, steps of its liquid, neighbours within the cutoff."""
    size, rng = {"density": density}, np.random.default_rng(1)
    found = find_parent_temperature(
        model, n_particles=_whole(model, max(SCALES)), **size, rng=rng, recipe=Recipe(melt_msd=2.0)
    )
    _costs(_glass(model, min(SCALES), density, found.temperature, 0))  # compiles
    spent, steps, neighbours = {}, {}, 0.0
    for n in SCALES:
        made = [_glass(model, n, density, found.temperature, seed) for seed in range(EACH)]
        spent[str(n)] = _mean(_costs(glass) for glass in made)
        steps[str(n)] = float(np.mean([float(glass.provenance["liquid_steps"]) for glass in made]))
        neighbours = float(np.mean([len(Pairs.of(glass).target) / glass.n_particles for glass in made]))
    rounds = _rounds(model, density, spent[str(min(SCALES))])
    return {
        "model": str(model), "density": density, "temperature": found.temperature, "neighbours": neighbours,
        "rounds": rounds, "liquid_steps": steps, "seconds": spent,
    }  # fmt: skip


def _whole(model: Model, n: int) -> int:
    """The number of particles of so many whole molecules, the nearest to n."""
    sites = 1 if model.molecule is None else model.molecule.n_sites
    return round(n / sites) * sites


def _glass(model: Model, n: int, density: float, temperature: float, seed: int, recipe: Recipe | None = None) -> Glass:
    size = {"n_particles": _whole(model, n), "density": density}
    rng = np.random.default_rng(seed)
    return timed_glass(model, **size, parent_temperature=temperature, rng=rng, recipe=recipe)


def _pss(n: int, seed: int, recipe: Recipe | None = None) -> Glass:
    return _glass(PSS.model, n, PSS.density, PSS.temperature, seed, recipe)


def _costs(made: Glass) -> Costs:
    """Seconds of every stage."""
    return costs(made, {name: {} for name in MEASURED}, CLOCK)


def _rounds(model: Model, density: float, at_smallest: Costs) -> float:
    """Rounds of pilots until a parent temperature has settled, from the time that it takes beside that of its glasses.

    Before the first round one glass is quenched from random positions."""
    first = at_smallest["quench"] + at_smallest["elasticity"]
    size = {"n_particles": _whole(model, min(SCALES)), "density": density, "n_pilots": 1}
    spent = []
    for seed in range(FINDS):
        started = CLOCK()
        with suppress(SampleFailure):  # one small pilot may be so soft that the liquid it asks for does not move
            find_parent_temperature(model, **size, rng=np.random.default_rng(seed))
            spent.append(CLOCK() - started)
    return max((float(np.mean(spent)) - first) / (first + at_smallest["liquid"]), 1.0)


def _scale(small: int, large: int) -> dict[str, Any]:
    """Powers of N, and bytes of each file as a + b N, from two sizes of PSS."""
    _costs(_pss(small, 0))  # compiles
    made = {n: [_pss(n, seed) for seed in range(GLASSES[n])] for n in (small, large)}
    spent = {n: _mean(_costs(glass) for glass in glasses) for n, glasses in made.items()}
    power = powers(spent[small], spent[large], large / small)
    if large > max(SCALES):
        power["dipoles"] = power_of_responses(PSS, made[large][0], spent[large]["dipoles"], CLOCK)
    length = {n: _mean(_bytes(glass) for glass in glasses) for n, glasses in made.items()}
    slope = {product: (length[large][product] - length[small][product]) / (large - small) for product in length[small]}
    return {"power": power, "bytes": {x: [length[small][x] - b * small, b] for x, b in slope.items()}}


def _bytes(made: Glass) -> dict[str, float]:
    """The length of each file that is written for this glass."""
    results = {name: measured_result(kind().measure(made)) for name, kind in OBSERVABLES.items()}
    results |= {
        "glass": glass_result(made),
        "parent_temperature": Result(asdict(ParentTemperature(5.4, 12.3, 0.1, 4, 3000))),
    }
    return {name: _length(result) - _told_by_options(name) for name, result in results.items()}


def _told_by_options(product: str) -> float:
    """The bytes that an observable itself tells, for which the table has no number."""
    return OBSERVABLES[product]().more_bytes if product in OBSERVABLES else 0.0


def _length(result: Result) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "000000.h5"
        result_file.write(path, 64 * "0", result)
        return float(path.stat().st_size)


def _fire_over_cg() -> float:
    """Seconds of a quench by FIRE in those by conjugate gradients, of the same liquids."""
    spent = {}
    for minimiser in ("cg", "fire", "cg", "fire"):  # the first of each compiles
        made = [_pss(PSS.n_particles, seed, Recipe(minimiser=minimiser)) for seed in range(4)]
        spent[minimiser] = sum(seconds_of_making(glass)["quench"] for glass in made)
    return spent["fire"] / spent["cg"]


def _mean(found: Iterable[dict[str, float]]) -> dict[str, float]:
    every = list(found)
    return {name: float(np.mean([x[name] for x in every])) for name in every[0]}


def _rounded(value: Any) -> Any:
    """Four digits: no timing has more."""
    if isinstance(value, dict):
        return {key: _rounded(x) for key, x in value.items()}
    if isinstance(value, list):
        return [_rounded(x) for x in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
