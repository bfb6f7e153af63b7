"""Every kernel of a preparation compiles for a real GPU, where NVVM is installed: no GPU is needed for that.

The simulator runs kernels as plain Python and so cannot see a type that goes wrong, such as the float that a signed and an
unsigned integer make."""

from types import SimpleNamespace

import numpy as np
import pytest

from vitrify.model.catalogue import parse
from vitrify.preparation.places import LISTS
from vitrify.preparation.programs import PROGRAMS
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_batch

H100 = (9, 0)


def nvvm_is_there():
    from numba import cuda, types

    try:
        cuda.compile_ptx(lambda n: None, types.void(types.int64), cc=H100)
    except Exception:
        return False
    return True


@pytest.fixture
def compiled(monkeypatch):
    """A GPU backend that compiles each launch and runs nothing; the names of what it compiled."""
    pytest.importorskip("numba_cuda")
    if not nvvm_is_there():
        pytest.skip("NVVM is not installed (numba-cuda[cu12] brings it)")
    from numba import cuda, typeof, types
    from numba.cuda import dispatcher

    from vitrify.backends.gpu import Gpu

    monkeypatch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=H100))
    names = []

    class Kernel:
        """A function that is compiled for its arguments where it would be launched."""

        def __init__(self, function):
            self.function = function

        def __getitem__(self, grid):
            def launch(*arguments):
                code, _ = cuda.compile_ptx(self.function, types.void(*[typeof(x) for x in arguments]), cc=H100)
                assert "sm_90" in code

            return launch

    class Compiling(Gpu):
        def put(self, array):
            return np.ascontiguousarray(array)

        def get(self, array):
            return np.asarray(array)

        def set(self, array, values):
            array[:] = values

        def line(self, line, **how):
            names.append(line.body.__qualname__.split(".")[0])
            return super().line(line, **how)

        def kernel(self, function):
            return Kernel(function)

    return Compiling(), names


@pytest.mark.parametrize("model", ["pss(rc=1.2)", "qss(q=6, xc=3.0)"])
def test_all_launches_of_a_preparation(compiled, model):
    """Each program for one round; nothing runs, so nothing moves."""
    machine, names = compiled
    rngs = [np.random.default_rng(k) for k in range(2)]
    batch = random_batch(parse(model), n_particles=800, density=0.6, rngs=rngs)
    place = Samples(batch, machine).place
    place._lists_made[1] = 1
    for what in (LISTS, *PROGRAMS):
        place.done(what, [0, 1])
    assert {"fill_of", "order", "take_out", "row_of", "force_of", "leap_of", "thermostat", "sum_heat", "goes"} <= set(names)
    assert {"descend_of", "judge_of", "choose_of", "turn_of", "set_out", "pace", "glide_of", "pair_force_of"} <= set(names)
