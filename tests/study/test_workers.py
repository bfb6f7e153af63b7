"""Results do not depend on how many processes make them."""

import numpy as np

from vitrify import campaign
from vitrify.campaign import Store
from vitrify.study import parse_study, plan

TEXT = """[study]
name = "t"
seed = 5

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 120
n_samples = 4
parent_temperature = 6.0
melt_msd = 1.0
observables = ["elasticity"]

[[ensemble]]
name = "large enough for the threads of linear algebra"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 1000
n_samples = 2
parent_temperature = 6.0
melt_msd = 1.0
observables = ["elasticity"]
"""


def test_one_worker_and_two_make_the_same_bits(tmp_path):
    batches = plan(parse_study(TEXT))
    stores = [Store.create(tmp_path / str(workers)) for workers in (1, 2)]
    for workers, store in enumerate(stores, start=1):
        assert campaign.run(batches, store, workers=workers).made == 6
    for glass, elastic in (batch.tasks for batch in batches):
        one, two = (store.read(glass.key, glass.digest) for store in stores)
        assert np.array_equal(one.arrays["positions"], two.arrays["positions"])
        assert np.array_equal(one.arrays["species"], two.arrays["species"])
        moduli = [store.read(elastic.key, elastic.digest).values for store in stores]
        assert moduli[0] == moduli[1]
