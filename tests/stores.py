"""Small stores for tests, filled task by task in this process."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from vitrify.campaign import Result, Store
from vitrify.campaign.worker import one_thread
from vitrify.ensemble import ParentTemperature
from vitrify.plugins import Observable
from vitrify.study import Ledger, parse_study, plan, write_manifest
from vitrify.study.columns import MADE, observed
from vitrify.study.work import glass_checksum, observable_task, parent_temperature_task

GIVEN = {  # some columns by observable
    "mechanics": ("pressure", "p_over_p0", "stickiness", "coordination"),
    "elasticity": ("shear_modulus", "shear_modulus_xz", "bulk_modulus", "g_over_k", "zero_modes", "is_minimum"),
    "spectrum": ("spectrum_method", "spectrum_resolution"),
    "modes": ("n_modes", "first_shear_phonon", "modes_counted_below", "modes_proof"),
    "qlm": ("qlm_frequency", "qlm_k_plus", "qlm_k_minus", "qlm_f_plus", "qlm_f_minus", "qlm_dilation_over_shear"),
    "dipoles": ("dipoles", "dipole_spacing"),
}

OF_IMPORTED = ("imported_from", "glass_density")  # columns that no glass has which was made
HEAD = """
[study]
name = "small"
seed = 5

[defaults]
n_particles = 100
n_samples = 2
parent_temperature = 6.0
melt_msd = 1.0

"""
ENSEMBLE = """
[[ensemble]]
name = "{name}"
model = "pss(rc=1.2)"
density = 0.6
observables = [{observables}]
"""


@dataclass(frozen=True)
class Echo(Observable):
    """An observable that nobody has measured yet."""

    name = "echo"
    summary = "nothing"


def glasses_of(study):
    """The glasses that a study asks for, of each ensemble and size."""
    return [glasses for glasses, _ in Ledger(study).groups()]


def study_text(*ensembles):
    """A study of ensembles, each a name and its observables in TOML."""
    return HEAD + "".join(ENSEMBLE.format(name=name, observables=x) for name, x in ensembles)


def filled(directory, text):
    """A store that holds everything that a study asks for."""
    store = Store.create(directory)
    store.write_text("study.toml", text)
    with one_thread():  # as in a run: else the last bits depend on the number of cores
        for batch in plan(parse_study(text)):
            for task in batch.tasks:
                store.publish(task.key, task.digest, task.function(store, *task.arguments))
    return directory


def invented(directory, text, *, only=(), seed=0, modes=12):
    """A store of numbers of the right form that nobody computed, of these ensembles or of all: quick, whatever its size."""
    store = Store.create(directory)
    store.write_text("study.toml", text)
    study = parse_study(text)
    write_manifest(study, store)
    numbers = Invented(np.random.default_rng(seed), modes)
    for batch in plan(study):
        if only and batch.name.removesuffix(": pilots") not in only:
            continue
        for task in batch.tasks:
            glass = store.read(task.needs[0]) if task.function is observable_task else None
            store.publish(task.key, task.digest, numbers.of(task, glass))
    return directory


class Invented:
    """Results by product, drawn at random."""

    def __init__(self, rng, most_modes=12):
        self.rng, self.most_modes = rng, most_modes

    def of(self, task, glass):
        if glass is None:
            return self.parent_temperature() if task.function is parent_temperature_task else self.glass(task.arguments[0])
        observable = task.arguments[0]
        values = {name: self.value(x.kind) for name, x in observed().items() if name in GIVEN.get(observable.name, ())}
        arrays = getattr(self, observable.name, dict)()
        if observable.name == "modes":
            values |= {
                "n_modes": len(arrays["frequency"]),
                "modes_counted_below": 1.01 * arrays["frequency"].max(initial=2.0),
            }
        return Result(values, arrays, glass_checksum(glass))

    def value(self, kind):
        return {float: float(self.rng.lognormal(sigma=0.03)), int: 3, bool: True, str: "invented"}[kind]

    def parent_temperature(self):
        return Result(asdict(ParentTemperature(5.0 + self.rng.random(), 20.0 + self.rng.random(), float("nan"), 1, 100)))

    def glass(self, spec):
        values = {name: self.value(x.kind) for name, x in MADE.items() if name not in OF_IMPORTED}
        positions = self.rng.random((spec.n_particles, 3))
        return Result(
            {**values, "box": 5.5, "model": spec.model}, {"positions": positions, "species": np.zeros(spec.n_particles)}
        )

    def modes(self):
        number = self.rng.integers(self.most_modes + 1)  # of some glasses none
        return {"frequency": 2.0 * np.sort(self.rng.random(number)), "participation_ratio": self.rng.random(number)}

    def qlm(self):
        tensor = self.rng.normal(size=(3, 3))
        return {"coupling": 0.5 * (tensor + tensor.T), "vector": self.rng.normal(size=(100, 3))}

    def dipoles(self, number=8):
        distance = np.geomspace(0.5, 50.0, 49)
        each = distance**-6.0 * self.rng.lognormal(sigma=0.1, size=(number, 49))
        each[:, distance > 20.0] = np.nan
        return {"distance": distance, "each": each, "median": each.mean(axis=0), "count": np.isfinite(each).sum(axis=0)}

    def structure(self):
        g = {kind: self.rng.lognormal(size=250) for kind in ("AA", "AB", "BB")}
        return {
            "x": 0.01 * np.arange(250) + 0.005,
            **{kind: np.where(np.arange(250) < 90, 0.0, x) for kind, x in g.items()},
        }

    def spectrum(self, points=200):
        return {"omega": np.sort(self.rng.random(points)), "density": self.rng.random(points)}
