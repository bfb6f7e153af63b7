"""Every kernel of a preparation compiles for a real GPU, where NVVM is installed: no GPU is needed for that.

The simulator runs kernels as plain Python and so cannot see a type that goes wrong, such as the float that a signed and an
unsigned integer make."""

import numpy as np
import pytest

from compiling import compiling_machine
from vitrify.models.catalogue import parse
from vitrify.preparation.places import LISTS
from vitrify.preparation.programs import PROGRAMS
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_batch


@pytest.mark.parametrize("in_blocks", [True, False])
@pytest.mark.parametrize("model", ["pss(rc=1.2)", "qss(q=6, xc=3.0)"])
def test_all_launches_of_a_preparation(monkeypatch, model, in_blocks):
    """Each program for one round; nothing runs, so nothing moves."""
    machine, names = compiling_machine(monkeypatch, in_blocks=in_blocks)
    rngs = [np.random.default_rng(k) for k in range(2)]
    batch = random_batch(parse(model), n_particles=800, density=0.6, rngs=rngs)
    place = Samples(batch, machine).place
    place._lists_made[1] = 1
    for what in (LISTS, *PROGRAMS):
        place.done(what, [0, 1])
    assert {"fill_of", "order", "take_out", "row_of", "force_of", "leap_of", "thermostat", "sum_heat"} <= set(names)
    assert {"descend_of", "judge_of", "choose", "turn_of", "set_out", "pace", "glide_of", "pair_force_of"} <= set(names)
