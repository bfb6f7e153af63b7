"""A study with models of a user's own, one in a Python file, one a formula and one a table, and an observable in a plugin: made
here, then by workers that have none of these files."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import numpy as np

from own_models import ENSEMBLE, FILE
from vitrify import campaign, plugin_files
from vitrify.campaign import Here, Store
from vitrify.study import Ledger, plan, read_study, write_manifest

MIXTURE = "0.5:0.5; lengths 1,1.2,1.4"
PLUGIN = '''
from dataclasses import dataclass

import numpy as np

from vitrify.plugins import Column, Measured, Observable, register


@register
@dataclass(frozen=True)
class Far(Observable):
    """The place of the particle that is farthest from the corner."""

    name = "far"
    summary = "how far a particle is from the corner"
    columns = {"far": Column("λ", "the largest distance of a particle from the corner")}

    def measure(self, glass):
        return Measured({"far": float(np.linalg.norm(glass.positions, axis=1).max())})
'''
EACH = """
[[ensemble]]
name = "{name}"
model = {model}
mixture = "{mixture}"
{ensemble}observables = ["mechanics", "far"]
"""
MODELS = {
    "file": '"mine.py:mine(height=1)"',
    "formula": '{ formula = "(1 - r^2)^4", cutoff = 1.0 }',
    "table": '{ table = "soft.table" }',
}
CLUSTER = """
import sys

from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def write_files(folder):
    """The study and what it needs."""
    text = '[study]\nname = "own"\n' + "".join(
        EACH.format(name=name, model=model, mixture=MIXTURE, ensemble=ENSEMBLE) for name, model in MODELS.items()
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "mine.py").write_text(FILE, encoding="utf-8")
    (folder / "far.py").write_text(PLUGIN, encoding="utf-8")
    r = np.linspace(0.5, 1.0, 400)
    np.savetxt(folder / "soft.table", np.column_stack([r, (1.0 - r * r) ** 4]), fmt="%.17g")


def made_here(folder):
    """The results of a study that this process makes itself, and the units that are to be made again by others."""
    plugin_files.add_file(folder / "far.py")
    ledger = Ledger(read_study(folder / "study.toml"))
    store = Store.create(folder / "here")
    write_manifest(ledger, store)
    assert campaign.run(plan(ledger), store, engine=Here()).made == 2 * len(MODELS)
    return ledger, values(ledger, store)


def made_by(engine, ledger, folder, place):
    """The same by an engine, after all files in the folder of the study have gone or are others. place: of the store."""
    store = Store.create(place)
    write_manifest(ledger, store)
    (folder / "soft.table").unlink()
    for name in ("mine.py", "far.py"):
        (folder / name).write_text("raise SystemExit('a worker has run this file')\n", encoding="utf-8")
    outcome = campaign.run(plan(ledger), store, engine=engine)
    assert (outcome.made, outcome.failed) == (2 * len(MODELS), 0)
    return values(ledger, store)


def values(ledger, store):
    """All numbers and arrays of all results, but for the seconds that they took."""
    found = {}
    for product in ledger.products:
        for key in store.keys(product.folder):
            result = store.read(key)
            numbers = {x: y for x, y in result.values.items() if not x.startswith("seconds")}
            found[key] = numbers, {x: (y.dtype, y.shape, y.tobytes()) for x, y in result.arrays.items()}
    assert len(found) == 2 * 3 * len(MODELS)  # samples; a glass, its mechanics and how far it reaches
    return found


@contextlib.contextmanager
def cluster_in(folder):
    """The address of a Dask cluster of two workers whose working folder this is, and which was told of nothing."""
    told = {x: y for x, y in os.environ.items() if x != plugin_files.FILES}
    (folder / "cluster.py").write_text(CLUSTER, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "cluster.py"], cwd=folder, env=told, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("tcp://")
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join()
        process.stdin.close()
        process.stdout.close()
