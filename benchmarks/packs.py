"""The table of an ensemble of 100,000 samples, and single results, from packs and from a file for each result.

`python -m benchmarks.packs [SAMPLES] [--alone]` makes a store of invented results in the real format (glass, mechanics,
elasticity), tells the time of the table from packs, with `--alone` also from files of their own, and that of reading whole
results in random order from either. The disk's cache is warm."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from vitrify.campaign import Result, Store, packing, result_file
from vitrify.campaign.pack_file import Member, member
from vitrify.campaign.packs import BLOCK, publish
from vitrify.study import StudySpec, ensemble_table, parse_study, write_manifest
from vitrify.study.columns import MADE
from vitrify.study.observables import OBSERVABLES
from vitrify.study.products import GLASS, Product, ensemble_products, sample_name
from vitrify.study.results import CHECKSUMS
from vitrify.study.work import glass_checksum

SAMPLES = 100_000
N_PARTICLES = 100
READS = 2000  # whole results of the glasses, in random order
DISTINCT = 1000  # samples, which the others repeat: HDF5 takes half a millisecond to make a file
STUDY = """
[study]
name = "packs"
seed = 1

[[ensemble]]
name = "large"
model = "pss(rc=1.2)"
density = 0.6
n_particles = {n}
n_samples = {samples}
parent_temperature = 6.0
observables = ["mechanics", "elasticity"]
"""


def main(samples: int, *, alone: bool) -> None:
    """Make the store, time and tell."""
    study = parse_study(STUDY.format(n=N_PARTICLES, samples=samples))
    with tempfile.TemporaryDirectory(prefix="vitrify-bench-packs-") as place:
        store = Store.create(Path(place) / "s")
        write_manifest(study, store)
        _told("made in packs", lambda: _fill(store, study))
        print(f"{sum(1 for x in store.directory.rglob('*') if x.is_file())} files for {3 * samples} results")
        _told(f"table of {samples:,} samples from packs", lambda: _table(store, study, samples))
        _told("the same again", lambda: _table(store, study, samples))
        glasses = next(ensemble_products(study, study.ensembles[0]))
        _told(f"{READS} whole glasses in random order from packs", lambda: _read(store, glasses, samples))
        chosen = list(ensemble_products(study, study.ensembles[0])) if alone else [glasses]
        _told("unpacked", lambda: [packing.unpack(x.folder, store) for x in chosen])
        _told(f"{READS} whole glasses in random order from files of their own", lambda: _read(store, glasses, samples))
        if alone:
            CHECKSUMS.clear()
            _told(f"table of {samples:,} samples from files of their own", lambda: _table(store, study, samples))


def _told(what: str, act: Callable[[], object]) -> object:
    began, spent = time.perf_counter(), time.process_time()
    found = act()
    print(f"{what}: {time.perf_counter() - began:.1f} s, {time.process_time() - spent:.1f} s of one core", flush=True)
    return found


def _fill(store: Store, study: StudySpec) -> None:
    """Packs as a run writes them, without the files that it removes then."""
    store.admit_packs()
    glasses, *measured = ensemble_products(study, study.ensembles[0])
    for first in range(0, glasses.count, BLOCK):
        numbers = range(first, min(first + BLOCK, glasses.count))
        for product in (glasses, *measured):
            found = {sample_name(k): _member(product, k) for k in numbers}
            publish(store.directory / product.folder, found)


def _member(product: Product, k: int) -> Member:
    content, result, identity = _made(product.name, product.digest, k % DISTINCT)
    return member(sample_name(k), content, product.digest, result, identity)


@cache
def _made(name: str, digest: str, k: int) -> tuple[bytes, Result, str]:
    """One result, its HDF5 file, and the checksum of a glass."""
    checksum = glass_checksum(_glass(k))
    result, identity = (_glass(k), checksum) if name == GLASS else (_measured(name, k, checksum), "")
    return result_file.image(digest, result), result, identity


def _glass(k: int) -> Result:
    rng = np.random.default_rng(k)
    values = {name: _value(x.kind, rng) for name, x in MADE.items()} | {"box": 5.5, "model": "pss(rc=1.2)"}
    arrays = {"positions": rng.random((N_PARTICLES, 3)), "species": np.zeros(N_PARTICLES, np.int8)}
    return Result(values, arrays)


def _measured(name: str, k: int, made_from: str) -> Result:
    rng = np.random.default_rng([k, len(name)])
    columns = OBSERVABLES[name].columns
    return Result({name: _value(x.kind, rng) for name, x in columns.items()}, {}, made_from)


def _value(kind: type, rng: np.random.Generator) -> float | int | bool | str:
    return {float: float(rng.random()), int: 3, bool: True, str: "invented"}[kind]


def _table(store: Store, study: StudySpec, samples: int) -> None:
    found = ensemble_table(study, study.ensembles[0], store)
    assert len(found) == samples
    assert not store.broken


def _read(store: Store, glasses: Product, samples: int) -> None:
    chosen = random.Random(0).choices(range(samples), k=READS)
    for result in map(partial(store.read, digest=glasses.digest), (f"{glasses.folder}/{sample_name(k)}" for k in chosen)):
        assert len(result.arrays["positions"]) == N_PARTICLES


if __name__ == "__main__":
    numbers = [int(x) for x in sys.argv[1:] if x.isdigit()]
    main(*(numbers or [SAMPLES]), alone="--alone" in sys.argv)
