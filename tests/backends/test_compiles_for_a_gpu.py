"""Every kernel of glasses made in step compiles for a real GPU, where NVVM is installed: no GPU is needed for that.

The simulator runs kernels as plain Python and so cannot see a type that goes wrong, such as the float that a signed and an
unsigned integer make."""

from types import SimpleNamespace

import numpy as np
import pytest

from vitrify.kernels import in_step as bodies
from vitrify.model.catalogue import parse
from vitrify.preparation import in_step
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

    from vitrify.backends.gpu import Gpu, grid_of

    monkeypatch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=H100))
    names = []

    class Compiling(Gpu):
        def put(self, array):
            return np.ascontiguousarray(array)

        def get(self, array):
            return np.asarray(array)

        def each(self, body):
            def launch(n, width, *arguments):
                signature = types.void(types.int64, typeof(arguments))
                code, _ = cuda.compile_ptx(grid_of(self.inline(body)), signature, cc=H100)
                assert "sm_90" in code
                names.append(body.__qualname__.split(".")[0])

            return launch

    return Compiling(), names


@pytest.mark.parametrize("model", ["pss(rc=1.2)", "qss(q=6, xc=3.0)"])
def test_all_launches_of_glasses_made_in_step(compiled, monkeypatch, model):
    machine, names = compiled
    monkeypatch.setattr(in_step, "SWEEPS", 1)
    rngs = [np.random.default_rng(k) for k in range(2)]
    batch = random_batch(parse(model), n_particles=800, density=0.6, rngs=rngs)
    step = in_step.InStep(batch, machine)
    step.spread_apart()
    busy, moving = step._busy()
    step._advance(busy, moving, 1, 0.001, 5.0)
    step._mean_pair_force(moving)
    step._round(moving, np.zeros((2, bodies.COLUMNS)), 10)
    assert {"sort_of", "row_of", "force_of", "kick_of", "thermostat", "move_of", "judge_of", "turn", "set_out"} <= set(
        names
    )
