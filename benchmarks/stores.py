"""A store of 100,000 samples, looked at: whole processes, the interpreter's start included."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from vitrify.campaign import Result, Store
from vitrify.campaign.journal import FOLDER
from vitrify.models.catalogue import parse
from vitrify.preparation import Recipe, prepare_glass
from vitrify.study import Ledger, Product, parse_study, write_manifest
from vitrify.study.observables import OBSERVABLES
from vitrify.study.products import GLASS
from vitrify.study.work import glass_result, measured_result

from .table import Row
from .timing import seconds

REPEATS = 5
N_PARTICLES = 160  # of a glass; a status reads names alone, whatever their files hold
BEGAN = 1.7e9  # of the campaign, seconds since 1970
TASK_SECONDS = 12.0
SMALL = 100  # samples of the ensemble whose table is read
HEAD = """
[study]
name = "large"
seed = 5

[defaults]
n_particles = {n}
parent_temperature = 6.0

"""
ENSEMBLE = """
[[ensemble]]
name = "{name}"
model = "pss(rc=1.2)"
density = 0.6
n_samples = {samples}
"""
OPENED = "import vitrify; assert len(vitrify.open_store({store!r}).table('small')) == {samples}"
CHILD = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def rows(*, quick: bool) -> Iterator[Row]:
    """Status, the slowest tasks, and a table of one small ensemble."""
    each = 100 if quick else 10_000
    vitrify = str(Path(sys.executable).with_name("vitrify"))
    with tempfile.TemporaryDirectory(prefix="vitrify-bench-store-") as place:
        store = str(large_store(Path(place) / "s", ensembles=10, samples=each))
        opened = OPENED.format(store=store, samples=min(SMALL, each))
        for work, command, wanted in (
            ("vitrify status DIR --json", [vitrify, "status", store, "--json"], 2.0),
            ("vitrify status DIR --slowest", [vitrify, "status", store, "--slowest"], 2.0),
            (f"open_store and a table of {min(SMALL, each)} samples", [sys.executable, "-c", opened], None),
        ):
            note = f"{10 * each:,} samples in {30 * each:,} files; peak memory {_peak(command):.0f} MB"
            spent = statistics.median(_seconds(command) for _ in range(REPEATS))
            yield Row(work=work, ours=spent, at_most=wanted, note=note)


def large_store(place: Path, *, ensembles: int, samples: int) -> Path:
    """A finished store in the real format with a line of its log a task, and one small ensemble more."""
    text = HEAD.format(n=N_PARTICLES)
    text += "".join(ENSEMBLE.format(name=f"e{k}", samples=samples) for k in range(ensembles))
    text += ENSEMBLE.format(name="small", samples=min(SMALL, samples))
    store, study = Store.create(place), parse_study(text)
    ledger = Ledger(study)
    write_manifest(ledger, store)
    (place / FOLDER).mkdir()
    for number, product in enumerate(ledger.products):
        _fill(store, product)
        (place / FOLDER / f"{number}.host.1.tsv").write_text("".join(_lines(product, number)))
    return place


def _fill(store: Store, product: Product) -> None:
    """One file, written as every result is, and under the other names links to it: none is opened but those of the small
    ensemble, which are copies."""
    first, copy = product.key(0), shutil.copyfile if product.group.name == "small" else os.link
    store.publish(first, product.digest, _results()[product.name])
    for index in range(1, product.count):
        copy(store.path(first), store.path(product.key(index)))


@cache
def _results() -> dict[str, Result]:
    """A real glass and what is measured of it."""
    glass = prepare_glass(
        parse("pss(rc=1.2)"), n_particles=N_PARTICLES, density=0.6, parent_temperature=6.0,
        rng=np.random.default_rng(1), recipe=Recipe(melt_msd=1.0),
    )  # fmt: skip
    return {GLASS: glass_result(glass)} | {
        name: measured_result(OBSERVABLES[name]().measure(glass)) for name in ("mechanics", "elasticity")
    }


def _lines(product: Product, number: int) -> Iterator[str]:
    """A line a task, as a journal writes it."""
    spread = np.random.default_rng(number).exponential(TASK_SECONDS, product.count)
    for index, (spent, ended) in enumerate(zip(spread, BEGAN + np.cumsum(spread), strict=True)):
        key = product.key(index)
        yield f"{key}\t{ended:.2f}\t{spent:.4f}\t{180.0 + spent:.1f}\tmade\tnode{number % 7}\n"


def _seconds(command: list[str]) -> float:
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def _peak(command: list[str]) -> float:
    """MB of a process of its own that only starts it; the first of all, so that files' names are in memory afterwards."""
    return float(subprocess.run([sys.executable, "-c", CHILD, *command], check=True, capture_output=True, text=True).stdout)
