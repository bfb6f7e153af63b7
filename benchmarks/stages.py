"""What one glass costs, stage by stage: shared by the projection of Table I and by the table of `vitrify plan`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.preparation import prepare_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.dipoles import DECAY_TO, bonds, dipole_force
from vitrify.study.observables import OBSERVABLES

from .systems import Liquid, System

COPIES = 2  # along an edge of the large glass: dipole responses are wanted at sizes where no glass is made here
COLUMNS = 8  # dipole responses solved together
MEASURED = ("mechanics", "elasticity", "elastic_constants", "local_moduli", "structure", "spectrum", "modes", "qlm")
Clock = Callable[[], float]
CLOCK = time.process_time  # so that a busy machine does little harm
Costs = dict[str, float]  # seconds by stage; "dipoles" is one response, as c(r) needs it


def costs(made: Glass, asked: Mapping[str, Mapping[str, object]], clock: Clock = CLOCK) -> Costs:
    """Seconds of every stage of one glass. An observable's options are those of the study, or its defaults."""
    found = seconds_of_making(made)
    for name, settings in asked.items():
        started = clock()
        OBSERVABLES[name](**(settings or {})).measure(made)
        found[name] = clock() - started
    return found | {"dipoles": seconds_of_response(made, clock)}


def timed_glass(model: Model, **asked: Any) -> Glass:
    """A glass whose provenance tells processor time. asked: as prepare_glass takes it."""
    started = CLOCK()
    made = prepare_glass(model, **asked)
    spent = CLOCK() - started
    share = spent / float(made.provenance["seconds"])
    made.provenance.update(seconds_liquid=share * float(made.provenance["seconds_liquid"]), seconds=spent)
    return made


def seconds_of_making(made: Glass) -> Costs:
    """Liquid and quench, as the provenance of a glass tells them."""
    liquid = float(made.provenance["seconds_liquid"])
    return {"liquid": liquid, "quench": float(made.provenance["seconds"]) - liquid}


def seconds_of_response(made: Glass, clock: Clock = CLOCK) -> float:
    """One dipole response, as accurate as c(r) needs it."""
    pairs = Pairs.of(made)
    chosen = bonds(pairs)[:: max(len(bonds(pairs)) // COLUMNS, 1)][:COLUMNS]
    right = np.array([dipole_force(pairs, k, pairs.n_particles) for k in chosen])
    hessian = Hessian(pairs)
    started = clock()
    hessian.response(right, tolerance=DECAY_TO)
    return (clock() - started) / COLUMNS


def powers(at_small: Costs, at_large: Costs, ratio: float) -> Costs:
    """The power of N of each stage. ratio: of the two numbers of particles."""
    return {stage: float(np.log(at_large[stage] / at_small[stage]) / np.log(ratio)) for stage in at_small}


def power_of_responses(system: System, made: Glass, seconds: float, clock: Clock = CLOCK) -> float:
    """From a glass to periodic copies of it: the box is COPIES times as long, and so are its longest waves."""
    copies = Liquid(system, made.positions, made.species, made.box).replicated(COPIES)
    large = Glass(copies.positions, copies.box, copies.species, made.model)
    return float(np.log(seconds_of_response(large, clock) / seconds) / np.log(COPIES**3))
