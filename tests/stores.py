"""Small stores for tests, filled task by task in this process."""

from __future__ import annotations

from vitrify.campaign import Store
from vitrify.study import parse_study, plan

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


def study_text(*ensembles):
    """A study of ensembles, each a name and its observables in TOML."""
    return HEAD + "".join(ENSEMBLE.format(name=name, observables=x) for name, x in ensembles)


def filled(directory, text):
    """A store that holds everything that a study asks for."""
    store = Store.create(directory)
    store.write_text("study.toml", text)
    for batch in plan(parse_study(text)):
        for task in batch.tasks:
            store.publish(task.key, task.digest, task.function(store, *task.arguments))
    return directory
